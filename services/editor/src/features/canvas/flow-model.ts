/** The graph as React Flow wants it, keeping what did not change so that nothing renders twice. */

import type { Edge, Node } from "@xyflow/react";
import type { Position } from "../../graph/document";
import type { GraphEdge, GraphNode } from "../../graph/graph";

export type FlowNode = Node<{ node: GraphNode }, "alur">;
export type FlowEdge = Edge<Record<string, never>, "alur">;

/** Take over the graph's nodes, and keep measures and identity of those that are as they were. */
export function syncNodes(
  nodes: readonly GraphNode[],
  before: readonly FlowNode[],
  selected: ReadonlySet<string>,
): FlowNode[] {
  const known = new Map(before.map((node) => [node.id, node]));
  return nodes.map((node) => {
    const old = known.get(node.id);
    const isSelected = selected.has(node.id);
    if (old?.data.node === node && old.selected === isSelected) return old;
    return {
      ...old,
      id: node.id,
      type: "alur",
      position: node.position,
      selected: isSelected,
      data: { node },
      ariaLabel: node.name,
    };
  });
}

export function toFlowEdges(
  edges: readonly GraphEdge[],
  names: ReadonlyMap<string, string>,
  selected: ReadonlySet<string>,
): FlowEdge[] {
  return edges.map((edge) => ({
    id: edge.id,
    type: "alur",
    source: edge.source,
    sourceHandle: edge.output,
    target: edge.target,
    targetHandle: edge.input,
    selected: selected.has(edge.id),
    ariaLabel: `${names.get(edge.source)} (${edge.output}) → ${names.get(edge.target)}`,
  }));
}

/** What the moves of these nodes by the keyboard are merged by, as one gesture. */
export const gestureOf = (places: ReadonlyMap<string, Position>): string =>
  `move ${[...places.keys()].join()}`;
