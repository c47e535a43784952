import { judge } from "../document/judge-answer.ts";
import { retryAfterMs } from "../document/retry-after.ts";
import type { Operation, Spec } from "../document/spec.ts";
import { type Finding, findingOf } from "./findings.ts";
import type { PathValues } from "./guest.ts";
import { type Carrier, carrierOf, carry } from "./wire/credential.ts";
import {
  type Credential,
  curlOf,
  type Exchange,
  jsonOf,
  type RequestPlan,
  type Transport,
  TransportError,
  type WireRequest,
  type WireResponse,
} from "./wire/exchange.ts";

/** The run has no requests left to spend. */
export class BudgetSpent extends Error {
  override name = "BudgetSpent";
}

/** The target has said "not now" for longer than the run waits: it limits the run, which is no fault of it. */
export class Unserved extends TransportError {
  override name = "Unserved";
}

export type TargetOptions = {
  readonly spec: Spec;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: Credential;
  readonly transport: Transport;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The most requests of a run. */
  readonly maxRequests?: number;
  /** The most requests a second. */
  readonly rate?: number;
  /** Lets time pass; rejects when the signal says stop. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The longest wait that a `Retry-After` may ask for, in milliseconds. */
  readonly maxWaitMs: number;
  /** Ends all waiting and sending. */
  readonly signal: AbortSignal;
  /** Called before each request that may change something, with the operation that it calls and its body as JSON. Throws to keep it from being sent. */
  readonly beforeWrite?: (operation: Operation | undefined, path: PathValues, body: unknown) => Promise<void>;
};

/** The server under test, as a guest sees it. */
export type Target = {
  readonly baseUrl: string;
  /** Sends one request, waits as the target asks, judges the answer and passes what is wrong with it to `found`. */
  send(request: RequestPlan, found: (finding: Finding) => void): Promise<Exchange>;
  /** How many requests went out. */
  requests(): number;
  /** How often each operation answered each status. */
  readonly seen: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** The operations that have answered the run's own key with a success. */
  readonly letsIn: ReadonlySet<string>;
};

const maxRefusedTries = 6;

/** Makes the client of a run. */
export function createTarget(options: TargetOptions): Target {
  const { spec, baseUrl, beforeWrite } = options;
  const seen = new Map<string, Map<number, number>>();
  const letsIn = new Set<string>();
  const carrier = carrierOf(spec);
  const basePath = new URL(baseUrl).pathname.replace(/\/$/, "");
  const sender = createSender(options);
  return {
    baseUrl,
    requests: sender.sent,
    seen,
    letsIn,
    async send(plan, found) {
      const { request, curl } = wireRequestOf(plan, options, carrier);
      const match = spec.match(plan.method, new URL(request.url).pathname.slice(basePath.length));
      const { operation } = match;
      const path = match.operation ? match.path : {};
      if (mayWrite(plan.method)) await beforeWrite?.(operation, path, jsonOf(request.body ?? ""));
      const started = performance.now();
      const response = await sender.untilServed(request);
      const exchange: Exchange = {
        request,
        status: response.status,
        headers: response.headers,
        text: response.body,
        json: jsonOf(response.body),
        operation,
        durationMs: performance.now() - started,
        curl,
      };
      if (operation) {
        const statuses = seen.get(operation.id) ?? new Map<number, number>();
        seen.set(operation.id, statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1));
        if (plan.apiKey === undefined && response.status < 300) letsIn.add(operation.id);
      }
      for (const finding of findingsIn(exchange)) found(finding);
      return exchange;
    },
  };
}

/** Whether a request may change something, by its method. https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1 */
export function mayWrite(method: string): boolean {
  return !["GET", "HEAD", "OPTIONS"].includes(method);
}

/** A request as it goes over the wire, and as a line for a shell. */
export function wireRequestOf(
  plan: RequestPlan,
  { baseUrl, apiKey, headers = {} }: Pick<TargetOptions, "baseUrl" | "apiKey" | "headers">,
  carrier: Carrier | undefined,
): { readonly request: WireRequest; readonly curl: string } {
  const credential = plan.apiKey === undefined ? apiKey : plan.apiKey;
  const carried = carry(credential, carrier, plan.path, { ...headers, ...plan.headers });
  const own =
    carrier?.in === "cookie" ? { ...plan.headers, ...carried.headers } : { ...carried.headers, ...plan.headers };
  const request: WireRequest = {
    method: plan.method,
    url: baseUrl + plan.path + carried.query,
    headers: { Accept: "application/json", ...contentTypeOf(plan, headers), ...headers, ...own },
    body: plan.text ?? (plan.json === undefined ? undefined : JSON.stringify(plan.json)),
  };
  return { request, curl: curlOf(request, carried.shellHeaders, carried.shellEnd) };
}

/** JSON says that it is JSON, unless a header says what it is. */
function contentTypeOf({ json, text, headers }: RequestPlan, always: TargetOptions["headers"]): Record<string, string> {
  const isTold = Object.keys({ ...always, ...headers }).some((name) => name.toLowerCase() === "content-type");
  return json === undefined || text !== undefined || isTold ? {} : { "Content-Type": "application/json" };
}

/** What is wrong with an answer: what the document says of it, and that a server should not fail. */
function findingsIn(exchange: Exchange): readonly Finding[] {
  const { operation, status, curl } = exchange;
  const found = operation ? judge(operation, exchange).map((violation) => findingOf(violation, exchange)) : [];
  if (status < 500) return found;
  const failure: Finding = {
    message: `the target failed with ${status}`,
    at: "status",
    expected: "an answer below 500",
    received: status,
    curl,
    weight: "broken",
  };
  return [...found, failure];
}

/** Sends at the rate and within the budget of a run. */
function createSender({ transport, sleep, signal, rate, maxWaitMs, maxRequests }: TargetOptions) {
  const budget = maxRequests ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  let nextSlot = 0;

  async function waitForSlot(): Promise<void> {
    if (!rate) return;
    const now = performance.now();
    const slot = Math.max(now, nextSlot);
    nextSlot = slot + 1000 / rate;
    if (slot > now) await sleep(slot - now, signal);
  }

  return {
    sent: () => sent,
    /** Repeats the identical request while the target says "not now". */
    async untilServed(request: WireRequest): Promise<WireResponse> {
      for (let tries = 1; ; tries++) {
        if (sent >= budget) throw new BudgetSpent(`the budget of ${budget} requests is spent`);
        await waitForSlot();
        signal.throwIfAborted();
        sent++;
        const response = await transport(request, signal);
        const limited = response.status === 429;
        if (!limited && !(response.status === 503 && "retry-after" in response.headers)) return response;
        if (tries === maxRefusedTries) {
          if (!limited) return response;
          throw new Unserved(`the target has answered 429 to the same request ${tries} times`);
        }
        const wait = retryAfterMs(response.headers["retry-after"]) ?? 100 * 2 ** tries;
        if (wait > maxWaitMs) {
          const asked = `the target asks to wait ${Math.ceil(wait / 1000)} s, longer than this run waits (${maxWaitMs / 1000} s)`;
          throw limited ? new Unserved(asked) : new TransportError(asked);
        }
        await sleep(wait, signal);
      }
    },
  };
}
