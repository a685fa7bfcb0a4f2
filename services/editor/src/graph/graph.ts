/** The graph that the editor edits: the document with a stable id for each node and edge. */

import type {
  EdgeDocument,
  JsonObject,
  NodeDocument,
  Position,
  TriggerDocument,
  WorkflowDocument,
  WorkflowMetadata,
  WorkflowSpec,
} from "./document";

/** What of a node's document the graph keeps as it is; name, type, params and position stand beside it. */
export type NodeSettings = Omit<NodeDocument, "name" | "type" | "params" | "position">;

export interface GraphNode {
  id: string;
  kind: "trigger" | "node";
  name: string;
  type: string;
  params: JsonObject;
  position: Position;
  settings: NodeSettings;
}

export interface GraphEdge {
  id: string;
  source: string;
  output: string;
  target: string;
  input: string;
}

export interface Graph {
  metadata: WorkflowMetadata;
  /** Everything of the spec but triggers, nodes and edges. */
  spec: Omit<WorkflowSpec, "triggers" | "nodes" | "edges">;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

const COLUMN = 280;
const ROW = 140;

/** True if nobody has said where any node stands. */
export function isUnplaced({ spec }: WorkflowDocument): boolean {
  return [...(spec.triggers ?? []), ...(spec.nodes ?? [])].every((part) => !part.position);
}

/** An id for a new node or edge; unique among `taken`. */
export function freshId(prefix: string, taken: Iterable<string>): string {
  const used = new Set(taken);
  let number = used.size + 1;
  while (used.has(`${prefix}${number}`)) number += 1;
  return `${prefix}${number}`;
}

/** `wanted`, or `wanted 2`, `wanted 3`... when it is taken; at most 64 characters. */
export function freshName(wanted: string, taken: Iterable<string>): string {
  const used = new Set(taken);
  if (!used.has(wanted)) return wanted;
  const stem = wanted.replace(/ \d+$/, "").slice(0, 59);
  let number = 2;
  while (used.has(`${stem} ${number}`)) number += 1;
  return `${stem} ${number}`;
}

/** The longest way from a start to each node. */
function depths(names: string[], edges: EdgeDocument[]): Map<string, number> {
  const depth = new Map(names.map((name) => [name, 0]));
  // A node behind a way back is not pushed on by it: what was met first stays in front.
  const order = new Map(names.map((name, index) => [name, index]));
  const forward = edges.filter(({ from, to }) => (order.get(from) ?? 0) < (order.get(to) ?? 0));
  const sorted = forward.sort(
    (left, right) => (order.get(left.from) ?? 0) - (order.get(right.from) ?? 0),
  );
  for (const { from, to } of sorted) {
    depth.set(to, Math.max(depth.get(to) ?? 0, (depth.get(from) ?? 0) + 1));
  }
  return depth;
}

/** Columns by distance from the start, rows by order: for nodes that nobody has placed. */
function defaultPositions(names: string[], edges: EdgeDocument[]): Map<string, Position> {
  const depth = depths(names, edges);
  const rows = new Map<number, number>();
  const placed = new Map<string, Position>();
  for (const name of names) {
    const column = depth.get(name) ?? 0;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    placed.set(name, { x: column * COLUMN, y: row * ROW });
  }
  return placed;
}

function toNode(
  part: NodeDocument | TriggerDocument,
  kind: GraphNode["kind"],
  id: string,
  fallback: Position,
): GraphNode {
  const { name, type, params, position, ...settings } = part;
  return { id, kind, name, type, params: params ?? {}, position: position ?? fallback, settings };
}

/** Read a document. Edges that name nothing known are left out; the server refuses them anyway. */
export function fromDocument(document: WorkflowDocument): Graph {
  const { triggers = [], nodes = [], edges = [], ...spec } = document.spec;
  const names = [...triggers, ...nodes].map((part) => part.name);
  const places = defaultPositions(names, edges);
  const origin = { x: 0, y: 0 };
  const graphNodes = [
    ...triggers.map((part, index) =>
      toNode(part, "trigger", `t${index + 1}`, places.get(part.name) ?? origin),
    ),
    ...nodes.map((part, index) =>
      toNode(part, "node", `n${index + 1}`, places.get(part.name) ?? origin),
    ),
  ];
  const ids = new Map(graphNodes.map((node) => [node.name, node.id]));
  const graphEdges = edges.flatMap((edge, index) => {
    const source = ids.get(edge.from);
    const target = ids.get(edge.to);
    if (!source || !target) return [];
    const { output = "main", input = "main" } = edge;
    return [{ id: `e${index + 1}`, source, output, target, input }];
  });
  return { metadata: document.metadata, spec, nodes: graphNodes, edges: graphEdges };
}

function pruned(settings: NodeSettings): NodeSettings {
  const kept = Object.entries(settings).filter(([key, value]) => {
    if (value === null || value === undefined || value === "" || value === false) return false;
    if (key === "onError" && value === "stop") return false;
    if (key === "pool" && value === "default") return false;
    return !(key === "credentials" && Object.keys(value as object).length === 0);
  });
  return Object.fromEntries(kept) as NodeSettings;
}

function partOf(node: GraphNode): NodeDocument {
  return {
    name: node.name,
    type: node.type,
    ...(Object.keys(node.params).length > 0 ? { params: node.params } : {}),
    ...pruned(node.settings),
    position: { x: Math.round(node.position.x), y: Math.round(node.position.y) },
  };
}

function edgeOf(edge: GraphEdge, names: Map<string, string>): EdgeDocument {
  return {
    from: names.get(edge.source) ?? "",
    ...(edge.output === "main" ? {} : { output: edge.output }),
    to: names.get(edge.target) ?? "",
    ...(edge.input === "main" ? {} : { input: edge.input }),
  };
}

/** Write the document that `fromDocument` reads, without defaults. */
export function toDocument(graph: Graph): WorkflowDocument {
  const names = new Map(graph.nodes.map((node) => [node.id, node.name]));
  const { name, namespace, labels, annotations } = graph.metadata;
  return {
    apiVersion: "alur.dev/v1alpha1",
    kind: "Workflow",
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
    },
    spec: {
      ...graph.spec,
      triggers: graph.nodes.filter((node) => node.kind === "trigger").map(partOf),
      nodes: graph.nodes.filter((node) => node.kind === "node").map(partOf),
      edges: graph.edges.map((edge) => edgeOf(edge, names)),
    },
  };
}
