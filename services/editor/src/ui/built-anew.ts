/** A page that was open while the editor was built anew: the parts that it has not fetched yet are gone. */

const KEY = "alur-built-anew";
/** A part that is missing from a fresh page too is no matter of its age. */
const PAUSE = 30_000;

type Place = Pick<Window, "addEventListener" | "sessionStorage" | "location">;

/** Read the page again when a part of it cannot be fetched, once: the new page names the parts that are there. */
export function reloadWhenBuiltAnew(place: Place, now: () => number = Date.now): void {
  place.addEventListener("vite:preloadError", () => {
    const last = Number(place.sessionStorage.getItem(KEY) ?? 0);
    if (now() - last < PAUSE) return;
    place.sessionStorage.setItem(KEY, `${now()}`);
    place.location.reload();
  });
}
