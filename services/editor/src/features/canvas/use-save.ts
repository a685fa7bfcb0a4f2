/** Saving, and what happens when somebody else saved first. */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client";
import { useSaveWorkflow, workflow } from "../../api/queries";
import { fromDocument, toDocument } from "../../graph/graph";
import { sortProblems } from "../../graph/problems";
import { tell, tellProblem } from "../../ui/tell";
import { useWorkbench } from "./context";
import { isDirty } from "./editor-store";

const CONFLICT = 412;

export interface Saving {
  isSaving: boolean;
  /** Save what is on the canvas. Resolves to false if it could not be saved, which was told then. */
  save: () => Promise<boolean>;
  overwrite: () => Promise<boolean>;
  reload: () => Promise<void>;
}

export function useSave(): Saving {
  const { t } = useTranslation();
  const client = useQueryClient();
  const bench = useWorkbench();
  const { project, name, editor, view } = bench;
  const { mutateAsync, isPending } = useSaveWorkflow(project);

  const put = useCallback(
    async (etag: string | null): Promise<boolean> => {
      const graph = editor.getState().graph;
      try {
        const saved = await mutateAsync({ document: toDocument(graph), etag });
        editor.getState().markSaved(graph, saved.etag);
        const version = saved.document.status?.activeVersion;
        tell(version ? t("editor.saved", { version }) : t("editor.savedPlain"));
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === CONFLICT) {
          view.getState().set({ dialog: "conflict" });
          return false;
        }
        if (error instanceof ApiError && error.problems.length > 0) {
          view.getState().set({ problems: sortProblems(graph, error.problems) });
        }
        tellProblem(error);
        return false;
      }
    },
    [editor, view, mutateAsync, t],
  );
  const running = useRef<Promise<boolean> | null>(null);
  const save = useCallback((): Promise<boolean> => {
    if (!isDirty(editor.getState())) return Promise.resolve(true);
    running.current ??= put(editor.getState().etag).finally(() => {
      running.current = null;
    });
    return running.current;
  }, [editor, put]);
  const fetchTheirs = useCallback(
    () => client.fetchQuery({ ...workflow(project, name), staleTime: 0 }),
    [client, project, name],
  );
  const overwrite = async () => {
    try {
      return await put((await fetchTheirs()).etag);
    } catch (error) {
      tellProblem(error);
      return false;
    }
  };
  const reload = async () => {
    try {
      const theirs = await fetchTheirs();
      editor.getState().load(fromDocument(theirs.document), theirs.etag);
    } catch (error) {
      tellProblem(error);
    }
  };
  return { isSaving: isPending, save, overwrite, reload };
}
