/** How long work may hold up all others, in milliseconds. */
const sliceMs = 4;

const later: (work: () => void) => unknown = globalThis.setImmediate ?? ((work) => setTimeout(work, 0));

/** When the work of this turn of the event loop should make way for others; 0 where none has begun. */
let until = 0;
let last: Promise<void> = Promise.resolve();

/*
 * Long work in slices. All of it shares one slice in each turn of the event loop, of which a process has one: however many walk over a
 * million records at once, whoever asks for something short waits for no more than a slice.
 */

/** Whether long work should wait for its next turn. */
export function isLong(): boolean {
  const now = performance.now();
  if (until === 0) {
    until = now + sliceMs;
    later(() => {
      until = 0;
    });
  }
  return now >= until;
}

/** Resolves when it is the turn of whoever asks; those that wait take turns. */
export function nextTurn(): Promise<void> {
  last = last.then(() => new Promise((resolve) => later(resolve)));
  return last;
}
