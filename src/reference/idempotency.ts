import { idempotencyObject, keyHeaderOf } from "../document/idempotency.ts";
import { isObject, type JsonObject, valueAt } from "../document/pointer.ts";
import type { Operation, Spec } from "../document/spec.ts";
import type { Idempotency } from "./model.ts";
import { doubtOf } from "./schemas.ts";

type Row = Idempotency["rows"][number];

/** The idempotency rules of a document as tables, once for all operations that share them; none where it states none. */
export function idempotencyTables(spec: Spec): Idempotency[] {
  const groups = new Map<string, { rules: JsonObject | undefined; operations: number[] }>();
  for (const [index, operation] of spec.operations.entries()) {
    const header = keyHeaderOf(operation);
    if (header === undefined) continue;
    const written = valueAt(spec.document, operation.place);
    const rules =
      operation.idempotency && idempotencyObject(spec.document, operation.method, isObject(written) ? written : {});
    const key = JSON.stringify(rules ?? header);
    const group = groups.get(key) ?? { rules, operations: [] };
    group.operations.push(index);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ rules, operations }) => {
    const first = spec.operations[operations[0]!]!;
    const header = keyHeaderOf(first)!;
    if (!rules)
      return { header, operations, rows: [["Key", `The header \`${header}\`. The document says no more of it.`]] };
    const { mismatch, locked } = first.idempotency!;
    return {
      header,
      operations,
      rows: rowsOf(rules, first),
      mismatch: `${mismatch.status} ${mismatch.code}`,
      locked: `${locked.status} ${locked.code}`,
    };
  });
}

function rowsOf(raw: JsonObject, { idempotency }: Operation): Row[] {
  const rules = idempotency!;
  const bases = isObject(raw["x-basis-of"]) ? raw["x-basis-of"] : {};
  const row = (name: string, text: string, ...members: string[]): Row => {
    const doubt = members.map((member) => doubtOf(bases[member] ?? raw["x-basis"])).find((one) => one !== undefined);
    return doubt ? [name, text, doubt] : [name, text];
  };
  const { min, max } = rules.locked.retryAfterMs;
  const compared = rules.compares.map((item) =>
    item.startsWith("header:") ? `the header \`${item.slice(7)}\`` : `the ${item}`,
  );
  const keeps = (raw.keeps as string[]).map((status) => `\`${status}\``);
  const whose =
    rules.scope.length === 0
      ? "All callers share the keys."
      : `Each credential of ${list(rules.scope, "and")} has keys of its own.`;
  return [
    row("Key", `The header \`${rules.header}\`, at most ${rules.maxLength} characters.`, "header", "maxLength"),
    row("Whose", whose, "scope"),
    row("The same request again", "It gets the first answer, and is not executed a second time."),
    row("What makes two requests the same", `${capital(list(compared, "and"))}.`, "compares"),
    row(
      "Another request under a used key",
      `It is refused with ${refusal(rules.mismatch)}; repeating it does not help.`,
      "mismatch",
    ),
    row(
      "While the first request runs",
      `A repeated one is refused with ${refusal(rules.locked)}; repeat it after ${min} to ${max} ms.`,
      "locked",
    ),
    row("What is kept", `Answers with the status ${list(keeps, "or")}; any other answer frees the key.`, "keeps"),
    row("How long", `A key is remembered for ${duration(rules.lifetimeMs)} from its first use.`, "lifetime"),
  ];
}

function refusal({ status, code }: { readonly status: number; readonly code: string }): string {
  return `${status} \`${code}\``;
}

function list(items: readonly string[], word: string): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1)}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function duration(ms: number): string {
  const [size, unit] = (
    [
      [3_600_000, "hour"],
      [60_000, "minute"],
      [1000, "second"],
    ] as const
  ).find(([candidate]) => ms >= candidate && ms % candidate === 0) ?? [1, "millisecond"];
  return `${ms / size} ${unit}${ms === size ? "" : "s"}`;
}
