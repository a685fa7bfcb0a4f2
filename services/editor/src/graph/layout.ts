/** Automatic layout: the graph as ELK wants it, laid out in a worker so that nothing freezes. */

import type { ElkNode } from "elkjs/lib/elk-api";
import type { Position } from "./document";
import type { Graph } from "./graph";

const NODE_WIDTH = 208;
const NODE_HEIGHT = 64;

export function toElk(
  graph: Graph,
  sizes: ReadonlyMap<string, { width: number; height: number }>,
): ElkNode {
  return {
    id: "root",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": "RIGHT",
      // Only the way back into a loop runs backwards, so that the nodes of a loop stand behind its beginning.
      "elk.layered.cycleBreaking.strategy": "DEPTH_FIRST",
      "elk.layered.spacing.nodeNodeBetweenLayers": "90",
      "elk.spacing.nodeNode": "48",
      "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
      "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    },
    children: graph.nodes.map(({ id }) => ({
      id,
      width: sizes.get(id)?.width ?? NODE_WIDTH,
      height: sizes.get(id)?.height ?? NODE_HEIGHT,
    })),
    edges: graph.edges.map((edge) => ({
      id: edge.id,
      sources: [edge.source],
      targets: [edge.target],
    })),
  };
}

export function fromElk(root: ElkNode): Map<string, Position> {
  return new Map(
    (root.children ?? []).map((child) => [
      child.id,
      { x: Math.round((child.x ?? 0) / 20) * 20, y: Math.round((child.y ?? 0) / 20) * 20 },
    ]),
  );
}
