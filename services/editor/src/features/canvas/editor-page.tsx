/** The page on which a workflow is drawn, run and watched. */

import { Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useBlocker, useParams, useSearchParams } from "react-router";
import { useStore } from "zustand";
import { ApiError } from "../../api/client";
import { catalogue, type Opened as OpenedWorkflow, opened, useMay } from "../../api/queries";
import { isUnplaced } from "../../graph/graph";
import type { Catalogue } from "../../graph/node-type";
import { Confirm } from "../../ui/confirm";
import { Failed } from "../../ui/failed";
import { NotFound } from "../../ui/not-found";
import { tellHint } from "../../ui/tell";
import { DataPanel } from "../executions/data-panel";
import { Panel } from "../panel/panel";
import { Canvas } from "./canvas";
import { CanvasTools } from "./canvas-tools";
import { ConflictDialog, DiscardDialog } from "./conflict-dialog";
import { useEditor, useView, useWorkbench, WorkbenchContext } from "./context";
import { EditorHeader } from "./editor-header";
import classes from "./editor-page.module.css";
import { createEditorStore, isDirty } from "./editor-store";
import { HelpDialog } from "./help-dialog";
import { NodeFinder } from "./node-finder";
import { OutlineDialog } from "./outline-dialog";
import { PermittedBar } from "./permitted-bar";
import { RenameDialog } from "./rename-dialog";
import { RunDialog } from "./run-dialog";
import { createRunStore } from "./run-store";
import { SettingsDrawer } from "./settings-drawer";
import { SourceDialog } from "./source-dialog";
import { useCanvasPalette } from "./use-canvas-palette";
import { drawnOn, keeperOf, useDraft, useDraftNotice } from "./use-draft";
import { type Saving, useSave } from "./use-save";
import { useValidation } from "./use-validation";
import { useWatch } from "./use-watch";
import { createViewStore } from "./view-store";

/** Saving and running by keyboard, from fields as well. */
function usePageKeys(saving: Saving): void {
  const { view } = useWorkbench();
  const { save } = saving;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      if (event.key.toLowerCase() === "s") {
        event.preventDefault();
        void save();
      }
      if (event.key === "Enter" && view.getState().dialog === null) {
        event.preventDefault();
        view.getState().set({ dialog: "run" });
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [save, view]);
}

/** Ask before changes are left behind that are kept nowhere. */
function LeaveGuard() {
  const { t } = useTranslation();
  const { drafts } = useWorkbench();
  const dirty = useEditor(isDirty);
  const state = useStore(drafts.store, (kept) => kept.state);
  const isStuck = dirty && (state === "conflict" || state === "failed");
  // What is about to be written still is when one goes to another page of the editor.
  const isUnkept = dirty && state !== "kept";
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isStuck && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (!isUnkept) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isUnkept]);
  return (
    <Confirm
      isOpen={blocker.state === "blocked"}
      title={t("editor.leaveTitle")}
      text={t("editor.leave")}
      action={t("editor.leaveGo")}
      cancel={t("editor.stay")}
      onConfirm={() => blocker.proceed?.()}
      onClose={() => blocker.reset?.()}
    />
  );
}

/** Which run is shown stands in the address, so that it can be linked. */
function useRunInAddress(): void {
  const { run } = useWorkbench();
  const [search, setSearch] = useSearchParams();
  const linked = search.get("run");
  useEffect(() => {
    if (linked && linked !== run.getState().id) run.getState().watch(linked);
  }, [linked, run]);
  useEffect(
    () =>
      run.subscribe(({ id }, before) => {
        if (id === before.id) return;
        setSearch(id ? { run: id } : {}, { replace: true });
      }),
    [run, setSearch],
  );
}

function Bench() {
  const saving = useSave();
  const hasRun = useView((state) => state.isDataOpen);
  useDraft();
  useCanvasPalette(saving);
  useWatch();
  useValidation();
  useRunInAddress();
  usePageKeys(saving);
  return (
    <div className={classes.page}>
      <EditorHeader saving={saving} />
      <PermittedBar saving={saving} />
      <div className={classes.middle}>
        <div className={classes.drawing}>
          <Canvas />
          <CanvasTools />
          <DataPanel isOpen={hasRun} />
        </div>
        <Panel />
      </div>
      <NodeFinder />
      <RenameDialog />
      <RunDialog saving={saving} />
      <ConflictDialog saving={saving} />
      <DiscardDialog saving={saving} />
      <HelpDialog />
      <OutlineDialog />
      <SourceDialog />
      <SettingsDrawer />
      <LeaveGuard />
    </div>
  );
}

interface WorkbenchProps {
  project: string;
  name: string;
  loaded: OpenedWorkflow;
  types: Catalogue;
}

function Opened({ project, name, loaded, types }: WorkbenchProps) {
  const { t } = useTranslation();
  const mayChange = useMay("workflows:write");
  // The stores live as long as the page: a later answer of the server must not drop what is edited.
  const [{ editor, drafts, info }] = useState(() => {
    const found = drawnOn(loaded);
    const hasDraft = found.drawn !== found.saved;
    const isPlaced = hasDraft || !isUnplaced(loaded.document);
    const refuse = mayChange ? undefined : () => tellHint(t("editor.mayNotChange"));
    const store = createEditorStore(found.saved, found.etag, !isPlaced, found.drawn, refuse);
    return {
      editor: store,
      drafts: keeperOf(project, name, store, found),
      info: hasDraft ? (loaded.draft?.info ?? null) : null,
    };
  });
  useDraftNotice(info);
  const [view] = useState(createViewStore);
  const [run] = useState(createRunStore);
  const { status } = loaded.document;
  return (
    <WorkbenchContext
      value={{ project, name, catalogue: types, editor, view, run, drafts, mayChange, status }}
    >
      <ReactFlowProvider>
        <Bench />
      </ReactFlowProvider>
    </WorkbenchContext>
  );
}

export function EditorPage() {
  const { t } = useTranslation();
  const { project = "", name = "" } = useParams();
  const types = useQuery(catalogue);
  const loaded = useQuery(opened(project, name));
  const error = types.error ?? loaded.error;
  if (error instanceof ApiError && error.status === 404) return <NotFound />;
  if (error && !loaded.data) return <Failed error={error} onRetry={() => void loaded.refetch()} />;
  if (!types.data || !loaded.data) {
    return (
      <Center h="100%">
        <Loader aria-label={t("app.loading")} />
      </Center>
    );
  }
  return (
    <Opened
      key={`${project}/${name}`}
      project={project}
      name={name}
      loaded={loaded.data}
      types={types.data}
    />
  );
}
