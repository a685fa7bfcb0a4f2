/** Whether it is the canvas that is worked on, so that keys may delete, select and paste its nodes. */

import { type RefObject, useCallback, useEffect, useRef } from "react";
import { useWorkbench } from "./context";

export type HasTurn = () => boolean;

/** Whether the canvas was the last part of the page that was clicked or focused. */
function useIsLast(pane: RefObject<HTMLElement | null>): RefObject<boolean> {
  const isLast = useRef(false);
  useEffect(() => {
    const touch = ({ target }: Event) => {
      // Dialogs and menus are drawn outside the page: they belong to what opened them.
      const page = document.getElementById("root");
      if (target instanceof Node && page?.contains(target)) {
        isLast.current = pane.current?.contains(target) ?? false;
      }
    };
    document.addEventListener("pointerdown", touch, true);
    document.addEventListener("focusin", touch);
    return () => {
      document.removeEventListener("pointerdown", touch, true);
      document.removeEventListener("focusin", touch);
    };
  }, [pane]);
  return isLast;
}

/** The canvas has the focus; or nothing has, and it was touched last or no panel is open beside it. */
export function useCanvasTurn(pane: RefObject<HTMLElement | null>): HasTurn {
  const { view } = useWorkbench();
  const isLast = useIsLast(pane);
  return useCallback(() => {
    const focused = document.activeElement;
    if (focused && focused !== document.body) return pane.current?.contains(focused) ?? false;
    return isLast.current || view.getState().selected.size !== 1;
  }, [pane, view, isLast]);
}
