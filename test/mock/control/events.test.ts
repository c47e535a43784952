import { describe, expect, onTestFinished, test } from "vitest";
import { billingPath, emailInvoice, ids, testMock } from "../../mock.ts";

type Told = { id?: string; event?: string; data?: unknown; comment?: string };

/** Reads a stream of events, one after the other. */
function reader(response: Response) {
  const stream = response.body!.getReader();
  onTestFinished(() => stream.cancel().catch(() => {}));
  let text = "";
  async function next(): Promise<Told | undefined> {
    while (!text.includes("\n\n")) {
      const { value, done } = await stream.read();
      if (done) return undefined;
      text += new TextDecoder().decode(value);
    }
    const [block = "", ...rest] = text.split("\n\n");
    text = rest.join("\n\n");
    if (block.startsWith(":")) return { comment: block.slice(1).trim() };
    const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
    return { ...fields, data: JSON.parse(fields.data) };
  }
  return {
    stream,
    next,
    async take(count: number): Promise<Told[]> {
      const told: Told[] = [];
      while (told.length < count) {
        const one = await next();
        if (!one) break;
        if (one.comment === undefined) told.push(one);
      }
      return told;
    },
  };
}

const headers = { "X-API-Key": "test_key" };

async function followed(query = "", more: Record<string, string> = {}) {
  const { mock, call } = testMock();
  const follow = async (query = "", more: Record<string, string> = {}) => {
    const url = `http://localhost/_understudy/events${query}`;
    const response = await mock.fetch(url, { headers: { ...headers, ...more } });
    expect(response.headers.get("Content-Type")).toBe("text/event-stream");
    return reader(response);
  };
  return { mock, call, follow, events: await follow(query, more) };
}

const ids_ = (told: readonly Told[]) => told.map(({ id }) => id);

describe("events", () => {
  test("are the items of the journal as they are written, of this sandbox alone", async () => {
    const { call, events } = await followed();
    await call("PUT", billingPath, { body: emailInvoice });
    await call("GET", "/customers", { headers: { "X-API-Key": "test_other" } });
    await call("GET", "/nowhere");
    const told = await events.take(2);
    const { items } = (await call("GET", "/_understudy/requests")).body;
    expect(told).toEqual(items.map((data: { id: number }) => ({ id: `${data.id}`, event: "request", data })));
  });

  test("begin now, unless told where", async () => {
    const { call, follow } = await followed();
    for (let i = 0; i < 3; i++) await call("GET", "/customers");
    expect(ids_(await (await follow("?lastEventId=0")).take(3))).toEqual(["1", "2", "3"]);
    expect(ids_(await (await follow("?lastEventId=0", { "Last-Event-ID": "2" })).take(1))).toEqual(["3"]);
    // Of a mock that was started again since.
    expect(ids_(await (await follow("", { "Last-Event-ID": "99" })).take(1))).toEqual(["1"]);
    const live = await follow();
    await call("GET", "/customers");
    expect(ids_(await live.take(1))).toEqual(["4"]);
  });

  test("pass the filters of GET requests", async () => {
    const { call, follow } = await followed();
    const events = await follow("?operationId=getCustomer&status=404");
    for (const id of [ids.business, "nobody", ids.paper, "no-one"]) await call("GET", `/customers/${id}`);
    expect(ids_(await events.take(2))).toEqual(["2", "4"]);
  });

  test("tell how many are no longer held, and go on with the rest", async () => {
    const { call, events, follow } = await followed();
    for (let i = 0; i < 1005; i++) await call("GET", "/nowhere");
    const [first, second] = await events.take(2);
    expect(first).toEqual({ id: "5", event: "evicted", data: { of: "requests", count: 5 } });
    expect(second).toMatchObject({ id: "6", event: "request" });
    expect(ids_(await (await follow("?lastEventId=3")).take(2))).toEqual(["5", "6"]);
    await call("DELETE", "/_understudy/requests");
    await call("GET", "/nowhere");
    const cleared = await (await follow("?lastEventId=1000")).take(2);
    expect(cleared).toMatchObject([{ event: "evicted", data: { of: "requests", count: 5 } }, { id: "1006" }]);
  });

  test("a reader that takes nothing holds nothing but the journal's own entries", async () => {
    const { call, events } = await followed();
    for (let i = 0; i < 3000; i++) await call("GET", "/nowhere");
    const told = await events.take(1001);
    const evicted = told
      .filter(({ event }) => event === "evicted")
      .map(({ data }) => (data as { count: number }).count);
    expect(evicted.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(1500);
    expect(told.at(-1)?.id).toBe("3000");
  });

  test.each(["?lastEventId=x", "?status=none", "?since=2016-12-31T23:59:60Z"])("refuse %s", async (query) => {
    const { call } = testMock();
    expect((await call("GET", `/_understudy/events${query}`)).status).toBe(400);
  });

  test("end with the mock, which they do not hold up", async () => {
    const { mock } = testMock();
    const { url, close } = await mock.listen();
    const events = reader(await fetch(`${url}/_understudy/events`, { headers }));
    expect(await events.next()).toMatchObject({ comment: expect.any(String) });
    await fetch(`${url}/customers`, { headers });
    expect(await events.take(1)).toMatchObject([{ id: "1" }]);
    const started = performance.now();
    await close();
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await events.next()).toBeUndefined();
  });

  test("end with their client", async () => {
    const { mock, call } = testMock();
    const gone = new AbortController();
    const url = "http://localhost/_understudy/events";
    const events = reader(await mock.fetch(url, { headers, signal: gone.signal }));
    await events.next();
    const ended = events.next();
    gone.abort();
    expect(await ended).toBeUndefined();
    expect((await call("GET", "/_understudy/health")).status).toBe(200);
  });
});
