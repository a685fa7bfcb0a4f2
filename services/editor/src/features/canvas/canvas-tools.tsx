/** The buttons of the canvas, below it: there they cover no node. */

import { ActionIcon, Tooltip } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconLayoutDistributeVertical,
  IconMaximize,
  IconMinus,
  IconPlus,
  IconSquareRoundedPlus,
  type TablerIcon,
} from "@tabler/icons-react";
import { useReactFlow } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { Position } from "../../graph/document";
import { tellProblem } from "../../ui/tell";
import * as actions from "./actions";
import classes from "./canvas.module.css";
import { useWorkbench } from "./context";
import { freeAround } from "./places";

interface ToolProps {
  label: string;
  keys?: string;
  icon: TablerIcon;
  isDisabled?: boolean;
  onClick: () => void;
}

function Tool({ label, keys, icon: Icon, isDisabled = false, onClick }: ToolProps) {
  return (
    <Tooltip label={keys ? `${label}  ${keys}` : label}>
      <ActionIcon size={34} aria-label={label} disabled={isDisabled} onClick={onClick}>
        <Icon size={18} stroke={1.8} />
      </ActionIcon>
    </Tooltip>
  );
}

/** A free place in the middle of what is seen. */
export function usePlaceInSight(): () => Position {
  const { editor } = useWorkbench();
  const { screenToFlowPosition } = useReactFlow();
  return () => {
    const box = document.querySelector(".react-flow")?.getBoundingClientRect();
    const x = (box?.left ?? 0) + (box?.width ?? 0) / 2;
    const y = (box?.top ?? 0) + (box?.height ?? 0) / 2;
    const middle = screenToFlowPosition({ x, y });
    return freeAround(editor.getState().graph, { x: middle.x - 100, y: middle.y - 32 });
  };
}

/** Open the node search for the middle of what is seen. */
export function useOpenFinder(): () => void {
  const { view } = useWorkbench();
  const placeInSight = usePlaceInSight();
  return () => view.getState().set({ finder: { at: placeInSight() } });
}

function History() {
  const { t } = useTranslation();
  const bench = useWorkbench();
  const canUndo = useStore(bench.editor.temporal, (state) => state.pastStates.length > 0);
  const canRedo = useStore(bench.editor.temporal, (state) => state.futureStates.length > 0);
  return (
    <>
      <Tool
        label={t("editor.undo")}
        keys="Ctrl Z"
        icon={IconArrowBackUp}
        isDisabled={!canUndo}
        onClick={() => actions.undo(bench)}
      />
      <Tool
        label={t("editor.redo")}
        keys="Ctrl ⇧ Z"
        icon={IconArrowForwardUp}
        isDisabled={!canRedo}
        onClick={() => actions.redo(bench)}
      />
    </>
  );
}

export function CanvasTools() {
  const { t } = useTranslation();
  const bench = useWorkbench();
  const flow = useReactFlow();
  const openFinder = useOpenFinder();
  const tidy = () => void actions.tidyUp(bench, flow).catch(tellProblem);
  return (
    <div className={classes.tools} role="toolbar" aria-label={t("editor.toolbar")}>
      <Tool
        label={t("editor.addNode")}
        keys="/"
        icon={IconSquareRoundedPlus}
        onClick={openFinder}
      />
      <span className={classes.divider} />
      <History />
      <span className={classes.divider} />
      <Tool
        label={t("editor.tidy")}
        keys="⇧ T"
        icon={IconLayoutDistributeVertical}
        onClick={tidy}
      />
      <Tool
        label={t("editor.fit")}
        keys="1"
        icon={IconMaximize}
        onClick={() => void actions.showAll(flow)}
      />
      <Tool
        label={t("editor.zoomOut")}
        keys="−"
        icon={IconMinus}
        onClick={() => void flow.zoomOut()}
      />
      <Tool
        label={t("editor.zoomIn")}
        keys="+"
        icon={IconPlus}
        onClick={() => void flow.zoomIn()}
      />
    </div>
  );
}
