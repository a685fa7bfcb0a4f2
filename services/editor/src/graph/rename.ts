/** Rewrite the references to a node when its name changes. */

import type { Json, JsonObject } from "./document";

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function inQuotes(name: string, quote: string): string {
  return name.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`);
}

/** Rewrite `$("old")`, `$node("old")` and `$node["old"]`, whichever quotes, within `{{ }}` of one string. */
function renameInText(text: string, from: string, to: string): string {
  return text.replace(/\{\{[\s\S]*?\}\}/g, (expression) =>
    ['"', "'", "`"].reduce((current, quote) => {
      const call = new RegExp(
        `(\\$(?:node)?\\(\\s*|\\$node\\[\\s*)${quote}${escaped(inQuotes(from, quote))}${quote}(\\s*[)\\]])`,
        "g",
      );
      const next = `${quote}${inQuotes(to, quote)}${quote}`;
      return current.replace(call, (_, open: string, close: string) => open + next + close);
    }, expression),
  );
}

/** Rewrite every string of a parameter value, however deep. Returns the same value if none changed. */
function renameInValue(value: Json, from: string, to: string): Json {
  if (typeof value === "string") return renameInText(value, from, to);
  if (Array.isArray(value)) {
    const next = value.map((entry) => renameInValue(entry, from, to));
    return next.some((entry, index) => entry !== value[index]) ? next : value;
  }
  if (value === null || typeof value !== "object") return value;
  return renameInParams(value, from, to);
}

export function renameInParams(params: JsonObject, from: string, to: string): JsonObject {
  let changed = false;
  const next: JsonObject = {};
  for (const [key, value] of Object.entries(params)) {
    next[key] = renameInValue(value, from, to);
    changed ||= next[key] !== value;
  }
  return changed ? next : params;
}
