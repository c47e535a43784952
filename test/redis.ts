import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

/** A Redis of a test, on a port of its own; its data outlive its process. */
export type Redis = {
  readonly port: number;
  readonly url: string;
  /** Ends the process at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what it had written. */
  start(): Promise<void>;
  /** Lets it stand still, and go on. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
};

/** Starts a `redis-server`, with options that may say what listens on its port. Rejects where there is none. */
export async function startRedis(optionsOf: (port: number) => readonly string[] = () => []): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-redis-"));
  const port = await freePort();
  let server: ChildProcess;

  async function start(): Promise<void> {
    const given = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes"];
    const all = [...given, "--appendfsync", "always", "--save", "", ...optionsOf(port)];
    server = spawn("redis-server", all, { stdio: "ignore" });
    const failed = once(server, "error").then(([error]) => {
      throw error;
    });
    await Promise.race([failed, answers(port)]);
    failed.catch(() => {});
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
  }

  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    pause: () => void server.kill("SIGSTOP"),
    resume: () => void server.kill("SIGCONT"),
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a Cluster of three, each with a third of all slots. */
export async function startCluster() {
  const bus = await Promise.all([1, 2, 3].map(freePort));
  const nodes = await Promise.all(
    bus.map((port) => startRedis(() => ["--cluster-enabled", "yes", "--cluster-port", `${port}`])),
  );
  const places = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const made = ["--cluster", "create", ...places, "--cluster-yes"];
  await promisify(execFile)("redis-cli", made, { timeout: 30_000 });
  // Each says so by itself, some before others.
  for (const { port } of nodes)
    for (let tries = 0; tries < 200; tries++) {
      const { stdout } = await promisify(execFile)("redis-cli", ["-p", `${port}`, "cluster", "info"]);
      if (stdout.includes("cluster_state:ok")) break;
      await pause(50);
    }
  return { nodes, url: nodes[0]!.url, stop: () => Promise.all(nodes.map((node) => node.stop())) };
}

/** A port that nobody has. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = createConnection({ port, host: "127.0.0.1" });
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    await pause(50);
  }
  throw new Error(`Nothing answers on port ${port}.`);
}
