import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A proxy of one test that sends each request to the next of the replicas, and past one that is not there. */
export async function balancer(urls: readonly string[]): Promise<string> {
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const pieces: Buffer[] = [];
    incoming.on("data", (piece) => pieces.push(piece));
    incoming.on("end", () => send(urls.length));

    function send(left: number): void {
      const url = urls[turn++ % urls.length]!;
      const { method, headers } = incoming;
      const passed = request(`${url}${incoming.url}`, { method, headers, agent: false }, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      });
      passed.on("error", (error: NodeJS.ErrnoException) => {
        // One that is gone has had nothing of it; one that ended amid it may have.
        if (error.code === "ECONNREFUSED" && left > 1) send(left - 1);
        else if (!outgoing.headersSent) outgoing.writeHead(502).end();
        else outgoing.destroy();
      });
      passed.end(Buffer.concat(pieces));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
