/** The draft of the open workflow: found when it is opened, kept while it is edited. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client";
import { dropDraft, me, type Opened, putDraft } from "../../api/queries";
import type { DraftInfo } from "../../api/types";
import { isDrawable } from "../../graph/document";
import { fromDocument, type Graph, toDocument } from "../../graph/graph";
import { formatAgo } from "../../i18n/format";
import { tellHint } from "../../ui/tell";
import { useWorkbench } from "./context";
import { DraftKeeper } from "./draft-keeper";
import { type EditorStore, isDirty } from "./editor-store";

interface Drawn {
  saved: Graph;
  /** What is on the canvas; the same object as `saved` if nothing is unpublished. */
  drawn: Graph;
  /** Of the workflow that it was drawn on, which may be older than the newest: publishing then asks. */
  etag: string | null;
  draftEtag: string | null;
}

const textOf = (graph: Graph): string => JSON.stringify(toDocument(graph).spec);

/** What is on the canvas of a workflow that was just opened. A draft that cannot be drawn is replaced by the next change. */
export function drawnOn({ document, etag, draft }: Opened): Drawn {
  const saved = fromDocument(document);
  const draftEtag = draft?.etag ?? null;
  if (!draft || !isDrawable(draft.document)) return { saved, drawn: saved, etag, draftEtag };
  const drawn = fromDocument({ ...draft.document, metadata: document.metadata });
  if (textOf(drawn) === textOf(saved)) return { saved, drawn: saved, etag, draftEtag };
  return { saved, drawn, etag: draft.info.base > 0 ? `"${draft.info.base}"` : etag, draftEtag };
}

/** Who keeps the draft of this workflow, going on from the one that was found. */
export function keeperOf(project: string, name: string, editor: EditorStore, found: Drawn) {
  const { saved, drawn, draftEtag } = found;
  return new DraftKeeper(
    {
      put: (graph, etag) => {
        const base = editor.getState().etag;
        return putDraft(project, name, { document: toDocument(graph), etag, base });
      },
      drop: (etag) => dropDraft(project, name, etag),
      isConflict: (error) => error instanceof ApiError && error.isConflict,
    },
    { graph: drawn === saved ? null : drawn, etag: draftEtag },
  );
}

/** Keep what is on the canvas whenever it changes, and at once when the page is left. */
export function useDraft(): void {
  const { editor, drafts, mayChange } = useWorkbench();
  useEffect(() => {
    if (!mayChange) return;
    const note = () => {
      const state = editor.getState();
      drafts.want(isDirty(state) ? state.graph : null);
    };
    const flush = () => void drafts.flush();
    const hide = () => document.visibilityState === "hidden" && flush();
    note();
    const stop = editor.subscribe(note);
    document.addEventListener("visibilitychange", hide);
    window.addEventListener("online", flush);
    return () => {
      stop();
      document.removeEventListener("visibilitychange", hide);
      window.removeEventListener("online", flush);
      flush();
    };
  }, [editor, drafts, mayChange]);
}

/** Say once that the canvas shows what is not published. */
export function useDraftNotice(info: DraftInfo | null): void {
  const { t } = useTranslation();
  const { data: person } = useQuery(me);
  const isMine = info?.changedBy === person?.id;
  useEffect(() => {
    if (!info) return;
    tellHint(t(isMine ? "draft.found" : "draft.foundTheirs", { when: formatAgo(info.changedAt) }));
  }, [info, isMine, t]);
}
