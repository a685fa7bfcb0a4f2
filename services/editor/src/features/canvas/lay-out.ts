/** Run ELK in its worker, which is fetched when somebody first asks for a layout. */

import type { Node } from "@xyflow/react";
import type { ELK } from "elkjs/lib/elk-api";
import type { Position } from "../../graph/document";
import type { Graph } from "../../graph/graph";
import { fromElk, toElk } from "../../graph/layout";

let engine: Promise<ELK> | null = null;

async function start(): Promise<ELK> {
  const [{ default: Elk }, { default: url }] = await Promise.all([
    import("elkjs/lib/elk-api"),
    import("elkjs/lib/elk-worker.min.js?url"),
  ]);
  return new Elk({ workerFactory: () => new Worker(url) });
}

type Sizes = ReadonlyMap<string, { width: number; height: number }>;

/** The measured sizes of nodes that are on the canvas. */
export function sizesOf(nodes: readonly Node[]): Sizes {
  const sizes = nodes.flatMap(({ id, measured }) =>
    measured?.width && measured.height
      ? [[id, { width: measured.width, height: measured.height }] as const]
      : [],
  );
  return new Map(sizes);
}

export async function layOut(graph: Graph, sizes: Sizes): Promise<Map<string, Position>> {
  engine ??= start();
  return fromElk(await (await engine).layout(toElk(graph, sizes)));
}
