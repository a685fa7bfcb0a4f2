/** JavaScript as tokens, as far as it takes to tell what stands in a string, a comment or a pattern. */

export interface Token {
  text: string;
  at: number;
}

export interface Scanned {
  /** What is neither space nor comment, in order; of a template string with places to fill in, what stands in these. */
  tokens: Token[];
  /** Where `closes` stands, or -1 if it never does. */
  end: number;
}

const TOKEN =
  /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|[\p{L}_$][\p{L}\w$]*|\d[\w.]*|\.\.\.|\?\.(?!\d)|\s+|[\s\S]/uy;
/** After these a `/` begins a pattern; after all else it divides. */
const BEFORE_PATTERN = /^(?:[(,=:[!&|?{};+\-*%<>~^]|return|typeof|in|of|void|case|\.\.\.)$/;
const PLAIN = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const SKIPPED = /^(?:\s|\/[/*])/;

function tokenAt(text: string, at: number, before: string): string {
  TOKEN.lastIndex = at;
  const token = TOKEN.exec(text)?.[0] ?? text.charAt(at);
  const isPattern = token.length > 1 && token.startsWith("/") && !SKIPPED.test(token);
  return isPattern && !BEFORE_PATTERN.test(before) ? "/" : token;
}

/** Where the text of a template string that goes on at `at` ends: at its end or at a place to fill in. */
function plainEnd(text: string, at: number): number {
  PLAIN.lastIndex = at;
  return at + (PLAIN.exec(text)?.[0].length ?? 0);
}

/** Read the template string that begins at `start`; `end` is behind it. */
function scanTemplate(text: string, start: number): Scanned {
  const tokens: Token[] = [];
  let at = plainEnd(text, start + 1);
  while (text.startsWith("${", at)) {
    const inner = scan(text, at + 2, "}");
    tokens.push({ text: "${", at }, ...inner.tokens);
    if (inner.end < 0) return { tokens, end: -1 };
    at = plainEnd(text, inner.end + 1);
  }
  const whole = { text: text.slice(start, at + 1), at: start };
  return { tokens: tokens.length > 0 ? tokens : [whole], end: at < text.length ? at + 1 : -1 };
}

/** Read from `start` to where `closes` stands outside of all brackets; without `closes` to the end. */
export function scan(text: string, start: number, closes = ""): Scanned {
  const tokens: Token[] = [];
  let [at, depth, before] = [start, 0, "("];
  while (at < text.length) {
    if (closes && depth === 0 && text.startsWith(closes, at)) return { tokens, end: at };
    if (text[at] === "`") {
      const template = scanTemplate(text, at);
      tokens.push(...template.tokens);
      if (template.end < 0) break;
      at = template.end;
      before = "`";
      continue;
    }
    const token = tokenAt(text, at, before);
    depth += Number(token === "{") - Number(token === "}");
    if (!SKIPPED.test(token)) {
      tokens.push({ text: token, at });
      before = token;
    }
    at += token.length;
  }
  return { tokens, end: -1 };
}
