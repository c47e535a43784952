import { isObject } from "../../pointer.ts";
import { type Change, type Note, type Side, verdictOf } from "../side.ts";
import { asCovered } from "./cover.ts";
import { createInspection } from "./inspect.ts";
import { compareKeywords } from "./keywords.ts";
import { createReader, placeOf, type Reader } from "./reader.ts";
import { type Judgement, type Look, type Step, type Stop, type Walk, worse } from "./step.ts";
import { asText } from "./text.ts";

/** Makes the walk through the schemas of two documents. */
export function createWalk(old: Side, now: Side, note: Note): Walk {
  const stopOf = createStops();
  const readers = [createReader(old), createReader(now)] as const;
  const inspect = createInspection((stop, judge) => asCovered(look(stop, readers, stopOf, judge)));

  /**
   * Goes to whatever has changed below a pair of schemas, to each pair once: one that comes again is a recursive schema. A queue
   * and no recursion, for schemas may be nested deeper than the stack; it also meets every place on its shortest way.
   */
  return (was, is, direction, at, wire) => {
    const queue = [stopOf({ was, is, direction, at, wire })];
    const seen = new Set<string>();
    for (const stop of queue) {
      if (seen.has(stop.pair)) continue;
      if (isObject(stop.was) || isObject(stop.is)) seen.add(stop.pair);
      const { sight, judgement } = inspect(stop);
      if (judgement === "same") continue;
      for (const change of sight.changes) note({ ...change, at: stop.at + change.at });
      for (const below of sight.next) if (!seen.has(below.pair)) queue.push({ ...below, at: stop.at + below.at });
    }
  };
}

/** What two schemas show of themselves, and the pairs below them. */
function look(stop: Stop, readers: readonly [Reader, Reader], stopOf: StopOf, judge: (stop: Stop) => Judgement): Look {
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
