/** Entries with their numbers, of which only the latest are kept: they count on from 1, and go on where the log was cleared. */
export type Log<Entry extends object> = {
  record(entry: Entry): void;
  /** The number of the latest entry that there ever was. */
  last(): number;
  /** How many there have been since it was cleared. */
  count(): number;
  /** Those behind the entry of this number, oldest first, all of them unless told; `evicted` counts those that had to go. */
  read(after?: number): {
    readonly entries: readonly (Entry & { readonly id: number })[];
    readonly evicted: number;
    readonly last: number;
  };
  /** Resolves once there is an entry behind that one; after so many milliseconds, or when it is called off, in any case. */
  next(after: number, waitMs: number, signal?: AbortSignal): Promise<void>;
  clear(): void;
};

/** Makes a log in this process that keeps so many entries. */
export function createLog<Entry extends object>(most: number): Log<Entry> {
  const ring: Entry[] = [];
  const waiting = new Set<() => void>();
  let recorded = 0;
  /** How many there were when the log was cleared. */
  let cleared = 0;
  const last = () => cleared + recorded;

  return {
    record(entry) {
      ring[recorded % most] = entry;
      recorded += 1;
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
    last,
    count: () => recorded,
    read(after = 0) {
      const evicted = Math.max(0, recorded - most);
      const first = Math.max(evicted, after - cleared);
      const entries = Array.from({ length: Math.max(0, recorded - first) }, (_, index) => {
        const place = first + index;
        return { ...ring[place % most]!, id: cleared + place + 1 };
      });
      return { entries, evicted, last: last() };
    },
    async next(after, waitMs, signal) {
      if (last() > after || signal?.aborted) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let told = () => {};
      await new Promise<void>((resolve) => {
        told = resolve;
        waiting.add(told);
        signal?.addEventListener("abort", told, { once: true });
        timer = setTimeout(told, waitMs);
      });
      clearTimeout(timer);
      waiting.delete(told);
      signal?.removeEventListener("abort", told);
    },
    clear() {
      ring.length = 0;
      cleared += recorded;
      recorded = 0;
    },
  };
}
