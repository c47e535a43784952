import { shippedFixtures } from "../src/commands/connect-mock.ts";
import { createMock, loadSpec, type Mock, type MockOptions } from "../src/index.ts";

/** Read once: nobody can change them, and they are most of what a mock costs. */
const spec = loadSpec();
const fixtures = shippedFixtures(spec);

export type Call = {
  body?: unknown;
  headers?: Record<string, string>;
};

// biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body, it says with `expect`
export type Reply = { status: number; headers: Headers; text: string; body: any };

/** A mock of one test, a short way to call it with `test_key`, and what it has logged. */
export function testMock(options: MockOptions = {}) {
  const lines: string[] = [];
  const mock = createMock({
    ...(options.spec === undefined ? { spec, fixtures } : {}),
    log: (line) => lines.push(line),
    ...options,
  });
  const call = (method: string, path: string, given: Call = {}) => send(mock, method, path, given);
  return { mock, lines, call };
}

/** Moves the clock of a key's sandbox, forward or back, as a run of the contract wants to. */
export function clockOf(mock: Pick<Mock, "control">, apiKey: string): (ms: number) => Promise<void> {
  return async (ms) => {
    const control = mock.control(apiKey);
    const { now } = await control.clock();
    await control.setClock({ now: new Date(Date.parse(now) + ms).toISOString() });
  };
}

/** Sends a request; a body that is no string or bytes goes as JSON, and a header of "" is left out. */
export async function send(mock: Pick<Mock, "fetch">, method: string, path: string, given: Call): Promise<Reply> {
  const headers = new Headers({ "X-API-Key": "test_key" });
  if (given.body !== undefined) headers.set("Content-Type", "application/json");
  for (const [name, value] of Object.entries(given.headers ?? {})) headers.set(name, value);
  const { body } = given;
  const raw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  const request = new Request(`http://localhost${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body), duplex: "half" }),
  });
  const response = await mock.fetch(request);
  const text = await response.text();
  const json = /[/+]json/.test(response.headers.get("Content-Type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: json && text ? JSON.parse(text) : undefined,
  };
}

/** The customers and profiles of the shipped fixtures that tests speak of. */
export const ids = {
  business: "cus-0001-business-email",
  card: "m47ac10b-58cc-4372-a567-0e02b2c3d479",
  paper: "cus-0002-consumer-paper",
  expired: "pay-0002-expired-card",
  inactive: "pay-0002-inactive-card",
  unbilled: "cus-0003-consumer-new",
  unbilledCard: "pay-0003-first-card",
  autopay: "cus-0004-business-autopay",
  foreignCard: "pay-0004-default-card",
} as const;

export const billingPath = `/customers/${ids.business}/billing`;

export const emailInvoice = { method: "EMAIL_INVOICE", email: "billing@company.com" };
