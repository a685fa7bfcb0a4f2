import { describe, expect, it } from "vitest";
import { ancestorsOf, completionsFor } from "./completions";
import { BRANCHES } from "./fixtures";
import { fromDocument } from "./graph";

const SAMPLE = { total: 3, items: [{ sku: "a" }], "unit price": 1 };
const BEFORE = [{ name: "order placed", items: [{ body: { id: 7 } }] }];

describe("what is offered while somebody types", () => {
  it("holds the fields of the item and of nodes before, in an expression", () => {
    const { words } = completionsFor("expression", SAMPLE, BEFORE);
    expect(words).toEqual(
      expect.arrayContaining([
        "$json.total",
        "$json.items[0].sku",
        '$json["unit price"]',
        '$("order placed").item.json.body.id',
        "$item(0).$json",
        "$now",
        "$if",
        "DateTime",
        "Duration",
        "Intl",
      ]),
    );
  });

  it("holds the same kinds in JavaScript code, and the items", () => {
    const { words } = completionsFor("javascript", SAMPLE, BEFORE);
    expect(words).toEqual(
      expect.arrayContaining([
        "items",
        "$input.all()",
        "item.json.total",
        '$("order placed").first().json.body.id',
        "console.log",
        "$now",
        "DateTime",
        "Intl",
      ]),
    );
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

const ITEM = { name: "ana", n: 1, tags: ["a"], customer: { id: 7 } };

describe("what is offered after a dot", () => {
  const { membersAfter, nodes } = completionsFor("javascript", ITEM, BEFORE);
  const offered = (text: string) => membersAfter(text).map(({ name }) => name);

  it.each([
    ["$now", "toFormat", "padStart"],
    ["return $today", "weekday", "filter"],
    ["$now.plus({ days: 1 })", "toFormat", "padStart"],
    ["DateTime.fromISO($json.at)", "toRelative", "padStart"],
    ["$now.diff($today, ['days'])", "toHuman", "toFormatted"],
    ["$now.toFormat('yyyy')", "padStart", "startOf"],
    ["DateTime", "fromISO", "toFormat"],
    ["new Intl", "NumberFormat", "filter"],
    ["console", "warn", "filter"],
    ["$json.name", "toTitleCase", "filter"],
    ["$json.name.trim()", "padStart", "filter"],
    ["$json.n", "toFixed", "padStart"],
    ["$json.tags", "filter", "padStart"],
    ["$json.tags[0]", "padStart", "flatMap"],
    ["items", "filter", "padStart"],
    ["items[0].json", "customer", "padStart"],
    ["items[0].json.customer", "id", "filter"],
    ['$json["customer"]', "id", "filter"],
    ["$input.first().json", "customer", "filter"],
    ["$item(0).$json", "customer", "filter"],
    ["$item(0).$node['order placed'].json", "body", "filter"],
    ["$('order placed').first().json", "body", "filter"],
    ['$("order placed")', "first", "filter"],
    ["// don't\nreturn $json['customer']", "id", "filter"],
  ])("fits the type of %s", (text, there, absent) => {
    expect(offered(text)).toContain(there);
    expect(offered(text)).not.toContain(absent);
  });

  it.each(["whatever", "$json.unseen", "f(1)", "$json.tags.find((t) => t)", ") ]"])(
    "is every method where the type is not known: %s",
    (text) => {
      expect(offered(text)).toEqual(expect.arrayContaining(["filter", "padStart", "toFixed"]));
    },
  );

  it("is not misled by the text around an expression", () => {
    const { membersAfter: inText } = completionsFor("expression", ITEM, BEFORE);
    const found = inText("It's {{ $json['customer']").map(({ name }) => name);
    expect(found).toContain("id");
    expect(found).not.toContain("padStart");
  });

  it("offers the names of the nodes before", () => {
    expect(nodes).toEqual(["order placed"]);
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
