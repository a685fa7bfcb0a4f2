import { describe, expect, it } from "vitest";
import { en } from "./en";
import { formatAgo, formatDuration } from "./format";
import { id } from "./id";

type Tree = { [key: string]: string | Tree };

function texts(tree: Tree, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string"
      ? [[path + key, value] as [string, string]]
      : texts(value, `${path}${key}.`),
  );
}

const holes = (text: string): string[] =>
  [...text.matchAll(/\{\{\w+\}\}|<\/?\d>/g)].map(([hole]) => hole).sort();

describe("translations", () => {
  const english = new Map(texts(en));

  it("have the same keys, and nothing is empty", () => {
    const indonesian = texts(id);
    expect(indonesian.map(([key]) => key).sort()).toEqual([...english.keys()].sort());
    expect(indonesian.filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it("keep every hole", () => {
    const broken = texts(id).filter(
      ([key, text]) => holes(text).join() !== holes(english.get(key) ?? "").join(),
    );
    expect(broken).toEqual([]);
  });
});

describe("formats", () => {
  it.each([
    [0, "<1 ms"],
    [0.25, "0.25 ms"],
    [5.26, "5.3 ms"],
    [1_500, "1.5 s"],
    [125_000, "2 min 5 s"],
    [null, "–"],
  ])("write %s ms as %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it("say how long ago in the largest unit", () => {
    const now = Date.parse("2026-01-02T00:00:00Z");
    expect(formatAgo("2026-01-01T23:57:00Z", now)).toMatch(/3 minutes ago|3 min/);
  });
});
