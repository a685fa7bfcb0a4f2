/** Every change of the graph. Each takes a graph and returns a new one; none knows React. */

import type { Wire } from "./connect";
import type { JsonObject, Position, WorkflowSpec } from "./document";
import { freshId, freshName, type Graph, type GraphNode, type NodeSettings } from "./graph";
import { type Catalogue, initialParams, type NodeType, portsOf } from "./node-type";
import { renameInParams } from "./rename";

export type Command = (graph: Graph) => Graph;

const names = (graph: Graph): string[] => graph.nodes.map((node) => node.name);

function changeNode(graph: Graph, id: string, change: (node: GraphNode) => GraphNode): Graph {
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === id ? change(node) : node)) };
}

/** Drop edges whose ports are gone, after parameters or error routing changed. */
function withoutLostPorts(graph: Graph, id: string, catalogue: Catalogue): Graph {
  const node = graph.nodes.find((other) => other.id === id);
  const type = node && catalogue.get(node.type);
  if (!node || !type) return graph;
  const onError = node.settings.onError ?? "stop";
  const { outputs } = portsOf(type, { params: node.params, onError });
  const edges = graph.edges.filter((edge) => edge.source !== id || outputs.includes(edge.output));
  return edges.length === graph.edges.length ? graph : { ...graph, edges };
}

/** Follow ports that a list of names gives (the cases of a switch) when one is renamed in place. */
function followRenamedPorts(
  graph: Graph,
  before: GraphNode,
  after: GraphNode,
  catalogue: Catalogue,
): Graph {
  const type = catalogue.get(before.type);
  if (!type?.outputsFrom) return graph;
  const portsFor = (node: GraphNode): string[] =>
    portsOf(type, { params: node.params, onError: node.settings.onError ?? "stop" }).outputs;
  const [old, now] = [portsFor(before), portsFor(after)];
  if (old.length !== now.length) return graph;
  const moved = new Map(
    old.flatMap((port, index) => {
      const next = now[index];
      return next && next !== port ? [[port, next] as const] : [];
    }),
  );
  if (moved.size === 0) return graph;
  const edges = graph.edges.map((edge) =>
    edge.source === before.id ? { ...edge, output: moved.get(edge.output) ?? edge.output } : edge,
  );
  return { ...graph, edges };
}

export interface Added {
  graph: Graph;
  id: string;
}

/** Add a node of this type; `from` wires it to the port it was pulled out of. */
export function addNode(
  graph: Graph,
  type: NodeType,
  position: Position,
  from?: { node: string; output: string },
): Added {
  const id = freshId(
    type.trigger ? "t" : "n",
    graph.nodes.map((node) => node.id),
  );
  const node: GraphNode = {
    id,
    kind: type.trigger ? "trigger" : "node",
    name: freshName(type.label.toLowerCase(), names(graph)),
    type: type.type,
    params: initialParams(type),
    position,
    settings: {},
  };
  const added = { ...graph, nodes: [...graph.nodes, node] };
  const input = type.inputs[0];
  if (!from || type.trigger || !input) return { graph: added, id };
  const wire = { source: from.node, output: from.output, target: id, input };
  return { graph: connect(wire)(added), id };
}

/** Put a new node into an edge, which it cuts in two. */
export function insertNode(
  graph: Graph,
  type: NodeType,
  position: Position,
  edgeId: string,
): Added {
  const edge = graph.edges.find((other) => other.id === edgeId);
  if (!edge) return addNode(graph, type, position);
  const cut = { ...graph, edges: graph.edges.filter((other) => other.id !== edgeId) };
  const added = addNode(cut, type, position, { node: edge.source, output: edge.output });
  const output = portsOf(type, { params: initialParams(type), onError: "stop" }).outputs[0];
  if (!output) return added;
  const rest = { source: added.id, output, target: edge.target, input: edge.input };
  return { graph: connect(rest)(added.graph), id: added.id };
}

export function connect(wire: Wire): Command {
  return (graph) => {
    const id = freshId(
      "e",
      graph.edges.map((edge) => edge.id),
    );
    return { ...graph, edges: [...graph.edges, { id, ...wire }] };
  };
}

/** Move the end of an edge to another port. */
export function reconnect(edgeId: string, wire: Wire): Command {
  return (graph) => ({
    ...graph,
    edges: graph.edges.map((edge) => (edge.id === edgeId ? { id: edge.id, ...wire } : edge)),
  });
}

export function remove(nodeIds: ReadonlySet<string>, edgeIds: ReadonlySet<string>): Command {
  return (graph) => ({
    ...graph,
    nodes: graph.nodes.filter((node) => !nodeIds.has(node.id)),
    edges: graph.edges.filter(
      (edge) => !edgeIds.has(edge.id) && !nodeIds.has(edge.source) && !nodeIds.has(edge.target),
    ),
  });
}

export function move(positions: ReadonlyMap<string, Position>): Command {
  return (graph) => ({
    ...graph,
    nodes: graph.nodes.map((node) => {
      const position = positions.get(node.id);
      return position ? { ...node, position } : node;
    }),
  });
}

/** Why this name cannot be given, or null if it can. */
export function nameProblem(
  graph: Graph,
  id: string,
  name: string,
): "empty" | "long" | "taken" | null {
  if (name.trim() === "") return "empty";
  if ([...name].length > 64) return "long";
  return graph.nodes.some((node) => node.id !== id && node.name === name) ? "taken" : null;
}

/** Give a node another name and rewrite all expressions and code that used the old one. */
export function rename(id: string, name: string, catalogue: Catalogue): Command {
  return (graph) => {
    const old = graph.nodes.find((node) => node.id === id)?.name;
    if (old === undefined || old === name || nameProblem(graph, id, name)) return graph;
    const renamed = new Map([[old, name]]);
    const nodes = graph.nodes.map((node) => {
      const params = renameInParams(node.params, renamed, catalogue.get(node.type));
      return node.id === id ? { ...node, name, params } : { ...node, params };
    });
    return { ...graph, nodes };
  };
}

export function setParams(id: string, params: JsonObject, catalogue: Catalogue): Command {
  return (graph) => {
    const before = graph.nodes.find((node) => node.id === id);
    if (!before) return graph;
    const after = { ...before, params };
    const followed = followRenamedPorts(graph, before, after, catalogue);
    return withoutLostPorts(
      changeNode(followed, id, () => after),
      id,
      catalogue,
    );
  };
}

export function setSettings(
  id: string,
  change: Partial<NodeSettings>,
  catalogue: Catalogue,
): Command {
  return (graph) => {
    const changed = changeNode(graph, id, (node) => ({
      ...node,
      settings: { ...node.settings, ...change },
    }));
    return withoutLostPorts(changed, id, catalogue);
  };
}

export function toggleDisabled(ids: ReadonlySet<string>): Command {
  return (graph) => {
    const isAllOff = graph.nodes.every((node) => !ids.has(node.id) || node.settings.disabled);
    return {
      ...graph,
      nodes: graph.nodes.map((node) =>
        ids.has(node.id) ? { ...node, settings: { ...node.settings, disabled: !isAllOff } } : node,
      ),
    };
  };
}

export function setSpec(
  change: Partial<Omit<WorkflowSpec, "triggers" | "nodes" | "edges">>,
): Command {
  return (graph) => ({ ...graph, spec: { ...graph.spec, ...change } });
}
