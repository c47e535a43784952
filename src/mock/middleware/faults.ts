import type { Answer } from "../../document/answer.ts";
import { once } from "../../document/late.ts";
import { splitTarget } from "../../document/path.ts";
import { type Detail, Problem, refusals, show } from "../../document/problem.ts";
import type { Operation } from "../../document/spec.ts";
import { headerOf, pathOf, type RequestContext, targetOf } from "../context.ts";
import type { Generator } from "../generate.ts";
import { longestDelayMs } from "../store/faults.ts";
import type { Connection, Fault, ForcedAnswer, Sandbox } from "../store/store.ts";

/** Carries out a request, with what is to go wrong; `work` waits where its execution would take time. */
export type FaultStep = (
  c: RequestContext,
  sandbox: Sandbox,
  work: (wait?: () => Promise<void>) => Promise<Answer>,
) => Promise<Answer>;

/** Stands for the answer of a request that a fault has kept from being carried out. */
export const unanswered: Answer = { status: 503, headers: {}, body: null };

const connections = ["drop-before", "drop-after", "truncate", "garbage", "hang"] as const satisfies Connection[];

/**
 * Brings about what was asked for by `Prefer`, by the query or by a fault of the sandbox. An answer that was asked for executes
 * nothing and is kept under no key. A delay is taken while the request is carried out, so that it holds an idempotency key.
 */
export function faults(operation: Operation | undefined, generator: Generator): FaultStep {
  return async function faults(c, sandbox, work) {
    const asked = preferencesOf(c);
    const fault = asked?.fault ?? (await sandbox.faults.take(requestOf(c, operation)));
    if (!fault) return work();
    c.set("fault", fault);
    const wait = once(() => pause(fault.delayMs));
    const applied = asked ? { "Preference-Applied": asked.applied } : {};
    if (fault.connection === "drop-before" || fault.connection === "hang") {
      await wait();
      return unanswered;
    }
    const answer = fault.answer ? await forced(c, fault.answer, wait) : await work(wait);
    await wait();
    return { ...answer, headers: { ...answer.headers, ...applied } };
  };

  async function forced(c: RequestContext, wanted: ForcedAnswer, wait: () => Promise<void>): Promise<Answer> {
    await wait();
    return generator.forced(operation ?? nowhere, pathOf(c), wanted);
  }
}

/** Stands for the operation where a path has none: nothing is declared of its answers. */
const nowhere = { id: "a path that the document does not know", responses: new Map() } as unknown as Operation;

async function pause(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

function requestOf(c: RequestContext, operation: Operation | undefined) {
  return {
    operationId: operation?.id,
    method: c.req.method,
    path: pathOf(c),
    header: (name: string) => headerOf(c, name),
  };
}

/** What one request asks for itself: by `Prefer` (https://www.rfc-editor.org/rfc/rfc7240), or in its query, as `__code`. */
function preferencesOf(c: RequestContext): { readonly fault: Fault; readonly applied: string } | undefined {
  const header = headerOf(c, "prefer");
  const target = targetOf(c);
  if (header === undefined && !target.includes("__")) return undefined;
  const given = new Map([...inQuery(target), ...(header === undefined ? [] : inHeader(header))]);
  const known = [...given].filter(([name]) => Object.hasOwn(preferences, name));
  if (known.length === 0) return undefined;
  const wrong = known.flatMap(([name, value]) => wrongIn(name as keyof typeof preferences, value));
  if (wrong.length > 0) throw unfit(wrong);
  const [code, example, dynamic] = ["code", "example", "dynamic"].map((name) => given.get(name));
  const answer = {
    ...(code === undefined ? {} : { status: Number(code) }),
    ...(example === undefined ? {} : { example }),
    ...(dynamic === "true" ? { dynamic: true } : {}),
  };
  const fault = {
    by: "Prefer",
    delayMs: Number(given.get("delay") ?? 0),
    bytesPerSecond: undefined,
    answer: Object.keys(answer).length === 0 ? undefined : answer,
    connection: given.get("connection") as Connection | undefined,
  };
  return { fault, applied: known.map(([name, value]) => `${name}=${value}`).join(", ") };
}

/** What each preference should be; `undefined` for a value that is. */
const preferences = {
  code: (value: string) => (/^[2-5]\d\d$/.test(value) ? undefined : "a status from 200 to 599"),
  example: (value: string) => (value === "" ? "the name of an example of the document" : undefined),
  dynamic: (value: string) => (/^(true|false)$/.test(value) ? undefined : "true or false"),
  delay: (value: string) =>
    /^\d{1,6}$/.test(value) && Number(value) <= longestDelayMs
      ? undefined
      : `a number of milliseconds from 0 to ${longestDelayMs}`,
  connection: (value: string) =>
    connections.some((one) => one === value) ? undefined : `one of ${connections.join(", ")}`,
};

function wrongIn(name: keyof typeof preferences, value: string): Detail[] {
  const expected = preferences[name](value);
  if (expected === undefined) return [];
  const message = `${name} should be ${expected}; received ${show(value)}.`;
  return [{ message, code: "INVALID_VALUE", property: "Prefer" }];
}

function unfit(details: readonly Detail[]): Problem {
  return new Problem("VALIDATION_ERROR", {
    message: `${refusals.VALIDATION_ERROR.text.slice(0, -1)} of Prefer: ${details.length === 1 ? "one preference is" : `${details.length} preferences are`} not as it should be.`,
    details,
    hint: "Write them as Prefer: code=409, example=mismatch, delay=500, connection=drop-after.",
  });
}

/** The preferences of a header: names in small letters, values without their quotes. */
function inHeader(header: string): [string, string][] {
  const found: [string, string][] = [];
  for (const [, name = "", quoted, token] of header.matchAll(
    /(?:^|,)\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;]*)))?[^,]*/g,
  ))
    found.push([name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? token ?? ""]);
  return found;
}

function inQuery(target: string): [string, string][] {
  return [...new URLSearchParams(splitTarget(target)[1])].flatMap(([name, value]): [string, string][] =>
    name.startsWith("__") ? [[name.slice(2), value]] : [],
  );
}
