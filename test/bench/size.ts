import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as processes from "./processes.ts";
import type { Request } from "./requests.ts";
import { circumstances, keep, quantile, type SizeRow } from "./results.ts";

/** How many turns each server has. */
const turns = 8;

/** How many sandboxes are opened in each, one after the other. */
const openings = 200;

/** How many customers are written to, all over the world. */
const spread = 1000;

/** So many of the keys come by requests, at the end: the others are laid in by `fill.js`. */
const byRequests = 20_000;

/** How many filters are asked for at once, and how many short requests at least beside them. */
const [filters, besideThem] = [4, 50];

/** Beyond the time of the keys, and the hour in which a clock may be set back. */
const beyondMs = 26 * 3_600_000;

export type SizeOptions = {
  readonly customers: readonly number[];
  readonly keys: readonly number[];
  readonly connections: number;
};

type Sized = {
  readonly customers: number;
  readonly keys: number;
  readonly child: ChildProcess;
  readonly port: number;
  readonly startMs: number;
};

type Filled = Pick<SizeRow, "memory" | "bytesPerKey" | "pauseFillingMs">;

/** What a process says of itself, in bytes and milliseconds. */
type Said = { readonly pauseMs: number; readonly held: number; readonly rss: number };

type Times = { readonly leadMs: number; readonly measureMs: number; readonly most?: number };

/** Puts a server under the load of writes with keys, all over its customers. */
type Load = (sized: Sized, times: Times) => Promise<processes.Loaded>;

const put: Request = {
  method: "PUT",
  path: "/customers/cus-000001/billing",
  headers: { "X-API-Key": "test_key", "Content-Type": "application/json" },
  body: JSON.stringify({ method: "EMAIL_INVOICE", email: "billing@company.com", currency: "USD" }),
  key: "fresh",
  status: [200],
};

/** Measures servers of several sizes in alternated turns, and keeps what was found. */
export async function measureSizes({ customers, keys, connections }: SizeOptions): Promise<void> {
  const loader = processes.begin([process.execPath, fileURLToPath(new URL("load.js", import.meta.url))]);
  processes.pin(loader, 1);
  const load: Load = (sized, times) => {
    const keyPrefix = `${crypto.randomUUID()}-`;
    const order = { port: sized.port, request: put, keyPrefix, paths: pathsIn(sized.customers), connections };
    return processes.ask<processes.Loaded>(loader, { ...order, ...times });
  };
  const filled: [Sized, Filled][] = [];
  for (const many of customers)
    for (const live of keys) {
      processes.progress(`${many} customers, ${live} keys: start and fill`);
      const sized = await start(many, live, Math.max(...keys));
      // What is compiled and allocated at first is no key's cost.
      await load(sized, { leadMs: 0, measureMs: 1500 });
      filled.push([sized, await fill(sized, load)]);
    }

  const measured = filled.map(() => ({ perSecond: [] as number[], p99: [] as number[] }));
  for (let turn = 1; turn <= turns; turn++)
    for (const [index, [sized]] of filled.entries()) {
      processes.progress(`turn ${turn} of ${turns}: ${sized.customers} customers, ${sized.keys} keys`);
      const { perSecond, p99 } = await load(sized, { leadMs: 60, measureMs: 300 });
      measured[index]!.perSecond.push(perSecond);
      measured[index]!.p99.push(p99);
    }

  const rows: SizeRow[] = [];
  for (const [index, [sized, costs]] of filled.entries()) {
    const { perSecond, p99 } = measured[index]!;
    const pauseMs = await pauseOf(sized);
    const ratios = perSecond.map((value, turn) => value / measured[0]!.perSecond[turn]!);
    const figures = { perSecond: quantile(perSecond, 0.5), ratio: quantile(ratios, 0.5), p99: quantile(p99, 0.5) };
    const { customers, keys, startMs } = sized;
    processes.progress(`${customers} customers, ${keys} keys: new sandboxes, filters, expiry`);
    const more = {
      openMs: await openMs(sized),
      ...(await filtering(sized)),
      pauseExpiringMs: await expiring(sized, load),
    };
    rows.push({ customers, keys, startMs, pauseMs, ...costs, ...figures, ...more });
    await processes.end(sized.child);
  }
  await processes.end(loader);
  processes.progress("");
  print(rows);
  console.log(`\nKept in ${keep("size", { ...circumstances(), connections, rows })}; npm run bench:picture draws it.`);
}

async function start(customers: number, keys: number, mostKeys: number): Promise<Sized> {
  const port = await processes.freePort();
  const here = (name: string) => new URL(name, import.meta.url);
  const cli = fileURLToPath(here("../../dist/cli.js"));
  const options = ["--quiet", "--port", String(port), "--fixtures", `generate:${customers}`];
  const handlers = ["--handlers", fileURLToPath(here("fill.js"))];
  // Room for those of the turns too.
  const room = ["--max-keys", String(2 * mostKeys + 200_000)];
  const begun = performance.now();
  const flags = ["--expose-gc", "--max-old-space-size=16384", "--import", here("watch.js").href];
  const child = processes.begin([process.execPath, ...flags, cli, "start", ...options, ...handlers, ...room]);
  await processes.firstAnswer(child, port, put, 600_000);
  const startMs = performance.now() - begun;
  processes.pin(child, 0);
  return { customers, keys, child, port, startMs };
}

