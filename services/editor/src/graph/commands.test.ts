import { describe, expect, it } from "vitest";
import { copyText, duplicate, parseClip, paste, usesCredentials } from "./clipboard";
import * as commands from "./commands";
import { BRANCHES, CATALOGUE } from "./fixtures";
import { fromDocument, type Graph, type GraphNode } from "./graph";
import { parametersWithExamples } from "./node-type";

const graph = fromDocument(BRANCHES);
const idOf = (name: string, of: Graph = graph): string =>
  of.nodes.find((node) => node.name === name)?.id ?? "";
const typeOf = (name: string) => {
  const type = CATALOGUE.get(name);
  if (!type) throw new Error(name);
  return type;
};

const added = (name: string): GraphNode => ({
  id: "x0",
  kind: "node",
  name,
  type: "core.set",
  params: {},
  position: { x: 0, y: 0 },
  settings: {},
});

describe("renaming", () => {
  const renamed = commands.rename(idOf("check"), 'big "one"', CATALOGUE)(graph);

  it("rewrites references in expressions, whichever quotes they use", () => {
    const yes = renamed.nodes.find((node) => node.name === "yes");
    expect(yes?.params).toEqual({
      fields: {
        a: '{{ $("big \\"one\\"").item.json.total }}',
        b: ['{{ $node(\'big "one"\') + $item(0).$node["big \\"one\\""].json.id }}'],
      },
    });
  });

  it("keeps edges and untouched parameters as they were", () => {
    expect(renamed.edges).toBe(graph.edges);
    expect(renamed.nodes.find((node) => node.name === "no")?.params).toBe(
      graph.nodes.find((node) => node.name === "no")?.params,
    );
  });

  it("refuses empty, long and taken names", () => {
    expect(commands.nameProblem(graph, idOf("yes"), " ")).toBe("empty");
    expect(commands.nameProblem(graph, idOf("yes"), "x".repeat(65))).toBe("long");
    expect(commands.nameProblem(graph, idOf("yes"), "no")).toBe("taken");
    expect(commands.rename(idOf("yes"), "no", CATALOGUE)(graph)).toBe(graph);
  });
});

describe("adding and removing", () => {
  it("wires a node to the port it was pulled out of", () => {
    const from = { node: idOf("yes"), output: "main" };
    const added = commands.addNode(graph, typeOf("core.set"), { x: 0, y: 0 }, from);
    expect(added.graph.edges.at(-1)).toMatchObject({ source: idOf("yes"), target: added.id });
  });

  it("puts a node into the middle of an edge", () => {
    const edge = graph.edges[1]?.id ?? "";
    const added = commands.insertNode(graph, typeOf("core.set"), { x: 0, y: 0 }, edge);
    const ends = added.graph.edges.map(({ source, output, target }) => [source, output, target]);
    expect(ends).toContainEqual([idOf("check"), "true", added.id]);
    expect(ends).toContainEqual([added.id, "main", idOf("yes")]);
    expect(added.graph.edges).toHaveLength(4);
  });

  it("adds nodes that are empty where people have to fill in, whatever the example of their type", () => {
    const cases = [{ name: "large", condition: true }];
    const parameters = { required: ["cases"], properties: { cases: { type: "array" } } };
    const type = { ...typeOf("core.switch"), parameters, example: { cases } };
    const { graph: grown, id } = commands.addNode(graph, type, { x: 0, y: 0 });
    expect(grown.nodes.find((node) => node.id === id)?.params).toEqual({});
    const shown = parametersWithExamples(type).properties?.cases;
    expect(shown?.examples).toEqual([cases]);
  });

  it("takes the edges of a removed node away", () => {
    const left = commands.remove(new Set([idOf("check")]), new Set())(graph);
    expect(left.edges).toEqual([]);
  });

  it("drops edges whose port is gone, and follows ports that were renamed", () => {
    const cases = (names: string[]) => ({
      cases: names.map((name) => ({ name, condition: true })),
    });
    const added = commands.addNode(graph, typeOf("core.switch"), { x: 0, y: 0 });
    const named = commands.setParams(added.id, cases(["a", "b"]), CATALOGUE)(added.graph);
    const wire = { source: added.id, output: "b", target: idOf("no"), input: "main" };
    const wired = commands.connect(wire)(named);
    const renamed = commands.setParams(added.id, cases(["a", "c"]), CATALOGUE)(wired);
    expect(renamed.edges.at(-1)?.output).toBe("c");
    const fewer = commands.setParams(added.id, cases(["a"]), CATALOGUE)(renamed);
    expect(fewer.edges).toHaveLength(3);
  });

  it.each([
    ["is cleared first", ["big", "", "h", "huge"]],
    ["is that of another case on the way", ["big", "smal", "small", "small one"]],
    ["is that of another port on the way", ["big", "other", "other one"]],
    ["is that of the error port on the way", ["big", "error", "errors"]],
    ["looks like a port without a name", ["big", "(2)", "", "(1)", "", "(3)", "x"]],
  ])("keeps the edges of a case whose new name %s", (_, typed) => {
    const cases = (name: string) => ({
      cases: [name, "small", ""].map((each) => ({ name: each, condition: true })),
    });
    const { graph: grown, id } = commands.addNode(graph, typeOf("core.switch"), { x: 0, y: 0 });
    const named = commands.setParams(id, cases("big"), CATALOGUE)(grown);
    const branching = commands.setSettings(id, { onError: "branch" }, CATALOGUE)(named);
    const wired = ["big", "small", "(3)", "other", "error"].reduce(
      (all, output) =>
        commands.connect({ source: id, output, target: idOf("no"), input: "main" })(all),
      branching,
    );
    const after = typed.reduce(
      (all, name) => commands.setParams(id, cases(name), CATALOGUE)(all),
      wired,
    );
    const outputs = after.edges.filter(({ source }) => source === id).map(({ output }) => output);
    expect(outputs).toEqual([typed.at(-1), "small", "(3)", "other", "error"]);
  });

  it("takes the error edge away with its port", () => {
    const branch = commands.setSettings(idOf("yes"), { onError: "branch" }, CATALOGUE)(graph);
    const wire = { source: idOf("yes"), output: "error", target: idOf("no"), input: "main" };
    const wired = commands.connect(wire)(branch);
    const stopped = commands.setSettings(idOf("yes"), { onError: "stop" }, CATALOGUE)(wired);
    expect(stopped.edges).toEqual(graph.edges);
  });

  it("switches all on only when all are off", () => {
    const ids = new Set([idOf("yes"), idOf("no")]);
    const off = commands.toggleDisabled(ids)(graph);
    expect(off.nodes.filter((node) => node.settings.disabled)).toHaveLength(2);
    expect(
      commands
        .toggleDisabled(ids)(off)
        .nodes.some((node) => node.settings.disabled),
    ).toBe(false);
  });
});

