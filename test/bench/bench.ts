/**
 * How fast the built mock is, in one run beside a bare server (the ceiling), a bare Hono and Prism: `npm run bench`.
 * Every server has a process of its own, and one of them at a time is under load, in many short turns: what else the machine
 * does then meets all of them alike. What is printed are medians. Writes no files.
 */
import { type ChildProcess, execFileSync, fork, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { availableParallelism, cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connectSpecUrl } from "#platform";
import { loadSpec } from "../../src/connect/spec.ts";
import { declaredResponse } from "../../src/document/spec.ts";
import { lookup } from "../../src/document/validator.ts";

const starts = 3;
const rounds = 24;
const connections = 16;
const goals = { ceiling: 0.45, prism: 8 };

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const spec = loadSpec();
const operation = spec.operations.find(({ id }) => id === "updateCustomerBilling")!;
const answers = declaredResponse(operation, 200)!.content.get("application/json")!;
const answer = JSON.stringify(lookup(spec.document, "#/components/examples/business/value"));
const change = {
  method: "EMAIL_INVOICE",
  email: "billing@company.com",
  currency: "USD",
  defaultPaymentProfileId: "m47ac10b-58cc-4372-a567-0e02b2c3d479",
  autoPay: true,
};
const path = "/customers/cus-0001-business-email/billing";
const headers = { "X-API-Key": "test_key", "Content-Type": "application/json" };

const servers = {
  "node:http": (port: string) => [here("bare-http.js"), port, answer],
  hono: (port: string) => [here("bare-hono.js"), port, answer],
  understudy: (port: string) => [`${root}dist/cli.js`, "start", "--port", port, "--quiet"],
  // As its guide starts it, writing its log; and without, as it is fastest.
  prism: (port: string) => prism(port),
  "prism, silent": (port: string) => prism(port, "--verboseLevel", "silent"),
};
type Name = keyof typeof servers;
const names = Object.keys(servers) as Name[];

type Loaded = { perSecond: number; p50: number; p99: number; cpu: number };
type Measures = Record<keyof Loaded | "startMs" | "memoryMb", number[]>;
type Running = { server: ChildProcess; port: number };

const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of children) child.kill();
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

if (!existsSync(`${root}dist/cli.js`)) throw new Error("There is no dist/cli.js to measure; build it: npm run build");

// The first request of a client is slow; it is no part of the first start-up time.
await fetch("data:,");

const pins = canPin();
const measured = new Map<Name, Measures>();
const running = new Map<Name, Running>();
for (const name of names) measured.set(name, { perSecond: [], p50: [], p99: [], cpu: [], startMs: [], memoryMb: [] });

const loader = fork(here("load.js"), { execArgv: [] });
children.add(loader);
pin(loader, 1);

for (let turn = 1; turn <= starts; turn++) {
  for (const name of names) {
    progress(`start ${turn} of ${starts}: ${name}`);
    await stop(name);
    await start(name);
  }
}
for (const name of names) {
  progress(`warm up: ${name}`);
  await load(name, { leadMs: 0, measureMs: 2000 });
}
for (let turn = 1; turn <= rounds; turn++) {
  for (const name of names) {
    progress(`round ${turn} of ${rounds}: ${name}`);
    const loaded = await load(name, { leadMs: 100, measureMs: 300 });
    for (const member of ["perSecond", "p50", "p99", "cpu"] as const) measured.get(name)![member].push(loaded[member]);
  }
}
for (const name of names) {
  const { server, port } = running.get(name)!;
  await checkedAnswer(name, port);
  const kilobytes = execFileSync("ps", ["-o", "rss=", "-p", String(server.pid)], { encoding: "utf8" });
  measured.get(name)!.memoryMb.push(Number(kilobytes) / 1024);
  await stop(name);
}
loader.kill();
progress("");
print();

function prism(port: string, ...options: readonly string[]): string[] {
  const command = `${root}node_modules/@stoplight/prism-cli/dist/index.js`;
  return [command, "mock", fileURLToPath(connectSpecUrl), "--port", port, ...options];
}

async function start(name: Name): Promise<void> {
  const port = await freePort();
  const begun = performance.now();
  const server = spawn(process.execPath, servers[name](String(port)), { stdio: ["ignore", "ignore", "inherit"] });
  children.add(server);
  running.set(name, { server, port });
  await firstAnswer(name, server, port);
  measured.get(name)!.startMs.push(performance.now() - begun);
  pin(server, 0);
}

async function stop(name: Name): Promise<void> {
  const server = running.get(name)?.server;
  if (!server) return;
  server.kill("SIGKILL");
  if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  children.delete(server);
  running.delete(name);
}

/**
 * Keeps a process on one processor, where the system can. Otherwise a server's write wakes the loader on the server's own
 * processor and waits for it, which costs the slower servers more than the faster ones, whose loader never sleeps.
 */
