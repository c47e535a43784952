import type fc from "fast-check";
import { fastCheck } from "../late.ts";

/** Where decisions come from that a schema leaves open; the same for the same seed. */
export type Random = {
  /** A whole number from 0, below `count`. */
  below(count: number): number;
  /** A value of an arbitrary of fast-check. */
  of<T>(arbitrary: fc.Arbitrary<T>): T;
  /** How many decisions were taken so far. */
  taken(): number;
};

/** What fast-check draws from. */
type Source = { clone(): Source; next(): number; jump(): void; getState(): readonly number[] };

/** How much of what fast-check makes is small or strange: one in so many, as in the first run of a property. */
const bias = 2;

/** Makes a source of decisions (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  let taken = 0;
  const next = () => {
    taken++;
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  // Not by fast-check's `sample`, which makes a run of a property of each value.
  const source: Source = { clone: () => source, next: () => next() | 0, jump() {}, getState: () => [state] };
  let drawer: fc.Random | undefined;
  return {
    below: (count) => Math.floor((next() / 2 ** 32) * count),
    of(arbitrary) {
      const { Random } = fastCheck();
      drawer ??= new Random(source);
      return arbitrary.generate(drawer, bias).value;
    },
    taken: () => taken,
  };
}

/** A whole number between two, both included. */
export function between(random: Random, least: number, most: number): number {
  return least + random.below(most - least + 1);
}

/** One of a list that is not empty. */
export function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)] as T;
}

/** A list from another place on, and round to it again. */
export function rotated<T>(random: Random, values: readonly T[]): readonly T[] {
  const start = random.below(values.length);
  return [...values.slice(start), ...values.slice(0, start)];
}
