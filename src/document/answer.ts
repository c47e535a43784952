import { jsonOf } from "./exact.ts";

/** An answer as it goes over the wire, and as it is kept under an idempotency key. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `null` where the answer has no body, as with 204. */
  readonly body: string | null;
};

/** Statuses whose answers have no body. https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1 */
export const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/** Shared by all answers that have no other header. */
const jsonHeaders = { "Content-Type": "application/json" } as const;

/** Makes an answer of a JSON value; of none when the value is `undefined`. */
export function jsonAnswer(status: number, value: unknown, headers?: Readonly<Record<string, string>>): Answer {
  if (value === undefined) return { status, headers: headers ?? {}, body: null };
  return { status, headers: headers ? { ...jsonHeaders, ...headers } : jsonHeaders, body: jsonOf(value) };
}
