import { type Guest, type PathValues, RunError, type Visit } from "./guest.ts";
import { isOfTheRun } from "./ledger.ts";
import { type Exchange, jsonOf, type RequestPlan } from "./wire/exchange.ts";

/**
 * Tells what somebody else writes from a fault of the target. That something is not as this run left it tells nothing: a target that
 * loses, delays or mixes up updates looks the same. So the run looks while it sends nothing but reads of what its guest may write
 * (the `capture` of each undo), and takes for another's only a text that is in no request of this run, nor was there before its first
 * case, and that
 *
 * - is a mark of another run (the guest's `marks`), which no target makes up, or
 * - came while the run looked on, was in no answer before, and is read twice: a target may carry out late what it was sent, bring back
 *   what it has shown, and make a value up for each answer, but then it is in a request, in an answer, or is not read again.
 *
 * Without such a trace, what is found is the target's. With one, all that was found in the run is in doubt but what an answer shows by
 * itself, for when the other came and went nobody knows.
 */
export type Others = {
  /**
   * Begins to look after what a guest may write, with the identifiers that it knows, before the first case. Where somebody is at work
   * there it waits until they are not, and answers true. Throws a `RunError` where they go on for longer than the run waits.
   */
  begin(path: PathValues): Promise<boolean>;
  /** Takes note of what a request of this run carries. */
  sending(request: RequestPlan): void;
  /** Takes note of what this run is answered. */
  answered(exchange: Exchange): void;
  /** Lets the first write wait in the same way. */
  beforeWrite(): Promise<void>;
  /** Looks whether somebody else writes just now, unless that is known. */
  lookOut(): Promise<void>;
  /** What somebody else has changed in this run, such as `the members of team blue`. */
  changed(): string | undefined;
};

/** The waits between two looks after a finding, and those that show that all is quiet, in milliseconds. */
const [usualWaits, quietWaits] = [
  [0, 5, 10, 20, 40, 80, 160],
  [0, 5, 10, 20, 40, 80, 160, 300, 600, 900],
];
/** A text that is met for the first time is looked for again at once; this bounds it. */
const mostLooks = 40;
/** A slow target is looked at less often. In milliseconds. */
const mostTime = 5_000;
/** Codes such as those of currencies and countries are no trace of anybody. */
const shortest = 5;

/** What a guest knows of the place where others may write. */
type Place = Pick<Guest, "undos" | "marks">;

/** What the run waits with, and whom it tells. */
type Means = {
  readonly visit: Visit;
  readonly maxWaitMs: number;
  wait(ms: number): Promise<void>;
  onWait(text: string): void;
};

/** Makes what looks out for others at the place of one guest. */
export function createOthers({ undos, marks }: Place, { visit, maxWaitMs, wait, onWait }: Means): Others {
  const [own, read] = [new Set<string>(), new Set<string>()];
  let path: PathValues = {};
  let first: Look | undefined;
  let quiet: Promise<void> | undefined;
  let changed: string | undefined;
  let inVain = 0;
  const isMark = (text: string) => marks?.test(text) ?? false;

  const look = () => textsAt(undos, visit, path);
  /** Looks on; answers whether there is a trace of somebody else. Where nothing can be read any more, there is none. */
  async function areThere(waits: readonly number[], start?: Look): Promise<boolean> {
    try {
      const strange = await strangeFor({ own, read, look, wait, waits, isMark, start });
      if (strange !== undefined) changed = undos[strange]!.what(path);
      return strange !== undefined;
    } catch (error) {
      if (isOfTheRun(error)) return false;
      throw error;
    }
  }

  /** Waits until somebody who was seen is seen no more. */
  async function untilQuiet(): Promise<void> {
    const seconds = maxWaitMs / 1000;
    const until = performance.now() + maxWaitMs;
    onWait(`Somebody else is changing ${changed}. Waiting until nobody does, at most ${seconds} s.`);
    do {
      if (performance.now() > until)
        throw new RunError(
          `Somebody else goes on changing ${changed}; this run has waited ${seconds} s, and written nothing.`,
        );
    } while (await areThere(quietWaits, await lookedAt()));
  }

  /** What stands there now; from now on it tells of nobody. */
  async function lookedAt(): Promise<Look> {
    const there = await look();
    for (const text of there.flat()) own.add(text);
    return there;
  }

  return {
    async begin(given) {
      path = given;
      try {
        first = await lookedAt();
      } catch (error) {
        if (isOfTheRun(error)) return false;
        throw error;
      }
      // A mark may also be left of a run that was killed; whoever is at work puts another in its place.
      if (!first.flat().some(isMark) || !(await areThere(quietWaits, first))) return false;
      await untilQuiet();
      changed = undefined;
      first = await lookedAt();
      return true;
    },
    sending({ json, text }) {
      for (const one of textsIn(json ?? jsonOf(text ?? "") ?? text)) own.add(one);
    },
    answered({ json }) {
      for (const one of textsIn(json)) read.add(one);
    },
    async beforeWrite() {
      if (first) quiet ??= areThere([0], first).then((are) => (are ? untilQuiet() : undefined));
      await quiet;
    },
    async lookOut() {
      if (changed !== undefined) return;
      // Where nobody ever is, it need not be asked at length again and again.
      await areThere(usualWaits.slice(0, Math.max(1, usualWaits.length - inVain++)));
    },
    changed: () => changed,
  };
}

/** The texts that were found, by undo. */
type Look = readonly (readonly string[])[];

/** Reads what stands there now; what cannot be read says nothing. */
async function textsAt(undos: Guest["undos"], visit: Visit, path: PathValues): Promise<Look> {
  const found: (readonly string[])[] = [];
  for (const undo of undos) {
    const texts = await undo.capture(visit, path).then(textsIn, (error: Error) => {
      if (isOfTheRun(error)) throw error;
      return [];
    });
    found.push(texts);
  }
  return found;
}

type Looking = {
  /** What this run has sent, or found before its first case. */
  readonly own: ReadonlySet<string>;
  /** What it has been answered. */
  readonly read: ReadonlySet<string>;
  look(): Promise<Look>;
  wait(ms: number): Promise<void>;
  readonly waits: readonly number[];
  isMark(text: string): boolean;
  /** What stood there before; looked at now where it is left out. */
  readonly start: Look | undefined;
};

/** The undo that reads the trace of somebody else; `undefined` where none does. */
async function strangeFor({ own, read, look, wait, waits, isMark, start }: Looking): Promise<number | undefined> {
  const before = start ?? (await look());
  const strange = (texts: readonly string[]) => texts.filter((text) => !own.has(text));
  const marked = before.findIndex((texts) => strange(texts).some(isMark));
  if (marked >= 0) return marked;
  const [known, met] = [new Set(before.flat()), new Set<string>()];
  const until = performance.now() + mostTime;
  let isMet = false;
  for (let [looks, next] = [0, 0]; looks < mostLooks && (isMet || next < waits.length); looks++) {
    if (performance.now() > until) break;
    await wait(isMet ? 0 : waits[next++]!);
    isMet = false;
    for (const [index, texts] of (await look()).entries()) {
      const fresh = strange(texts).filter((text) => !known.has(text) && !read.has(text));
      if (fresh.some((text) => met.has(text) || isMark(text))) return index;
      for (const text of fresh) met.add(text);
      isMet ||= fresh.length > 0;
    }
  }
  return undefined;
}

/** The texts within a value that may tell who wrote it, in lower case, for a target may change theirs. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return value.length < shortest ? [] : [value.slice(0, 1_000).toLowerCase()];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
