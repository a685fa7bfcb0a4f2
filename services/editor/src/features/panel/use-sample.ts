/** An example item for the node that is edited, from the run that is shown on the canvas. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useShallow } from "zustand/react/shallow";
import { nodeRuns } from "../../api/queries";
import type { NodeRuns, NodeStatus } from "../../api/types";
import {
  ancestorsOf,
  type Completions,
  completionsFor,
  type Dialect,
  type Upstream,
} from "../../graph/completions";
import type { JsonObject } from "../../graph/document";
import { useEditor, useRun, useWorkbench } from "../canvas/context";

const HAS_SENT: ReadonlySet<NodeStatus> = new Set(["succeeded", "failed"]);

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

/** The nodes before this one, each with the first item that it sent in the run that is shown. */
function useUpstream(id: string): readonly Upstream[] {
  const { project } = useWorkbench();
  const run = useRun((state) => state.id);
  const ran = useRun((state) => state.nodes);
  const names = useEditor(
    useShallow(({ graph }) => ancestorsOf(graph, id).map((node) => node.name)),
  );
  return useQueries({
    queries: names.map((name) => ({
      ...nodeRuns(project, run ?? "", name),
      enabled: run !== null && HAS_SENT.has(ran.get(name)?.status ?? "skipped"),
    })),
    combine: (results) =>
      results.map(({ data }, index) => ({
        name: names[index] ?? "",
        sample: firstOf(data, "output"),
      })),
  });
}

/** What can be written in a field of this node. */
export function useCompletions(
  id: string,
  dialect: Dialect,
  sample: JsonObject | null,
): Completions {
  const upstream = useUpstream(id);
  return useMemo(() => completionsFor(dialect, sample, upstream), [dialect, sample, upstream]);
}
