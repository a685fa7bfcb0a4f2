import { describe, expect, it } from "vitest";
import { refusal } from "./connect";
import { BRANCHES, CATALOGUE } from "./fixtures";
import { fromDocument } from "./graph";

function check(edges: [string, string, string][], wire: [string, string, string, string?]) {
  const graph = fromDocument({
    ...BRANCHES,
    spec: {
      triggers: [{ name: "start", type: "trigger.manual" }],
      nodes: [
        { name: "loop", type: "core.each" },
        { name: "a", type: "core.set" },
        { name: "b", type: "core.set" },
        { name: "after", type: "core.set" },
      ],
      edges: edges.map(([from, output, to]) => ({ from, output, to })),
    },
  });
  const idOf = (name: string) => graph.nodes.find((node) => node.name === name)?.id ?? "";
  const [from, output, to, input = "main"] = wire;
  return refusal(graph, CATALOGUE, { source: idOf(from), output, target: idOf(to), input });
}

const LOOP: [string, string, string][] = [
  ["start", "main", "loop"],
  ["loop", "item", "a"],
  ["a", "main", "b"],
  ["loop", "done", "after"],
];

describe("connecting", () => {
  it("takes a wire between fitting ports", () => {
    expect(check([], ["a", "main", "b"])).toBeNull();
  });

  it("refuses unknown ports, triggers as targets, doubles and itself", () => {
    expect(check([], ["a", "other", "b"])).toBe("unknown-port");
    expect(check([], ["a", "main", "start"])).toBe("unknown-port");
    expect(check([["a", "main", "b"]], ["a", "main", "b"])).toBe("double");
    expect(check([], ["a", "main", "a"])).toBe("itself");
  });

  it("refuses a circle", () => {
    expect(check([["a", "main", "b"]], ["b", "main", "a"])).toBe("cycle");
  });

  it("takes the way back into a loop from behind its item port", () => {
    expect(check(LOOP, ["b", "main", "loop"])).toBeNull();
  });

  it("refuses a way back from behind the done port", () => {
    expect(check(LOOP, ["after", "main", "loop"])).toBe("cycle");
  });

  it("refuses a way back from a node that is also reached from outside", () => {
    expect(check([...LOOP, ["start", "main", "b"]], ["b", "main", "loop"])).toBe("cycle");
  });

  it("still sees circles when a way back is drawn", () => {
    expect(check([...LOOP, ["b", "main", "loop"]], ["b", "main", "a"])).toBe("cycle");
  });
});
