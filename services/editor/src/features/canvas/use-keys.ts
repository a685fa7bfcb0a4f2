/** The keyboard on the canvas. Fields and open dialogs keep their keys. */

import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect, useRef } from "react";
import { tellProblem } from "../../ui/tell";
import * as actions from "./actions";
import { useOpenFinder } from "./canvas-tools";
import { useWorkbench } from "./context";
import { areSingleKeysOn } from "./single-keys";

const EDITABLE = "input, textarea, select, [contenteditable=true], .cm-editor";

const isBusy = (target: EventTarget | null): boolean =>
  (target instanceof Element && target.closest(EDITABLE) !== null) ||
  document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null;

const isControl = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("button, a, [role=tab]") !== null;

type Keys = Record<string, () => void>;

/** The name of a key press: `mod+shift+z`, `f2`, `/`. */
function nameOf(event: KeyboardEvent): string {
  const isMod = event.ctrlKey || event.metaKey;
  const isLetter = /^[a-z]$/i.test(event.key);
  const shift = event.shiftKey && (isLetter || event.key.length > 1) ? "shift+" : "";
  return `${isMod ? "mod+" : ""}${shift}${event.key.toLowerCase()}`;
}

function useKeyTable(edges: ReadonlySet<string>): Keys {
  const bench = useWorkbench();
  const flow = useReactFlow();
  const openFinder = useOpenFinder();
  const view = bench.view.getState();
  const drop = () => actions.removeSelected(bench, edges);
  const rename = () => {
    const [only, ...others] = bench.view.getState().selected;
    if (only && others.length === 0) view.set({ renaming: only });
  };
  return {
    "/": openFinder,
    "?": () => view.set({ dialog: "help" }),
    o: () => view.set({ dialog: "outline" }),
    d: () => actions.toggleSelected(bench),
    "1": () => void flow.fitView({ duration: 200, padding: 0.2, maxZoom: 1.1 }),
    "0": () => void flow.zoomTo(1),
    "+": () => void flow.zoomIn(),
    "-": () => void flow.zoomOut(),
    "shift+t": () => void actions.tidyUp(bench, flow).catch(tellProblem),
    f2: rename,
    delete: drop,
    backspace: drop,
    escape: () => view.select([]),
    "mod+z": () => actions.undo(bench),
    "mod+shift+z": () => actions.redo(bench),
    "mod+y": () => actions.redo(bench),
    "mod+a": () => actions.selectAll(bench),
    "mod+d": () => actions.duplicateSelected(bench),
  };
}

/** Whether the pane was focused by a click: only then Tab searches, or it would trap the keyboard. */
function usePaneFocus(pane: RefObject<HTMLElement | null>) {
  const isByPointer = useRef(false);
  useEffect(() => {
    const element = pane.current;
    const down = (event: PointerEvent) => {
      isByPointer.current =
        event.target instanceof Element && event.target.classList.contains("react-flow__pane");
    };
    const left = () => {
      isByPointer.current = false;
    };
    element?.addEventListener("pointerdown", down);
    element?.addEventListener("focusout", left);
    return () => {
      element?.removeEventListener("pointerdown", down);
      element?.removeEventListener("focusout", left);
    };
  }, [pane]);
  return isByPointer;
}

export function useKeys(pane: RefObject<HTMLElement | null>, edges: ReadonlySet<string>): void {
  const bench = useWorkbench();
  const table = useKeyTable(edges);
  const isPaneClicked = usePaneFocus(pane);
  const latest = useRef(table);
  latest.current = table;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || isBusy(event.target)) return;
      const name = nameOf(event);
      const isTab = name === "tab" && isPaneClicked.current;
      const isSingle = name.length === 1 || name === "shift+t";
      if (isSingle && !areSingleKeysOn()) return;
      const action = isTab ? latest.current["/"] : latest.current[name];
      if (!action || (isControl(event.target) && name === "delete")) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [isPaneClicked]);
  useEffect(() => {
    const isOurs = (event: ClipboardEvent) =>
      !isBusy(event.target) && (window.getSelection()?.isCollapsed ?? true);
    const copy = (event: ClipboardEvent) => {
      if (!event.clipboardData || !isOurs(event)) return;
      if (!actions.copySelected(bench, event.clipboardData)) return;
      event.preventDefault();
      if (event.type === "cut") actions.removeSelected(bench, new Set());
    };
    const paste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (isOurs(event) && actions.pasteText(bench, text, null)) event.preventDefault();
    };
    document.addEventListener("copy", copy);
    document.addEventListener("cut", copy);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("copy", copy);
      document.removeEventListener("cut", copy);
      document.removeEventListener("paste", paste);
    };
  }, [bench]);
}
