/** Paths into an example item, to be offered while somebody writes an expression. */

import type { Json } from "./document";

const MAX_DEPTH = 5;
const MAX_PATHS = 300;
const PLAIN = /^[A-Za-z_$][\w$]*$/;

function step(key: string): string {
  return PLAIN.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Every path below `root` in the order of the data, such as `$json.body.total`. */
export function pathsOf(value: Json, root: string): string[] {
  const found: string[] = [];
  const walk = (part: Json, path: string, depth: number): void => {
    if (part === null || typeof part !== "object" || depth > MAX_DEPTH) return;
    const entries: [string, Json][] = Array.isArray(part)
      ? part.slice(0, 1).map((entry) => ["[0]", entry])
      : Object.entries(part).map(([key, entry]) => [step(key), entry]);
    for (const [key, entry] of entries) {
      if (found.length >= MAX_PATHS) return;
      found.push(path + key);
      walk(entry, path + key, depth + 1);
    }
  };
  walk(value, root, 1);
  return found;
}

/** What every expression can use. */
export const ALWAYS = [
  "$json",
  "$item",
  "$items",
  "$input.first()",
  "$input.last()",
  "$input.all()",
  "$trigger",
  "$vars",
  "$now",
  "$today",
  "$index",
  "$runIndex",
  "$execution.id",
  "$execution.mode",
  "$execution.startedAt",
  "$run.idempotencyKey",
  "$run.attempt",
  "$workflow.name",
  "$workflow.version",
];
