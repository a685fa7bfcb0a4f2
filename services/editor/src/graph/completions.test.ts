import { describe, expect, it } from "vitest";
import { ancestorsOf, completionsFor } from "./completions";
import { BRANCHES } from "./fixtures";
import { fromDocument } from "./graph";

const SAMPLE = { total: 3, items: [{ sku: "a" }], "unit price": 1 };
const BEFORE = [{ name: "order placed", items: [{ body: { id: 7 } }] }];

describe("what is offered while somebody types", () => {
  it("holds the fields of the item and of nodes before, in an expression", () => {
    const { words, methods } = completionsFor("expression", SAMPLE, BEFORE);
    expect(words).toEqual(
      expect.arrayContaining([
        "$json.total",
        "$json.items[0].sku",
        '$json["unit price"]',
        '$("order placed").item.json.body.id',
        "$now",
        "$if",
        "DateTime.fromISO",
      ]),
    );
    expect(methods).toEqual(expect.arrayContaining(["toTitleCase", "filter"]));
  });

  it("leaves helpers out of JavaScript code, which has none", () => {
    const { words, methods } = completionsFor("javascript", SAMPLE, BEFORE);
    expect(words).toEqual(
      expect.arrayContaining([
        "items",
        "$input.all()",
        "item.json.total",
        '$("order placed").first().json.body.id',
        "console.log",
      ]),
    );
    expect(words).not.toContain("$now");
    expect(methods).toContain("filter");
    expect(methods).not.toContain("toTitleCase");
  });

  it("begins with an underscore in Python, and reads by key what dict has as a method", () => {
    const { words } = completionsFor("python", SAMPLE, BEFORE);
    expect(words).toEqual(
      expect.arrayContaining([
        "_json.total",
        '_json["items"][0].sku',
        "_input.all()",
        '_node("order placed").first().json.body.id',
        "_execution.id",
        "print",
      ]),
    );
    expect(words.filter((word) => word.includes("$"))).toEqual([]);
  });
});

describe("the nodes before a node", () => {
  it("come nearest first, each once, however many ways there are", () => {
    const graph = fromDocument({
      ...BRANCHES,
      spec: {
        triggers: [{ name: "start", type: "trigger.manual" }],
        nodes: ["a", "b", "c"].map((name) => ({ name, type: "core.noop" })),
        edges: [
          { from: "start", to: "a" },
          { from: "a", to: "b" },
          { from: "a", to: "c" },
          { from: "b", to: "c" },
          { from: "c", to: "a" },
        ],
      },
    });
    const id = graph.nodes.find(({ name }) => name === "c")?.id ?? "";
    expect(ancestorsOf(graph, id).map(({ name }) => name)).toEqual(["a", "b", "start"]);
  });
});
