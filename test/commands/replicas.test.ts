import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { balancer } from "../balancer.ts";
import { certificates } from "../certificates.ts";
import { emailInvoice, ids } from "../mock.ts";
import { lacking } from "../needs.ts";
import { type Redis, startRedis } from "../redis.ts";
import { kill, understudy } from "./understudy.ts";

const missing = lacking("redis");

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

/** Asks again until an answer is as it should be; answers it, and every one before it. */
async function until<Answer>(ask: () => Promise<Answer>, is: (answer: Answer) => boolean, withinMs: number) {
  const answers: Answer[] = [];
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    answers.push(answer);
    if (is(answer)) return { answer, answers };
    if (performance.now() > end) throw new Error(`Still ${JSON.stringify(answer)} after ${withinMs} ms.`);
    await wait(50);
  }
}

describe.skipIf(missing)(`replicas that end amid a request${missing}`, () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());
  const start = (prefix: string, ...more: string[]) =>
    understudy(["start", "--port", "0", "--quiet", "--store", `${redis.url}?prefix=${prefix}`, ...more]);

  test("hold its key no longer than a few seconds, and have changed nothing", async () => {
    const [one, two] = await Promise.all([start("killed"), start("killed")]);
    const before = await emailOf(two.url);
    const lost = change(one.url, "once@example.com", { key: "k", prefer: "delay=60000" }).catch(() => undefined);
    const again = () => change(two.url, "once@example.com", { key: "k" });
    await until(
      () => send(two.url, "GET", "/_understudy/requests?count=0"),
      () => true,
      100,
    );
    // The key is taken once the first has begun.
    await wait(300);
    expect((await again()).headers.get("Retry-After")).toBe("1");
    await kill(one.child);
    expect(await lost).toBeUndefined();
    expect(await emailOf(two.url)).toBe(before);
    const killed = performance.now();
    const { answer, answers } = await until(again, ({ status }) => status === 200, 10_000);
    expect(performance.now() - killed).toBeLessThan(7000);
    expect(answer.headers.get("X-Mock-Idempotency")).toBe("stored");
    expect(answers.slice(0, -1).every(({ status }) => status === 409)).toBe(true);
    expect((await send(two.url, "GET", "/_understudy/changes")).body.items).toHaveLength(1);
  });

  test("and that go on after another has taken the key, answer as that one has", async () => {
    const [one, two] = await Promise.all([start("stalled&lease=300"), start("stalled&lease=300")]);
    const stalled = change(one.url, "once@example.com", { key: "k", prefer: "delay=1500" });
    await wait(500);
    one.child.kill("SIGSTOP");
    const { answer } = await until(
      () => change(two.url, "once@example.com", { key: "k" }),
      ({ status }) => status === 200,
      5000,
    );
    await change(two.url, "later@example.com");
    one.child.kill("SIGCONT");
    expect((await stalled).text).toBe(answer.text);
    expect(await emailOf(one.url)).toBe("later@example.com");
    expect((await send(two.url, "GET", "/_understudy/changes")).body.items).toHaveLength(2);
  });

  test("hold it as long as they run", async () => {
    const [one, two] = await Promise.all([start("long"), start("long")]);
    let isDone = false;
    const long = change(one.url, "long@example.com", { key: "k", prefer: "delay=7000" }).finally(() => {
      isDone = true;
    });
    await wait(300);
    const again = () => change(two.url, "long@example.com", { key: "k" });
    const { answers } = await until(again, () => isDone, 10_000);
    expect(answers.slice(0, -1).map(({ status }) => status)).toEqual(answers.slice(0, -1).map(() => 409));
    expect((await again()).text).toBe((await long).text);
  });

  test("leave their webhooks to another, and no event is sent twice where it was acknowledged", async () => {
    const events: string[] = [];
    let isUp = false;
    const server = createServer(async (request, response) => {
      let text = "";
      for await (const piece of request) text += piece;
      if (isUp) events.push(JSON.parse(text).data.billing.email);
      response.writeHead(isUp ? 204 : 503).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const [one, two] = await Promise.all([start("hooks", "--webhook", hook), start("hooks", "--webhook", hook)]);
    await change(one.url, "first@example.com");
    await until(
      async () => (await send(two.url, "GET", "/_understudy/webhooks/deliveries")).body.items,
      ([first]) => first?.attempts.length > 0,
      5000,
    );
    await kill(one.child);
    isUp = true;
    await change(two.url, "second@example.com");
    await until(
      async () => events.length,
      (count) => count >= 2,
      15_000,
    );
    await wait(500);
    expect([...events].sort()).toEqual(["first@example.com", "second@example.com"]);
    const { items } = (await send(two.url, "GET", "/_understudy/webhooks/deliveries")).body;
    expect(items.map(({ state }: { state: string }) => state)).toEqual(["acknowledged", "acknowledged"]);
  });
});

