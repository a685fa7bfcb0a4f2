/** Copy, cut and paste of nodes, by the browser's own events so that no permission is asked for. */

import { useEffect } from "react";
import * as actions from "./actions";
import { useWorkbench } from "./context";
import { isBusy } from "./focus";

const NOTHING: ReadonlySet<string> = new Set();

const isOurs = (event: ClipboardEvent): boolean =>
  !isBusy(event.target) && (window.getSelection()?.isCollapsed ?? true);

export function useClipboard(): void {
  const bench = useWorkbench();
  useEffect(() => {
    const copy = (event: ClipboardEvent) => {
      if (!event.clipboardData || !isOurs(event)) return;
      if (!actions.copySelected(bench, event.clipboardData)) return;
      event.preventDefault();
      if (event.type === "cut") actions.removeSelected(bench, NOTHING);
    };
    const paste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (isOurs(event) && actions.pasteText(bench, text, null)) event.preventDefault();
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
  }, [bench]);
}
