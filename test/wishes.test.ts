/** What the users of a stand-in wish for, as they do it: over a port, by what the package exports or by its command. */
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createClient, createControl, createMock, detailCodes } from "../src/index.ts";
import { kill, understudy } from "./commands/understudy.ts";

const customer = "cus-0001-business-email";
const path = `/customers/${customer}`;
const billing = `${path}/billing`;
const invoice = { method: "EMAIL_INVOICE", email: "billing@company.com" };

/** A mock on a port, for one test. */
async function served() {
  const { url, close } = await createMock().listen({ port: 0 });
  onTestFinished(close);
  return user(url);
}

/** What somebody with a key has of a mock: its control plane, and the API. */
function user(url: string, apiKey = "test_key") {
  const sent = (given: Record<string, string>) => ({ "X-API-Key": apiKey, ...given });
  const get = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers: sent(headers) });
  const put = (headers: Record<string, string> = {}, body: object = invoice) =>
    fetch(url + billing, {
      method: "PUT",
      headers: sent({ "Content-Type": "application/json", ...headers }),
      body: JSON.stringify(body),
    });
  return { url, control: createControl({ baseUrl: url, apiKey }), get, put, as: (key: string) => user(url, key) };
}

// biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body, it says with `expect`
const bodyOf = async (answer: Promise<Response>): Promise<any> => (await answer).json();

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "understudy-wish-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A mock started by its command, for one test. */
async function started(...args: string[]) {
  const mock = await understudy(["start", "--port", "0", ...args]);
  return { mock, ...user(mock.url) };
}

test("force a 500, a 429, a 409", async () => {
  const { control, get, put } = await served();
  expect((await put({ Prefer: "code=500" })).status).toBe(500);
  expect((await put({ Prefer: "code=409, example=mismatch" })).status).toBe(409);
  await control.faults.add({ times: 1, answer: { status: 429, headers: { "Retry-After": "7" } } });
  const { status, headers } = await put();
  expect([status, headers.get("Retry-After")]).toEqual([429, "7"]);
  // None of them was carried out.
  expect(await bodyOf(get(path))).toMatchObject({ billing: { email: "billing@northwind.example" } });
});

test("delay one operation of one sandbox", async () => {
  const slow = await served();
  await slow.control.faults.add({ match: { operationId: "getCustomer" }, delayMs: 2000 });
  let isAnswered = false;
  const answer = slow.get(path).then(() => {
    isAnswered = true;
  });
  await Promise.all([slow.get("/customers"), slow.as("test_other").get(path)]);
  expect(isAnswered).toBe(false);
  await answer;
});

test("drop the line before the write, or after it", async () => {
  const { get, put } = await served();
  const email = async () => (await bodyOf(get(path))).billing.email;
  await expect(put({ "X-Idempotency-Key": "k1", Prefer: "connection=drop-before" })).rejects.toThrow("fetch failed");
  expect(await email()).toBe("billing@northwind.example");
  await expect(put({ "X-Idempotency-Key": "k1", Prefer: "connection=drop-after" })).rejects.toThrow("fetch failed");
  expect(await email()).toBe("billing@company.com");
  expect((await put({ "X-Idempotency-Key": "k1" })).headers.get("X-Mock-Idempotency")).toBe("replayed");
});

test("let a request hang", async () => {
  const { url, control } = await served();
  await control.faults.add({ connection: "hang" });
  const asked = fetch(url + path, { headers: { "X-API-Key": "test_key" }, signal: AbortSignal.timeout(300) });
  await expect(asked).rejects.toThrow("timeout");
});

test("show a locked key", async () => {
  const { put } = await served();
  const twins = [1, 2].map(() => put({ "X-Idempotency-Key": "k1", Prefer: "delay=500" }));
  const locked = (await Promise.all(twins)).find(({ status }) => status === 409)!;
  expect(await locked.json()).toMatchObject({ code: "idempotency_key_locked" });
  expect(locked.headers.get("Retry-After")).toBe("1");
});

