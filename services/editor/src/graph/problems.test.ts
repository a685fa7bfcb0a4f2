import { describe, expect, it } from "vitest";
import { BRANCHES } from "./fixtures";
import { fromDocument } from "./graph";
import { summaryOf } from "./problems";

const graph = fromDocument({
  ...BRANCHES,
  spec: {
    triggers: [{ name: "start", type: "trigger.manual" }],
    nodes: ["a", "b"].map((name) => ({ name, type: "core.set" })),
    edges: [],
  },
});
const at = (path: string) => ({ path, code: "x", message: "is wrong" });

describe("what is told of problems", () => {
  it("names the node and its field in the place of a path", () => {
    expect(summaryOf(graph, [at("spec.nodes[1].params.fields.total")])).toBe(
      "b · params.fields.total: is wrong",
    );
  });

  it("counts the others, and keeps a path that is no node's", () => {
    expect(summaryOf(graph, [at("metadata.name"), at("spec.nodes[0]")])).toBe(
      "metadata.name: is wrong (+1)",
    );
  });
});
