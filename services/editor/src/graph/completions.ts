/** What can be written where: the words and methods that are offered while somebody types. */

import type { Json, JsonObject } from "./document";
import names from "./expression-names.json";
import type { Graph, GraphNode } from "./graph";
import { type Known, knownBefore, knownNode, knownOf, type Member, membersOf } from "./members";
import { pathsOf } from "./sample";

/** An expression within braces, or the code of a node. */
export type Dialect = "expression" | "javascript" | "python";

/** A node that runs before, with the items that it sent as far as they are known. */
export interface Upstream {
  name: string;
  items: readonly JsonObject[];
}

export interface Completions {
  /** Whole words and paths. */
  words: readonly string[];
  /** What may follow a dot after this text: all methods where its type is not known. */
  membersAfter: (text: string) => readonly Member[];
  /** The names of the nodes before. */
  nodes: readonly string[];
}

export const NO_COMPLETIONS: Completions = { words: [], membersAfter: () => [], nodes: [] };

const SHOWN_ANCESTORS = 12;

/** Nodes from which items can reach this one, the nearest first. */
export function ancestorsOf(graph: Graph, id: string): GraphNode[] {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const found = new Set<string>();
  let front = [id];
  while (front.length > 0 && found.size < SHOWN_ANCESTORS) {
    const before = graph.edges.filter((edge) => front.includes(edge.target));
    front = [...new Set(before.map((edge) => edge.source))].filter(
      (source) => source !== id && !found.has(source),
    );
    for (const source of front) found.add(source);
  }
  return [...found].flatMap((source) => byId.get(source) ?? []).slice(0, SHOWN_ANCESTORS);
}

const ROOTS = [
  "$json",
  "$binary",
  "$item",
  "$item(0).$json",
  "$item(0).$node",
  "$items",
  "$input.item",
  "$input.first()",
  "$input.last()",
  "$input.all()",
  "$trigger",
  "$vars",
  "$env",
  "$index",
  "$runIndex",
  "$execution.id",
  "$execution.mode",
  "$execution.startedAt",
  "$run.idempotencyKey",
  "$run.attempt",
  "$run.path",
  "$workflow.name",
  "$workflow.id",
  "$workflow.version",
];
const IN_SCRIPTS = ["$now", "$today", ...names.functions, ...names.kinds];
const ALL_METHODS = [...names.helpers, ...names.methods];

/** Python has no `$`: there the names begin with an underscore. */
const inPython = (word: string): string => word.replace("$", "_");
const PYTHON_LACKS: ReadonlySet<string> = new Set([
  "$binary",
  "$runIndex",
  "$item(0).$json",
  "$item(0).$node",
]);
/** A field of this name is read by its key: the attribute is a method of `dict`. */
const DICT = new Set(
  "clear copy fromkeys get items keys pop popitem setdefault update values".split(" "),
);

interface Grammar {
  roots: readonly string[];
  /** Where the fields of the current item begin. */
  items: readonly string[];
  node: (name: string) => string;
  methods: readonly string[];
  byKey: ReadonlySet<string>;
}

const NOBODY: ReadonlySet<string> = new Set();

const GRAMMARS: Record<Dialect, Grammar> = {
  expression: {
    roots: [...ROOTS, ...IN_SCRIPTS],
    items: ["$json"],
    node: (name) => `$(${JSON.stringify(name)}).item.json`,
    methods: ALL_METHODS,
    byKey: NOBODY,
  },
  javascript: {
    roots: [...ROOTS, ...IN_SCRIPTS, "items", "item", "console", "console.log", "return"],
    items: ["$json", "item.json"],
    node: (name) => `$(${JSON.stringify(name)}).first().json`,
    methods: ALL_METHODS,
    byKey: NOBODY,
  },
  python: {
    roots: [
      ...ROOTS.filter((root) => !PYTHON_LACKS.has(root)).map(inPython),
      "_now",
      "_today",
      "items",
      "item",
      "print",
      "return",
    ],
    items: ["_json", "item.json"],
    node: (name) => `_node(${JSON.stringify(name)}).first().json`,
    methods: [],
    byKey: DICT,
  },
};

const fieldsOf = (sample: Json | null, root: string, { byKey }: Grammar): string[] =>
  sample === null ? [] : pathsOf(sample, root, byKey);

/** The names that a chain may begin with, and what is known of each. */
function rootsOf(sample: JsonObject | null, upstream: readonly Upstream[]): Map<string, Known> {
  const item: JsonObject = sample === null ? {} : { json: sample };
  const types: [string, string][] = [
    ["$now", "DateTime"],
    ["$today", "DateTime"],
    ["console", "typeof console"],
    ...names.kinds.map((kind): [string, string] => [kind, `typeof ${kind}`]),
  ];
  const first = upstream.map(({ name, items }) => [name, { json: items[0] ?? {} }]);
  const values: [string, Json][] = [
    ["$json", sample ?? {}],
    ["$item", item],
    ["$item(0)", { ...item, $json: sample ?? {}, $node: Object.fromEntries(first) }],
    ["item", item],
    ["$items", [item]],
    ["items", [item]],
  ];
  return new Map<string, Known>([
    ...types.map(([name, type]): [string, Known] => [name, { type }]),
    ...values.flatMap(([name, value]): [string, Known][] => {
      const known = knownOf(value);
      return known ? [[name, known]] : [];
    }),
    ["$input", knownNode(sample ?? undefined)],
    ...upstream.map(({ name, items }): [string, Known] => [
      `$(${JSON.stringify(name)})`,
      knownNode(items[0]),
    ]),
  ]);
}

/** What fits here: the fields of the item, the names that are always there, the nodes before with their fields. */
export function completionsFor(
  dialect: Dialect,
  sample: JsonObject | null,
  upstream: readonly Upstream[],
): Completions {
  const grammar = GRAMMARS[dialect];
  const nodes = upstream.flatMap(({ name, items }) => {
    const root = grammar.node(name);
    return [root, ...fieldsOf(items[0] ?? null, root, grammar)];
  });
  const own = grammar.items.flatMap((root) => fieldsOf(sample, root, grammar));
  const known = dialect === "python" ? null : rootsOf(sample, upstream);
  const unknown = grammar.methods.map((name) => ({ name, isMethod: true }));
  const membersAfter = (text: string): readonly Member[] => {
    // Apostrophes of the text around an expression quote nothing.
    const code = dialect === "expression" ? (text.split("{{").at(-1) ?? "") : text;
    const before = known && knownBefore(code, known);
    return (before && membersOf(before)) ?? unknown;
  };
  return {
    words: [...own, ...grammar.roots, ...nodes],
    membersAfter,
    nodes: upstream.map(({ name }) => name),
  };
}
