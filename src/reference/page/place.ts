import { signal } from "@preact/signals";

/** The id that the address of the page names. */
export const place = signal("");

/** Which part is read. */
export const reading = signal("");

/** How long what is drawn around a part may still move it, and how often to look, in milliseconds. */
const settling = { forMs: 1200, everyMs: 50 };

/** When the reader has moved the page. */
let movedAt = 0;

/** Brings a part into view, and keeps it there while what is above it is drawn. */
export function goTo(id: string): void {
  place.value = id;
  reading.value = id;
  const started = performance.now();
  let isFocused = false;
  const bring = () => {
    if (place.value !== id || movedAt > started || performance.now() - started > settling.forMs) return;
    const element = document.getElementById(id);
    element?.scrollIntoView({ behavior: "instant", block: "start" });
    // Whoever reads by ear or by keys goes on from there, once it is drawn.
    const heading = isFocused ? undefined : element?.querySelector<HTMLElement>("h2, h3, th");
    heading?.focus({ preventScroll: true });
    isFocused ||= heading !== undefined && heading !== null;
    setTimeout(bring, settling.everyMs);
  };
  requestAnimationFrame(bring);
}

/** Follows the address of the page, and which part is read. */
export function followPlace(): void {
  for (const event of ["wheel", "touchmove", "keydown", "pointerdown"] as const)
    addEventListener(
      event,
      () => {
        movedAt = performance.now();
      },
      { passive: true },
    );
  const follow = () => {
    const id = location.hash.slice(1);
    if (id !== "") goTo(id);
  };
  addEventListener("hashchange", follow);
  let isAsked = false;
  addEventListener(
    "scroll",
    () => {
      if (isAsked) return;
      isAsked = true;
      requestAnimationFrame(() => {
        isAsked = false;
        const [x, y] = [innerWidth - 40, 130];
        const part = document.elementsFromPoint(x, y).map((element) => element.closest("[data-part]"));
        const found = part.find((element) => element !== null);
        if (found) reading.value = found.id;
      });
    },
    { passive: true },
  );
  follow();
}
