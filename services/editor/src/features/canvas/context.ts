/** What every part of the editor page shares: the three stores, the catalogue, and where it is. */

import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { WorkflowStatus } from "../../graph/document";
import type { Catalogue } from "../../graph/node-type";
import type { DraftKeeper } from "./draft-keeper";
import type { EditorState, EditorStore } from "./editor-store";
import type { RunState, RunStore } from "./run-store";
import type { ViewState, ViewStore } from "./view-store";

export interface Workbench {
  project: string;
  name: string;
  catalogue: Catalogue;
  editor: EditorStore;
  view: ViewStore;
  run: RunStore;
  drafts: DraftKeeper;
  /** Whether the person who looks at it may change it. */
  mayChange: boolean;
  status: WorkflowStatus | undefined;
}

export const WorkbenchContext = createContext<Workbench | null>(null);

export function useWorkbench(): Workbench {
  const workbench = useContext(WorkbenchContext);
  if (!workbench) throw new Error("this part belongs on the editor page");
  return workbench;
}

export function useEditor<T>(select: (state: EditorState) => T): T {
  return useStore(useWorkbench().editor, select);
}

export function useView<T>(select: (state: ViewState) => T): T {
  return useStore(useWorkbench().view, select);
}

export function useRun<T>(select: (state: RunState) => T): T {
  return useStore(useWorkbench().run, select);
}

/** The one node whose properties are shown, if exactly one is selected. */
export function useChosen(): string | null {
  return useView(({ selected }) => (selected.size === 1 ? ([...selected][0] ?? null) : null));
}
