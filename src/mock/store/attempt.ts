import { version } from "#platform";
import { jsonOf } from "../../document/exact.ts";
import type { MemoryClock } from "./clock.ts";
import type { Attempt, Delivery } from "./store.ts";

/** How long an attempt may take, in milliseconds of real time. */
const timeoutMs = 10_000;

type Way = {
  readonly deliver: (request: Request) => Promise<Response>;
  readonly clock: Pick<MemoryClock, "at">;
  readonly signal: AbortSignal;
};

/** Sends a delivery once; answers how that went. Redirects are not followed. */
export async function attempted(
  { url, event }: Pick<Delivery, "url" | "event">,
  { deliver, clock, signal }: Way,
): Promise<Attempt> {
  const at = clock.at().now;
  const started = performance.now();
  const headers = {
    "Content-Type": "application/json",
    "User-Agent": `connect-understudy/${version}`,
    "X-Mock-Event-Id": event.eventId,
  };
  const timeout = AbortSignal.timeout(timeoutMs);
  const outcome = async () => {
    try {
      const response = await deliver(
        new Request(url, {
          method: "POST",
          headers,
          body: jsonOf(event),
          redirect: "manual",
          signal: AbortSignal.any([timeout, signal]),
        }),
      );
      void drain(response);
      return { status: response.status };
    } catch (error) {
      return { error: timeout.aborted ? `There was no answer within ${timeoutMs} ms.` : reasonOf(error) };
    }
  };
  const answer = await outcome();
  return { at, durationMs: performance.now() - started, ...answer };
}

/** Reads a short answer to its end, so that the connection can be used again; a long one is broken off. */
async function drain({ body }: Response): Promise<void> {
  if (!body) return;
  let left = 64 * 1024;
  const reader = body.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      left -= value?.length ?? 0;
      if (done || left < 0) return await reader.cancel();
    }
  } catch {
    // Its status has been read: what else it says is of no matter.
  }
}

/** Why there was no answer, as far as the platform says. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const reason = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : undefined;
  return reason ? `${error.message}: ${reason}` : error.message;
}