test("let a card expire by the clock", async () => {
  const { control, get } = await served();
  const cards = async () => (await bodyOf(get(`/payment-profiles?customerId=${customer}`))).items;
  expect(await cards()).toContainEqual(expect.objectContaining({ expiresAt: "2048-12-31", status: "ACTIVE" }));
  await control.setClock({ now: "2049-01-01T00:00:00.000Z" });
  expect(await cards()).toContainEqual(expect.objectContaining({ expiresAt: "2048-12-31", status: "EXPIRED" }));
});

test("change a part of the state", async () => {
  const { control, get } = await served();
  await control.patchState({ customers: { [customer]: { name: "Southwind" }, "cus-0002-consumer-paper": null } });
  const { name, billing } = await bodyOf(get(path));
  expect([name, billing.email]).toEqual(["Southwind", "billing@northwind.example"]);
  expect((await get("/customers/cus-0002-consumer-paper")).status).toBe(404);
});

test("keep a snapshot, and begin from it in any sandbox", async () => {
  const { control, put, as } = await served();
  await put();
  await control.snapshots.take("invoiced");
  const other = as("test_other");
  await other.control.snapshots.restore("invoiced");
  expect(await bodyOf(other.get(path))).toMatchObject({ billing: { email: "billing@company.com" } });
});

test("start with a snapshot as fixtures", async () => {
  const { control, put } = await served();
  await put();
  const file = join(await folder(), "invoiced.json");
  await writeFile(file, JSON.stringify(await control.state()));
  const { get } = await started("--fixtures", file);
  expect(await bodyOf(get(path))).toMatchObject({ billing: { email: "billing@company.com" } });
});

test("take a world home, without personal details", async () => {
  const { url } = await served();
  const file = join(await folder(), "home.json");
  const pulled = await understudy([
    "pull",
    "--target",
    url,
    "--api-key",
    "test_key",
    "--out",
    file,
    "--customer",
    customer,
  ]);
  expect([await pulled.ended, pulled.err()]).toEqual([0, ""]);
  expect(await readFile(file, "utf8")).not.toMatch(/Northwind|northwind|Ada Berg/);
  const { get } = await started("--fixtures", file);
  expect(await bodyOf(get("/customers"))).toMatchObject({ items: [{ billing: { method: "EMAIL_INVOICE" } }] });
});

test("survive a restart", async () => {
  const file = join(await folder(), "world.jsonl");
  const first = await started("--state", file);
  await first.put({ "X-Idempotency-Key": "k1" });
  await kill(first.mock.child);
  const second = await started("--state", file);
  expect(await bodyOf(second.get(path))).toMatchObject({ billing: { email: "billing@company.com" } });
  expect((await second.put({ "X-Idempotency-Key": "k1" })).headers.get("X-Mock-Idempotency")).toBe("replayed");
});

test("watch the document and the fixtures", async () => {
  const at = await folder();
  const [spec, fixtures] = [join(at, "connect.yaml"), join(at, "world.yaml")];
  const document = await readFile(new URL("../spec/connect.openapi.yaml", import.meta.url), "utf8");
  await writeFile(spec, document);
  await writeFile(fixtures, "customers: []\npaymentProfiles: []\n");
  const { get, mock } = await started("--watch", "--spec", spec, "--fixtures", fixtures);
  await mock.until(() => /Ctrl-C/.test(mock.out()));
  await writeFile(fixtures, "customers:\n  - { customerId: c1, customerType: CONSUMER, name: Ada, contact: {} }\n");
  await mock.until(() => /Reloaded, for .*world\.yaml changed/.test(mock.out()));
  expect(await bodyOf(get("/customers/c1"))).toMatchObject({ name: "Ada" });
  await writeFile(spec, document.replace("  /payment-profiles:\n", "  /cards:\n"));
  await mock.until(() => /Reloaded, for .*connect\.yaml changed: 2 changes, 1 breaking/.test(mock.out()));
  expect((await get("/cards?customerId=c1")).status).toBe(200);
});

test("count the requests", async () => {
  const { control, get, put } = await served();
  await Promise.all([get(path), get("/customers"), put(), put()]);
  expect(await control.requests({ operationId: "updateCustomerBilling" })).toHaveLength(2);
  expect(await control.requests({ method: "GET", path: "/customers/*", status: 200 })).toHaveLength(1);
});

