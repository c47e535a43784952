import { describe, expect, test } from "vitest";
import { createMock, type StateLog } from "../../../src/index.ts";
import { billingPath, emailInvoice, ids, send } from "../../mock.ts";

/** A state in memory, which can be made to fail, and how often it was written. */
function memoryLog(text = "") {
  const log = {
    name: "world.state",
    text,
    now: text,
    appended: [] as string[],
    isFull: false,
    isClosed: false,
    get size() {
      return log.now.length;
    },
    append(more: string) {
      if (log.isFull) throw new Error("no space left");
      log.appended.push(more);
      log.now += more;
    },
    replace(whole: string) {
      if (log.isFull) throw new Error("no space left");
      log.now = whole;
    },
    close() {
      log.isClosed = true;
    },
  };
  return log satisfies StateLog & Record<string, unknown>;
}

function mockOn(text?: string) {
  const state = memoryLog(text);
  const lines: string[] = [];
  const mock = createMock({ state, log: (line) => lines.push(line) });
  const put = (key: string, email: string) =>
    send(mock, "PUT", billingPath, {
      body: { ...emailInvoice, email },
      headers: { "X-Idempotency-Key": key },
    });
  const read = () => send(mock, "GET", `/customers/${ids.business}`, {});
  return { state, mock, lines, put, read };
}

test("what is answered is written before, a change and the answer under its key in one line", async () => {
  const { state, put } = mockOn();
  const { text } = await put("k", "a@example.com");
  expect(state.appended).toHaveLength(1);
  const line = JSON.parse(state.appended[0]!);
  expect(line.collections.customers.records).toMatchObject([{ id: ids.business }]);
  expect(line.idempotency).toMatchObject([{ key: "k", answer: { status: 200, body: text } }]);
});

test("requests that come together are written at once", async () => {
  const { state, put } = mockOn();
  await Promise.all([1, 2, 3, 4].map((count) => put(`k-${count}`, `${count}@example.com`)));
  expect(state.appended.length).toBeLessThan(4);
  expect(state.appended.join("").match(/"key":"k-/g)).toHaveLength(4);
});

test("reads write nothing", async () => {
  const { state, read } = mockOn();
  await read();
  expect(state.appended).toEqual([]);
});

test("another mock goes on where one has ended: records, keys and clock, of every sandbox", async () => {
  const first = mockOn();
  const { text } = await first.put("k", "a@example.com");
  const other = { headers: { "X-API-Key": "test_other" } };
  await send(first.mock, "PUT", "/_understudy/clock", {
    body: { now: "2030-01-01T00:00:00.000Z", frozen: true },
    ...other,
  });
  const second = mockOn(first.state.now);
  const reply = await second.put("k", "a@example.com");
  expect([reply.text, reply.headers.get("X-Mock-Idempotency")]).toEqual([text, "replayed"]);
  expect((await second.read()).body.billing.email).toBe("a@example.com");
  expect((await send(second.mock, "GET", "/_understudy/clock", other)).body).toEqual({
    now: "2030-01-01T00:00:00.000Z",
    frozen: true,
  });
});

test("a state that was put in place, and a reset, are kept too", async () => {
  const first = mockOn();
  const state = (await send(first.mock, "GET", "/_understudy/state", {})).body;
  const [customer] = state.customers;
  await send(first.mock, "PUT", "/_understudy/state", {
    body: { ...state, customers: [{ ...customer, name: "Alone" }], paymentProfiles: [] },
  });
  const second = mockOn(first.state.now);
  const { items } = (await send(second.mock, "GET", "/customers", {})).body;
  expect(items.map(({ name }: { name: string }) => name)).toEqual(["Alone"]);
  await send(second.mock, "POST", "/_understudy/reset", {});
  const third = mockOn(second.state.now);
  expect((await send(third.mock, "GET", "/customers", {})).body).toEqual(
    (await send(createMock({ log: () => {} }), "GET", "/customers", {})).body,
  );
});

test("what cannot be written is answered 500, said once, and written with the next that can", async () => {
  const { state, put, lines, read } = mockOn();
  state.isFull = true;
  expect((await put("k", "a@example.com")).status).toBe(500);
  expect((await put("l", "b@example.com")).status).toBe(500);
  expect(lines.filter((line) => line.startsWith("Cannot write world.state"))).toHaveLength(1);
  state.isFull = false;
  const kept = await put("k", "a@example.com");
  expect([kept.status, kept.headers.get("X-Mock-Idempotency")]).toEqual([200, "replayed"]);
  const email = (await read()).body.billing.email;
  expect((await mockOn(state.now).read()).body.billing.email).toBe(email);
});

test("it is written anew when it has grown long, and means the same", async () => {
  const { state, put } = mockOn();
  const whole: number[] = [];
  const replace = state.replace;
  state.replace = (text) => {
    whole.push(text.length);
    replace(text);
  };
  const long = `${"a".repeat(60)}@${"example.".repeat(20)}com`;
  for (let count = 0; count < 6000 && whole.length === 0; count++) await put(`n-${count}-${"x".repeat(230)}`, long);
  expect(whole.length).toBeGreaterThan(0);
  expect(state.size).toBeLessThan(9 * 1024 * 1024);
  const again = await mockOn(state.now).put(`n-0-${"x".repeat(230)}`, long);
  expect(again.headers.get("X-Mock-Idempotency")).toBe("replayed");
}, 60_000);

describe("a mock that cannot take its state up", () => {
  test("lets go of it", () => {
    const state = memoryLog("hello\n");
    expect(() => createMock({ state })).toThrow(/world\.state is no state of a mock/);
    expect(state.isClosed).toBe(true);
  });

  test("says why it cannot be written", () => {
    const state = memoryLog();
    state.isFull = true;
    expect(() => createMock({ state })).toThrow("Cannot take up the state world.state: no space left.");
  });
});
