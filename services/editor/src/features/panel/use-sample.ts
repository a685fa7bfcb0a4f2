/** Example items for the node that is edited, from the run that is shown on the canvas, else from the last one. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useShallow } from "zustand/react/shallow";
import { execution, nodeRuns } from "../../api/queries";
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

const HAS_RUN: ReadonlySet<NodeStatus> = new Set(["succeeded", "failed", "waiting", "cancelled"]);
/** So many items are tried: enough to see, few enough to send with each keystroke. */
const MOST_ITEMS = 50;

/** What a node run took or sent, as the fields of a form see it. */
export interface Sample {
  /** Says which items these are, for caches. */
  key: string;
  items: readonly JsonObject[];
  upstream: readonly Upstream[];
  /** True until it is known which items there are. */
  isLoading: boolean;
}

function itemsOf(runs: NodeRuns | undefined, side: "input" | "output"): readonly JsonObject[] {
  const last = runs?.runs.at(-1);
  const found = Object.values(last?.[side] ?? {}).find((items) => items.length > 0) ?? [];
  return found.slice(0, MOST_ITEMS).map(({ json }) => json);
}

/** The run whose items are taken, and which of its nodes have any. */
function useSampleRun() {
  const { project, status } = useWorkbench();
  const shown = useRun((state) => state.id);
  const states = useRun((state) => state.nodes);
  const last = shown === null ? (status?.lastExecution?.id ?? null) : null;
  const { data, isLoading } = useQuery({
    ...execution(project, last ?? ""),
    enabled: last !== null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return useMemo(() => {
    const rows =
      shown === null ? (data?.nodes ?? []) : [...states].map(([name, one]) => ({ name, ...one }));
    const ran = new Set(rows.filter((row) => HAS_RUN.has(row.status)).map((row) => row.name));
    return { id: shown ?? last, ran, isLoading };
  }, [shown, last, data, isLoading, states]);
}

/** The items that entered this node, or would, and those that the nodes before it sent. */
export function useSample(id: string): Sample {
  const { project } = useWorkbench();
  const run = useSampleRun();
  const own = useEditor(({ graph }) => graph.nodes.find((node) => node.id === id)?.name ?? "");
  const before = useEditor(
    useShallow(({ graph }) => ancestorsOf(graph, id).map((node) => node.name)),
  );
  // What enters a node is asked of it; what those before it sent, of each of them.
  const names = useMemo(() => [own, ...before], [own, before]);
  const found = useQueries({
    queries: names.map((name) => ({
      ...nodeRuns(project, run.id ?? "", name),
      enabled: run.id !== null && run.ran.has(name),
    })),
    combine: (results) => ({
      runs: results.map(({ data }) => data),
      isLoading: results.some((result) => result.isLoading),
    }),
  });
  return useMemo(() => {
    const upstream = before.map((name, index) => ({
      name,
      items: itemsOf(found.runs[index + 1], "output"),
    }));
    const entered = itemsOf(found.runs[0], "input");
    const known = found.runs.map((runs) => (runs ? 1 : 0)).join("");
    return {
      key: `${run.id}/${own}/${known}`,
      items: entered.length > 0 ? entered : (upstream[0]?.items ?? []),
      upstream,
      isLoading: run.isLoading || found.isLoading,
    };
  }, [run.id, run.isLoading, own, before, found]);
}

/** What can be written in a field of this node. */
export function useCompletions(dialect: Dialect, sample: Sample): Completions {
  return useMemo(
    () => completionsFor(dialect, sample.items[0] ?? null, sample.upstream),
    [dialect, sample],
  );
}
