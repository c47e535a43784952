import type { JsonObject } from "../pointer.ts";
import type { Effect, Note, Side, Walk } from "./schema.ts";

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
  const place =
    (values.is === undefined || !owner.is ? owner.was && old.places.get(owner.was) : now.places.get(owner.is)) ?? "#";
  note({ effect: verdict.breaking ? "different" : "harmless", ...verdict, at, place, keyword, ...values });
}

export type Values = { readonly was: unknown; readonly is: unknown };
export type Verdict = { readonly breaking: boolean; readonly why: string; readonly effect?: Effect };

export const breaks = (why: string): Verdict => ({ breaking: true, why });
export const harmless = (why: string): Verdict => ({ breaking: false, why });

/** An operation of one document. */
export type OperationSide = {
  /** Method and path, or method and name. */
  readonly name: string;
  readonly path: string;
  readonly method: string;
  /** The path item around it. */
  readonly item: JsonObject;
  readonly value: JsonObject;
};

/** Where a member stands that an operation may leave to the whole document. */
export function speaking({ old, now }: Comparison, was: OperationSide, is: OperationSide, member: string): Both {
  const of = (side: Side, { value }: OperationSide) => (member in value ? value : side.document);
  return { was: of(old, was), is: of(now, is) };
}
