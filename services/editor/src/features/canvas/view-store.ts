/** What is open and chosen on the canvas: nothing that is saved or undone. */

import { createStore } from "zustand/vanilla";
import type { Position } from "../../graph/document";
import { NO_PROBLEMS, type Problems } from "../../graph/problems";

/** Where the node search was called, and what it shall do with the choice. */
export interface Finder {
  /** In the coordinates of the graph. */
  at: Position;
  from?: { node: string; output: string };
  edge?: string;
}

type Dialog =
  | "run"
  | "help"
  | "source"
  | "settings"
  | "conflict"
  | "draft-conflict"
  | "discard"
  | "outline"
  | null;

export interface ViewState {
  selected: ReadonlySet<string>;
  finder: Finder | null;
  renaming: string | null;
  dialog: Dialog;
  isDataOpen: boolean;
  problems: Problems;
  warnings: Problems;
  select: (ids: Iterable<string>) => void;
  set: (change: Partial<Omit<ViewState, "select" | "set">>) => void;
}

export function createViewStore() {
  return createStore<ViewState>()((set) => ({
    selected: new Set(),
    finder: null,
    renaming: null,
    dialog: null,
    isDataOpen: true,
    problems: NO_PROBLEMS,
    warnings: NO_PROBLEMS,
    select: (ids) => set({ selected: new Set(ids) }),
    set: (change) => set(change),
  }));
}

export type ViewStore = ReturnType<typeof createViewStore>;
