/** What the key for commands is called on this machine. */
export const MOD = navigator.platform.startsWith("Mac") ? "⌘" : "Ctrl";