async function fill(sized: Sized, load: Load): Promise<Filled> {
  const { child, keys, port } = sized;
  const before = await processes.ask<Said>(child, { collect: true });
  const laid = Math.max(0, keys - byRequests);
  const path = `/customers/cus-000001/users?userId=${laid}`;
  const { headers } = put;
  if (laid > 0) await processes.checkedAnswer(port, { method: "DELETE", path, headers, status: [204] });
  await pauseOf(sized);
  if (keys > 0) await load(sized, { leadMs: 0, measureMs: 3_600_000, most: keys - laid });
  const pauseFillingMs = await pauseOf(sized);
  const after = await processes.ask<Said>(child, { collect: true });
  const bytesPerKey = keys > 0 ? (after.held - before.held) / keys : undefined;
  return { memory: after.rss, bytesPerKey, pauseFillingMs };
}

/** The longest that a server has stood still since it was asked last. */
async function pauseOf({ child }: Sized): Promise<number> {
  return (await processes.ask<Said>(child, {})).pauseMs;
}

/** How much longer the first request to a sandbox takes that nobody has used than the next one, in milliseconds. */
async function openMs({ port }: Sized): Promise<number> {
  const times: number[] = [];
  const timed = async (request: Request) => {
    const begun = performance.now();
    await processes.checkedAnswer(port, request);
    return performance.now() - begun;
  };
  for (let number = 0; number < openings; number++) {
    const request = { ...put, headers: { ...put.headers, "X-API-Key": `test_open_${number}` } };
    times.push((await timed(request)) - (await timed(request)));
  }
  return quantile(times, 0.5);
}

/** How long a filter takes that looks at all customers, several at once, and how long the server stands still meanwhile. */
async function filtering(sized: Sized): Promise<Pick<SizeRow, "filterMs" | "pauseFilteringMs">> {
  const { headers } = put;
  const filter: Request = { method: "GET", path: "/customers?filter=nobody+is+called+so", headers, status: [200] };
  const short: Request = { method: "GET", path: "/customers/cus-000001", headers, status: [200] };
  await pauseOf(sized);
  const begun = performance.now();
  let areUnderWay = true;
  const all = Promise.all(Array.from({ length: filters }, () => processes.checkedAnswer(sized.port, filter)));
  const ended = all.then(() => {
    areUnderWay = false;
    return performance.now() - begun;
  });
  for (let count = 0; areUnderWay || count < besideThem; count++) await processes.checkedAnswer(sized.port, short);
  return { filterMs: (await ended) / filters, pauseFilteringMs: await pauseOf(sized) };
}

/** How long the server stands still while it forgets keys whose time is over. */
async function expiring(sized: Sized, load: Load): Promise<number> {
  const [path, body] = ["/_understudy/clock", JSON.stringify({ advanceMs: beyondMs })];
  await pauseOf(sized);
  await processes.checkedAnswer(sized.port, { method: "PUT", path, headers: put.headers, body, status: [200] });
  await load(sized, { leadMs: 0, measureMs: 3000 });
  return pauseOf(sized);
}

function pathsIn(customers: number): string[] {
  const step = Math.max(1, Math.floor(customers / spread));
  return Array.from({ length: Math.min(spread, customers) }, (_, index) => {
    return `/customers/cus-${String(1 + index * step).padStart(6, "0")}/billing`;
  });
}

function print(rows: readonly SizeRow[]): void {
  const columns: readonly [title: string, cell: (row: SizeRow) => number | undefined, digits?: number][] = [
    ["customers", (row) => row.customers],
    ["keys", (row) => row.keys],
    ["PUTs/s", (row) => row.perSecond],
    ["times", (row) => row.ratio, 2],
    ["p99 ms", (row) => row.p99, 2],
    ["MB", (row) => row.memory / 1e6],
    ["bytes/key", (row) => row.bytesPerKey],
    ["start s", (row) => row.startMs / 1000, 1],
    ["open ms", (row) => row.openMs, 2],
    ["filter ms", (row) => row.filterMs],
    ["pause ms", (row) => row.pauseMs],
    ["filling", (row) => row.pauseFillingMs],
    ["filtering", (row) => row.pauseFilteringMs],
    ["expiring", (row) => row.pauseExpiringMs],
  ];
  const show = (value: number | undefined, digits = 0) =>
    value?.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }) ?? "-";
  const line = (cells: readonly string[]) => cells.map((cell) => cell.padStart(10)).join("");
  console.log(line(columns.map(([title]) => title)));
  for (const row of rows) console.log(line(columns.map(([, cell, digits]) => show(cell(row), digits))));
}
