/**
 * @module
 * What a provider said of a response, and what mull knows of it, as the AI SDK's `providerMetadata`.
 */
import { fieldsOf } from "../../core/fields.js";
import type { ModelResponse } from "../../core/model.js";
import { whatMullKnows } from "../wire/what-mull-knows.js";
import type { AiSdkMetadata } from "./language-model.js";

/** The metadata: by provider name, and under `mull` what mull knows. */
export function providerMetadataOf(response: ModelResponse): AiSdkMetadata {
  const own = Object.entries(response.providerMetadata ?? {}).filter(([, value]) => fieldsOf(value) !== undefined);
  return { ...Object.fromEntries(own), mull: whatMullKnows(response) } as AiSdkMetadata;
}
