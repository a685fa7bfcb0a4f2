import Elk from "elkjs/lib/elk.bundled.js";
import { expect, test } from "vitest";
import { fromDocument } from "./graph";
import { fromElk, toElk } from "./layout";

test("the nodes of a loop stand behind its beginning, also where two ways lead back", async () => {
  const names = ["loop", "ask", "good", "bad", "both", "last"];
  const graph = fromDocument({
    apiVersion: "alur.dev/v1alpha1",
    kind: "Workflow",
    metadata: { name: "loop" },
    spec: {
      triggers: [{ name: "start", type: "trigger.manual" }],
      nodes: names.map((name) => ({ name, type: name === "loop" ? "core.each" : "core.set" })),
      edges: [
        { from: "start", to: "loop" },
        { from: "loop", output: "item", to: "ask" },
        { from: "ask", to: "good" },
        { from: "ask", output: "error", to: "bad" },
        { from: "good", to: "both" },
        { from: "bad", to: "both" },
        { from: "both", to: "loop" },
        { from: "loop", output: "done", to: "last" },
      ],
    },
  });
  const places = fromElk(await new Elk().layout(toElk(graph, new Map())));
  const x = (name: string) => places.get(graph.nodes.find((n) => n.name === name)?.id ?? "")?.x;
  const row = ["start", "loop", "ask", "good", "both"].map(x);
  expect(row).toEqual([...row].sort((a, b) => (a ?? 0) - (b ?? 0)));
  expect(new Set(row).size).toBe(row.length);
});
