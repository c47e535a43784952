import { type Place, text } from "./place.ts";
import * as logScripts from "./scripts/log.ts";

/** How often a log is looked at although nobody has said that there is something new, in milliseconds. */
const lookMs = 1000;

/** Entries with their numbers, of which only the latest are kept, as `createLog` has them in memory. */
export type SharedLog<Entry> = {
  record(most: number, json: string): Promise<void>;
  read(after?: number): Promise<{
    readonly entries: readonly (Entry & { readonly id: number })[];
    readonly evicted: number;
    readonly last: number;
  }>;
  next(after: number, waitMs: number, signal?: AbortSignal): Promise<void>;
  clear(): Promise<void>;
};

/** A log of a sandbox; `entryOf` reads what was written. */
export function sharedLog<Entry extends object>(
  { run, key, shared: { connection } }: Place,
  name: "journal" | "changes" | "sent",
  entryOf: (written: string) => Entry,
): SharedLog<Entry> {
  async function read(after = 0) {
    const behind = String(Math.min(Math.max(after, 0), Number.MAX_SAFE_INTEGER));
    const [, last, first, evicted, written] = await run(logScripts.readLog, name, behind);
    const entries = (Array.isArray(written) ? written : []).map((one, index) => ({
      ...entryOf(one),
      id: Number(first) + index,
    }));
    return { entries, evicted: Number(evicted), last: Number(last) };
  }

  return {
    async record(most, json) {
      await run(logScripts.record, name, String(most), json);
    },
    read,
    async next(after, waitMs, signal) {
      if (signal?.aborted) return;
      let end = () => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      const look = () => {
        // What cannot be read now is read at the next look.
        run(logScripts.readLog, name, String(Number.MAX_SAFE_INTEGER)).then(
          ([, last]) => Number(last) > after && end(),
          () => {},
        );
      };
      const silence = connection.listen(`${key}:news`, look);
      const timers = [setTimeout(end, waitMs), setInterval(look, lookMs)];
      signal?.addEventListener("abort", end, { once: true });
      look();
      await ended;
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      silence();
    },
    async clear() {
      await run(logScripts.clear, name);
    },
  };
}

/** The first words of a text as numbers, and the rest. */
export function numbersBefore(written: string, count: number): { numbers: number[]; rest: string } {
  const numbers: number[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const end = written.indexOf(" ", at);
    numbers.push(Number(written.slice(at, end)));
    at = end + 1;
  }
  return { numbers, rest: written.slice(at) };
}

/** A text that stands for a state and is changed by whoever finds it as it was. */
export async function swapped<State, Told>(
  { run }: Place,
  name: string,
  { read, write }: { read: (written: string) => State; write: (state: State) => string },
  change: (state: State) => Told,
): Promise<Told> {
  for (;;) {
    const was = text((await run(logScripts.text, name))[1]);
    const state = read(was);
    const before = write(state);
    const told = change(state);
    const next = write(state);
    if (next === before) return told;
    const [outcome] = await run(logScripts.swap, name, was, next);
    if (outcome === "ok") return told;
  }
}
