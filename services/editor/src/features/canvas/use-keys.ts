/** The keyboard on the canvas. Fields and open dialogs keep their keys. */

import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect, useRef } from "react";
import { tellProblem } from "../../ui/tell";
import * as actions from "./actions";
import { useOpenFinder } from "./canvas-tools";
import { useWorkbench } from "./context";
import { isBusy, isControl } from "./focus";
import { areSingleKeysOn } from "./single-keys";
import type { HasTurn } from "./use-canvas-turn";

const DELETING: ReadonlySet<string> = new Set(["delete", "backspace"]);
/** What selects or changes nodes: only while it is the canvas that is worked on. */
const OF_CANVAS: ReadonlySet<string> = new Set([...DELETING, "mod+a", "mod+d", "d", "shift+t"]);

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
    "1": () => void actions.showAll(flow),
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

/** What a key press does, if anything. */
function actionOf(event: KeyboardEvent, table: Keys, isPaneClicked: boolean, hasTurn: HasTurn) {
  if (event.defaultPrevented || event.altKey || isBusy(event.target)) return undefined;
  const name = nameOf(event);
  const isSingle = name.length === 1 || name === "shift+t";
  if (isSingle && !areSingleKeysOn()) return undefined;
  if (name === "tab") return isPaneClicked ? table["/"] : undefined;
  if (OF_CANVAS.has(name) && !hasTurn()) return undefined;
  if (DELETING.has(name) && isControl(event.target)) return undefined;
  return table[name];
}

export function useKeys(
  pane: RefObject<HTMLElement | null>,
  edges: ReadonlySet<string>,
  hasTurn: HasTurn,
): void {
  const table = useKeyTable(edges);
  const isPaneClicked = usePaneFocus(pane);
  const latest = useRef(table);
  latest.current = table;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = actionOf(event, latest.current, isPaneClicked.current, hasTurn);
      if (!action) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [isPaneClicked, hasTurn]);
}
