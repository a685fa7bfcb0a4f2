/**
 * Characters that nobody sees. They come along with what is pasted, and make an address, a name or code another than it looks.
 * The server warns of the same ones (`alur_engine/validation/hidden.py`).
 */

const RANGES: readonly (readonly [number, number])[] = [
  [0x00, 0x08],
  [0x0b, 0x0c],
  [0x0e, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x180e, 0x180e],
  [0x200b, 0x200b],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
  [0xe0000, 0xe007f],
];

function isHidden(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return RANGES.some(([first, last]) => code >= first && code <= last);
}

/** Each kind of them in a text, such as `U+200B`, in the order in which they first come. */
export function hiddenIn(text: string): string[] {
  const found = new Set<string>();
  for (const character of text) {
    if (!isHidden(character)) continue;
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    found.add(`U+${code.padStart(4, "0")}`);
  }
  return [...found];
}

/** The text as it looks. */
export const withoutHidden = (text: string): string =>
  [...text].filter((character) => !isHidden(character)).join("");
