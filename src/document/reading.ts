import type { Kind } from "./kind.ts";
import type { Pair } from "./pairs.ts";
import type { Check, Violation } from "./violation.ts";

/** A parameter, or a header of an answer, as it is written. https://spec.openapis.org/oas/v3.1.0#style-values */
export type WireParameter = {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly style: string;
  readonly explode: boolean;
  readonly allowReserved: boolean;
  /** The media type of its `content`; `undefined` where it has a `schema`. */
  readonly mediaType: string | undefined;
  readonly kind: Kind;
};

/** Where the parameters of a message stand, as they were sent. */
export type Source = {
  readonly message: {
    path(name: string): string | undefined;
    /** By a name in small letters. */
    header(name: string): string | undefined;
  };
  readonly query: readonly Pair[];
  readonly cookies: readonly Pair[];
};

/** What is wrong with how something is written; `at` is where within it, such as `.photo`. */
export type Fault = {
  readonly at: string;
  readonly keyword: string;
  readonly expected: string;
  readonly received: unknown;
};

/** What was read: the value, or several where its text can be meant in several ways, the likeliest first. */
export type Reading = { readonly ways: readonly unknown[]; readonly faults: readonly Fault[] };

/** Reads a parameter from a message, and writes one. */
export type ParameterCodec = {
  /** `undefined` where there is none. */
  read(source: Source): Reading | undefined;
  /** The text of its place: of a path the segment, of a query `name=value`, of cookies `name=value; ...`; `undefined` for none. */
  write(value: unknown): string | undefined;
};

/** A value as it was read in one way only. */
export function reading(...ways: readonly unknown[]): Reading {
  return { ways, faults: none };
}

const none: readonly Fault[] = [];

/** A value that is written in a way that it should not be. */
export function fault(expected: string, received: unknown, keyword = "style"): Reading {
  return { ways: none, faults: [{ at: "", keyword, expected, received }] };
}

/** The first way of reading that its schema accepts, else the first of all; and what is wrong then. */
export function judgeReading(
  { ways, faults }: Reading,
  check: Check,
  where: string,
): { readonly value: unknown; readonly wrong: readonly Violation[] } {
  const wrong = faults.length > 0 ? faults.map((fault) => violationOf(fault, where)) : nothing;
  if (ways.length === 0) return { value: undefined, wrong };
  let first: readonly Violation[] | undefined;
  for (const value of ways) {
    const found = check(value);
    if (found.length === 0) return { value, wrong };
    first ??= found;
  }
  return { value: ways[0], wrong: [...wrong, ...first!] };
}

const nothing: readonly Violation[] = [];

function violationOf({ at, keyword, expected, received }: Fault, where: string): Violation {
  const place = `${where}${at}`;
  const property = place.slice(place.indexOf(".") + 1);
  return { at: place, property, keyword, expected, received, basis: keyword === "format" ? "assumed" : "documented" };
}
