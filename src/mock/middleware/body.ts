import { createRequestJudge, isMediaTypeViolation, isSizeViolation } from "../../document/judge-request.ts";
import { createPathReader, splitTarget } from "../../document/path.ts";
import { invalid, Problem, show } from "../../document/problem.ts";
import type { Operation } from "../../document/spec.ts";
import { headerOf, type Incoming, type RequestContext, type RequestInput, targetOf } from "../context.ts";

/** The body of a request that has none. */
export const nothing: Uint8Array = new Uint8Array(0);

/**
 * Makes what reads a request's body, but no more of it than `limit` bytes, announced or in pieces. What a read brings is ignored,
 * unless the document has it bring something.
 */
export function bodyReader(
  operation: Operation,
  limit: number,
): (c: RequestContext) => Uint8Array | Promise<Uint8Array> {
  if (/^(GET|HEAD)$/.test(operation.method) && !operation.requestBody) return () => nothing;

  return function readBody(c) {
    const announced = Number(headerOf(c, "content-length") ?? 0);
    if (announced > limit) throw tooLarge(limit, `${announced} bytes were announced`);
    const incoming = c.env?.incoming;
    if (!incoming) return readStream(c.req.raw.body, limit);
    // A short body is there as a whole by now, and Node hands it over without a copy.
    return (incoming.complete && incoming.read()) || readIncoming(incoming, limit);
  };
}

/** Makes what judges a request by the document, with a body of at most `limit` bytes, and refuses it for all that is wrong with it at once. */
export function validator(operation: Operation, limit: number): (c: RequestContext, bytes: Uint8Array) => RequestInput {
  const judge = createRequestJudge(operation, limit);
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
    const size = violations.find(isSizeViolation);
    if (size) throw tooLarge(limit, `without its content coding, it is longer`);
    const media = violations.find(isMediaTypeViolation);
    if (!media) throw invalid(violations);
    throw new Problem("unsupported_media_type", {
      message: `The header Content-Type should be ${media.expected}; received ${show(media.received)}.`,
    });
  };
}

function readIncoming(incoming: Incoming, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (incoming.destroyed) return reject(brokenOff());
    const pieces: Uint8Array[] = [];
    let length = 0;
    incoming.on("data", (piece) => {
      length += piece.length;
      if (length <= limit) pieces.push(piece);
      else reject(endless(limit));
    });
    incoming.on("end", () => resolve(joined(pieces, length)));
    incoming.on("error", () => reject(brokenOff()));
  });
}

async function readStream(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = stream?.getReader();
  for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
    length += read.value.length;
    if (length > limit) throw endless(limit);
    pieces.push(read.value);
  }
  return joined(pieces, length);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
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