describe.skipIf(lacking("redis", "openssl"))(`Redis by TLS, with a password${lacking("redis", "openssl")}`, () => {
  test("is reached where both are right, and else the start says why", async () => {
    const { ca, folder } = certificates();
    const tls = (port: number) => ["--tls-port", `${port}`, "--port", "0", "--tls-auth-clients", "no"];
    const files = ["--tls-cert-file", join(folder, "cert.pem"), "--tls-key-file", join(folder, "key.pem")];
    const redis = await startRedis((port) => [...tls(port), ...files, "--requirepass", "open sesame"]);
    onTestFinished(() => redis.stop());
    const start = (password: string, env = {}) =>
      understudy(["start", "--port", "0", "--quiet"], {
        env: { UNDERSTUDY_STORE: `rediss://:${encodeURIComponent(password)}@127.0.0.1:${redis.port}`, ...env },
      });
    const trusting = { NODE_EXTRA_CA_CERTS: ca };
    const [one, wrong, unknown] = await Promise.all([
      start("open sesame", trusting),
      start("no", trusting),
      start("open sesame"),
    ]);
    expect((await send(one.url, "GET", "/customers")).status).toBe(200);
    expect([await wrong.ended, await unknown.ended]).toEqual([2, 2]);
    expect(wrong.err()).toMatch(/^error: Redis at 127\.0\.0\.1:\d+ refuses: WRONGPASS .*$/m);
    expect(unknown.err()).toMatch(/cannot be reached: unable to verify the first certificate/);
    expect(`${wrong.err()}${unknown.err()}`).not.toContain("sesame");
  });
});

describe.skipIf(missing)(`while Redis is away${missing}`, () => {
  test("requests are refused with 503, and it goes on by itself; no write is half made, none is made twice", async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const start = () => understudy(["start", "--port", "0", "--quiet", "--store", redis.url]);
    const [one, two] = await Promise.all([start(), start()]);
    const kept = await change(one.url, "kept@example.com", { key: "before" });
    expect(kept.status).toBe(200);

    redis.pause();
    const first = performance.now();
    const refused = await change(one.url, "paused@example.com", { key: "during" });
    expect(performance.now() - first).toBeLessThan(3000);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("Retry-After")).toBe("1");
    // As the document has its refusals: https://www.rfc-editor.org/rfc/rfc9110#section-15.6.4
    expect(refused.body).toMatchObject({ message: expect.any(String), code: expect.any(String) });
    const next = performance.now();
    expect((await send(one.url, "GET", "/customers")).status).toBe(503);
    expect(performance.now() - next).toBeLessThan(500);
    redis.resume();
    const during = () => change(two.url, "paused@example.com", { key: "during" });
    await until(during, ({ status }) => status === 200, 10_000);
    expect((await until(() => emailOf(one.url).catch(() => ""), Boolean, 5000)).answer).toBe("paused@example.com");

    await redis.kill();
    expect((await send(two.url, "GET", "/customers")).status).toBe(503);
    expect((await change(two.url, "gone@example.com")).status).toBe(503);
    await redis.start();
    await until(
      () => send(two.url, "GET", "/customers"),
      ({ status }) => status === 200,
      10_000,
    );
    expect(await emailOf(two.url)).toBe("paused@example.com");
    expect((await change(two.url, "kept@example.com", { key: "before" })).text).toBe(kept.text);
    const { items } = (await send(two.url, "GET", "/_understudy/changes")).body;
    expect(items).toHaveLength(2);
    expect(one.err()).toMatch(/^Redis at 127\.0\.0\.1:\d+ cannot be reached: .*\nRedis at .* is back\.$/m);
  });

  test("a start says so, and ends", async () => {
    const { ended, err } = await understudy(["start", "--port", "0", "--store", "redis://127.0.0.1:1"]);
    expect(await ended).toBe(2);
    expect(err()).toMatch(/cannot be reached: connect ECONNREFUSED.*\nerror: The store cannot be reached\.$/m);
  });
});

test("a store that is none is refused with a line that says what would be", async () => {
  const { ended, err } = await understudy(["start", "--port", "0", "--store", "http://127.0.0.1:1"]);
  expect(await ended).toBe(2);
  expect(err()).toMatch(/^error: A store is memory, redis:\/\/host:6379 or rediss:/);
});
