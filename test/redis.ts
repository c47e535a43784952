import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

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

/** Starts a `redis-server`. Rejects where there is none. */
export async function startRedis(...more: string[]): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-redis-"));
  const port = await freePort();
  let server: ChildProcess;

  async function start(): Promise<void> {
    const given = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes"];
    server = spawn("redis-server", [...given, "--appendfsync", "always", "--save", "", ...more], { stdio: "ignore" });
    const failed = once(server, "error").then(([error]) => {
      throw error;
    });
    await Promise.race([
      failed,
      answers(more.includes("--tls-port") ? Number(more[more.indexOf("--tls-port") + 1]) : port),
    ]);
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
