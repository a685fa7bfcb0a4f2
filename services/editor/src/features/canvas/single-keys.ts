/** Shortcuts of one key can be switched off (WCAG 2.1.4); the choice is this browser's. */

const KEY = "alur-single-keys";

export const areSingleKeysOn = (): boolean => localStorage.getItem(KEY) !== "off";

export function switchSingleKeys(isOn: boolean): void {
  localStorage.setItem(KEY, isOn ? "on" : "off");
}
