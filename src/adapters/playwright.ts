import { test as base, type Request, type Route } from "@playwright/test";
import { createMock } from "../commands/connect-mock.ts";
import { type Control, createControl } from "../control/client.ts";
import { defaultApiKey, keySchemeOf } from "../mock/middleware/credentials.ts";
import type { Mock, MockOptions } from "../mock/mock.ts";
import { baseOf, isBelow, movedTo } from "./base-url.ts";

export { expect } from "@playwright/test";

/** Where the API of the pages lies, and what stands in for it. */
export type ApiOptions = MockOptions & {
  /** The URL at which the pages call the API; `http://127.0.0.1:4010` by default. */
  readonly url?: string;
  /** The key that they send; `test_key` by default. In its place goes the key of the test. */
  readonly apiKey?: string;
  /** The URL of a mock that runs already; unless told, a mock in the worker's process answers. */
  readonly target?: string;
};

/** The mock, as a test has it to itself. */
export type TestMock = {
  /** The key of the test: it opens a sandbox that no other test sees. */
  readonly apiKey: string;
  /** The control plane of that sandbox. */
  readonly control: Control;
  /** Sends a request to the mock, as it is given. */
  readonly fetch: typeof globalThis.fetch;
};

const here = "http://127.0.0.1:4010";

/**
 * Playwright's `test`, in which each test has a sandbox of its own: `mock` is that sandbox, and what `page` and every other page of
 * `context` ask of the API goes there. `test.use({ api })` says where the API lies. A test without a page starts no browser.
 */
export const test = base.extend<{ mock: TestMock }, { api: ApiOptions; workerMock: Mock }>({
  api: [{}, { option: true, scope: "worker" }],
  workerMock: [
    async ({ api: { url: _, apiKey: _key, target: _target, ...options } }, use) => use(createMock(options)),
    { scope: "worker" },
  ],
  async mock({ api: { target }, workerMock }, use) {
    const apiKey = `test_${crypto.randomUUID()}`;
    const fetch = target === undefined ? workerMock.fetch : globalThis.fetch;
    const control = createControl({ baseUrl: target === undefined ? here : baseOf(target), apiKey, fetch });
    await use({ apiKey, control, fetch });
    await control.sandboxes.remove(apiKey).catch(() => {});
  },
  async context({ api, context, mock, workerMock }, use) {
    const { url = here, apiKey = defaultApiKey, target } = api;
    const from = baseOf(url);
    const to = target === undefined ? here : baseOf(target);
    const keyHeader = keySchemeOf(workerMock.spec)?.header?.toLowerCase() ?? "authorization";
    const ended = new AbortController();
    await context.route(
      (url) => isBelow(from, url),
      async (route, request) => {
        const headers = await headersOf(request);
        const key = headers[keyHeader];
        if (key !== undefined)
          headers[keyHeader] = key.replace(/\S+$/, (last) => (last === apiKey ? mock.apiKey : last));
        const moved = movedTo(to, from, request.url());
        if (target !== undefined) await route.continue({ url: moved, headers });
        else await fulfil(route, () => mock.fetch(moved, { ...sentBy(request), headers, signal: ended.signal }));
      },
    );
    await use(context);
    ended.abort();
    await context.unrouteAll({ behavior: "ignoreErrors" });
  },
});

/** The headers of a request, without those of HTTP/2 that are none. */
async function headersOf(request: Request): Promise<Record<string, string>> {
  const headers = Object.entries(await request.allHeaders());
  return Object.fromEntries(headers.filter(([name]) => !name.startsWith(":")));
}

function sentBy(request: Request): RequestInit {
  const body = request.postDataBuffer();
  return { method: request.method(), ...(body === null ? {} : { body: new Uint8Array(body) }) };
}

/** Answers a page with a response, or breaks its connection off where that breaks off. */
async function fulfil(route: Route, ask: () => Promise<Response>): Promise<void> {
  try {
    const response = await ask();
    const body = Buffer.from(await response.arrayBuffer());
    await route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body });
  } catch {
    await route.abort("connectionreset").catch(() => {});
  }
}
