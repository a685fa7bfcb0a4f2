import { describe, expect, it } from "vitest";
import { faultyLineOf, unreadableLineOf } from "./code-fault";

const CODE = "const a = {};\n  return a.b.c;\n";
const failure = {
  message: "TypeError: cannot read property 'c' of undefined (line 2): `return a.b.c;`",
  line: 2,
};

describe("the line that failed", () => {
  it("is the one that the failure quotes", () => {
    expect(faultyLineOf(CODE, failure)).toBe(2);
  });

  it("is none once the line reads otherwise, or stands elsewhere", () => {
    expect(faultyLineOf(CODE.replace("a.b.c", "a.b?.c"), failure)).toBeNull();
    expect(faultyLineOf(`\n${CODE}`, failure)).toBeNull();
    expect(faultyLineOf("", failure)).toBeNull();
  });

  it("is found when the line itself holds backticks", () => {
    const quoted = { message: "Error: x (line 1): `return `a`.b.c;`", line: 1 };
    expect(faultyLineOf("return `a`.b.c;", quoted)).toBe(1);
  });

  it("is none for a failure without one", () => {
    expect(faultyLineOf(CODE, { message: "the code was stopped", line: null })).toBeNull();
    expect(faultyLineOf(CODE, null)).toBeNull();
  });
});

describe("the line that cannot be read", () => {
  it("is the one that the problem begins with", () => {
    expect(unreadableLineOf(CODE, "line 2: unexpected indent, in `return x`")).toBe(2);
    expect(unreadableLineOf(CODE, "line 1, column 9: `{` is never closed")).toBe(1);
  });

  it("is none without a problem, for other problems, and where the code has become shorter", () => {
    expect(unreadableLineOf(CODE, null)).toBeNull();
    expect(unreadableLineOf(CODE, "this is no Python: line 1")).toBeNull();
    expect(unreadableLineOf(CODE, "line 9: unexpected indent")).toBeNull();
  });
});
