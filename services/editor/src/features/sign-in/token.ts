/** The token in a sign-in link, in its part behind `#`, or in a bare paste; null if there is none. */
export function tokenIn(text: string): string | null {
  const linked = /[#&]token=([^&\s]+)/.exec(text)?.[1];
  if (linked) return decodeURIComponent(linked);
  const bare = text.trim();
  return /^[\w.~+-]{16,}$/.test(bare) ? bare : null;
}
