import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { bytesOf, isSendable, type Message, type Sent } from "./wire.ts";

/** An answer as it came. */
export type Got = {
  readonly status: number;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

/** What came of a request: its answers, or why there is none. */
export type Outcome = { readonly answers: readonly Got[]; readonly trouble?: string };

/**
 * How long an answer is waited for that may be late or never come, in milliseconds: on a connection that goes on, and on one after which
 * nothing comes; and how long any other.
 */
const patience = { short: 30, closed: 250, long: 15_000 };

/** Sends requests to a port, each over a connection of its own or over one that is kept. */
export function createClient(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    send: (sent: Sent): Promise<Outcome> => {
      const [message] = sent.messages;
      if (!sent.bytes && message && isSendable(message)) return overMessage(port, agent, message, sent.isPatient);
      const { pieces, end } = sent.bytes ?? { pieces: [bytesOf(message!)], end: "half" as const };
      return overBytes(port, {
        pieces,
        end,
        isPatient: sent.isPatient,
        methods: sent.messages.map(({ method }) => method),
      });
    },
    close: () => agent.destroy(),
  };
}

function overMessage(port: number, agent: Agent, message: Message, isPatient: boolean): Promise<Outcome> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const end = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const { method, target: path, headers, body } = message;
    // Without it, Node sends a body after a GET that nothing announces.
    const length = body ? { "Content-Length": body.length } : {};
    const outgoing = httpRequest(
      { host: "127.0.0.1", port, method, path, agent, headers: { ...length, ...Object.fromEntries(headers) } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", (error) => end({ answers: [], trouble: error.message }));
        incoming.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const given = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
          end({ answers: [{ status: incoming.statusCode!, headers: Object.fromEntries(given), text }] });
        });
      },
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      // The server has let go of it while it was idle, and nothing was asked.
      if (outgoing.reusedSocket && ["ECONNRESET", "EPIPE"].includes(error.code ?? "")) {
        clearTimeout(timer);
        resolve(overBytes(port, { pieces: [bytesOf(message)], end: "half", isPatient, methods: [message.method] }));
      } else end({ answers: [], trouble: error.message });
    });
    timer = setTimeout(
      () => outgoing.destroy(new Error(isPatient ? "not waited for" : "no answer in time")),
      isPatient ? patience.short : patience.long,
    );
    outgoing.end(body);
  });
}

type Bytes = NonNullable<Sent["bytes"]> & { readonly isPatient: boolean; readonly methods: readonly string[] };

function overBytes(port: number, { pieces, end, isPatient, methods }: Bytes): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let trouble: string | undefined;
    const timer = setTimeout(
      () => {
        trouble = isPatient ? "not waited for" : "no answer in time";
        socket.destroy();
      },
      isPatient ? patience.closed + pieces.length * 10 : patience.long,
    );
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", (error) => {
      trouble ??= error.message;
    });
    socket.on("close", () => {
      clearTimeout(timer);
      const answers = answersIn(Buffer.concat(chunks), methods);
      resolve(trouble === undefined ? { answers } : { answers, trouble });
    });
    socket.on("end", () => socket.end());
    socket.on("connect", async () => {
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) await pause(5);
        if (!socket.destroyed) socket.write(piece);
      }
      if (end === "cut") setTimeout(() => socket.destroy(), 1);
      else socket.end();
    });
  });
}

/** The answers in what a connection has brought; the last of them as far as it came. */
export function answersIn(bytes: Buffer, methods: readonly string[]): Got[] {
  const found: Got[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const end = rest.indexOf("\r\n\r\n");
    const [first = "", ...lines] = rest
      .subarray(0, end < 0 ? rest.length : end)
      .toString("latin1")
      .split("\r\n");
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(first) ?? [];
    if (status === undefined || end < 0) {
      found.push({ status: 0, headers: {}, text: rest.toString("latin1") });
      break;
    }
    const headers = Object.fromEntries(
      lines.map((line) => [line.split(":", 1)[0]!.toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    rest = rest.subarray(end + 4);
    if (status.startsWith("1")) continue;
    // What could not be read is refused with a body, for its method is not known.
    const isHead =
      methods[found.length] === "HEAD" && (rest.length === 0 || rest.subarray(0, 5).toString() === "HTTP/");
    const isEmpty = isHead || /^(204|304)$/.test(status);
    const { body, length } = isEmpty ? { body: Buffer.alloc(0), length: 0 } : bodyIn(rest, headers);
    rest = rest.subarray(length);
    found.push({ status: Number(status), headers, text: body.toString() });
  }
  return found;
}

function bodyIn(bytes: Buffer, headers: Got["headers"]): { readonly body: Buffer; readonly length: number } {
  if (headers["transfer-encoding"] !== "chunked") {
    const length = headers["content-length"] === undefined ? bytes.length : Number(headers["content-length"]);
    return { body: bytes.subarray(0, length), length };
  }
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n", at);
    const size = end < 0 ? Number.NaN : Number.parseInt(bytes.subarray(at, end).toString("latin1"), 16);
    if (Number.isNaN(size)) return { body: Buffer.concat(chunks), length: bytes.length };
    if (size === 0) return { body: Buffer.concat(chunks), length: end + 4 };
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
