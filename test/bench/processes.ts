import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Request } from "./requests.ts";

/** What a loader saw: latencies in milliseconds; `cpu` is the share of a processor that the loader itself took. */
export type Loaded = { readonly perSecond: number; readonly p50: number; readonly p99: number; readonly cpu: number };

/** A folder that goes with this process. */
export const scratch = mkdtempSync(join(tmpdir(), "bench-"));

const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

/** Whether servers and loader have a processor each. */
export const pins = availableParallelism() >= 2 && spawnSync("taskset", ["-c", "0,1", "true"]).status === 0;

/** Starts a process that can be told things. It ends with this one. */
export function begin([program, ...args]: readonly [string, ...string[]], env = process.env): ChildProcess {
  // A log goes to a file, as it does under a CI; to nothing it would cost nothing.
  const log = openSync(join(scratch, `${children.size}.log`), "a");
  const child = spawn(program, args, { stdio: ["ignore", log, "inherit", "ipc"], env });
  closeSync(log);
  children.add(child);
  return child;
}

export async function end(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  children.delete(child);
}

/**
 * Keeps a process on one processor, where the system can. Otherwise a server's write wakes the loader on the server's own
 * processor and waits for it, which costs the slower servers more than the faster ones, whose loader never sleeps.
 */
export function pin({ pid }: ChildProcess, processor: number): void {
  if (pins) execFileSync("taskset", ["-acp", String(processor), String(pid)], { stdio: "ignore" });
}

/** The memory that a process holds, in bytes. */
export function memoryOf({ pid }: ChildProcess): number {
  return 1024 * Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }));
}

/** Tells a process something, and waits for what it says. Rejects where it says what is wrong, or ends. */
export async function ask<Said extends object>(child: ChildProcess, order: object): Promise<Said> {
  const said = heard<Said>(child);
  child.send(order);
  return said;
}

/** What a process says next. */
export async function heard<Said extends object>(child: ChildProcess): Promise<Said> {
  const ended = new AbortController();
  const { signal } = ended;
  const gone = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`It ended with code ${code}.`);
  });
  gone.catch(() => {});
  const [said] = (await Promise.race([once(child, "message", { signal }), gone])) as [Said | { error: string }];
  ended.abort();
  if ("error" in said) throw new Error(said.error);
  return said;
}

/** Waits until a server answers a request as it should, so many milliseconds at most. */
export async function firstAnswer(child: ChildProcess, port: number, request: Request, most = 60_000): Promise<void> {
  const giveUpAt = performance.now() + most;
  for (;;) {
    try {
      return await checkedAnswer(port, request);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      if (child.exitCode !== null) throw new Error(`It ended with code ${child.exitCode} before it answered.`);
      if (performance.now() > giveUpAt) throw new Error(`It did not answer within ${most / 1000} seconds.`);
      await wait(5);
    }
  }
}

/** One request, whose answer must be what was asked for: a fast refusal would win any race. */
export async function checkedAnswer(port: number, request: Request, check?: (text: string) => void): Promise<void> {
  const { method, path, body, key } = request;
  const own = key === "fresh" ? crypto.randomUUID() : key;
  const headers = { ...request.headers, ...(own === undefined ? {} : { "X-Idempotency-Key": own }) };
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const text = await response.text();
  if (!request.status.includes(response.status)) throw new Error(`It answered ${response.status}: ${text}`);
  if (response.status === 200) check?.(text);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Says what goes on, to whoever looks at a terminal. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
