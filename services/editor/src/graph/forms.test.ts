import { describe, expect, it } from "vitest";
import { toIsoDuration } from "./duration";
import { BRANCHES, CATALOGUE } from "./fixtures";
import { fromDocument } from "./graph";
import { sortProblems } from "./problems";
import { readInput, readObject } from "./run-input";
import { pathsOf } from "./sample";
import { alternativeOf, fieldOf, isExpression, isShown, startOf } from "./schema";
import { search } from "./search";
import { cellOf, columnsOf } from "./table";
import { barsOf } from "./timeline";

describe("fields", () => {
  it("are chosen by the schema", () => {
    expect(fieldOf({ type: "string" }).kind).toBe("text");
    expect(fieldOf({ type: "string", enum: ["a"] }).kind).toBe("choice");
    expect(fieldOf({ type: "string", format: "duration" }).kind).toBe("duration");
    expect(fieldOf({ type: "integer" })).toMatchObject({ kind: "number", isInteger: true });
    expect(fieldOf({ type: "boolean", "x-ui": { widget: "condition" } })).toMatchObject({
      isCondition: true,
    });
    expect(fieldOf({ type: "array", items: { type: "string" } }).kind).toBe("list");
    expect(fieldOf({ type: "array", items: { type: "string", enum: ["GET"] } }).kind).toBe(
      "choices",
    );
    expect(fieldOf({ type: "object", additionalProperties: true }).kind).toBe("map");
    expect(fieldOf({ type: "object", properties: { a: {} } }).kind).toBe("object");
    expect(fieldOf({}).kind).toBe("any");
  });

  it("look through what may be null, and take scalars of several types as they come", () => {
    expect(fieldOf({ anyOf: [{ type: "string" }, { type: "null" }] }).kind).toBe("text");
    expect(fieldOf({ anyOf: [{ type: "string" }, { type: "integer" }] }).kind).toBe("any");
  });

  it("find the alternative that a value is of", () => {
    const field = fieldOf({
      oneOf: [
        { type: "object", properties: { mode: { const: "none" } } },
        { type: "object", properties: { mode: { const: "page" }, size: { type: "integer" } } },
      ],
    });
    const options = field.kind === "union" ? field.options : [];
    expect(options.map(({ label }) => label)).toEqual(["none", "page"]);
    expect(alternativeOf({ mode: "page" }, options)).toBe(1);
    expect(alternativeOf(undefined, options)).toBe(0);
  });

  it("begin with what the schema asks for", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "integer" } },
      required: ["a"],
    };
    expect(startOf(schema)).toEqual({ a: "" });
    expect(startOf({ type: "integer", minimum: 3 })).toBe(3);
  });

  it("are hidden where other parameters make them pointless", () => {
    const schema = { properties: { mode: { default: "append" } } };
    const key = { "x-ui": { when: { mode: ["by-key"] } } };
    expect(isShown(key, {}, schema)).toBe(false);
    expect(isShown(key, { mode: "by-key" }, schema)).toBe(true);
  });

  it("tell expressions by their braces", () => {
    expect(isExpression("{{ 1 }}")).toBe(true);
    expect(isExpression("{ 1 }")).toBe(false);
  });
});

describe("durations", () => {
  it.each([
    ["30s", "PT30S"],
    ["5m", "PT5M"],
    ["1h 30m", "PT1H30M"],
    ["2d", "P2D"],
    ["pt5m", "PT5M"],
    ["P1W", "P1W"],
  ])("reads %s as %s", (text, iso) => {
    expect(toIsoDuration(text)).toBe(iso);
  });

  it.each(["", "5", "soon", "P", "PT", "1h30"])("refuses %j", (text) => {
    expect(toIsoDuration(text)).toBeNull();
  });
});

describe("problems", () => {
  it("find their node and field, and what belongs to none is general", () => {
    const graph = fromDocument(BRANCHES);
    const found = sortProblems(graph, [
      { path: "spec.nodes[1].params.fields.a", code: "x", message: "one" },
      { path: "spec.triggers[0].type", code: "x", message: "two" },
      { path: "spec.edges[2].output", code: "x", message: "three" },
      { path: "metadata.name", code: "x", message: "four" },
    ]);
    const named = graph.nodes.map(({ id, name }) => [name, found.byNode.get(id)?.[0]?.field]);
    expect(Object.fromEntries(named)).toEqual({
      start: "type",
      check: "",
      yes: "params.fields.a",
      no: undefined,
    });
    expect(found.general.map(({ message }) => message)).toEqual(["four"]);
  });
});

describe("data", () => {
  it("has a column for each field in the order of their first sight", () => {
    expect(columnsOf([{ a: 1 }, { b: 2, a: 3 }])).toEqual(["a", "b"]);
    expect(cellOf({ a: 1 })).toBe('{"a":1}');
    expect(cellOf("x")).toBe("x");
  });

  it("offers every path of an item", () => {
    const item = { body: { "odd key": [{ id: 1 }] } };
    expect(pathsOf(item, "$json")).toEqual([
      "$json.body",
      '$json.body["odd key"]',
      '$json.body["odd key"][0]',
      '$json.body["odd key"][0].id',
    ]);
  });

  it("reads one object or a list of objects as input", () => {
    expect(readInput('{"a": 1}')).toEqual([{ a: 1 }]);
    expect(readInput("[{}, {}]")).toHaveLength(2);
    expect(readInput("")).toEqual([{}]);
    expect(readInput("[1]")).toBeNull();
    expect(readInput("{")).toBeNull();
  });

  it("reads nothing but one object as what comes with a signal", () => {
    expect(readObject('{"approved": true}')).toEqual({ approved: true });
    expect(readObject("")).toEqual({});
    expect(readObject('[{"approved": true}]')).toBeNull();
    expect(readObject("yes")).toBeNull();
  });

  it("draws bars over the whole time, the running ones until now", () => {
    const start = "2026-01-01T00:00:00Z";
    const later = "2026-01-01T00:00:05Z";
    const spans = [{ startedAt: start, durationMs: 10_000 }, { startedAt: later }, {}];
    const bars = barsOf(spans, Date.parse("2026-01-01T00:00:10Z"));
    expect(bars).toEqual([{ left: 0, width: 100 }, { left: 50, width: 50 }, null]);
  });
});

describe("the node search", () => {
  const types = [...CATALOGUE.values()].map(({ type, label, description }) => ({
    code: type,
    label,
    description,
  }));

  it("puts what begins with the query first", () => {
    expect(search(types, "se")[0]?.label).toBe("Set fields");
  });

  it("wants every word", () => {
    expect(search(types, "set core").map(({ code }) => code)).toEqual(["core.set"]);
    expect(search(types, "nothing")).toEqual([]);
  });
});
