/** What may follow a dot, by the type of what stands before it, as far as that can be told. */

import type { Json, JsonObject } from "./document";
import names from "./expression-names.json";

export interface Member {
  name: string;
  isMethod: boolean;
}

/** What is known of a part of the text: its type, and the value that it had in the last run. */
export interface Known {
  type: string;
  value?: Json | undefined;
}

interface Type {
  methods: Record<string, string>;
  properties: readonly string[];
}

const ITEMS_OF_NODE: Type = {
  methods: { first: "", last: "", all: "" },
  properties: ["item"],
};
const TYPES: Record<string, Type> = { ...names.types, node: ITEMS_OF_NODE };
const QUOTED = /(["'])(?:\\.|(?!\1)[^\n])*\1|`(?:\\.|[^`])*`/g;
const PLAIN = /^[A-Za-z_$][\w$]*$/;

/** A value as it is known from the last run. */
export function knownOf(value: Json | undefined): Known | null {
  if (value === undefined || value === null) return null;
  return { type: Array.isArray(value) ? "array" : typeof value, value };
}

/** A node whose items are asked for by `.first()` and the like. */
export const knownNode = (item: JsonObject | undefined): Known => ({
  type: "node",
  value: item === undefined ? undefined : { json: item },
});

/** The text with all within quotes blotted out, so that brackets in it count for nothing. */
const unquoted = (text: string): string =>
  text.replace(QUOTED, (quoted) => "_".repeat(quoted.length));

/** Where the bracket that ends at `end` was opened, or -1. */
function openingOf(text: string, end: number): number {
  let depth = 0;
  for (let at = end; at >= 0; at--) {
    const sign = text.charAt(at);
    if (")]}".includes(sign)) depth++;
    if ("([{".includes(sign)) depth--;
    if (depth === 0) return at;
  }
  return -1;
}

/** Where the word or the bracket that ends before `end` begins, or -1 if neither does. */
function startOf(text: string, end: number): number {
  if (")]".includes(text.charAt(end - 1))) return openingOf(text, end - 1);
  const word = /[$\w]+$/.exec(text.slice(0, end));
  return word ? word.index : -1;
}

/** The parts of the chain that the text ends with: `$now.plus(1)` is `$now`, `plus`, `(1)`. */
function chainOf(text: string): string[] {
  const bare = unquoted(text);
  const parts: string[] = [];
  let end = text.length;
  while (end > 0) {
    const start = startOf(bare, end);
    if (start < 0) return [];
    parts.unshift(text.slice(start, end));
    const isBracket = ")]".includes(text.charAt(end - 1));
    const isField = text.charAt(start - 1) === ".";
    if (!isBracket && !isField) return parts;
    end = isBracket ? start : start - 1;
  }
  return parts;
}

function called({ type, value }: Known, name: string): Known | null {
  if (type === "node") return knownOf(name === "all" ? value && [value] : value);
  const returned = TYPES[type]?.methods[name];
  return returned ? { type: returned } : null;
}

function fieldOf({ value }: Known, key: string): Known | null {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, key) ? knownOf(value[key]) : null;
}

function indexed(known: Known, inner: string): Known | null {
  const key = /^(["'])(.*)\1$/.exec(inner)?.[2];
  if (key !== undefined) return fieldOf(known, key);
  // Any index will do: the items of a list are alike.
  return Array.isArray(known.value) ? knownOf(known.value[0]) : null;
}

/** One step further along a chain: a field, an index, or the call of a method. */
function stepped(known: Known, step: string, isCalled: boolean): Known | null {
  if (step.startsWith("[")) return indexed(known, step.slice(1, -1));
  if (step.startsWith("(")) return known;
  if (isCalled) return called(known, step);
  return known.type === "node" && step === "item" ? knownOf(known.value) : fieldOf(known, step);
}

/** What the text before a dot is known to be. `roots` are the names that it may begin with. */
export function knownBefore(text: string, roots: ReadonlyMap<string, Known>): Known | null {
  const [first = "", ...rest] = chainOf(text);
  const isCall = (step: string | undefined): boolean => step?.startsWith("(") ?? false;
  const name = isCall(rest[0]) ? first + rest.shift()?.replaceAll("'", '"') : first;
  return rest.reduce<Known | null>(
    (known, step, at) => known && stepped(known, step, isCall(rest[at + 1])),
    roots.get(name) ?? null,
  );
}

/** The fields that were seen, and what every value of the type has. */
export function membersOf({ type, value }: Known): Member[] | null {
  const found = TYPES[type];
  if (!found) return null;
  const fields = type === "object" ? Object.keys(value ?? {}).filter((key) => PLAIN.test(key)) : [];
  const read = [...new Set([...fields, ...found.properties])];
  const called = Object.keys(found.methods).filter((name) => !read.includes(name));
  return [
    ...read.map((name) => ({ name, isMethod: false })),
    ...called.map((name) => ({ name, isMethod: true })),
  ];
}
