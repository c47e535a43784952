import type { Answer } from "../document/answer.ts";
import type { Outgoing, RequestContext } from "./context.ts";
import type { Connection } from "./store/store.ts";

/** The lines to the clients of a mock, where they fail on purpose. */
export type Lines = {
  /** Answers as the connection fails, on a socket or, without any, for `fetch`. */
  fail(c: RequestContext, answer: Answer, how: Connection): Response | Promise<Response>;
  /** Has a line ended where it is still open when the mock is closed; answers what to call when it has ended before. */
  hold(end: () => void): () => void;
  /** Ends what still hangs or is held. */
  release(): void;
};

/** What the adapter of Node takes for an answer that was sent by other means. */
function alreadySent(): Response {
  const response = new Response(null, { headers: { "x-hono-already-sent": "true" } });
  // The light response of that adapter is written without a look at its headers; one whose type was read is no light one any more.
  void response.type;
  return response;
}

/** What is no answer of HTTP. */
const garbage = "\u0016\u0003\u0001 lorem \u0000\u0007 ipsum\r\n\r\n";

export function createLines(): Lines {
  const hanging = new Set<() => void>();
  return {
    fail(c, answer, how) {
      const outgoing = c.env?.outgoing;
      if (how === "hang") {
        return new Promise((resolve) => {
          const end = () => {
            hanging.delete(end);
            outgoing?.destroy();
            resolve(outgoing ? alreadySent() : Response.error());
          };
          hanging.add(end);
          outgoing?.once("close", end);
          c.req.raw.signal.addEventListener("abort", end, { once: true });
        });
      }
      if (outgoing) {
        breakOff(outgoing, answer, how);
        return alreadySent();
      }
      return how === "truncate" ? truncated(answer) : Response.error();
    },
    hold(end) {
      hanging.add(end);
      return () => void hanging.delete(end);
    },
    release() {
      for (const end of [...hanging]) end();
    },
  };
}

function breakOff(outgoing: Outgoing, { status, headers, body }: Answer, how: Connection): void {
  const { socket } = outgoing;
  if (how === "garbage") socket?.end(garbage);
  else if (how === "truncate" && body !== null && body.length > 0) {
    const bytes = new TextEncoder().encode(body);
    outgoing.writeHead(status, { ...headers, "Content-Length": bytes.length });
    outgoing.write(bytes.subarray(0, bytes.length >> 1), () => socket?.destroy());
  } else socket?.destroy();
}

function truncated({ status, headers, body }: Answer): Response {
  const bytes = new TextEncoder().encode(body ?? "");
  let isSent = false;
  const stream = new ReadableStream({
    pull(controller) {
      if (isSent) controller.error(new TypeError("terminated"));
      else controller.enqueue(bytes.subarray(0, bytes.length >> 1));
      isSent = true;
    },
  });
  return new Response(stream, { status, headers });
}

/** A body that is sent no faster than so many bytes a second. */
export function slowly(body: string, bytesPerSecond: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(body);
  const [piece, everyMs] = [Math.max(1, Math.ceil(bytesPerSecond / 20)), 50];
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      if (sent > 0) await new Promise((resolve) => setTimeout(resolve, Math.max(everyMs, 1000 / bytesPerSecond)));
      controller.enqueue(bytes.subarray(sent, sent + piece));
      sent += piece;
      if (sent >= bytes.length) controller.close();
    },
  });
}