test("wait for a request", async () => {
  const { control, put } = await served();
  const waited = control.requests({ operationId: "updateCustomerBilling", count: 1, waitMs: 10_000 });
  await put({ "X-Idempotency-Key": "k1" });
  expect((await waited)[0]!.request.headers).toMatchObject({ "X-Idempotency-Key": "k1" });
  const missed = control.requests({ operationId: "listCustomers", count: 1, waitMs: 10 });
  await expect(missed).rejects.toThrow("There should have been 1 request with operationId listCustomers within 10 ms");
});

test("learn what a mistyped path was nearest to", async () => {
  const { control, get } = await served();
  await get("/customer");
  expect((await control.requests({ status: 404 }))[0]!.nearest).toMatchObject({ operationId: "listCustomers" });
});

test("receive a webhook", async () => {
  const { control, put } = await served();
  const receiver = createServer((_, response) => response.writeHead(204).end()).listen(0, "127.0.0.1");
  onTestFinished(() => void receiver.close());
  await once(receiver, "listening");
  await control.webhooks.set([{ url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook` }]);
  const [[request]] = await Promise.all([once(receiver, "request"), put()]);
  expect(request).toMatchObject({ method: "POST", url: "/hook" });
  expect((await control.deliveries())[0]).toMatchObject({
    type: "customer.updated",
    event: { data: { billing: invoice } },
  });
});

test("use `Prefer` as with Prism", async () => {
  const { get, put } = await served();
  const missing = await get(path, { Prefer: "code=404" });
  expect([missing.status, missing.headers.get("Preference-Applied")]).toEqual([404, "code=404"]);
  const named = await put({ Prefer: "code=409, example=mismatch" });
  expect(await named.json()).toMatchObject({ code: "idempotency_key_mismatch" });
  expect(await bodyOf(get("/customers/any", { Prefer: "code=200, dynamic=true" }))).toHaveProperty("customerId");
  expect((await get(`${path}?__code=404`)).status).toBe(404);
});

test("run a command with a mock around it", async () => {
  const script = `fetch(process.env.CONNECT_BASE_URL + "${path}", { headers: { "X-API-Key": process.env.CONNECT_API_KEY } })
    .then(({ status }) => { process.exitCode = status === 200 ? 7 : 1; })`;
  const { ended } = await understudy(["exec", "--", process.execPath, "-e", script]);
  expect(await ended).toBe(7);
});

test("let an application of another origin in, with cookies and tracing headers", async () => {
  const { url } = await served();
  const asked = "traceparent, sentry-trace, x-request-id, x-api-key, content-type";
  const origin = { Origin: "https://app.example.com" };
  const preflight = await fetch(url + billing, {
    method: "OPTIONS",
    headers: { ...origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": asked },
  });
  expect(preflight.headers.get("Access-Control-Allow-Origin")).toBe("https://app.example.com");
  expect(preflight.headers.get("Access-Control-Allow-Credentials")).toBe("true");
  expect(preflight.headers.get("Access-Control-Allow-Headers")?.toLowerCase()).toContain("sentry-trace");
  expect(Number(preflight.headers.get("Access-Control-Max-Age"))).toBeGreaterThan(0);
});

test("see each request in the terminal, and why it was refused", async () => {
  const { mock, put } = await started();
  await put({}, { method: "EMAIL_INVOICE" });
  const line = /PUT .* 400 .*te\*\*\*-1 +updateCustomerBilling +VALIDATION_ERROR body\.email required\n/;
  await mock.until(() => line.test(mock.out()));
});

test("show the errors of a form by field", async () => {
  const { url } = await served();
  const client = createClient({ baseUrl: url, apiKey: "test_key" });
  const params = { path: { customerId: customer } };
  const body = { method: "EMAIL_INVOICE", email: "nobody", autoPay: true } as const;
  const { error } = await client.PUT("/customers/{customerId}/billing", { params, body });
  expect(error?.details?.map(({ property }) => property)).toContain("email");
  for (const { code } of error?.details ?? []) expect(detailCodes).toContain(code);
});
