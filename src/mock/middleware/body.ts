import type { IncomingMessage } from "node:http";
import { createRequestJudge, isMediaTypeViolation } from "../../document/judge-request.ts";
import { createPathReader, splitTarget } from "../../document/path.ts";
import { invalid, Problem, show } from "../../document/problem.ts";
import type { Operation } from "../../document/spec.ts";
import { headerOf, type RequestContext, type RequestInput, targetOf } from "../context.ts";

/** The body of a request that has none. */
export const nothing: Buffer = Buffer.alloc(0);

/**
 * Makes what reads a request's body, but no more of it than `limit` bytes, announced or in pieces. What a read brings is ignored,
 * unless the document has it bring something.
 */
export function bodyReader(operation: Operation, limit: number): (c: RequestContext) => Buffer | Promise<Buffer> {
  if (/^(GET|HEAD)$/.test(operation.method) && !operation.requestBody) return () => nothing;

  return function readBody(c) {
    const announced = Number(headerOf(c, "content-length") ?? 0);
    if (announced > limit) throw tooLarge(limit, `${announced} bytes were announced`);
    const incoming = c.env?.incoming;
    if (!incoming) return readStream(c.req.raw.body, limit);
    // A short body is there as a whole by now, and Node hands it over without a copy.
    return (incoming.complete && (incoming.read() as Buffer | null)) || readIncoming(incoming, limit);
  };
}

/** Makes what judges a request by the document, and refuses it for all that is wrong with it at once. */
export function validator(operation: Operation): (c: RequestContext, bytes: Buffer) => RequestInput {
  const judge = createRequestJudge(operation);
  const readPath = createPathReader(operation.path);

  return function validate(c, bytes) {
    const [path, query] = splitTarget(targetOf(c));
    let parameters: Readonly<Record<string, string>> | undefined;
    const { violations, ...input } = judge(
      {
        header: (name) => headerOf(c, name),
        path: (name) => {
          parameters ??= c.get("path") ?? readPath(path);
          return parameters[name];
        },
        query,
      },
      bytes,
    );
    if (violations.length === 0) return input;
    const media = violations.find(isMediaTypeViolation);
    if (!media) throw invalid(violations);
    throw new Problem("unsupported_media_type", {
      message: `The header Content-Type should be ${media.expected}; received ${show(media.received)}.`,
    });
  };
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
