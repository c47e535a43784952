import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { words } from "./requests.ts";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** What the process is told to do beside serving: to say how much it holds once nothing is left to collect. */
const probe = `data:text/javascript,${encodeURIComponent(
  `process.on("message", () => { gc(); gc(); const { heapUsed, external } = process.memoryUsage(); process.send(heapUsed + external); });
  process.channel.unref();`,
)}`;

/** A mock in a process of its own. */
export type Server = {
  readonly port: number;
  /** How many bytes it holds after a full collection. */
  held(): Promise<number>;
  /** The lines in which it told of a bug since the last time. */
  bugs(): readonly string[];
  /** Why it has ended; `undefined` while it is there. */
  ended(): string | undefined;
  close(): Promise<void>;
};

/** Starts the command on a document. */
export async function startServer(document: string): Promise<Server> {
  const options = ["start", "--quiet", "--port", "0", "--spec", document];
  const child: ChildProcess = spawn(process.execPath, ["--expose-gc", "--import", probe, cli, ...options], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { PATH: process.env.PATH },
  });
  let [out, err] = ["", ""];
  child.stdout!.on("data", (text) => {
    out += text;
  });
  child.stderr!.setEncoding("utf8").on("data", (text) => {
    err += text;
  });
  let end: string | undefined;
  const gone = once(child, "close").then(([code, signal]) => {
    end = `it has ended with ${code ?? signal}: ${err.slice(-2000)}`;
  });
  while (!/:(\d+)\s/.test(out) && end === undefined) await Promise.race([pause(20), gone]);
  if (end !== undefined) throw new Error(end);
  return {
    port: Number(/:(\d+)\s/.exec(out)![1]),
    async held() {
      // What was aborted a moment ago is let go of in the next turns.
      await pause(300);
      child.send("held");
      const [bytes] = await once(child, "message");
      return bytes as number;
    },
    bugs() {
      const lines = err.split(/\n(?=\S)/);
      err = lines.pop() ?? "";
      if (/failed: /.test(err)) lines.push(err);
      if (/failed: /.test(err)) err = "";
      return lines.filter((line) => /failed: |Error/.test(line));
    },
    ended: () => end,
    async close() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** Answers what is posted to it on a port of its own; `host` is where. */
export async function startPosted(answer: (key: string, text: string, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => answer((request.url ?? "").slice(1), text, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What webhooks are sent to: each to the path that is the key of its sandbox. */
export async function startReceiver(found: (what: string) => void) {
  let count = 0;
  const posted = await startPosted((key, text, response) => {
    for (const [owner, word] of Object.entries(words))
      if (/^test_[\w-]+$/.test(key) && key !== owner && text.includes(word))
        found(`the word of ${owner} in a webhook of ${key}`);
    count += 1;
    if (count % 5 === 0) response.destroy();
    else response.writeHead(count % 3 === 0 ? 503 : 204).end();
  });
  return { ...posted, received: () => count };
}
