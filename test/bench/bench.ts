/**
 * How fast the built mock is beside bare servers and other mocks: `npm run bench`. Every server has a process of its own, and one of
 * them at a time is under load, in many short turns: what else the machine does then meets all of them alike. What is printed are
 * medians, and how many times those of node:http. `--size` asks instead what it costs to be large.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadSpec } from "../../src/connect/spec.ts";
import { declaredResponse } from "../../src/document/spec.ts";
import type { Loaded } from "./processes.ts";
import * as processes from "./processes.ts";
import { type Kind, kinds, type Request, requests, titles } from "./requests.ts";
import { type BenchResults, type BenchRow, circumstances, figureOf, keep } from "./results.ts";
import { inProcess, type Server, serversOf } from "./servers.ts";

const help = `npm run bench -- [options]
  --turns N        turns of each server with each request (12)
  --starts N       starts of each server (3)
  --only A,B       only these rows, beside node:http
  --peers DIR      folder with node_modules of wiremock and @mockoon/cli (BENCH_PEERS; this package)
  --wiremock JAR   WireMock's standalone program (BENCH_WIREMOCK)
  --size           what customers and keys cost; --customers 1000,1000000 --keys 0,5000000
  --minutes N      what the mock holds after each of so many minutes under load
  --sandboxes N    what so many sandboxes cost that are all in use; --store redis://... where they lie
`;
const { values: options } = parseArgs({
  options: {
    turns: { type: "string", default: "12" },
    starts: { type: "string", default: "3" },
    only: { type: "string" },
    peers: { type: "string", default: process.env.BENCH_PEERS ?? fileURLToPath(new URL("../..", import.meta.url)) },
    wiremock: { type: "string", ...(process.env.BENCH_WIREMOCK ? { default: process.env.BENCH_WIREMOCK } : {}) },
    size: { type: "boolean", default: false },
    customers: { type: "string", default: "1000,1000000" },
    keys: { type: "string", default: "0,5000000" },
    minutes: { type: "string" },
    sandboxes: { type: "string" },
    store: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const connections = 16;

if (options.help) {
  console.log(help);
} else {
  if (!existsSync(new URL("../../dist/cli.js", import.meta.url))) throw new Error("Build it first: npm run build");
  // The first request of a client is slow; it is no part of the first start-up time.
  await fetch("data:,");
  const numbers = (list: string) => list.split(",").map(Number);
  if (options.size) {
    const { measureSizes } = await import("./size.ts");
    await measureSizes({ customers: numbers(options.customers), keys: numbers(options.keys), connections });
  } else if (options.minutes !== undefined) {
    const { measureMinutes } = await import("./minutes.ts");
    await measureMinutes(Number(options.minutes), connections);
  } else if (options.sandboxes !== undefined) {
    const { measureSandboxes } = await import("./sandboxes.ts");
    await measureSandboxes({ sandboxes: Number(options.sandboxes), store: options.store, connections });
  } else await measure();
}

type Measures = Record<"startMs" | "before" | "after", number[]> &
  Record<Kind, Record<"perSecond" | "p50" | "p99", number[]>>;
type Running = { readonly child: ChildProcess; readonly port: number };

async function measure(): Promise<void> {
  const [turns, starts] = [Number(options.turns), Number(options.starts)];
  const all = serversOf({ folder: options.peers, wiremock: options.wiremock });
  const only = options.only?.split(",");
  const chosen = all.filter(({ name }, index) => index === 0 || !only || only.includes(name));
  const servers = chosen.filter(({ missing }) => missing === undefined);
  const measured = new Map(servers.map(({ name }) => [name, emptyMeasures()]));
  const running = new Map<string, Running>();
  const loader = processes.begin([process.execPath, fileURLToPath(new URL("load.js", import.meta.url))]);
  processes.pin(loader, 1);
  let busiest = 0;

  for (let turn = 1; turn <= starts; turn++)
    for (const server of servers) {
      processes.progress(`start ${turn} of ${starts}: ${server.name}`);
      const before = running.get(server.name);
      if (before) await processes.end(before.child);
      const begun = performance.now();
      const started = await start(server);
      measured.get(server.name)!.startMs.push(performance.now() - begun);
      running.set(server.name, started);
      processes.pin(started.child, 0);
      measured.get(server.name)!.before.push(processes.memoryOf(started.child));
    }
  // What is replayed later.
  for (const server of servers) await first(server, running.get(server.name)!, requests.replay);
  for (let turn = 0; turn <= turns; turn++)
    for (const kind of kinds)
      for (const server of servers) {
        processes.progress(`turn ${turn} of ${turns}: ${titles[kind]}, ${server.name}`);
        const times = turn === 0 ? { leadMs: 0, measureMs: 500 } : { leadMs: 60, measureMs: 240 };
        const loaded = await load(server, running.get(server.name)!, loader, requests[kind], times);
        // The first turn warms up.
        if (turn === 0) continue;
        for (const member of ["perSecond", "p50", "p99"] as const)
          measured.get(server.name)![kind][member].push(loaded[member]);
        busiest = Math.max(busiest, loaded.cpu);
      }
  for (const server of servers) {
    const { child, port } = running.get(server.name)!;
    if (!server.isInProcess)
      for (const kind of kinds) await processes.checkedAnswer(port, requests[kind], checkCustomer);
    measured.get(server.name)!.after.push(processes.memoryOf(child));
    await processes.end(child);
  }
  await processes.end(loader);
  processes.progress("");
  const rows = chosen.map((server) => rowOf(server, measured.get(server.name), measured.get(all[0]!.name)!));
  const results = { ...circumstances(), connections, turns, starts, rows };
  print(results);
  if (busiest > 0.9)
    console.log(`\nThe loader was busy ${Math.round(busiest * 100)} % of a turn: the ceiling is higher.`);
  if (!only) console.log(`\nKept in ${keep("bench", results)}; npm run bench:picture draws it.`);
}

async function start(server: Server): Promise<Running> {
  const port = await processes.freePort();
  try {
    if (!server.command) {
      const child = processes.begin(inProcess);
      await processes.heard(child);
      await first(server, { child, port }, requests.put);
      return { child, port };
    }
    const child = processes.begin(server.command(String(port)));
    await first(server, { child, port }, requests.put);
    return { child, port };
  } catch (error) {
    throw new Error(`${server.name}: ${(error as Error).message}`);
  }
}

/** Waits for the answer to one request. */
async function first(server: Server, { child, port }: Running, request: Request): Promise<void> {
  if (!server.isInProcess) return processes.firstAnswer(child, port, request);
  await load(server, { child, port }, undefined, request, { leadMs: 0, measureMs: 1 }, 1);
}

