import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as processes from "./processes.ts";
import type { Request } from "./requests.ts";
import { circumstances, keep, quantile, type SizeRow } from "./results.ts";

/** How many turns each server has. */
const turns = 8;

/** How many sandboxes are opened in each, one after the other. */
const openings = 40;

/** How many customers are written to, all over the world. */
const spread = 1000;

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
  const load = (sized: Sized, times: { leadMs: number; measureMs: number; most?: number }) => {
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
      filled.push([sized, await fill(sized, (most) => load(sized, { leadMs: 0, measureMs: 3_600_000, most }))]);
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
    const { pauseMs } = await processes.ask<Said>(sized.child, {});
    const ratios = perSecond.map((value, turn) => value / measured[0]!.perSecond[turn]!);
    const figures = { perSecond: quantile(perSecond, 0.5), ratio: quantile(ratios, 0.5), p99: quantile(p99, 0.5) };
    const { customers, keys, startMs } = sized;
    rows.push({ customers, keys, startMs, openMs: await openMs(sized), pauseMs, ...costs, ...figures });
    await processes.end(sized.child);
  }
  await processes.end(loader);
  processes.progress("");
  print(rows);
  console.log(`\nKept in ${keep("size", { ...circumstances(), connections, rows })}; npm run bench:picture draws it.`);
}

async function start(customers: number, keys: number, mostKeys: number): Promise<Sized> {
  const port = await processes.freePort();
  const watch = new URL("watch.js", import.meta.url).href;
  const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
  const options = ["--quiet", "--port", String(port), "--fixtures", `generate:${customers}`];
  // Room for those of the turns too.
  const room = ["--max-keys", String(2 * mostKeys + 200_000)];
  const begun = performance.now();
  const flags = ["--expose-gc", "--max-old-space-size=16384", "--import", watch];
  const child = processes.begin([process.execPath, ...flags, cli, "start", ...options, ...room]);
  await processes.firstAnswer(child, port, put, 600_000);
  const startMs = performance.now() - begun;
  processes.pin(child, 0);
  return { customers, keys, child, port, startMs };
}

async function fill({ child, keys }: Sized, load: (most: number) => Promise<unknown>): Promise<Filled> {
  const before = await processes.ask<Said>(child, { collect: true });
  if (keys > 0) await load(keys);
  const { pauseMs } = await processes.ask<Said>(child, {});
  const after = await processes.ask<Said>(child, { collect: true });
  const bytesPerKey = keys > 0 ? (after.held - before.held) / keys : undefined;
  return { memory: after.rss, bytesPerKey, pauseFillingMs: pauseMs };
}

/** The first request to a sandbox that nobody has used, in milliseconds. */
async function openMs({ port }: Sized): Promise<number> {
  const times: number[] = [];
  for (let number = 0; number < openings; number++) {
    const headers = { ...put.headers, "X-API-Key": `test_open_${number}` };
    const begun = performance.now();
    await processes.checkedAnswer(port, { ...put, headers });
    times.push(performance.now() - begun);
  }
  return quantile(times, 0.5);
}

function pathsIn(customers: number): string[] {
  const step = Math.max(1, Math.floor(customers / spread));
  return Array.from({ length: Math.min(spread, customers) }, (_, index) => {
    return `/customers/cus-${String(1 + index * step).padStart(6, "0")}/billing`;
  });
}

function print(rows: readonly SizeRow[]): void {
  const titles = [
    "customers",
    "keys",
    "PUTs/s",
    "times",
    "p99 ms",
    "MB",
    "bytes/key",
    "start ms",
    "open ms",
    "pause ms",
    "filling ms",
  ];
  const line = (cells: readonly string[]) => cells.map((cell) => cell.padStart(11)).join("");
  const show = (value: number | undefined, digits = 0) =>
    value?.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }) ?? "-";
  console.log(line(titles));
  for (const row of rows)
    console.log(
      line([
        show(row.customers),
        show(row.keys),
        show(row.perSecond),
        show(row.ratio, 2),
        show(row.p99, 2),
        show(row.memory / 1e6),
        show(row.bytesPerKey),
        show(row.startMs),
        show(row.openMs, 1),
        show(row.pauseMs),
        show(row.pauseFillingMs),
      ]),
    );
}
