import { durationMs, idempotencyObject } from "../idempotency.ts";
import { isObject } from "../pointer.ts";
import { verdictOf } from "./side.ts";
import { breaks, type Comparison, harmless, type OperationSide, speaking, tell, type Verdict } from "./tell.ts";

/** What a change of each member of `x-idempotency` does to clients that repeat their requests. */
const idempotencyRules: Readonly<Record<string, (was: unknown, is: unknown) => Verdict>> = {
  header: () => breaks("Keys of clients of today are passed over, and a repeated request is executed again."),
  maxLength: (was, is) =>
    Number(is) < Number(was) ? breaks("Longer keys are refused.") : harmless("Keys of today still fit."),
  lifetime: (was, is) => {
    const [before, after] = [durationMs(was), durationMs(is)];
    if (before === undefined || after === undefined) return { ...verdictOf("unknown", "request") };
    return after < before
      ? breaks("A late repetition is executed a second time.")
      : harmless("Keys are remembered at least as long.");
  },
  compares: () => breaks("A repetition that was one may now be refused, or the other way round."),
  scope: () => breaks("The same key of other credentials may now be another one, or the same."),
  mismatch: () => breaks("Clients that know the refusal do not know it again."),
  keeps: () => breaks("A repetition may be executed where it was answered from memory, or the other way round."),
  locked: (was, is) => {
    const known = (value: unknown) => isObject(value) && JSON.stringify([value.status, value.code]);
    return known(was) === known(is)
      ? harmless("Only the time to wait is another.")
      : breaks("Clients that know the refusal do not know it again.");
  },
};

/** What `x-idempotency` promises of an operation, before and after. */
export function compareIdempotency(comparison: Comparison, at: string, was: OperationSide, is: OperationSide): void {
  const [before, after] = [
    idempotencyObject(comparison.old.document, was.method, was.value),
    idempotencyObject(comparison.now.document, is.method, is.value),
  ];
  const keyword = "x-idempotency";
  const owner = speaking(comparison, was, is, keyword);
  if (!before || !after) {
    if (before)
      tell(
        comparison,
        at,
        owner,
        keyword,
        { was: before.header, is: undefined },
        breaks("A repeated request is executed again."),
      );
    else if (after)
      tell(
        comparison,
        at,
        owner,
        keyword,
        { was: undefined, is: after.header },
        harmless("Requests can be repeated safely."),
      );
    return;
  }
  for (const [member, rule] of Object.entries(idempotencyRules)) {
    const values = { was: before[member], is: after[member] };
    if (JSON.stringify(values.was) === JSON.stringify(values.is)) continue;
    tell(comparison, at, owner, `${keyword}.${member}`, values, rule(values.was, values.is));
  }
}
