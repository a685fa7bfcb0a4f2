/** An edge on the canvas, with what can be done to it in its middle. */

import { IconPlus, IconTrash } from "@tabler/icons-react";
import { BaseEdge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { remove } from "../../graph/commands";
import { useEditor, useRun, useView, useWorkbench } from "./context";
import { pathOf } from "./edge-path";
import classes from "./flow-edge.module.css";
import type { FlowEdge as FlowEdgeType } from "./flow-model";

const NOTHING: ReadonlySet<string> = new Set();

function Tools({ id, x, y }: { id: string; x: number; y: number }) {
  const { t } = useTranslation();
  const { editor, view } = useWorkbench();
  const insert = () => view.getState().set({ finder: { at: { x: x - 100, y: y - 32 }, edge: id } });
  const drop = () => editor.getState().apply(remove(NOTHING, new Set([id])));
  return (
    <>
      <button
        type="button"
        className={classes.tool}
        aria-label={t("editor.insert")}
        onClick={insert}
      >
        <IconPlus size={14} stroke={2.2} />
      </button>
      <button
        type="button"
        className={classes.tool}
        data-danger
        aria-label={t("editor.deleteEdge")}
        onClick={drop}
      >
        <IconTrash size={14} />
      </button>
    </>
  );
}

/** Whether the shown run went along this edge, as far as its ends tell. */
function useFlowed(source: string, target: string): boolean {
  const names = useEditor(({ graph }) => {
    const nameOf = (id: string) => graph.nodes.find((node) => node.id === id)?.name ?? "";
    return `${nameOf(source)}\u0000${nameOf(target)}`;
  });
  return useRun(({ nodes }) => {
    const [from = "", to = ""] = names.split("\u0000");
    const [start, end] = [nodes.get(from)?.status, nodes.get(to)?.status];
    return start === "succeeded" && end !== undefined && end !== "skipped";
  });
}

function View(props: EdgeProps<FlowEdgeType>) {
  const { id, source, target, selected, sourceHandleId } = props;
  const [isNear, setNear] = useState(false);
  const isFlowed = useFlowed(source, target);
  const isBeside = useView((state) => state.selected.has(source) || state.selected.has(target));
  const [path, x, y] = pathOf(props);
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: hovering only shows tools that the keyboard reaches by selecting the edge */}
      <g
        className={classes.edge}
        data-selected={selected || undefined}
        data-beside={isBeside || undefined}
        data-flowed={isFlowed || undefined}
        data-error={sourceHandleId === "error" || undefined}
        onMouseEnter={() => setNear(true)}
        onMouseLeave={() => setNear(false)}
      >
        <BaseEdge path={path} interactionWidth={24} markerEnd="url(#alur-arrow)" />
      </g>
      {(isNear || selected) && (
        <EdgeLabelRenderer>
          <fieldset
            className={`${classes.tools} nodrag nopan`}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
            onMouseEnter={() => setNear(true)}
            onMouseLeave={() => setNear(false)}
          >
            <Tools id={id} x={x} y={y} />
          </fieldset>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

export const FlowEdge = memo(View);
