import { isObject, type JsonObject } from "../../pointer.ts";
import { type Change, type Note, type Side, verdictOf } from "../side.ts";
import { isApart } from "./apart.ts";
import { asCovered } from "./cover.ts";
import { createInspection, type Inspected } from "./inspect.ts";
import { compareKeywords } from "./keywords.ts";
import { createReader, definingOf, placeOf, type Schema } from "./reader.ts";
import {
  type Judgement,
  type Look,
  type OwnChange,
  type Sight,
  type Step,
  type Stop,
  type Walk,
  worse,
} from "./step.ts";
import { asText } from "./text.ts";

/** Makes the walk through the schemas of two documents. */
export function createWalk(old: Side, now: Side, note: Note): Walk {
  const stopOf = createStops(old, now);
  const readers = [createReader(old), createReader(now)] as const;
  const read = ({ was, is }: Stop) => [readers[0].read(was), readers[1].read(is)] as const;
  const areApart = new Map<number, boolean>();
  const apart = (stop: Stop) => {
    const found = areApart.get(stop.pair) ?? isApart(...read(stop), stop.direction);
    areApart.set(stop.pair, found);
    return found;
  };
  const eyes = { stopOf, read, apart };
  const inspect = createInspection((stop, judge) => asCovered(look(stop, eyes, judge)));
  const descend = createDescent(inspect);
  const known = new Map<number, readonly Found[]>();
  const changes = new WeakMap<OwnChange, Change>();
  const changeOf = (own: OwnChange) => {
    const { teller, ...rest } = own;
    const change = changes.get(own) ?? { ...rest, place: placeOf(teller) };
    changes.set(own, change);
    return change;
  };
  return (was, is, direction, at, { wire, given = false } = {}) => {
    const start = stopOf({ was, is, direction, at: "", wire, given });
    const found = known.get(start.pair) ?? descend(start);
    known.set(start.pair, found);
    for (const one of found) note(changeOf(one.change), at + one.at);
  };
}

type Found = { readonly change: OwnChange; readonly at: string };

/**
 * Makes what goes to whatever has changed below a pair of schemas, by each way to it once: one that comes again is a recursive schema.
 * A queue and no recursion, for schemas may be nested deeper than the stack; it also meets every place on its shortest way.
 */
function createDescent(inspect: (stop: Stop) => Inspected): (start: Stop) => readonly Found[] {
  const changed = new WeakMap<Sight, readonly Stop[]>();
  const changedIn = (sight: Sight) => {
    const found = changed.get(sight) ?? sight.next.filter((below) => inspect(below).judgement !== "same");
    changed.set(sight, found);
    return found;
  };
  return (start) => {
    const found: Found[] = [];
    const queue = inspect(start).judgement === "same" ? [] : [{ stop: start, at: "" }];
    const seen = new Set([start.way]);
    for (const { stop, at } of queue) {
      const { sight } = inspect(stop);
      for (const change of sight.changes) found.push({ change, at: at + change.at });
      for (const below of changedIn(sight)) {
        if (seen.has(below.way)) continue;
        if (isObject(below.was) || isObject(below.is)) seen.add(below.way);
        queue.push({ stop: below, at: at + below.at });
      }
    }
    return found;
  };
}

type Eyes = {
  readonly stopOf: StopOf;
  readonly read: (stop: Stop) => readonly [Schema, Schema];
  /** Whether it is plain that no value is of both. */
  readonly apart: (stop: Stop) => boolean;
};

/** What two schemas show of themselves, and the pairs below them. */
function look(stop: Stop, { read, apart, stopOf }: Eyes, judge: (stop: Stop) => Judgement): Look {
  const { direction, wire } = stop;
  const told = read(stop);
  const [a, b] = wire ? asText(...told) : told;
  const [changes, next]: [OwnChange[], Stop[]] = [[], []];
  const step: Step = {
    a,
    b,
    direction,
    wire,
    given: stop.given,
    walk: (was, is, at, given = stop.given) => void next.push(stopOf({ was, is, direction, at, wire, given })),
    judge(was, is, reader = direction) {
      const below = stopOf({ was, is, direction: reader, at: "", wire, given: stop.given });
      // What need not be looked at is not.
      return wire === undefined && apart(below) ? "breaks" : judge(below);
    },
    change(effect, keyword, before, after, at = "", why) {
      const teller = after === undefined ? a : b;
      // A type as it was written.
      const [was, is] = keyword === "type" ? told.map(({ keywords }) => keywords.type) : [before, after];
      const { breaking, effect: known, why: usual } = verdictOf(effect, direction);
      changes.push({ breaking, effect: known, why: why ?? usual, at, teller, keyword, was, is });
    },
  };
  compareKeywords(step);
  const judgeBelow = () => next.map(judge).reduce(worse, "same");
  return { step, sight: { changes, next }, judgeBelow };
}

type StopOf = (given: Omit<Stop, "pair" | "way">) => Stop;

/** So many schemas have numbers of their own; two of them and what is done with them are one number. */
const mostNumbers = 2 ** 22;

/** Names pairs of schemas, the same for the same two objects; wherever something refers to one and says nothing else, it is that one. */
function createStops(old: Side, now: Side): StopOf {
  const numbers = new Map<unknown, number>();
  const numberOf = (value: unknown) => {
    const known = numbers.get(value) ?? numbers.size;
    if (known === numbers.size) numbers.set(value, known);
    return known;
  };
  const name = (was: unknown, is: unknown, { direction, wire, given }: Omit<Stop, "pair" | "way">) => {
    const manner = [undefined, "text", "xml"].indexOf(wire) * 4 + (direction === "request" ? 2 : 0) + (given ? 1 : 0);
    return (numberOf(was) * mostNumbers + numberOf(is)) * 12 + manner;
  };
  const targetIn = [createTargets(old), createTargets(now)] as const;
  // Written out: there are hundreds of thousands of them.
  return (stop) => {
    const { direction, at, wire, given } = stop;
    const [was, is] = [targetIn[0](stop.was), targetIn[1](stop.is)];
    const pair = name(was, is, stop);
    const direct = was === stop.was && is === stop.is;
    return { pair, way: direct ? pair : name(stop.was, stop.is, stop), was, is, direction, at, wire, given };
  };
}

/** Makes what finds the schema that something refers to and says nothing else. */
function createTargets(side: Side): (value: unknown) => unknown {
  const known = new WeakMap<object, JsonObject>();
  return (value) => {
    if (!isObject(value)) return value;
    const target = known.get(value) ?? definingOf(side, value);
    known.set(value, target);
    return target;
  };
}
