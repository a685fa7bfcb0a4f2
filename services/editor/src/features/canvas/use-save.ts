/** Publishing, and what happens when somebody else was first. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client";
import { opened, useSaveWorkflow } from "../../api/queries";
import { isManaged } from "../../graph/document";
import { fromDocument, type Graph, toDocument } from "../../graph/graph";
import { sortProblems, summaryOf } from "../../graph/problems";
import { tell, tellProblem } from "../../ui/tell";
import { useWorkbench } from "./context";
import { isDirty } from "./editor-store";
import { drawnOn } from "./use-draft";
import type { ViewStore } from "./view-store";

export interface Saving {
  isSaving: boolean;
  /**
   * Save what is on the canvas. Resolves to false if it could not be saved, which was told then: of a workflow that a
   * cluster manages the document is shown, to be applied there.
   */
  save: () => Promise<boolean>;
  /** Publish what is on the canvas, changed or not: it then runs with the rights of who does. */
  takeOver: () => Promise<boolean>;
  /** Publish over what somebody else published. */
  overwrite: () => Promise<boolean>;
  /** Go back to what is published, and drop what is not. */
  reload: () => Promise<void>;
  /** Let the draft on the canvas take the place of somebody else's. */
  keepMine: () => Promise<void>;
  /** Go on from the draft that somebody else wrote, or from what they published. */
  takeTheirs: () => Promise<void>;
}

const told = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    tellProblem(error);
  }
};

/** Say why it was not saved, and mark the nodes that are to blame. */
function tellRefusal(error: unknown, graph: Graph, view: ViewStore): void {
  const problems = error instanceof ApiError ? error.problems : [];
  if (problems.length > 0) view.getState().set({ problems: sortProblems(graph, problems) });
  tellProblem(summaryOf(graph, problems) || error);
}

function usePut() {
  const { t } = useTranslation();
  const { project, editor, view } = useWorkbench();
  const { mutateAsync, isPending } = useSaveWorkflow(project);
  const put = useCallback(
    async (etag: string | null, draft: string | null): Promise<boolean> => {
      const graph = editor.getState().graph;
      try {
        const saved = await mutateAsync({ document: toDocument(graph), etag, draft });
        editor.getState().markSaved(graph, saved.etag);
        const version = saved.document.status?.activeVersion;
        tell(version ? t("editor.saved", { version }) : t("editor.savedPlain"));
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.isConflict) {
          view.getState().set({ dialog: "conflict" });
          return false;
        }
        tellRefusal(error, graph, view);
        return false;
      }
    },
    [editor, view, mutateAsync, t],
  );
  return { put, isPending };
}

/** What can be done when somebody else was first. */
function useTheirs() {
  const client = useQueryClient();
  const { project, name, editor, drafts } = useWorkbench();
  const fetchTheirs = () => client.fetchQuery(opened(project, name));
  const reload = () =>
    told(async () => {
      const theirs = await fetchTheirs();
      drafts.seen(theirs.draft?.etag ?? null, theirs.draft ? undefined : null);
      editor.getState().load(fromDocument(theirs.document), theirs.etag);
      await drafts.flush();
    });
  const keepMine = () =>
    told(async () => {
      const theirs = await fetchTheirs();
      editor.getState().markSaved(fromDocument(theirs.document), theirs.etag);
      drafts.seen(theirs.draft?.etag ?? null, null);
      await drafts.flush();
    });
  const takeTheirs = () =>
    told(async () => {
      const { saved, drawn, etag, draftEtag } = drawnOn(await fetchTheirs());
      editor.getState().load(saved, etag, drawn);
      drafts.seen(draftEtag, drawn === saved ? null : drawn);
      await drafts.flush();
    });
  return { fetchTheirs, reload, keepMine, takeTheirs };
}

export function useSave(): Saving {
  const { editor, drafts, view } = useWorkbench();
  const { put, isPending } = usePut();
  const { fetchTheirs, ...others } = useTheirs();
  const running = useRef<Promise<boolean> | null>(null);
  const takeOver = useCallback((): Promise<boolean> => {
    if (isManaged(editor.getState().graph.metadata)) {
      view.getState().set({ dialog: "source" });
      return Promise.resolve(false);
    }
    running.current ??= drafts
      .publish((draft) => put(editor.getState().etag, draft))
      .finally(() => {
        running.current = null;
      });
    return running.current;
  }, [editor, drafts, put, view]);
  const save = useCallback(
    (): Promise<boolean> => (isDirty(editor.getState()) ? takeOver() : Promise.resolve(true)),
    [editor, takeOver],
  );
  const overwrite = async () => {
    try {
      const { etag } = await fetchTheirs();
      return await drafts.publish((draft) => put(etag, draft));
    } catch (error) {
      tellProblem(error);
      return false;
    }
  };
  return { isSaving: isPending, save, takeOver, overwrite, ...others };
}
