/** The input of a run as people write it. */

import type { Json, JsonObject } from "./document";

const isObject = (value: Json): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

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
