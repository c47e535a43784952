import { isObject } from "../../pointer.ts";
import { type Change, type Note, type Side, verdictOf } from "../side.ts";
import { asCovered } from "./cover.ts";
import { compareKeywords } from "./keywords.ts";
import { createMemory } from "./memory.ts";
import { createReader, placeOf, type Reader } from "./reader.ts";
import { type Judgement, type Look, type Sight, type Step, type Stop, type Walk, worse } from "./step.ts";
import { asText } from "./text.ts";

/** Makes the walk through the schemas of two documents. */
export function createWalk(old: Side, now: Side, note: Note): Walk {
  const stopOf = createStops();
  const { explore } = createExplorer(createReader(old), createReader(now), stopOf);
  // Pairs that were walked to the end without a change, so that what many operations share is walked once.
  const equal = new Set<string>();

  return (was, is, direction, at, wire) => {
    let changes = 0;
    const count = (change: Change) => {
      changes++;
      note(change);
    };
    const seen = explore(stopOf({ was, is, direction, at, wire }), count, equal);
    if (changes === 0) for (const pair of seen) equal.add(pair);
  };
}

type Explorer = {
  /** Goes through a pair of schemas and all that they hold, and takes note of the changes. Gives the pairs that it has met. */
  readonly explore: (start: Stop, note: Note, done?: ReadonlySet<string>) => ReadonlySet<string>;
  /** What a reader notices if one schema takes the place of the other. */
  readonly judge: (stop: Stop) => Judgement;
  readonly stopOf: StopOf;
};

function createExplorer(readOld: Reader, readNew: Reader, stopOf: StopOf): Explorer {
  const memory = createMemory();
  const explorer: Explorer = { explore, judge, stopOf };
  return explorer;

  /**
   * Each pair once: one that comes again is a recursive schema. A queue and no recursion, for schemas may be nested deeper than the
   * stack; it also meets every place on its shortest way.
   */
  function explore(start: Stop, note: Note, done?: ReadonlySet<string>): Set<string> {
    const queue = [start];
    const seen = new Set<string>();
    for (const stop of queue) {
      if (done?.has(stop.pair) || seen.has(stop.pair)) continue;
      if (isObject(stop.was) || isObject(stop.is)) seen.add(stop.pair);
      const sight = sightOf(stop);
      for (const change of sight.changes) note({ ...change, at: stop.at + change.at });
      for (const below of sight.next) if (!seen.has(below.pair)) queue.push({ ...below, at: stop.at + below.at });
    }
    return seen;
  }

  function sightOf(stop: Stop): Sight {
    return memory.find<Sight>(`sight ${stop.pair}`, nothing, () => {
      const found = asCovered(look(stop, [readOld, readNew], explorer));
      const held = () => found.changes.length === 0 && found.next.every((below) => judge(below) === "same");
      return { found, held };
    });
  }

  function judge(stop: Stop): Judgement {
    return memory.find<Judgement>(stop.pair, "same", () => {
      let found: Judgement = "same";
      explore({ ...stop, at: "" }, ({ breaking }) => {
        found = worse(found, breaking ? "breaks" : "harmless");
      });
      return { found, held: () => found === "same" };
    });
  }
}

const nothing: Sight = { changes: [], next: [] };

/** What two schemas show of themselves, and the pairs below them. */
function look(stop: Stop, readers: readonly [Reader, Reader], { stopOf, judge }: Explorer): Look {
  const { was, is, direction, wire } = stop;
  const told = [readers[0].read(was), readers[1].read(is)] as const;
  const [a, b] = wire === "text" ? asText(...told) : told;
  const [changes, next]: [Change[], Stop[]] = [[], []];
  const step: Step = {
    a,
    b,
    direction,
    walk: (was, is, at) => void next.push(stopOf({ was, is, direction, at, wire })),
    judge: (was, is, reader = direction) => judge(stopOf({ was, is, direction: reader, at: "", wire })),
    change(effect, keyword, before, after, at = "", why) {
      const place = placeOf(after === undefined ? a : b);
      // A type as it was written.
      const [was, is] = keyword === "type" ? told.map(({ keywords }) => keywords.type) : [before, after];
      changes.push({ ...verdictOf(effect, direction), ...(why ? { why } : {}), at, place, keyword, was, is });
    },
  };
  compareKeywords(step);
  const judgeBelow = () => next.map(judge).reduce(worse, "same");
  return { step, sight: { changes, next }, judgeBelow };
}

type StopOf = (given: Omit<Stop, "pair">) => Stop;

/** Names pairs of schemas, the same for the same two objects. */
function createStops(): StopOf {
  const numbers = new WeakMap<object, number>();
  let last = 0;
  const numberOf = (value: unknown) => {
    if (!isObject(value)) return `${value}`;
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, ++last);
    return last;
  };
  return (given) => ({
    ...given,
    pair: `${given.direction} ${numberOf(given.was)} ${numberOf(given.is)} ${given.wire ?? ""}`,
  });
}
