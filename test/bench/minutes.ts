import { fileURLToPath } from "node:url";
import type { Loaded } from "./processes.ts";
import * as processes from "./processes.ts";
import { requests } from "./requests.ts";
import { circumstances, keep, type MinuteRow } from "./results.ts";

/** Measures what a mock holds after each minute of keyed writes, each with a key of its own, and keeps what was found. */
export async function measureMinutes(minutes: number, connections: number): Promise<void> {
  const port = await processes.freePort();
  const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
  const child = processes.begin([process.execPath, cli, "start", "--quiet", "--port", String(port)]);
  await processes.firstAnswer(child, port, requests.put);
  const loader = processes.begin([process.execPath, fileURLToPath(new URL("load.js", import.meta.url))]);
  processes.pin(child, 0);
  processes.pin(loader, 1);
  const rows: MinuteRow[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    processes.progress(`minute ${minute} of ${minutes}`);
    const order = { port, request: requests.put, keyPrefix: `bench-${crypto.randomUUID()}-`, connections };
    const { perSecond, p50, p99 } = await processes.ask<Loaded>(loader, { ...order, leadMs: 0, measureMs: 60_000 });
    rows.push({ perSecond, p50, p99, memory: processes.memoryOf(child) });
  }
  await Promise.all([child, loader].map(processes.end));
  processes.progress("");
  console.log("minute | requests/s | MB");
  for (const [index, { perSecond, memory }] of rows.entries())
    console.log(`${index + 1} | ${Math.round(perSecond)} | ${Math.round(memory / 1e6)}`);
  console.log(`\nKept in ${keep("minutes", { ...circumstances(), connections, rows })}.`);
}
