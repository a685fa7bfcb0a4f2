/** Paths into an example item, to be offered while somebody writes an expression. */

import type { Json } from "./document";

const MAX_DEPTH = 5;
const MAX_PATHS = 300;
const PLAIN = /^[A-Za-z_$][\w$]*$/;

function step(key: string, byKey: ReadonlySet<string>): string {
  return PLAIN.test(key) && !byKey.has(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Every path below `root` in the order of the data, such as `$json.body.total`; names in `byKey` stand in brackets. */
export function pathsOf(
  value: Json,
  root: string,
  byKey: ReadonlySet<string> = new Set(),
): string[] {
  const found: string[] = [];
  const walk = (part: Json, path: string, depth: number): void => {
    if (part === null || typeof part !== "object" || depth > MAX_DEPTH) return;
    const entries: [string, Json][] = Array.isArray(part)
      ? part.slice(0, 1).map((entry) => ["[0]", entry])
      : Object.entries(part).map(([key, entry]) => [step(key, byKey), entry]);
    for (const [key, entry] of entries) {
      if (found.length >= MAX_PATHS) return;
      found.push(path + key);
      walk(entry, path + key, depth + 1);
    }
  };
  walk(value, root, 1);
  return found;
}
