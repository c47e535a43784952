import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { emailInvoice, ids } from "../mock.ts";
import { lacking } from "../needs.ts";
import { type Redis, startRedis } from "../redis.ts";
import { understudy } from "./understudy.ts";

const missing = lacking("redis");

/** A proxy of one test that sends each request to the next of the replicas, and past one that is not there. */
export async function balancer(urls: readonly string[]): Promise<string> {
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const pieces: Buffer[] = [];
    incoming.on("data", (piece) => pieces.push(piece));
    incoming.on("end", () => send(urls.length));

    function send(left: number): void {
      const url = urls[turn++ % urls.length]!;
      const { method, headers } = incoming;
      const passed = request(`${url}${incoming.url}`, { method, headers, agent: false }, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on("error", (error: NodeJS.ErrnoException) => {
        // One that is gone has had nothing of it; one that ended amid it may have.
        if (error.code === "ECONNREFUSED" && left > 1) send(left - 1);
        else if (!outgoing.headersSent) outgoing.writeHead(502).end();
        else outgoing.destroy();
      });
      passed.end(Buffer.concat(pieces));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Sent = { readonly body?: unknown; readonly key?: string; readonly apiKey?: string; readonly prefer?: string };

/** Sends a request to a replica, and reads its answer. */
async function send(url: string, method: string, path: string, { body, key, apiKey = "test_key", prefer }: Sent = {}) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      "X-API-Key": apiKey,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(key === undefined ? {} : { "X-Idempotency-Key": key }),
      ...(prefer === undefined ? {} : { Prefer: prefer }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body, it says with `expect`
  const parsed: any = text === "" ? undefined : JSON.parse(text);
  return { status: response.status, headers: response.headers, text, body: parsed };
}

const billing = `/customers/${ids.business}/billing`;
const change = (url: string, email: string, more: Sent = {}) =>
  send(url, "PUT", billing, { body: { ...emailInvoice, email }, ...more });
const emailOf = async (url: string) => (await send(url, "GET", `/customers/${ids.business}`)).body.billing.email;

describe.skipIf(missing)(`replicas on one Redis${missing}`, () => {
  let redis: Redis;
  let worlds = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  /** So many replicas of one world of their own. */
  async function replicas(count: number, ...more: string[]) {
    const store = `${redis.url}?prefix=w${worlds++}`;
    const start = () => understudy(["start", "--port", "0", "--quiet", ...more], { env: { UNDERSTUDY_STORE: store } });
    return Promise.all(Array.from({ length: count }, start));
  }

  test("have one world: what one is told, the other answers", async () => {
    const [one, two] = await replicas(2);
    const first = await change(one!.url, "a@example.com", { key: "k" });
    expect(first.status).toBe(200);
    expect(await emailOf(two!.url)).toBe("a@example.com");
    const again = await change(two!.url, "a@example.com", { key: "k" });
    expect([again.text, again.headers.get("X-Mock-Idempotency")]).toEqual([first.text, "replayed"]);
    expect((await change(two!.url, "b@example.com", { key: "k" })).status).toBe(409);
  });

  test("share clock, faults, journal and snapshots", async () => {
    const [one, two] = await replicas(2);
    await send(one!.url, "PUT", "/_understudy/clock", { body: { now: "2030-01-01T00:00:00.000Z", frozen: true } });
    expect((await send(two!.url, "GET", "/_understudy/clock")).body).toEqual({
      now: "2030-01-01T00:00:00.000Z",
      frozen: true,
    });
    await send(one!.url, "POST", "/_understudy/faults", { body: { times: 1, answer: { status: 429 } } });
    const statuses = [];
    for (const url of [two!.url, one!.url, two!.url]) statuses.push((await send(url, "GET", "/customers")).status);
    expect(statuses).toEqual([429, 200, 200]);
    const waited = send(one!.url, "GET", "/_understudy/requests?count=4&wait=10000");
    await send(two!.url, "GET", "/customers?limit=1");
    expect((await waited).body.items.map(({ id }: { id: number }) => id)).toEqual([1, 2, 3, 4]);
    await send(one!.url, "PUT", "/_understudy/snapshots/before");
    await change(two!.url, "later@example.com");
    await send(two!.url, "POST", "/_understudy/snapshots/before/restore");
    expect(await emailOf(one!.url)).not.toBe("later@example.com");
  });

  test("behind a proxy, carry one key out once, however many send it at once", async () => {
    const all = await replicas(2);
    const url = await balancer(all.map((one) => one.url));
    const create = () =>
      send(url, "POST", "/customers", {
        key: "new",
        body: { customerType: "CONSUMER", name: "One", contact: { email: "one@example.com" } },
      });
    const answers = await Promise.all(Array.from({ length: 12 }, create));
    const created = answers.filter(({ status }) => status === 201);
    expect(new Set(created.map(({ text }) => text)).size).toBe(1);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect((await create()).headers.get("X-Mock-Idempotency")).toBe("replayed");
    const { items } = (await send(url, "GET", "/customers")).body;
    expect(items.filter(({ name }: { name: string }) => name === "One")).toHaveLength(1);
  });

  test("a world outlives its replicas", async () => {
    const [one] = await replicas(1);
    worlds -= 1;
    await change(one!.url, "kept@example.com");
    one!.child.kill("SIGTERM");
    await one!.ended;
    const [two] = await replicas(1);
    expect(await emailOf(two!.url)).toBe("kept@example.com");
  });
});

test("a store that is none is refused with a line that says what would be", async () => {
  const { ended, err } = await understudy(["start", "--port", "0", "--store", "http://127.0.0.1:1"]);
  expect(await ended).toBe(2);
  expect(err()).toMatch(/^error: A store is memory, redis:\/\/host:6379 or rediss:/);
});
