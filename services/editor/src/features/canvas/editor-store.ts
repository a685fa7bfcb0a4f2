/** The document that is being edited, with its history. Only commands change it. */

import { temporal } from "zundo";
import { createStore } from "zustand/vanilla";
import type { Command } from "../../graph/commands";
import type { Graph } from "../../graph/graph";

const HISTORY = 200;
/** Keystrokes in one field within this time are one step of the history. */
const MERGE_MILLISECONDS = 1_500;

export interface EditorState {
  graph: Graph;
  /** The graph as it was last saved or loaded. */
  saved: Graph;
  etag: string | null;
  /** True for a document in which nobody has placed a node. */
  isUnplaced: boolean;
  /** Change the graph. Changes with the same `merge` key that follow each other are undone together. */
  apply: (command: Command, merge?: string) => void;
  markSaved: (graph: Graph, etag: string | null) => void;
  /** Begin anew with what is saved, and what is drawn on it if that differs. */
  load: (saved: Graph, etag: string | null, drawn?: Graph) => void;
}

/** A store for one open workflow. With `refuse` nothing of it changes: that is called instead. */
export function createEditorStore(
  saved: Graph,
  etag: string | null,
  isUnplaced = false,
  drawn: Graph = saved,
  refuse?: () => void,
) {
  /** The last change of the history and what it made; after undoing, redoing or loading the graph is another. */
  let last: { key: string; at: number; made: Graph | null } = { key: "", at: 0, made: null };
  /** Whether a change with this key, from one graph to the next, goes on with the one before it. */
  const goesOn = (merge: string, from: Graph, made: Graph): boolean => {
    const at = Date.now();
    const isLate = at - last.at >= MERGE_MILLISECONDS;
    const isSame = merge !== "" && merge === last.key && from === last.made && !isLate;
    last = { key: merge, at, made };
    return isSame;
  };
  const store = createStore<EditorState>()(
    temporal(
      (set, get) => ({
        graph: drawn,
        saved,
        etag,
        isUnplaced,
        apply: (command, merge = "") => {
          const { graph } = get();
          const next = command(graph);
          if (next === graph) return;
          if (refuse) return refuse();
          const isSameGesture = goesOn(merge, graph, next);
          const history = store.temporal.getState();
          if (isSameGesture) history.pause();
          set({ graph: next });
          if (isSameGesture) history.resume();
        },
        markSaved: (graph, newEtag) => set({ saved: graph, etag: newEtag }),
        load: (loaded, newEtag, changed = loaded) => {
          set({ graph: changed, saved: loaded, etag: newEtag, isUnplaced: false });
          store.temporal.getState().clear();
          // What was drawn may be loaded as it is, and is then no step to go on with.
          last = { ...last, made: null };
        },
      }),
      {
        partialize: (state) => ({ graph: state.graph }),
        equality: (past, current) => past.graph === current.graph,
        limit: HISTORY,
      },
    ),
  );
  return store;
}

export type EditorStore = ReturnType<typeof createEditorStore>;

export const isDirty = (state: EditorState): boolean => state.graph !== state.saved;
