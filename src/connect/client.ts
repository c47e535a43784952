import createOpenApiClient, { type Client as OpenApiClient } from "openapi-fetch";
import type { paths } from "../api.ts";
import { clockOf, retryAfterMs } from "../document/retry-after.ts";

/** The typed client of the API: `client.PUT("/customers/{customerId}/billing", { params, body })`. */
export type Client = OpenApiClient<paths>;

export type ClientOptions = {
  /** The base URL of a deployment or a mock, such as `http://127.0.0.1:4010`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** What carries the requests; `globalThis.fetch` by default, `mock.fetch` to stay in process. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** How often a request is repeated at the most; 3 by default. */
  readonly retries?: number;
  /** Lets so many milliseconds pass; a timer by default. Rejects when the request is aborted meanwhile. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Makes the idempotency key of a write; `crypto.randomUUID` by default. */
  readonly nextKey?: () => string;
};

const keyHeader = "X-Idempotency-Key";

/** The longest wait that a `Retry-After` may ask for, in milliseconds; a longer one ends the retries. */
const longestWaitMs = 60_000;

/**
 * Makes a client that is safe to retry: every write carries an idempotency key, and the identical request is repeated under the
 * same key after a network error, a 429 and a 409 `idempotency_key_locked`. A 409 `idempotency_key_mismatch` is never repeated:
 * the key has been used for another request. Rejects as `fetch` does when the last attempt fails.
 */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, apiKey, retries = 3, wait = waitFor, nextKey = () => crypto.randomUUID() } = options;
  const send = options.fetch ?? ((request) => globalThis.fetch(request));

  async function sendSafely(request: Request): Promise<Response> {
    const isWrite = !["GET", "HEAD", "OPTIONS"].includes(request.method);
    if (isWrite && !request.headers.has(keyHeader)) request.headers.set(keyHeader, nextKey());
    for (let attempt = 0; ; attempt++) {
      const last = attempt >= retries;
      try {
        // A body can be read once; every attempt sends a copy of the same bytes.
        const response = await send(last ? request : request.clone());
        const waitMs = last ? undefined : await waitBefore(response, attempt);
        if (waitMs === undefined || waitMs > longestWaitMs) return response;
        await response.body?.cancel();
        await wait(waitMs, request.signal);
      } catch (error) {
        // Without a key a write that failed half-way may have been carried out; with one it is safe to repeat.
        if (last || request.signal.aborted) throw error;
        await wait(backoffMs(attempt), request.signal);
      }
    }
  }

  return createOpenApiClient<paths>({ baseUrl, fetch: sendSafely, headers: { "X-API-Key": apiKey } });
}

/** How long to wait before the identical request, in milliseconds; `undefined` where the answer is final. */
async function waitBefore(response: Response, attempt: number): Promise<number | undefined> {
  if (response.status === 429)
    return (
      retryAfterMs(response.headers.get("Retry-After"), clockOf(response.headers.get("Date"))) ?? backoffMs(attempt)
    );
  if (response.status !== 409) return undefined;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  const locked = typeof body === "object" && body !== null && "code" in body && body.code === "idempotency_key_locked";
  // The reference: retry after 100 to 500 ms.
  return locked ? 100 + Math.random() * 400 : undefined;
}

/** Doubles with every attempt, with as much again by chance, so that clients do not come back together. */
function backoffMs(attempt: number): number {
  return 100 * 2 ** attempt * (1 + Math.random());
}

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
  });
}