describe("the clipboard", () => {
  const text = copyText(graph, new Set([idOf("check"), idOf("yes")]));

  it("pastes with fresh names, edges and references", () => {
    const clip = parseClip(text);
    const pasted = clip ? paste(graph, clip, null, CATALOGUE) : null;
    const names = pasted?.graph.nodes.slice(4).map((node) => node.name);
    expect(names).toEqual(["check 2", "yes 2"]);
    expect(pasted?.graph.edges).toHaveLength(4);
    expect(JSON.stringify(pasted?.graph.nodes.at(-1)?.params)).toContain("check 2");
  });

  it("keeps pasted references apart, also where a new name is the old one of another", () => {
    const params = { a: '{{ $("set") }}', b: '{{ $("set 2") }}' };
    const nodes: GraphNode[] = [
      added("set"),
      { ...added("set 2"), id: "x1" },
      { ...added("use"), id: "x2", params },
    ];
    const from = { ...graph, nodes, edges: [] };
    const clip = parseClip(copyText(from, new Set(["x0", "x1", "x2"])));
    const into = { ...from, nodes: nodes.slice(0, 1) };
    const pasted = clip ? paste(into, clip, null, CATALOGUE).graph.nodes : [];
    expect(pasted.map(({ name }) => name)).toEqual(["set", "set 2", "set 3", "use"]);
    expect(pasted.at(-1)?.params).toEqual({ a: '{{ $("set 2") }}', b: '{{ $("set 3") }}' });
  });

  it("rewrites the code of a node", () => {
    const src = added("src");
    const code = {
      ...added("js"),
      id: "x1",
      type: "core.code",
      params: { code: '$("src").all()' },
    };
    const both = { ...graph, nodes: [src, code], edges: [] };
    const renamed = commands.rename(src.id, "origin", CATALOGUE)(both);
    expect(renamed.nodes[1]?.params.code).toBe('$("origin").all()');
    const clip = parseClip(copyText(both, new Set(both.nodes.map(({ id }) => id))));
    const pasted = clip ? paste(both, clip, null, CATALOGUE).graph.nodes : [];
    expect(pasted[3]?.params.code).toBe('$("src 2").all()');
  });

  it("leaves credentials behind", () => {
    const secret = { credentials: { auth: "token" } };
    const given = commands.setSettings(idOf("yes"), secret, CATALOGUE)(graph);
    expect(copyText(given, new Set([idOf("yes", given)]))).not.toContain("token");
    expect(usesCredentials(given, new Set([idOf("yes", given)]))).toBe(true);
    expect(usesCredentials(given, new Set([idOf("no", given)]))).toBe(false);
  });

  it("duplicates nodes with their credentials, which their workflow uses already", () => {
    const settings = { credentials: { auth: "token" }, onError: "branch" as const };
    const given = commands.setSettings(idOf("yes"), settings, CATALOGUE)(graph);
    const both = duplicate(given, new Set([idOf("yes", given)]), CATALOGUE);
    expect(both.ids).toHaveLength(1);
    expect(both.graph.nodes.at(-1)).toMatchObject({ id: both.ids[0], name: "yes 2", settings });
  });

  it("takes no other text", () => {
    expect(parseClip("hello")).toBeNull();
    expect(parseClip('{"kind": "Other"}')).toBeNull();
  });
});
