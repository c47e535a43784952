import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** What a raw server does with the text that a connection has sent so far; `connection` counts from 0. */
export type Wire = (socket: Socket, received: string, connection: number) => void;

/** A server of bytes on a free port, for answers that no HTTP server would give; closed when the test ends. */
export async function rawServer(wire: Wire): Promise<string> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    const connection = connections++;
    let received = "";
    sockets.add(socket);
    socket.on("data", (chunk) => {
      received += chunk;
      wire(socket, received, connection);
    });
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address that nothing listens at. */
export async function deafAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return `http://127.0.0.1:${port}`;
}
