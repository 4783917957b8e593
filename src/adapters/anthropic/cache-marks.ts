/**
 * @module
 * Marks for the provider's prompt cache: up to where a prompt is to be kept.
 */
import type { Block, Turn } from "./turns.js";

/** A prompt, in the order in which the cache reads it. */
export interface Prompt {
  readonly tools: readonly Block[];
  readonly system: readonly Block[];
  readonly turns: readonly Turn[];
}

/** The most that the API takes, whoever set them. */
const most = 4;

/**
 * Marks a prompt where the parts end that other requests share, as far as there is room beside the marks that parts brought along. In this order:
 *
 * 1. the last turn of the user: all samples of one prompt share it
 * 2. the system message, or else the tools: other prompts share them
 * 3. the turn of the user before: there the last request of a growing conversation ended, however many blocks came since
 * 4. the last part of the user's but one: samples share it whose prompts end in words of their own
 */
export function markCache(prompt: Prompt, ttl: "5m" | "1h"): Prompt {
  const tools = [...prompt.tools];
  const system = [...prompt.system];
  const turns = prompt.turns.map(({ role, blocks }) => ({ role, blocks: [...blocks] }));
  const cache_control = { type: "ephemeral", ...(ttl === "1h" && { ttl }) };
  let left = most - [...tools, ...system, ...turns.flatMap(({ blocks }) => blocks)].filter(isMarked).length;
  const mark = (blocks: Block[] | undefined, back: number = 1): void => {
    const block = blocks?.at(-back);
    if (blocks === undefined || block === undefined || isMarked(block) || left <= 0) return;
    blocks[blocks.length - back] = { ...block, cache_control };
    left--;
  };
  const users = turns.filter(({ role }) => role === "user");
  const last = users.at(-1)?.blocks;
  mark(last);
  mark(system.length > 0 ? system : tools);
  mark(users.at(-2)?.blocks);
  mark(last, 2);
  return { tools, system, turns };
}

function isMarked(block: Block): boolean {
  return block.cache_control !== undefined && block.cache_control !== null;
}
