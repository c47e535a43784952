import createOpenApiClient, { type Client as OpenApiClient } from "openapi-fetch";
import type { paths } from "../api.ts";
import { clockOf, retryAfterMs } from "../document/retry-after.ts";

/** A typed client: `client.PUT("/customers/{customerId}/billing", { params, body })`. `Paths` are those of the Connect API by default. */
export type Client<Paths extends object = paths> = OpenApiClient<Paths>;

export type ClientOptions = {
  /** The base URL of a deployment or a mock, such as `http://127.0.0.1:4010`. */
  readonly baseUrl: string;
  /** The credential, such as `test_key`. */
  readonly apiKey: string;
  /** The header that carries it; `X-API-Key` by default. In `Authorization` it is a bearer token, unless it names its scheme. */
  readonly apiKeyHeader?: string;
  /** The header that carries the idempotency key of a write; `X-Idempotency-Key` by default, `false` where the API knows none. */
  readonly idempotencyHeader?: string | false;
  /** What carries the requests; `globalThis.fetch` by default, `mock.fetch` to stay in process. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** How often a request is repeated at the most; 3 by default. */
  readonly retries?: number;
  /** Lets so many milliseconds pass; a timer by default. Rejects when the request is aborted meanwhile. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Makes the idempotency key of a write; `crypto.randomUUID` by default. */
  readonly nextKey?: () => string;
};

/** The longest wait that a `Retry-After` may ask for, in milliseconds; a longer one ends the retries. */
const longestWaitMs = 60_000;

/** As many redirects as `fetch` follows. https://fetch.spec.whatwg.org/#http-redirect-fetch */
const mostRedirects = 20;

/**
 * Makes a client that is safe to retry: every write carries an idempotency key, and the identical request is repeated under the
 * same key after a network error, also one in the middle of an answer, a 429, a 503 that says when to come back, and a 409 that
 * says that the first request is still running. A 409 `idempotency_key_mismatch` is never repeated: the key has been used for
 * another request. A write without a key is repeated only where the answer says that it was not carried out. A redirect to another
 * origin is answered and not followed: the credential is not for that one. Rejects as `fetch` does when the last attempt fails.
 */
export function createClient<Paths extends object = paths>(options: ClientOptions): Client<Paths> {
  const { baseUrl, apiKey, retries = 3, wait = waitFor, nextKey = () => crypto.randomUUID() } = options;
  const { apiKeyHeader = "X-API-Key", idempotencyHeader = "X-Idempotency-Key" } = options;
  const send = followingWithin(options.fetch ?? ((request) => globalThis.fetch(request)));

  async function sendSafely(request: Request): Promise<Response> {
    const isWrite = !["GET", "HEAD", "OPTIONS"].includes(request.method);
    const keyHeader = isWrite && idempotencyHeader;
    if (keyHeader && !request.headers.has(keyHeader)) request.headers.set(keyHeader, nextKey());
    for (let attempt = 0; ; attempt++) {
      const last = attempt >= retries;
      try {
        // A body can be read once; every attempt sends a copy of the same bytes.
        const response = await send(last ? request : request.clone());
        const waitMs = last ? undefined : await waitBefore(response, attempt);
        if (waitMs === undefined || waitMs > longestWaitMs) return keyHeader ? await whole(response) : response;
        await response.body?.cancel();
        await wait(waitMs, request.signal);
      } catch (error) {
        // Without a key a write that failed half-way may have been carried out; with one it is safe to repeat.
        if (last || request.signal.aborted || (isWrite && !keyHeader)) throw error;
        await wait(backoffMs(attempt), request.signal);
      }
    }
  }

  const isBearer = /^authorization$/i.test(apiKeyHeader) && !apiKey.includes(" ");
  const headers = { [apiKeyHeader]: isBearer ? `Bearer ${apiKey}` : apiKey };
  return createOpenApiClient<Paths>({ baseUrl, fetch: sendSafely, headers, redirect: "manual" });
}

/** The same answer once all of it has come: one that breaks off is a network error like any other. */
async function whole(response: Response): Promise<Response> {
  if (!response.body) return response;
  const { status, statusText, headers, url } = response;
  const copy = new Response(await response.arrayBuffer(), { status, statusText, headers });
  return Object.defineProperty(copy, "url", { value: url });
}

/**
 * Follows redirects within the origin of a request as `fetch` does; one to another origin is the answer. A browser tells nobody
 * where a redirect leads, so there none is followed, and the client rejects with a `TypeError`.
 */
function followingWithin(send: (request: Request) => Promise<Response>): (request: Request) => Promise<Response> {
  return async (first) => {
    // Whoever asks for another way has it.
    if (first.redirect !== "manual") return send(first);
    let request = first;
    for (let count = 0; ; count++) {
      const again = request.clone();
      const response = await send(request);
      if (response.type === "opaqueredirect")
        throw new TypeError(`${request.method} ${request.url} is redirected, and a browser does not tell where to.`);
      const location = [301, 302, 303, 307, 308].includes(response.status) && response.headers.get("Location");
      if (!location || !URL.canParse(location, request.url)) return response;
      const target = new URL(location, request.url);
      if (target.origin !== new URL(request.url).origin) return response;
      if (count === mostRedirects) throw new TypeError(`${first.method} ${first.url} is redirected without end.`);
      await response.body?.cancel();
      request = redirected(again, target, response.status);
    }
  };
}

/** The request that a redirect asks for. https://fetch.spec.whatwg.org/#http-redirect-fetch */
function redirected(request: Request, target: URL, status: number): Request {
  const isRead = ["GET", "HEAD"].includes(request.method);
  const becomesRead = (status === 303 && !isRead) || (status < 303 && request.method === "POST");
  if (!becomesRead) return new Request(target, request);
  const headers = new Headers(request.headers);
  for (const name of ["Content-Type", "Content-Length", "Content-Encoding", "Content-Language"]) headers.delete(name);
  return new Request(target, { method: "GET", headers, signal: request.signal, redirect: "manual" });
}

/** How long to wait before the identical request, in milliseconds; `undefined` where the answer is final. */
async function waitBefore(response: Response, attempt: number): Promise<number | undefined> {
  const { status, headers } = response;
  const asked = retryAfterMs(headers.get("Retry-After"), clockOf(headers.get("Date")));
  if (status === 429) return asked ?? backoffMs(attempt);
  if (status === 503) return asked;
  if (status !== 409) return undefined;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  const code = typeof body === "object" && body !== null && "code" in body ? body.code : undefined;
  // The reference: retry after 100 to 500 ms.
  if (code === "idempotency_key_locked") return 100 + Math.random() * 400;
  return code === "idempotency_key_mismatch" ? undefined : asked;
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
