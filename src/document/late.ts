import { library } from "#platform";

/** Hands out a library that a start can do without, read at its first use: to read them all takes longer than the rest of a start. */
export function late<T>(name: string): () => T {
  return once(() => library(name) as T);
}

/** Hands out a value that is made at its first use. */
export function once<T>(make: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: make() };
    return known.value;
  };
}

/** For how many things it is remembered at a time what follows from them. */
const mostRemembered = 1_000;

/** Makes what follows from a thing, such as a text, once, as long as it comes again before many others do. */
export function remembering<K, T>(make: (of: K) => T): (of: K) => T {
  const known = new Map<K, T>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined || known.has(of)) return before as T;
    const made = make(of);
    if (known.size >= mostRemembered) known.clear();
    known.set(of, made);
    return made;
  };
}

/** A list whose items are made when they are first asked for, and once, however often it is gone through. */
export type LateList<T> = Iterable<T> & {
  /** Those that were asked for; all of them, where the list was given whole. */
  readonly made: readonly T[];
  /** Whether there are no others. */
  isWhole(): boolean;
  /** The item at an index; `undefined` after the last. */
  at(index: number): T | undefined;
};

/** Makes a late list of what may be gone through once; one that is a late list already stays the same. */
export function lateList<T>(values: Iterable<T> | LateList<T>): LateList<T> {
  if ("isWhole" in values) return values;
  const isGiven = Array.isArray(values);
  const made: T[] = isGiven ? values : [];
  const rest = isGiven ? undefined : values[Symbol.iterator]();
  let isWhole = isGiven;
  const at = (index: number): T | undefined => {
    while (rest && !isWhole && made.length <= index) {
      const next = rest.next();
      if (next.done) isWhole = true;
      else made.push(next.value);
    }
    return made[index];
  };
  return {
    made,
    isWhole: () => isWhole,
    at,
    *[Symbol.iterator]() {
      for (let index = 0; ; index++) {
        const item = at(index);
        if (index >= made.length) return;
        yield item as T;
      }
    },
  };
}

export const jsonPath = late<typeof import("jsonpath-rfc9535")>("jsonpath-rfc9535");

export const yaml = late<typeof import("yaml")>("yaml");

export const fastCheck = once(() => (library("fast-check") as typeof import("fast-check")).default);

type Ajv = Pick<typeof import("ajv/dist/2020.js"), "_" | "Ajv2020" | "Name" | "nil" | "str"> &
  Pick<typeof import("ajv/dist/compile/index.js"), "compileSchema" | "SchemaEnv"> &
  Pick<typeof import("ajv/dist/compile/util.js"), "mergeEvaluated"> &
  Pick<typeof import("ajv/dist/vocabularies/code.js"), "callValidateCode">;

/** Ajv, and what its own keywords are written with. */
export const ajv: () => Ajv = once(() => ({
  ...(library("ajv/dist/2020.js") as Ajv),
  ...(library("ajv/dist/compile/index.js") as Ajv),
  ...(library("ajv/dist/compile/util.js") as Ajv),
  ...(library("ajv/dist/vocabularies/code.js") as Ajv),
}));

/** The formats of Ajv, by their names. */
export const formats = once(
  () => (library("ajv-formats/dist/formats.js") as typeof import("ajv-formats/dist/formats.js")).fullFormats,
);

/** Reads what the first request waits for: what judges it. */
export function readAhead(): void {
  ajv();
  formats();
}
