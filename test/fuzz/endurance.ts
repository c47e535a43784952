import { isDeepStrictEqual } from "node:util";
import { type Control, createControl } from "../../src/control/client.ts";
import { documents } from "./campaign.ts";
import { startPosted, startServer } from "./server.ts";

export type SoakOptions = {
  /** How long it takes by the clocks of the sandboxes. */
  readonly minutes: number;
  /** Writes a minute, over all sandboxes; as many reads, replays and refusals go beside them. */
  readonly writes: number;
  readonly told?: (minute: number) => void;
};

export type Soaked = {
  /** Bytes that the process held after each tenth of the time, each time after a reset. */
  readonly held: readonly number[];
  readonly sent: number;
  readonly repeated: number;
  readonly events: number;
  readonly findings: readonly string[];
};

const customers = ["cus-0001-business-email", "cus-0002-consumer-paper"];
const minuteMs = 60_000;
/** How many bytes more may be held at the end than after the first round: what is compiled meanwhile, and no more. */
const mostGrowth = 6 * 1024 * 1024;
/** How many attempts a request has under faults of a tenth. */
const mostAttempts = 12;

type Answer = { readonly status: number; readonly text: string };
type World = {
  readonly key: string;
  readonly control: Control;
  /** The last e-mail address that each customer has been given. */
  readonly emails: Map<string, string>;
  /** Kept answers by idempotency key, with what was sent. */
  readonly kept: { readonly id: string; readonly customer: string; readonly body: string; readonly text: string }[];
  changes: number;
  count: number;
};

/** Puts a mock under mixed load for so long by its sandboxes' clocks, and holds what it keeps against what it was sent. */
export async function soak({ minutes, writes, told }: SoakOptions): Promise<Soaked> {
  const server = await startServer(documents[0]!);
  const receiver = await startCounter();
  const baseUrl = `http://127.0.0.1:${server.port}`;
  const findings: string[] = [];
  const [held, total] = [[] as number[], { sent: 0, repeated: 0, events: 0 }];
  const worlds = [0, 1, 2, 3].map((index): World => {
    const key = `test_soak_${index}`;
    return { key, control: createControl({ baseUrl, apiKey: key }), emails: new Map(), kept: [], changes: 0, count: 0 };
  });
  const find = (what: string) => {
    if (findings.length < 20) findings.push(what);
  };
  try {
    for (let minute = 1; minute <= minutes; minute++) {
      told?.(minute);
      const isFirst = (minute - 1) % (minutes / 10) < 1;
      await Promise.all(
        worlds.map(async (world) => {
          if (isFirst) await begin(world, receiver.url);
          await load(world, baseUrl, Math.ceil(writes / worlds.length), total, find);
          await pass(world, find);
        }),
      );
      if (minute % (minutes / 10) >= 1) continue;
      for (const world of worlds) {
        total.events += await end(world, receiver, find);
        await world.control.reset();
      }
      held.push(await server.held());
    }
    for (const bug of server.bugs()) find(bug);
    const [first = 0, last = 0] = [held[0], held.at(-1)];
    if (last > first + mostGrowth) find(`it holds ${last} bytes at the end, and ${first} after the first round`);
    return { held, ...total, findings };
  } finally {
    await server.close();
    receiver.close();
  }
}

/** A fresh world with faults on, whose changes are told to the receiver. */
async function begin(world: World, url: string): Promise<void> {
  const { control } = world;
  Object.assign(world, { changes: 0 });
  world.emails.clear();
  world.kept.length = 0;
  await control.webhooks.set([{ url: `${url}/${world.key}`, types: ["customer.updated"] }]);
  await control.faults.add({ rate: 0.05, answer: { status: 503 } });
  await control.faults.add({ rate: 0.03, connection: "drop-after" });
  await control.faults.add({ rate: 0.02, connection: "drop-before" });
}

