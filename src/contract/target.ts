import { retryAfterMs } from "../connect/client.ts";
import { judge } from "../document/judge-answer.ts";
import type { Spec } from "../document/spec.ts";
import { type Finding, findingOf } from "./findings.ts";
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
  /** Called before the first request that may change something. Throws to keep it from being sent. */
  readonly beforeWrite?: () => void;
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
};

const maxRefusedTries = 6;

/** Makes the client of a run. */
export function createTarget(options: TargetOptions): Target {
  const { spec, baseUrl, transport, sleep, signal } = options;
  const seen = new Map<string, Map<number, number>>();
  let sent = 0;
  const budget = options.maxRequests ?? Number.POSITIVE_INFINITY;
  let nextSlot = 0;

  async function waitForSlot(): Promise<void> {
    if (!options.rate) return;
    const now = performance.now();
    const slot = Math.max(now, nextSlot);
    nextSlot = slot + 1000 / options.rate;
    if (slot > now) await sleep(slot - now, signal);
  }

  /** Repeats the identical request while the target says "not now". */
  async function untilServed(request: WireRequest): Promise<WireResponse> {
    for (let tries = 1; ; tries++) {
      if (sent >= budget) throw new BudgetSpent(`the budget of ${budget} requests is spent`);
      await waitForSlot();
      signal.throwIfAborted();
      sent++;
      const response = await transport(request, signal);
      const busy = response.status === 429 || (response.status === 503 && "retry-after" in response.headers);
      if (!busy || tries === maxRefusedTries) return response;
      const wait = retryAfterMs(response.headers["retry-after"]) ?? 100 * 2 ** tries;
      if (wait > options.maxWaitMs) {
        throw new TransportError(
          `the target asks to wait ${Math.ceil(wait / 1000)} s, longer than this run waits (${options.maxWaitMs / 1000} s)`,
        );
      }
      await sleep(wait, signal);
    }
  }

  return {
    baseUrl,
    requests: () => sent,
    seen,
    async send(plan, found) {
      const body = plan.text ?? (plan.json === undefined ? undefined : JSON.stringify(plan.json));
      const credential = plan.apiKey === undefined ? options.apiKey : plan.apiKey;
      const keyHeader = credential?.header ?? "X-API-Key";
      const request: WireRequest = {
        method: plan.method,
        url: baseUrl + plan.path,
        headers: {
          Accept: "application/json",
          ...options.headers,
          ...contentTypeOf(plan, options.headers),
          ...(credential ? { [keyHeader]: credential.value } : {}),
          ...plan.headers,
        },
        body,
      };
      const curl = curlOf(request, credential ? { [keyHeader]: credential.shell } : {});
      if (!["GET", "HEAD", "OPTIONS"].includes(plan.method)) options.beforeWrite?.();
      const started = performance.now();
      const response = await untilServed(request);
      const { operation } = spec.match(
        plan.method,
        new URL(request.url).pathname.slice(new URL(baseUrl).pathname.replace(/\/$/, "").length),
      );
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
        for (const violation of judge(operation, exchange)) found(findingOf(violation, exchange));
      }
      if (response.status >= 500) {
        found({
          message: `the target failed with ${response.status}`,
          at: "status",
          expected: "an answer below 500",
          received: response.status,
          curl,
          weight: "broken",
        });
      }
      return exchange;
    },
  };
}

/** JSON says that it is JSON, unless a header says what it is. */
function contentTypeOf({ json, text, headers }: RequestPlan, always: TargetOptions["headers"]): Record<string, string> {
  const isTold = Object.keys({ ...always, ...headers }).some((name) => name.toLowerCase() === "content-type");
  return json === undefined || text !== undefined || isTold ? {} : { "Content-Type": "application/json" };
}
