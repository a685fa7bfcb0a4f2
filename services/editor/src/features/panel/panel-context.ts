/** What the fields of one node's form share, however deep they are. */

import { createContext, useContext } from "react";
import { type Completions, NO_COMPLETIONS } from "../../graph/completions";
import type { JsonObject } from "../../graph/document";
import type { NodeProblem } from "../../graph/problems";
import type { Sample } from "./use-sample";

export interface PanelState {
  /** False for triggers: nothing is known yet when they are read. */
  hasExpressions: boolean;
  /** What expressions of this node can hold. */
  completions: Completions;
  /** The other parameters, by which a field may go: the language of code. */
  params: JsonObject;
  node: { id: string; name: string } | null;
  sample: Sample;
  /** Which item of the sample is tried, from 0. */
  index: number;
  onIndex: (index: number) => void;
  problems: readonly NodeProblem[];
}

export const NO_SAMPLE: Sample = { key: "", items: [], upstream: [], isLoading: false };

export const PanelContext = createContext<PanelState>({
  hasExpressions: false,
  completions: NO_COMPLETIONS,
  params: {},
  node: null,
  sample: NO_SAMPLE,
  index: 0,
  onIndex: () => undefined,
  problems: [],
});

export const usePanel = (): PanelState => useContext(PanelContext);

/** The faults of one field: those of its path, and of what lies below if `isLeaf`. */
export function useProblem(path: string, isLeaf: boolean): string | null {
  const { problems } = usePanel();
  const mine = problems.filter(
    ({ field }) =>
      field === path || (isLeaf && (field.startsWith(`${path}.`) || field.startsWith(`${path}[`))),
  );
  return mine.length > 0 ? mine.map((problem) => problem.message).join(" ") : null;
}
