import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";

/** The command, as it was built. */
export const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

const running = new Set<ChildProcess>();

afterEach(async () => {
  for (const child of running) await kill(child);
});

/** Ends a process as nothing announces it. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Runs the command for one test, and answers once it has said something or has ended. */
export async function understudy(
  args: readonly string[],
  { env = {}, cwd }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
) {
  const own = { PATH: process.env.PATH, ...env };
  const child = spawn(process.execPath, [cli, ...args], { env: own, ...(cwd === undefined ? {} : { cwd }) });
  running.add(child);
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    err += text;
  });
  const ended = once(child, "close").then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  await Promise.race([once(child.stdout, "data"), ended]);
  return {
    child,
    /** Where it serves; empty where it does not. */
    url: /http:\/\/[\d.]+:\d+/.exec(out)?.[0] ?? "",
    /** Its exit code, once it has ended. */
    ended,
    out: () => out,
    err: () => err,
    /** Waits for what it is to say. */
    async until(isSaid: () => boolean): Promise<void> {
      const signal = AbortSignal.timeout(15_000);
      while (!isSaid())
        await Promise.race([child.stdout, child.stderr].map((stream) => once(stream, "data", { signal })));
    },
  };
}
