/** An example item for the node that is edited, from the run that is shown on the canvas. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { nodeRuns } from "../../api/queries";
import type { NodeRuns } from "../../api/types";
import type { JsonObject } from "../../graph/document";
import { ALWAYS, pathsOf } from "../../graph/sample";
import { useEditor, useRun, useWorkbench } from "../canvas/context";

function firstOf(runs: NodeRuns | undefined, side: "input" | "output"): JsonObject | null {
  const last = runs?.runs.at(-1);
  const item = Object.values(last?.[side] ?? {}).find((items) => items.length > 0)?.[0];
  return item?.json ?? null;
}

function useRunsOf(name: string | null) {
  const { project } = useWorkbench();
  const id = useRun((state) => state.id);
  const hasRun = useRun(({ nodes }) => {
    const status = name === null ? undefined : nodes.get(name)?.status;
    return status !== undefined && status !== "skipped" && status !== "running";
  });
  return useQuery({ ...nodeRuns(project, id ?? "", name ?? ""), enabled: id !== null && hasRun })
    .data;
}

/** The first item that entered this node, or would: what its first feeder sent. */
export function useSample(id: string): JsonObject | null {
  const name = useEditor(({ graph }) => graph.nodes.find((node) => node.id === id)?.name ?? null);
  const feeder = useEditor(({ graph }) => {
    const source = graph.edges.find((edge) => edge.target === id)?.source;
    return graph.nodes.find((node) => node.id === source)?.name ?? null;
  });
  const own = useRunsOf(name);
  const before = useRunsOf(feeder);
  return firstOf(own, "input") ?? firstOf(before, "output");
}

/** What can be written in an expression of this node. */
export function useCompletions(id: string, sample: JsonObject | null): readonly string[] {
  const names = useEditor(({ graph }) =>
    graph.nodes
      .filter((node) => node.id !== id)
      .map((node) => node.name)
      .join("\n"),
  );
  return useMemo(() => {
    const fields = sample ? pathsOf(sample, "$json") : [];
    const nodes = names === "" ? [] : names.split("\n");
    return [...fields, ...ALWAYS, ...nodes.map((name) => `$(${JSON.stringify(name)}).item.json`)];
  }, [names, sample]);
}