/** Sends requests for a while; those that begin in the lead are not counted. */
async function load(
  { name, isInProcess }: Server,
  { child, port }: Running,
  loader: ChildProcess | undefined,
  request: Request,
  times: { leadMs: number; measureMs: number },
  loops = connections,
): Promise<Loaded> {
  const keyPrefix = `bench-${crypto.randomUUID()}-`;
  try {
    if (isInProcess) return await processes.ask<Loaded>(child, { request, keyPrefix, loops, ...times });
    return await processes.ask<Loaded>(loader!, { port, request, keyPrefix, connections, ...times });
  } catch (error) {
    throw new Error(`${name}, under load: ${(error as Error).message}`);
  }
}

/** Holds an answer against the document: a fast answer of anything would win. */
function checkCustomer(text: string): void {
  const operation = loadSpec().operations.find(({ id }) => id === "updateCustomerBilling")!;
  const violations = declaredResponse(operation, 200)!.content.get("application/json")!.check(JSON.parse(text));
  if (violations.length > 0) throw new Error(`It answered no customer: ${JSON.stringify(violations)}`);
}

function emptyMeasures(): Measures {
  const none = () => ({ perSecond: [], p50: [], p99: [] });
  return { startMs: [], before: [], after: [], put: none(), replay: none(), get: none(), refused: none() };
}

function rowOf({ name, does, version, missing }: Server, own: Measures | undefined, ceiling: Measures): BenchRow {
  if (!own) return { name, does, missing };
  const figures = kinds.map((kind) => {
    const figure = (member: "perSecond" | "p50" | "p99") => figureOf(own[kind][member], ceiling[kind][member]);
    return [kind, { perSecond: figure("perSecond"), p50: figure("p50"), p99: figure("p99") }] as const;
  });
  return {
    name,
    does,
    ...(version === undefined ? {} : { version }),
    start: figureOf(own.startMs, ceiling.startMs),
    memoryBefore: figureOf(own.before, ceiling.before),
    memoryAfter: figureOf(own.after, ceiling.after),
    requests: Object.fromEntries(figures) as NonNullable<BenchRow["requests"]>,
  };
}

function print({ rows, node, processor, processors, turns, starts }: BenchResults): void {
  const show = (value: number, digits: number) =>
    value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const cell = ({ median, ratio }: BenchRow["start"] & {}, digits: number, unit = 1) =>
    show(median / unit, digits).padStart(9) + (ratio ? show(ratio.median, 2).padStart(7) : "");
  console.log(
    `Node ${node}, ${processors} x ${processor}, ${connections} connections${processes.pins ? ", server and loader on a processor each" : ""}`,
  );
  console.log(`Medians of ${turns} turns and ${starts} starts; right of each figure, how many times that of node:http`);
  for (const kind of kinds) {
    console.log(
      `\n${titles[kind].padEnd(20)}${["requests/s", "p50 ms", "p99 ms"].map((title) => title.padStart(10).padEnd(16)).join("")}`,
    );
    for (const { name, requests: figures, missing } of rows) {
      const { perSecond, p50, p99 } = figures?.[kind] ?? {};
      const cells = perSecond && p50 && p99 ? cell(perSecond, 0) + cell(p50, 2) + cell(p99, 2) : `   ${missing}`;
      console.log(name.padEnd(20) + cells);
    }
  }
  console.log(
    `\n${"".padEnd(20)}${["start ms", "MB before", "MB after"].map((title) => title.padStart(10).padEnd(16)).join("")}`,
  );
  for (const { name, start, memoryBefore, memoryAfter, missing } of rows) {
    if (!start || !memoryBefore || !memoryAfter) console.log(`${name.padEnd(20)}   ${missing}`);
    else console.log(name.padEnd(20) + cell(start, 0) + cell(memoryBefore, 0, 1e6) + cell(memoryAfter, 0, 1e6));
  }
}
