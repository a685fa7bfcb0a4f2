import { describe, expect, it } from "vitest";
import { hiddenIn, withoutHidden } from "./hidden";

const cases: [string, string, string[]][] = [
  ["https://a.exam\u200bple/", "https://a.example/", ["U+200B"]],
  ["\ufefftoken\u202e\u202e", "token", ["U+FEFF", "U+202E"]],
  ["a\u{e0041}b", "ab", ["U+E0041"]],
  ["NUL\0 and \x1b[31m", "NUL and [31m", ["U+0000", "U+001B"]],
];

describe("characters that nobody sees", () => {
  it.each(cases)("are found in %j and taken out", (text, clean, kinds) => {
    expect(hiddenIn(text)).toEqual(kinds);
    expect(withoutHidden(text)).toBe(clean);
  });

  it.each(["", "a\tb\r\nc", "naïve 日本語 \u{1f600}", "\u{1f469}\u200d\u{1f4bb}", "می\u200cخواهم"])(
    "are none of those that %j needs",
    (text) => {
      expect(hiddenIn(text)).toEqual([]);
      expect(withoutHidden(text)).toBe(text);
    },
  );
});
