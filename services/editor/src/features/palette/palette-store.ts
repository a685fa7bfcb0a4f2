/** What the palette offers: each part of the page says what it can do while it is there. */

import { useEffect, useRef } from "react";
import { createStore } from "zustand/vanilla";
import type { FinderItem } from "../../ui/finder";

export interface PaletteItem extends FinderItem {
  run: () => void;
}

type Source = () => PaletteItem[];

interface PaletteState {
  isOpen: boolean;
  sources: ReadonlySet<Source>;
}

export const palette = createStore<PaletteState>()(() => ({ isOpen: false, sources: new Set() }));

export const openPalette = (): void => palette.setState({ isOpen: true });
export const closePalette = (): void => palette.setState({ isOpen: false });

/** Offer what `make` returns, asked anew whenever the palette is opened, until the part is gone. */
export function usePaletteItems(make: Source): void {
  const latest = useRef(make);
  latest.current = make;
  useEffect(() => {
    const source = () => latest.current();
    palette.setState(({ sources }) => ({ sources: new Set([...sources, source]) }));
    return () =>
      palette.setState(({ sources }) => ({
        sources: new Set([...sources].filter((other) => other !== source)),
      }));
  }, []);
}

/** Open and close it by Mod+K, from fields as well; another dialog keeps the keyboard. */
export function usePaletteKey(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isMod = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      if (!isMod || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      const { isOpen } = palette.getState();
      if (isOpen) closePalette();
      else if (!document.querySelector('[role="dialog"]')) openPalette();
    };
    // Before a field takes it for its own.
    document.addEventListener("keydown", press, { capture: true });
    return () => document.removeEventListener("keydown", press, { capture: true });
  }, []);
}
