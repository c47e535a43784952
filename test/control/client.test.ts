import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { type Control, ControlError, createControl, parseSpec } from "../../src/index.ts";
import { billingPath, emailInvoice, ids, testMock } from "../mock.ts";

/** A control client in process and one over the network: they differ in nothing else. */
const ways = [["in process"], ["over the network"]] as const;

async function testControl(way: (typeof ways)[number][0]) {
  const { mock, call } = testMock();
  if (way === "in process") return { mock, call, control: mock.control() };
  const { url, close } = await mock.listen();
  onTestFinished(close);
  return { mock, call, control: createControl({ baseUrl: url }) };
}

test.each(ways)("arranges and observes a sandbox: %s", async (way) => {
  const { call, control } = await testControl(way);
  expect(await control.health()).toMatchObject({ status: "ok" });
  expect(await control.freeze("2030-01-01T00:00:00Z")).toEqual({ now: "2030-01-01T00:00:00.000Z", frozen: true });
  expect((await control.advance(1000)).now).toBe("2030-01-01T00:00:01.000Z");
  await control.setClock({ frozen: false });
  expect((await control.clock()).frozen).toBe(false);

  await control.snapshots.take("before");
  expect((await control.snapshots.list()).map(({ name }) => name)).toEqual(["before"]);
  await control.patchState({ customers: { [ids.paper]: { name: "Renamed" }, [ids.business]: null } });
  expect((await call("GET", `/customers/${ids.paper}`)).body.name).toBe("Renamed");
  const before = await control.snapshots.read("before");
  await control.snapshots.restore("before");
  expect((await control.state()).customers).toEqual(before.customers);
  await control.snapshots.remove("before");
  await control.setState({ customers: [], paymentProfiles: [] });
  expect((await call("GET", "/customers")).body.items).toEqual([]);

  const { id } = await control.faults.add({ answer: { status: 500 }, times: 1 });
  expect((await call("GET", "/customers")).status).toBe(500);
  expect(await control.faults.list()).toMatchObject([{ id, applied: 1 }]);
  await control.faults.remove(id);
  await control.faults.add({ preset: "maintenance" });
  await control.faults.clear();
  await control.reset();
  expect((await call("GET", "/customers")).body.items).toHaveLength(4);

  expect(await control.sandboxes.list()).toMatchObject([{ name: "te***-1", requests: 1 }]);
  await control.sandboxes.remove("te***-1");
});

test("is of the sandbox of its key", async () => {
  const { mock, call } = testMock();
  await mock.control("test_other").faults.add({ answer: { status: 500 } });
  expect((await call("GET", "/customers")).status).toBe(200);
  expect((await call("GET", "/customers", { headers: { "X-API-Key": "test_other" } })).status).toBe(500);
});

test("reaches every sandbox of an API whose keys go another way", async () => {
  const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
components: { securitySchemes: { Token: { type: http, scheme: bearer } } }
security: [{ Token: [] }]
paths: { /pets: { get: { operationId: listPets, responses: { "204": { description: None. } } } } }
`);
  const { mock } = testMock({ spec });
  await mock.control("test_a").faults.add({ answer: { status: 500 } });
  const status = async (key: string) =>
    (await mock.fetch("http://localhost/pets", { headers: { Authorization: `Bearer ${key}` } })).status;
  expect([await status("test_a"), await status("test_b")]).toEqual([500, 204]);
});

test.each(ways)("a refused call throws what is wrong: %s", async (way) => {
  const { control } = await testControl(way);
  const error = await control.faults.add({ rate: 2, connection: "hang" }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ControlError);
  expect(error).toMatchObject({ status: 400, code: "VALIDATION_ERROR", details: [{ property: "rate" }] });
  expect((error as Error).message).toMatch(/1 violation.*rate should be .*received 2/);
  await expect(control.faults.remove("fault-9")).rejects.toMatchObject({ status: 404, hint: expect.any(String) });
  await expect(
    createControl({ baseUrl: "http://x", fetch: async () => new Response("<p>", { status: 502 }) }).reset(),
  ).rejects.toThrow("The control plane answered 502, and not as a mock does.");
});

test.each(ways)("requests are waited for: %s", async (way) => {
  const { call, control } = await testControl(way);
  expect(await control.requests()).toEqual([]);
  const waiting = control.requests({ operationId: "updateCustomerBilling", count: 1, waitMs: 5000 });
  await call("GET", "/customers");
  await call("PUT", billingPath, { body: emailInvoice });
  expect(await waiting).toMatchObject([{ id: 2, request: { method: "PUT" }, response: { status: 200 } }]);
  expect(await control.requests({ status: 200 })).toHaveLength(2);
  await control.clearRequests();
  expect(await control.requests()).toEqual([]);
});

test("and where they do not come, it says what came instead", async () => {
  const { mock, call } = testMock();
  const control = mock.control();
  await expect(control.requests({ count: 1, waitMs: 0 })).rejects.toThrow(
    "There should have been 1 request within 0 ms; 0 came, and the journal is empty.",
  );
  await call("GET", "/customers?limit=1");
  await call("PATCH", billingPath);
  const asked = control.requests({ operationId: "updateCustomerBilling", status: 200, count: 2, waitMs: 50 });
  await expect(asked).rejects.toThrow(
    [
      "There should have been 2 requests with operationId updateCustomerBilling, status 200 within 50 ms; 0 came, and the journal holds 2, at last:",
      "  GET /customers?limit=1 200 (listCustomers)",
      "  PATCH /customers/cus-0001-business-email/billing 405 (/customers/{customerId}/billing does not take PATCH; PUT is taken.)",
    ].join("\n"),
  );
});

test("runs in a browser: it holds nothing of Node and nothing of the mock", async () => {
  const entry = fileURLToPath(new URL("../../src/control/client.ts", import.meta.url));
  const { metafile, outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    platform: "browser",
    format: "esm",
    write: false,
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs).filter((name) => !name.includes("node_modules/openapi-fetch/"));
  expect(inputs.map((name) => name.replace(/^.*src\//, "")).sort()).toEqual(["control/client.ts", "control/events.ts"]);
  expect(outputFiles[0]?.contents.length).toBeLessThan(20_000);
});

async function take(events: ReturnType<Control["events"]>, count: number) {
  const told = [];
  for await (const event of events) {
    told.push(event);
    if (told.length === count) break;
  }
  return told;
}

test.each(ways)("events are told as they come: %s", async (way) => {
  const { call, control } = await testControl(way);
  const events = control.events({ status: 404 });
  await events.ready;
  await call("GET", "/customers");
  await call("GET", "/nowhere");
  expect(await take(events, 1)).toMatchObject([{ event: "request", data: { id: 2, response: { status: 404 } } }]);
  expect(await take(control.events({ after: 0 }), 2)).toMatchObject([{ data: { id: 1 } }, { data: { id: 2 } }]);
  await expect(take(control.events({ since: "never" }), 1)).rejects.toThrow(ControlError);

  const ended = new AbortController();
  const all = take(control.events({ signal: ended.signal }), 1);
  ended.abort();
  expect(await all).toEqual([]);
});
