/** The map of the canvas, in its lower right corner. */

import { useDebouncedValue } from "@mantine/hooks";
import { MiniMap, useStore as useFlowStore } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import { lookOf } from "../../ui/node-look";
import classes from "./canvas.module.css";
import type { FlowNode } from "./flow-model";

/** As a style: what the map shows is computed from it. */
const SIZE = { width: 168, height: 112 };
/** From the corner to the far edges of the map, with React Flow's margin. */
const ROOM = { width: SIZE.width + 15, height: SIZE.height + 15 };
const LINGER = 900;

/** Whether a node lies under the map. */
function useIsCovering(): boolean {
  return useFlowStore(({ nodeLookup, transform: [x, y, zoom], width, height }) => {
    for (const { internals, measured } of nodeLookup.values()) {
      const right = (internals.positionAbsolute.x + (measured.width ?? 0)) * zoom + x;
      const bottom = (internals.positionAbsolute.y + (measured.height ?? 0)) * zoom + y;
      const left = internals.positionAbsolute.x * zoom + x;
      const top = internals.positionAbsolute.y * zoom + y;
      const isInColumn = right > width - ROOM.width && left < width;
      if (isInColumn && bottom > height - ROOM.height && top < height) return true;
    }
    return false;
  });
}

/** It makes room for nodes, but while one moves about and a moment after. */
export function CanvasMap({ isMoving }: { isMoving: boolean }) {
  const { t } = useTranslation();
  const [moved] = useDebouncedValue(isMoving, LINGER);
  const isCovering = useIsCovering() && !isMoving && !moved;
  return (
    <MiniMap
      className={`${classes.map} ${isCovering ? classes.covering : ""}`}
      style={SIZE}
      pannable
      zoomable
      ariaLabel={t("editor.minimap")}
      nodeColor={(node) => lookOf((node as FlowNode).data.node.type).color}
      nodeBorderRadius={14}
      maskColor="color-mix(in srgb, var(--alur-canvas) 70%, transparent)"
      bgColor="var(--alur-surface)"
    />
  );
}
