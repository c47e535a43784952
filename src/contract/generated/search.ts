import fc from "fast-check";
import { isObject } from "../../document/validator.ts";
import { type Repeat, Skip } from "../findings.ts";

/** How many looks a search for the smallest value may cost. */
const mostTries = 200;

/** Which values are looked at. */
export type Search<T> = {
  /** What draws values, and knows smaller ones. */
  readonly arbitrary: fc.Arbitrary<T>;
  /** Values that come before those drawn. */
  readonly examples?: readonly T[];
  /** How many are drawn. */
  readonly draws: number;
  readonly seed: number;
  /** Where in a search of this seed to look, and nowhere else. */
  readonly path?: string | undefined;
  /** Ends the search, however far it is, in milliseconds. */
  readonly timeLimitMs?: number;
};

/**
 * Looks at values by the runner of fast-check: at what fails with a value, at smaller ones as long as they fail in the same way, and
 * then at the rest. `look` answers what is wrong with a value, or, for a smaller one, whether it is what was wrong `earlier`;
 * `found` takes what is wrong with the smallest, and answers whether to go on. What `look` throws ends the search at once.
 */
export async function search<T, F>(
  { arbitrary, examples = [], draws, seed, path, timeLimitMs }: Search<T>,
  look: (value: T, earlier: F | undefined) => Promise<F | undefined>,
  found: (fault: F, repeat: Repeat) => boolean,
): Promise<void> {
  const total = examples.length + draws;
  const nowhere = new Skip(`the path ${path} leads to no value of this case`);
  if (path !== undefined && Number.parseInt(path, 10) >= total) throw nowhere;
  for (let from = 0; from < total; ) {
    const watched = createLook(look, path !== undefined);
    const details = await checked(fc.asyncProperty(arbitrary, watched.run), {
      seed,
      numRuns: path === undefined ? total - from : 1,
      path: path ?? (from === 0 ? "" : `${from}`),
      endOnFailure: path !== undefined,
      examples: examples.map((value): [T] => [value]),
      ...(timeLimitMs === undefined ? {} : { interruptAfterTimeLimit: timeLimitMs }),
    });
    const { escaped, fault, looks } = watched.outcome();
    if (escaped !== undefined) throw escaped;
    if (path !== undefined && looks === 0) throw nowhere;
    if (fault === undefined || !details?.counterexamplePath) return;
    const isOver = !found(fault, { seed, path: path ?? details.counterexamplePath });
    if (isOver || path !== undefined) return;
    from = Number.parseInt(details.counterexamplePath, 10) + 1;
  }
}

/** Runs a property; `undefined` where the path ends before its end. */
async function checked<T>(property: fc.IAsyncProperty<[T]>, parameters: fc.Parameters<[T]>) {
  try {
    return await fc.check(property, parameters);
  } catch (error) {
    // Of fast-check, for the property lets nothing through.
    if (parameters.endOnFailure) return undefined;
    throw error;
  }
}

/**
 * A property that fails as long as the first fault is seen; once it may look no more it holds without a look: after a while of looking
 * for the smallest value, and where a path is followed after the one look at its end.
 */
function createLook<T, F>(look: (value: T, earlier: F | undefined) => Promise<F | undefined>, isAtPath: boolean) {
  let first: F | undefined;
  let fault: F | undefined;
  let escaped: unknown;
  let looks = 0;
  let tries = 0;
  const isOver = () => escaped !== undefined || (isAtPath && looks > 0) || (first !== undefined && ++tries > mostTries);
  return {
    outcome: () => ({ escaped, fault, looks }),
    async run(value: T): Promise<boolean> {
      if (isOver()) return true;
      try {
        looks++;
        const seen = await look(value, first);
        if (seen === undefined) return true;
        first ??= seen;
        fault = seen;
        return false;
      } catch (error) {
        escaped = error;
        return true;
      }
    },
  };
}

/** A way to make values smaller; what is smaller is tried in its order. */
type Step<T> = (value: T) => Iterable<T>;

/** Draws as another arbitrary does, and makes what it drew smaller by one step after the other, each as far as it goes. */
export function shrinking<T>(drawn: fc.Arbitrary<T> | undefined, steps: readonly Step<T>[]): fc.Arbitrary<T> {
  return new Shrinking(drawn, steps);
}

class Shrinking<T> extends fc.Arbitrary<T> {
  readonly #drawn: fc.Arbitrary<T> | undefined;
  readonly #steps: readonly Step<T>[];

  constructor(drawn: fc.Arbitrary<T> | undefined, steps: readonly Step<T>[]) {
    super();
    this.#drawn = drawn;
    this.#steps = steps;
  }

  override generate(random: fc.Random, biasFactor: number | undefined): fc.Value<T> {
    if (!this.#drawn) throw new Error("nothing is drawn here");
    return new fc.Value(this.#drawn.generate(random, biasFactor).value, undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is T {
    return true;
  }

  /** The context of a value is the step that made it: those before it have gone as far as they go. */
  override shrink(value: T, context: unknown): fc.Stream<fc.Value<T>> {
    const steps = this.#steps;
    const smaller = function* () {
      for (let index = Number(context ?? 0); index < steps.length; index++)
        for (const candidate of steps[index]!(value)) yield new fc.Value(candidate, index);
    };
    return new fc.Stream(smaller());
  }
}

/** Values with one member or item fewer, at any depth. */
export function* fewer(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) for (const index of value.keys()) yield value.toSpliced(index, 1);
  if (isObject(value))
    for (const name of Object.keys(value))
      yield Object.fromEntries(Object.entries(value).filter(([member]) => member !== name));
  yield* deeper(value, fewer);
}

/** Values with one text or number shortened, at any depth. */
export function* shorter(value: unknown): Generator<unknown> {
  if (typeof value === "string" && value !== "") {
    const letters = [...value];
    const plain = "a".repeat(letters.length);
    for (let cut = letters.length; cut >= 1; cut = Math.floor(cut / 2))
      yield letters.slice(0, letters.length - cut).join("");
    if (plain !== value) yield plain;
  }
  if (typeof value === "number" && value !== 0) {
    yield 0;
    for (let step = Math.trunc(value / 2); step !== 0; step = Math.trunc(step / 2)) yield value - step;
  }
  yield* deeper(value, shorter);
}

function* deeper(value: unknown, inside: (value: unknown) => Generator<unknown>): Generator<unknown> {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) for (const inner of inside(item)) yield value.with(index, inner);
  if (isObject(value))
    for (const [name, member] of Object.entries(value))
      for (const inner of inside(member)) yield { ...value, [name]: inner };
}
