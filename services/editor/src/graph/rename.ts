/** Rewrite the references to nodes when their names change. */

import type { Json, JsonObject } from "./document";
import type { NodeType } from "./node-type";
import { scan, type Token } from "./tokens";

/** What nodes were called -> what they are called now; all of them change at once. */
export type Names = ReadonlyMap<string, string>;

interface Edit {
  at: number;
  length: number;
  text: string;
}

const QUOTED = /^(["'`])([\s\S]*)\1$/;
const WORD = /^[\p{L}_$][\p{L}\w$]*$/u;
const CALLED: ReadonlySet<string> = new Set(["$", "$node", "$items"]);
const DOTS: ReadonlySet<string> = new Set([".", "?."]);
const BRACKETS: ReadonlySet<string> = new Set(["(", "["]);

function quoted(name: string, quote: string): string {
  const inside = name.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`);
  return quote + (quote === "`" ? inside.replaceAll("${", "\\${") : inside) + quote;
}

/** The literal that names a node by now another name, in its own quotes; null for all else. */
function renamedLiteral(literal: string, names: Names): string | null {
  const [, quote = "", inside = ""] = QUOTED.exec(literal) ?? [];
  const name = names.get(inside.replace(/\\(["'`\\$])/g, "$1"));
  return quote === "" || name === undefined ? null : quoted(name, quote);
}

function literalEdit(token: Token | undefined, names: Names): Edit | null {
  const text = token ? renamedLiteral(token.text, names) : null;
  return token && text !== null ? { at: token.at, length: token.text.length, text } : null;
}

/** `.old` and `?.old` become a name in brackets. */
function memberEdit(dot: Token, word: Token | undefined, names: Names): Edit | null {
  const name = word && WORD.test(word.text) ? names.get(word.text) : undefined;
  if (!word || name === undefined) return null;
  const text = `${dot.text === "?." ? "?." : ""}[${quoted(name, '"')}]`;
  return { at: dot.at, length: word.at + word.text.length - dot.at, text };
}

/** Whether nodes are named behind this token: `$` and `$items` are no members of anything, `$node` may be. */
function isNamer(tokens: readonly Token[], index: number): boolean {
  const { text } = tokens[index] ?? { text: "" };
  return CALLED.has(text) && (text === "$node" || !DOTS.has(tokens[index - 1]?.text ?? ""));
}

/** What changes behind the token at this place, if a node is named there that has another name now. */
function editAt(tokens: readonly Token[], index: number, names: Names): Edit | null {
  if (!isNamer(tokens, index)) return null;
  const [first, second, third] = tokens.slice(index + 1, index + 4);
  const isOptional = first?.text === "?." && BRACKETS.has(second?.text ?? "");
  const [open, next] = isOptional ? [second, third] : [first, second];
  if (open?.text === "(") return literalEdit(next, names);
  if (!open || tokens[index]?.text !== "$node") return null;
  if (open.text === "[") return literalEdit(next, names);
  return DOTS.has(open.text) ? memberEdit(open, next, names) : null;
}

function applied(text: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((left, right) => right.at - left.at)
    .reduce(
      (now, { at, length, text: by }) => now.slice(0, at) + by + now.slice(at + length),
      text,
    );
}

const editsOf = (tokens: readonly Token[], names: Names): Edit[] =>
  tokens.flatMap((_, index) => editAt(tokens, index, names) ?? []);

/** Rewrite the expressions in a text. They end where the server says that they end. */
function renameInText(text: string, names: Names): string {
  const edits: Edit[] = [];
  for (let start = text.indexOf("{{"); start >= 0; ) {
    const { tokens, end } = scan(text, start + 2, "}}");
    const close = end >= 0 ? end : text.indexOf("}}", start + 2);
    edits.push(...editsOf(tokens, names).filter(({ at }) => at < close));
    start = close < 0 ? -1 : text.indexOf("{{", close + 2);
  }
  return edits.length > 0 ? applied(text, edits) : text;
}

const IN_PYTHON = /(?<![\w.])(_(?:node)?\(\s*)("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/g;

/** Rewrite code, which names nodes without braces around it. */
function renameInCode(code: string, language: Json | undefined, names: Names): string {
  if (language !== "python") return applied(code, editsOf(scan(code, 0).tokens, names));
  return code.replace(IN_PYTHON, (_, open: string, literal: string) =>
    open.concat(renamedLiteral(literal, names) ?? literal),
  );
}

/** Rewrite every string of a parameter value, however deep. Returns the same value if none changed. */
function renameInValue(value: Json, names: Names): Json {
  if (typeof value === "string") return renameInText(value, names);
  if (Array.isArray(value)) {
    const next = value.map((entry) => renameInValue(entry, names));
    return next.some((entry, index) => entry !== value[index]) ? next : value;
  }
  if (value === null || typeof value !== "object") return value;
  return renameInParams(value, names);
}

/** Rewrite the parameters of a node; its type says which of them are code. Returns the same ones if none changed. */
export function renameInParams(params: JsonObject, names: Names, type?: NodeType): JsonObject {
  const properties = type?.parameters.properties ?? {};
  let changed = false;
  const next: JsonObject = {};
  for (const [key, value] of Object.entries(params)) {
    const namedBy = properties[key]?.["x-ui"]?.language;
    const isCode = namedBy !== undefined && typeof value === "string";
    next[key] = isCode
      ? renameInCode(value, params[namedBy] ?? properties[namedBy]?.default, names)
      : renameInValue(value, names);
    changed ||= next[key] !== value;
  }
  return changed ? next : params;
}
