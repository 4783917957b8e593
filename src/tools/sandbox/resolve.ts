/**
 * @module
 * Where an optional package lies.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ToolError } from "../../core/errors.js";

/**
 * Finds a file of a package: from here, or, where a bundler took this module elsewhere, from the working folder. Gives its path.
 *
 * @throws {@link ToolError} that names the package to install
 */
export function resolvePackage(tool: string, name: string, file: string = name): string {
  let cause: unknown;
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), "package.json")).href]) {
    try {
      return createRequire(from).resolve(file);
    } catch (error) {
      cause ??= error;
    }
  }
  throw new ToolError(tool, `${tool} needs the package ${name}, which is not installed: npm install ${name}`, {
    cause,
  });
}
