/** Copy, cut and paste of nodes, by the browser's own events so that no permission is asked for. */

import { useEffect } from "react";
import * as actions from "./actions";
import { useWorkbench } from "./context";
import { isBusy } from "./focus";
import type { HasTurn } from "./use-canvas-turn";

const NOTHING: ReadonlySet<string> = new Set();

const isOurs = (event: ClipboardEvent, hasTurn: HasTurn): boolean =>
  !isBusy(event.target) && hasTurn() && (window.getSelection()?.isCollapsed ?? true);

export function useClipboard(hasTurn: HasTurn): void {
  const bench = useWorkbench();
  useEffect(() => {
    const copy = (event: ClipboardEvent) => {
      if (!event.clipboardData || !isOurs(event, hasTurn)) return;
      if (!actions.copySelected(bench, event.clipboardData)) return;
      event.preventDefault();
      if (event.type === "cut") actions.removeSelected(bench, NOTHING);
    };
    const paste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (isOurs(event, hasTurn) && actions.pasteText(bench, text, null)) event.preventDefault();
    };
    const handlers = { copy, cut: copy, paste };
    for (const [type, handler] of Object.entries(handlers)) {
      document.addEventListener(type, handler as EventListener);
    }
    return () => {
      for (const [type, handler] of Object.entries(handlers)) {
        document.removeEventListener(type, handler as EventListener);
      }
    };
  }, [bench, hasTurn]);
}
