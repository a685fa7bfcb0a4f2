/** Items as people write them: the input of a run, what comes with a signal, what a node has emitted. */

import type { Json, JsonObject } from "./document";

const isObject = (value: Json): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** One object from JSON, an empty one from nothing; null if it is something else. */
export function readObject(text: string): JsonObject | null {
  const items = readInput(text);
  return items?.length === 1 && !text.trim().startsWith("[") ? (items[0] ?? null) : null;
}

/** Items from JSON: one object, or a list of objects; null if it is neither. */
export function readInput(text: string): JsonObject[] | null {
  if (text.trim() === "") return [{}];
  try {
    const value = JSON.parse(text) as Json;
    const items = Array.isArray(value) ? value : [value];
    return items.every(isObject) ? items : null;
  } catch {
    return null;
  }
}
