/** Whether an edge may be drawn: ports, doubles, and cycles but for the way back into a loop. */

import type { Graph, GraphEdge } from "./graph";
import { type Catalogue, portsOf } from "./node-type";

export type Wire = Omit<GraphEdge, "id">;
export type Refusal = "unknown-port" | "itself" | "double" | "cycle";

const LOOP = "core.each";
const LOOP_PORT = "item";

function reachable(
  edges: readonly Wire[],
  start: string,
  leave?: (edge: Wire) => boolean,
): Set<string> {
  const seen = new Set<string>([start]);
  const queue = [start];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    for (const edge of edges) {
      if (edge.source !== node || seen.has(edge.target) || leave?.(edge)) continue;
      seen.add(edge.target);
      queue.push(edge.target);
    }
  }
  return seen;
}

/** True if every way from the loop to `edge.source` leaves the loop by its `item` port. */
function isWayBack(graph: Graph, edge: Wire): boolean {
  const loop = graph.nodes.find((node) => node.id === edge.target);
  if (loop?.type !== LOOP) return false;
  const others = graph.edges.filter((other) => other.target !== loop.id);
  const byItem = reachable(
    others,
    loop.id,
    (other) => other.source === loop.id && other.output !== LOOP_PORT,
  );
  if (!byItem.has(edge.source)) return false;
  const starts = graph.nodes.filter(
    (node) => node.id !== loop.id && !others.some((other) => other.target === node.id),
  );
  const without = (other: Wire): boolean => other.source === loop.id && other.output === LOOP_PORT;
  const roots = [loop.id, ...starts.map((node) => node.id)].filter((id) => id !== edge.source);
  return !roots.some((root) => reachable(others, root, without).has(edge.source));
}

function knowsPorts(graph: Graph, catalogue: Catalogue, wire: Wire): boolean {
  const source = graph.nodes.find((node) => node.id === wire.source);
  const target = graph.nodes.find((node) => node.id === wire.target);
  if (!source || !target) return false;
  const portsFor = (node: typeof source) =>
    portsOf(catalogue.get(node.type), {
      params: node.params,
      onError: node.settings.onError ?? "stop",
    });
  return (
    portsFor(source).outputs.includes(wire.output) && portsFor(target).inputs.includes(wire.input)
  );
}

/** Why this wire may not be drawn, or null if it may. */
export function refusal(graph: Graph, catalogue: Catalogue, wire: Wire): Refusal | null {
  if (wire.source === wire.target) {
    const self = graph.nodes.find((node) => node.id === wire.source);
    if (self?.type !== LOOP || wire.output !== LOOP_PORT) return "itself";
  }
  if (!knowsPorts(graph, catalogue, wire)) return "unknown-port";
  const isSame = (edge: Wire): boolean =>
    edge.source === wire.source &&
    edge.output === wire.output &&
    edge.target === wire.target &&
    edge.input === wire.input;
  if (graph.edges.some(isSame)) return "double";
  const waysBack = graph.edges.filter((edge) => isWayBack(graph, edge)).map((edge) => edge.id);
  const forward = graph.edges.filter((edge) => !waysBack.includes(edge.id));
  const closes = reachable(forward, wire.target).has(wire.source);
  return closes && wire.source !== wire.target && !isWayBack(graph, wire) ? "cycle" : null;
}