async function load(
  world: World,
  baseUrl: string,
  writes: number,
  total: { sent: number; repeated: number },
  find: (what: string) => void,
): Promise<void> {
  const send = async (method: string, path: string, id?: string, body?: string): Promise<Answer | undefined> => {
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      total.sent++;
      if (attempt > 1) total.repeated++;
      const answer = await requested(baseUrl + path, world.key, method, id, body);
      if (answer && answer.status !== 503) return answer;
    }
    find(`${method} ${path} is not answered in ${mostAttempts} attempts`);
    return undefined;
  };
  for (let turn = 0; turn < writes; turn++) {
    const number = world.count++;
    const customer = customers[number % customers.length]!;
    const path = `/customers/${customer}/billing`;
    const [id, email] = [`${world.key}-${number}`, `n${number}@company.com`];
    const body = JSON.stringify({ method: "EMAIL_INVOICE", email });
    const answer = await send("PUT", path, id, body);
    if (answer?.status !== 200) find(`a lawful write is answered ${answer?.status}: ${answer?.text}`);
    world.emails.set(customer, email);
    world.changes++;
    if (answer) world.kept.push({ id, customer, body, text: answer.text });
    const earlier = world.kept[(number * 7) % world.kept.length]!;
    const again = await send("PUT", `/customers/${earlier.customer}/billing`, earlier.id, earlier.body);
    if (again && again.text !== earlier.text) find(`the key ${earlier.id} is answered otherwise by now: ${again.text}`);
    const refused = await send("PUT", path, `${id}-x`, JSON.stringify({ method: "PIGEON", number }));
    if (refused && refused.status !== 400) find(`a broken write is answered ${refused.status}`);
    const read = await send("GET", `/customers/${customer}`);
    if (read && !read.text.includes(email)) find(`${customer} has lost ${email}: ${read.text}`);
  }
}

/** One request; `undefined` where the line was cut. */
async function requested(
  url: string,
  key: string,
  method: string,
  id: string | undefined,
  body: string | undefined,
): Promise<Answer | undefined> {
  const headers = {
    "X-API-Key": key,
    ...(id === undefined ? {} : { "X-Idempotency-Key": id }),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  };
  try {
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    return { status: response.status, text: await response.text() };
  } catch {
    return undefined;
  }
}

/** Lets a minute pass, and looks whether it was one. */
async function pass({ control, key }: World, find: (what: string) => void): Promise<void> {
  const [begun, before] = [performance.now(), Date.parse((await control.clock()).now)];
  const after = Date.parse((await control.advance(minuteMs)).now);
  const passed = after - before - minuteMs;
  if (passed < -1 || passed > performance.now() - begun + 5) find(`the clock of ${key} has gone ${passed} ms astray`);
}

/** Holds the world against what it was sent, and answers how many events it has told. */
async function end(world: World, receiver: Counter, find: (what: string) => void): Promise<number> {
  const { control, key, emails, changes } = world;
  await control.faults.clear();
  // By then whatever is sent again has been, as often as it is.
  for (let hours = 0; hours < 12; hours++) {
    const deliveries = await control.deliveries();
    if (deliveries.every(({ state }) => state !== "pending")) break;
    await control.advance(60 * minuteMs);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const deliveries = await control.deliveries();
  const told = new Set(deliveries.map(({ eventId }) => eventId));
  if (told.size !== changes) find(`${changes} changes of ${key} have made ${told.size} events`);
  const pending = deliveries.filter(({ state }) => state === "pending").length;
  if (pending > 0) find(`${pending} events of ${key} are on their way still`);
  const lost = deliveries.filter(({ eventId, state }) => state === "acknowledged" && !receiver.has(key, eventId));
  if (lost.length > 0) find(`${lost.length} events of ${key} are said to be acknowledged, and never came`);
  const state = await control.state();
  const stored = Object.fromEntries([...emails.keys()].map((id) => [id, emailIn(state, id)]));
  if (!isDeepStrictEqual(stored, Object.fromEntries(emails)))
    find(`${key} holds ${JSON.stringify(stored)} in place of ${JSON.stringify(Object.fromEntries(emails))}`);
  return told.size;
}

function emailIn(state: Awaited<ReturnType<Control["state"]>>, id: string): unknown {
  const all = state.customers as readonly { customerId: string; billing?: { email?: string } }[];
  return all.find(({ customerId }) => customerId === id)?.billing?.email;
}

type Counter = {
  readonly url: string;
  has(key: string, eventId: string): boolean;
  close(): void;
};

/** What webhooks are sent to: it refuses some of them, cuts the line of others, and remembers what it has acknowledged. */
async function startCounter(): Promise<Counter> {
  const seen = new Map<string, Set<string>>();
  let count = 0;
  const { host, close } = await startPosted((key, text, response) => {
    count += 1;
    if (count % 17 === 0) return void response.destroy();
    const isRefused = count % 11 === 0;
    const events = seen.get(key) ?? new Set();
    if (!isRefused) seen.set(key, events.add((JSON.parse(text) as { eventId: string }).eventId));
    response.writeHead(isRefused ? 503 : 204).end();
  });
  return { url: `http://${host}`, has: (key, eventId) => seen.get(key)?.has(eventId) === true, close };
}
