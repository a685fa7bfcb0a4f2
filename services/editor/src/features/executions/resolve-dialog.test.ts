import { describe, expect, it } from "vitest";
import { resolutionOf } from "./resolve-dialog";

const doubt = { node: "pay", path: "each[1]", items: [0, 2] };
const place = { node: "pay", path: "each[1]" };

describe("the decision about a node in doubt", () => {
  it("is none until somebody says what happened", () => {
    expect(resolutionOf(doubt, { outcome: null, item: null, text: "" })).toBeNull();
  });

  it("carries items only when it happened", () => {
    const text = '{"paid": true}';
    const done = { ...place, outcome: "done", output: [{ paid: true }] };
    expect(resolutionOf(doubt, { outcome: "done", item: null, text })).toEqual(done);
    const failed = { ...place, outcome: "fail" };
    expect(resolutionOf(doubt, { outcome: "fail", item: 2, text })).toEqual(failed);
  });

  it("leaves out the items when nothing is written", () => {
    const passed = { ...place, outcome: "done" };
    expect(resolutionOf(doubt, { outcome: "done", item: null, text: " " })).toEqual(passed);
  });

  it("asks what one item of several came to", () => {
    expect(resolutionOf(doubt, { outcome: "done", item: 2, text: "" })).toBeNull();
    expect(resolutionOf(doubt, { outcome: "done", item: 2, text: "{}" })).toMatchObject({
      item: 2,
      output: [{}],
    });
  });

  it("is none while the items are no objects", () => {
    expect(resolutionOf(doubt, { outcome: "done", item: null, text: "[1]" })).toBeNull();
  });
});
