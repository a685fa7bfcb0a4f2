/** Who has the keyboard. */

const EDITABLE = "input, textarea, select, [contenteditable=true], .cm-editor";
const CONTROL = "button, a, [role=tab]";

const isWithin = (target: EventTarget | null, selector: string): boolean =>
  target instanceof Element && target.closest(selector) !== null;

/** True while a field or an open dialog has the keyboard: the canvas leaves it alone. */
export const isBusy = (target: EventTarget | null): boolean =>
  isWithin(target, EDITABLE) || document.querySelector('[role="dialog"], [role="menu"]') !== null;

export const isControl = (target: EventTarget | null): boolean => isWithin(target, CONTROL);
