import { expect, it } from "vitest";
import { tokenIn } from "./token";

it("finds the token in a link, behind its hash, or bare", () => {
  expect(tokenIn("http://127.0.0.1:8080/sign-in#token=abc%2Bd")).toBe("abc+d");
  expect(tokenIn("#token=abc")).toBe("abc");
  expect(tokenIn(" abcdefghijklmnop ")).toBe("abcdefghijklmnop");
  expect(tokenIn("hello")).toBeNull();
  expect(tokenIn("")).toBeNull();
});
