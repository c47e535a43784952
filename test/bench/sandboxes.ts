import { fileURLToPath } from "node:url";
import * as processes from "./processes.ts";
import type { Request } from "./requests.ts";
import { circumstances, keep, type SandboxRow } from "./results.ts";

/** So many writes has each sandbox had when its memory is told. */
const writesSeen = [1, 10, 30];

export type SandboxOptions = {
  readonly sandboxes: number;
  /** Where they lie, if not in the memory of the mock. */
  readonly store: string | undefined;
  readonly connections: number;
};

/** Measures what many sandboxes cost that are all in use, as those of many developers are, and keeps what was found. */
export async function measureSandboxes({ sandboxes, store, connections }: SandboxOptions): Promise<void> {
  const port = await processes.freePort();
  const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
  const options = ["--quiet", "--port", String(port), "--max-sandboxes", String(sandboxes + 1)];
  const where = store === undefined ? [] : ["--store", store];
  const child = processes.begin([process.execPath, cli, "start", ...options, ...where]);
  await processes.firstAnswer(child, port, write("test_key", "first"));
  const rows: SandboxRow[] = [{ writes: 0, memory: processes.memoryOf(child) }];
  for (const writes of writesSeen) {
    const [from, until] = [rows.at(-1)!.writes, writes];
    const all = sandboxes * (until - from);
    let next = 0;
    const work = async () => {
      for (let turn = next++; turn < all; turn = next++) {
        processes.progress(`${turn} of ${all} writes to ${sandboxes} sandboxes`);
        await processes.checkedAnswer(port, write(`test_${turn % sandboxes}`, `${from}-${turn}`));
      }
    };
    await Promise.all(Array.from({ length: connections }, work));
    rows.push({ writes, memory: processes.memoryOf(child) });
  }
  await processes.end(child);
  processes.progress("");
  console.log("writes each | MB | kB a sandbox");
  for (const { writes, memory } of rows) {
    const each = (memory - rows[0]!.memory) / sandboxes / 1000;
    console.log(`${writes} | ${Math.round(memory / 1e6)} | ${Math.round(each)}`);
  }
  console.log(`\nKept in ${keep("sandboxes", { ...circumstances(), sandboxes, store: store ?? "memory", rows })}.`);
}

function write(apiKey: string, email: string): Request {
  return {
    method: "PUT",
    path: "/customers/cus-0001-business-email/billing",
    headers: { "X-API-Key": apiKey, "Content-Type": "application/json" },
    body: JSON.stringify({ method: "EMAIL_INVOICE", email: `${email}@company.com`, currency: "USD" }),
    key: "fresh",
    status: [200],
  };
}
