import type { MiddlewareHandler } from "hono";
import type { Env } from "../context.ts";
import { Problem } from "../problem.ts";
import type { Operation } from "../spec.ts";

/** Reads a request's body, but no more of it than `limit` bytes, announced or in pieces. What a read brings is ignored. */
export function readBody(operation: Operation, limit: number): MiddlewareHandler<Env> {
  const bodiless = operation.method === "GET" || operation.method === "HEAD";

  return async function readBody(c, next) {
    if (bodiless) {
      c.set("bytes", nothing);
      return next();
    }
    const request = c.req.raw;
    const announced = request.headers.get("Content-Length");
    if (announced === null) {
      c.set("bytes", await readPieces(request.body, limit));
    } else {
      if (Number(announced) > limit) throw tooLarge(limit, `${announced} bytes were announced`);
      const bytes = new Uint8Array(await request.arrayBuffer());
      // A Request made by hand may announce what it likes.
      if (bytes.length > limit) throw tooLarge(limit, `received ${bytes.length} bytes`);
      c.set("bytes", bytes);
    }
    return next();
  };
}

const nothing = new Uint8Array();

async function readPieces(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  if (!stream) return nothing;
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(pieces);
    length += value.length;
    if (length > limit) throw tooLarge(limit, "more was on its way", { Connection: "close" });
    pieces.push(value);
  }
}

function tooLarge(limit: number, received: string, headers: Record<string, string> = {}): Problem {
  return new Problem("payload_too_large", {
    message: `The body should be at most ${limit} bytes long; ${received}.`,
    headers,
  });
}
