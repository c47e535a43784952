import type { IncomingMessage } from "node:http";
import type { Operation } from "../../document/spec.ts";
import type { Received, Step } from "../context.ts";
import { Problem } from "../problem.ts";

/** Reads a request's body, but no more of it than `limit` bytes, announced or in pieces. What a read brings is ignored. */
export function readBody(operation: Operation, limit: number): Step {
  if (operation.method === "GET" || operation.method === "HEAD") return ignoreBody;

  return async function readBody(context, next) {
    const announced = Number(context.received.header("content-length") ?? 0);
    if (announced > limit) throw tooLarge(limit, `${announced} bytes were announced`);
    const { source } = context.received;
    context.bytes = wholeOf(source) ?? (await read(source, limit));
    return next(context);
  };
}

const ignoreBody: Step = (context, next) => next(context);

/** A short body is there as a whole by now, and Node hands it over without a copy. */
function wholeOf(source: Received["source"]): Buffer | null {
  return source && "complete" in source && source.complete ? source.read() : null;
}

function read(source: Received["source"], limit: number): Promise<Buffer> {
  return source && "complete" in source ? readIncoming(source, limit) : readStream(source, limit);
}

function readIncoming(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (incoming.destroyed) return reject(brokenOff());
    const pieces: Buffer[] = [];
    let length = 0;
    incoming.on("data", (piece: Buffer) => {
      length += piece.length;
      if (length <= limit) pieces.push(piece);
      else reject(endless(limit));
    });
    incoming.on("end", () => resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)));
    incoming.on("error", () => reject(brokenOff()));
  });
}

async function readStream(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stream ?? []) {
    length += piece.length;
    if (length > limit) throw endless(limit);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The answer to a client that has gone away: nobody reads it, and it is no bug of ours. */
function brokenOff(): Problem {
  return new Problem("VALIDATION_ERROR", { message: "The body should be as long as it was announced; it broke off." });
}

/** Whoever sends without end is not waited for: the connection closes behind the answer. */
function endless(limit: number): Problem {
  return tooLarge(limit, "more was on its way", { Connection: "close" });
}

function tooLarge(limit: number, received: string, headers: Record<string, string> = {}): Problem {
  return new Problem("payload_too_large", {
    message: `The body should be at most ${limit} bytes long; ${received}.`,
    headers,
  });
}
