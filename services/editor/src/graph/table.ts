/** Items as a table: one column a field, in the order in which the fields first occur. */

import type { Json, JsonObject } from "./document";

const MAX_COLUMNS = 40;

export function columnsOf(items: readonly JsonObject[]): string[] {
  const columns = new Set<string>();
  for (const item of items) {
    for (const key of Object.keys(item)) {
      if (columns.size >= MAX_COLUMNS) return [...columns];
      columns.add(key);
    }
  }
  return [...columns];
}

/** One cell as text: plain values as they are, all others as JSON. */
export function cellOf(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
