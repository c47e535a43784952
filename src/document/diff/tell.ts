import type { JsonObject } from "../pointer.ts";
import type { Walk } from "./schema/step.ts";
import { type Direction, type Effect, type Note, resolve, type Side } from "./side.ts";

/** Two documents on the way through them. */
export type Comparison = { readonly old: Side; readonly now: Side; readonly note: Note; readonly walk: Walk };

/** An object of the document in both its states; `undefined` where there is none. */
export type Both = { readonly was: JsonObject | undefined; readonly is: JsonObject | undefined };

/** Notes a change of the member `keyword` of an object. */
export function tell(
  comparison: Comparison,
  at: string,
  owner: Both,
  keyword: string,
  values: Values,
  verdict: Verdict,
): void {
  const { old, now, note } = comparison;
  const gone = values.is === undefined || !owner.is;
  const place = gone ? owner.was && old.placeOf(owner.was) : owner.is && now.placeOf(owner.is);
  note({
    effect: verdict.breaking ? "different" : "harmless",
    ...verdict,
    at,
    place: place ?? "#",
    keyword,
    ...values,
  });
}

export type Values = { readonly was: unknown; readonly is: unknown };
export type Verdict = { readonly breaking: boolean; readonly why: string; readonly effect?: Effect };

export const breaks = (why: string): Verdict => ({ breaking: true, why });
export const harmless = (why: string): Verdict => ({ breaking: false, why });

/** What it means that a part of a message is gone. */
export function goneFrom(direction: Direction): Verdict {
  return breaks(
    direction === "request"
      ? "Clients that send it are refused or not understood."
      : "Clients that read it find it no more.",
  );
}

/** What it means that a part of a message is new. */
export function newIn(direction: Direction, required: boolean): Verdict {
  if (direction === "answer") return harmless("Clients pass over what they do not know.");
  return required ? breaks("Clients of today do not send it.") : harmless("It may be left out.");
}

/** A base URL that a client can call. */
export type Base = {
  /** As all write it, and as a reader knows it. */
  readonly url: string;
  readonly shown: string;
  /** Its path as it was written, with the variables in it, where there are some: paths may as well have them as parameters. */
  readonly open: { readonly url: string; readonly path: string; readonly variables: JsonObject } | undefined;
};

/** One way to call an operation: a base URL with the path behind it. The names of parameters do not matter. */
export type Call = { readonly base: Base; readonly url: string; readonly open: string | undefined };

/** An operation of one document. */
export type OperationSide = {
  /** What tells it from the others: the names of the parameters of a path do not. */
  readonly key: string;
  /** Method and path, or method and name. */
  readonly name: string;
  readonly path: string;
  readonly method: string;
  /** The path item around it. */
  readonly item: JsonObject;
  readonly value: JsonObject;
  /** None where the API is the client. */
  readonly calls: readonly Call[];
};

/** Two operations that clients take for the same. */
export type Counterparts = { readonly was: OperationSide; readonly is: OperationSide };

/** The first operations of pairs, each with all that it is paired with. */
export function byFirst(pairs: readonly Counterparts[]): ReadonlyMap<OperationSide, readonly OperationSide[]> {
  const seconds = new Map<OperationSide, OperationSide[]>();
  for (const { was, is } of pairs) seconds.set(was, [...(seconds.get(was) ?? []), is]);
  return seconds;
}

/** Where a member stands that an operation may leave to the whole document. */
export function speaking({ old, now }: Comparison, was: OperationSide, is: OperationSide, member: string): Both {
  const of = (side: Side, { value }: OperationSide) => (member in value ? value : side.document);
  return { was: of(old, was), is: of(now, is) };
}

/** What a member is, behind any `$ref`. */
export function resolvedIn({ old, now }: Comparison, owner: Both, member: string): Both {
  const of = (side: Side, value: JsonObject | undefined) =>
    value?.[member] === undefined ? undefined : resolve(side, value[member]);
  return { was: of(old, owner.was), is: of(now, owner.is) };
}
