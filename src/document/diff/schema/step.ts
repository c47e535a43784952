import type { Change, Direction, Effect } from "../side.ts";
import type { Schema } from "./reader.ts";

/**
 * How a value goes over the wire, where that matters: as a text, in which a number or a truth is a text too, and in XML, where the
 * schema also says how it is written.
 */
export type Wire = "text" | "xml" | undefined;

/** What is known of a value beside its schema. */
export type Manner = {
  readonly wire?: Wire;
  /** Whether it is always there, so that nobody counts on its default. */
  readonly given?: boolean;
};

/** Walks two schemas side by side. `at` is what a client calls the place. */
export type Walk = (was: unknown, is: unknown, direction: Direction, at: string, manner?: Manner) => void;

/** A pair of schemas on the way, with what tells it from others. */
export type Stop = {
  readonly pair: number;
  /** What tells it from others of the same pair, to which something else refers. */
  readonly way: number;
  readonly was: unknown;
  readonly is: unknown;
  readonly direction: Direction;
  readonly at: string;
  readonly wire: Wire;
  readonly given: boolean;
};

/** A change of a schema itself, and who says where it stands. */
export type OwnChange = Omit<Change, "place"> & { readonly teller: Schema };

/** What there is to see at a pair of schemas: their own changes, and the pairs below; places are relative to this one. */
export type Sight = { readonly changes: readonly OwnChange[]; readonly next: readonly Stop[] };

/** How much a reader notices of a change: nothing, nothing that hurts, or what breaks it. */
export type Judgement = "same" | "harmless" | "breaks";

const order: readonly Judgement[] = ["same", "harmless", "breaks"];

/** What a reader notices of both. */
export function worse(one: Judgement, other: Judgement): Judgement {
  return order.indexOf(one) > order.indexOf(other) ? one : other;
}

/** What a reader notices who can choose. */
export function better(one: Judgement, other: Judgement): Judgement {
  return worse(one, other) === one ? other : one;
}

/** Two schemas that are looked at, and what can be done about them. */
export type Step = {
  readonly a: Schema;
  readonly b: Schema;
  readonly direction: Direction;
  readonly wire: Wire;
  /** Whether the value is always there. */
  readonly given: boolean;
  /** Goes on with a pair below, which is of the same value unless something else is said; `at` is relative to this one. */
  readonly walk: (was: unknown, is: unknown, at: string, given?: boolean) => void;
  /** What a reader notices if one schema takes the place of the other: the reader of this step, or another. */
  readonly judge: (was: unknown, is: unknown, direction?: Direction) => Judgement;
  readonly change: (effect: Effect, keyword: string, was: unknown, is: unknown, at?: string, why?: string) => void;
};

/** A step that has been taken. */
export type Look = { readonly step: Step; readonly sight: Sight; readonly judgeBelow: () => Judgement };

/** Who reads what the other sends. */
export function turned(direction: Direction): Direction {
  return direction === "request" ? "answer" : "request";
}

/** What a schema in place of another does to the values allowed, as far as it can be judged; `undefined` where nothing. */
export function relation({ judge }: Step, was: unknown, is: unknown): Effect | undefined {
  const [asRequest, asAnswer] = [judge(was, is, "request"), judge(was, is, "answer")];
  if (asRequest !== "breaks") return asAnswer !== "breaks" ? undefined : "wider";
  return asAnswer !== "breaks" ? "narrower" : "unknown";
}