function pin({ pid }: ChildProcess, processor: number): void {
  if (!pins) return;
  execFileSync("taskset", ["-acp", String(processor), String(pid)], { stdio: "ignore" });
}

function canPin(): boolean {
  if (availableParallelism() < 2) return false;
  return spawnSync("taskset", ["-c", "0,1", "true"], { stdio: "ignore" }).status === 0;
}

async function firstAnswer(name: Name, server: ChildProcess, port: number): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  for (;;) {
    try {
      return await checkedAnswer(name, port);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      if (server.exitCode !== null) throw new Error(`${name} ended with code ${server.exitCode} before it answered.`);
      if (performance.now() > giveUpAt) throw new Error(`${name} did not answer within 20 seconds.`);
      await wait(5);
    }
  }
}

/** One request, whose answer must be the customer that the document promises: a fast refusal would win any race. */
async function checkedAnswer(name: Name, port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "PUT",
    headers: { ...headers, "X-Idempotency-Key": randomBytes(16).toString("hex") },
    body: JSON.stringify(change),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${name} answered ${response.status}: ${text}`);
  const violations = answers.check(JSON.parse(text));
  if (violations.length > 0) throw new Error(`${name} answered no customer: ${JSON.stringify(violations)}`);
  const stored = response.headers.get("X-Mock-Idempotency");
  if (name === "understudy" && stored !== "stored")
    throw new Error(`understudy did not keep its answer, but: ${stored}`);
}

/** Sends requests for a while; those that begin in the lead are not counted. */
async function load(name: Name, times: { leadMs: number; measureMs: number }): Promise<Loaded> {
  const { port } = running.get(name)!;
  const fields = Object.entries({ Host: `127.0.0.1:${port}`, ...headers }).map(
    ([field, value]) => `${field}: ${value}`,
  );
  const head = [`PUT ${path} HTTP/1.1`, ...fields, ""].join("\r\n");
  const keyPrefix = `bench-${randomBytes(6).toString("hex")}-`;
  const order = { port, head, body: JSON.stringify(change), connections, keyPrefix, ...times };
  loader.send(order);
  const [said] = (await once(loader, "message")) as [Loaded | { error: string }];
  if ("error" in said) throw new Error(`${name}, under load: ${said.error}`);
  return said;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** The median over the turns of how a server did beside another in the same turn. */
function ratio(name: Name, to: Name, member: keyof Measures): number {
  const others = measured.get(to)![member];
  return median(measured.get(name)![member].map((value, turn) => value / others[turn]!));
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

function print(): void {
  const columns: [title: string, member: keyof Measures, digits: number][] = [
    ["requests/s", "perSecond", 0],
    ["p50 ms", "p50", 2],
    ["p99 ms", "p99", 2],
    ["start ms", "startMs", 0],
    ["memory MB", "memoryMb", 0],
  ];
  const [first, figure, beside] = [14, 11, 7];
  console.log(`PUT ${path}, a new idempotency key each time, every answer 200`);
  console.log(
    `Node ${process.version}, ${availableParallelism()} x ${cpus()[0]?.model ?? "unknown processor"}, ${connections} connections${pins ? ", server and loader on a processor each" : ""}`,
  );
  console.log(
    `Medians of ${rounds} turns and ${starts} starts; right of each figure, how many times that of node:http, the ceiling\n`,
  );
  const titles = columns.map(([title]) => title.padStart(figure) + " ".repeat(beside));
  console.log("".padEnd(first) + titles.join("").trimEnd());
  for (const name of names) {
    const cells = columns.map(([, member, digits]) => {
      const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      const value = median(measured.get(name)![member]).toLocaleString("en-US", options);
      return value.padStart(figure) + ratio(name, "node:http", member).toFixed(2).padStart(beside);
    });
    console.log(name.padEnd(first) + cells.join(""));
  }
  console.log();
  goal("of the ceiling", ratio("understudy", "node:http", "perSecond"), goals.ceiling);
  goal("times Prism", ratio("understudy", "prism", "perSecond"), goals.prism);
  console.log(`It answers ${ratio("understudy", "prism, silent", "perSecond").toFixed(2)} times Prism without a log.`);
  const busiest = Math.max(...names.map((name) => median(measured.get(name)!.cpu)));
  if (busiest > 0.9) {
    console.log(`The loader was busy ${Math.round(busiest * 100)} % of the time: the ceiling is higher than measured.`);
  }
}

function goal(what: string, value: number, wanted: number): void {
  const met = value >= wanted;
  console.log(`It answers ${value.toFixed(2)} ${what}; the goal is ${wanted}${met ? "" : ", MISSED"}.`);
  if (!met) process.exitCode = 1;
}
