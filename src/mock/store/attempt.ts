import { version } from "#platform";
import { jsonOf } from "../../document/exact.ts";
import type { MemoryClock } from "./clock.ts";
import type { Attempt, Delivery } from "./store.ts";

/** How long an attempt may take, in milliseconds of real time, unless told. */
const usualTimeoutMs = 10_000;

type Way = {
  readonly deliver: (request: Request) => Promise<Response>;
  readonly clock: Pick<MemoryClock, "at">;
  /** Calls it off. */
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
};

/** Sends a delivery once; answers how that went. Redirects are not followed. */
export async function attempted(
  { url, event }: Pick<Delivery, "url" | "event">,
  { deliver, clock, signal, timeoutMs = usualTimeoutMs }: Way,
): Promise<Attempt> {
  const at = clock.at().now;
  const started = performance.now();
  const headers = {
    "Content-Type": "application/json",
    "User-Agent": `connect-understudy/${version}`,
    "X-Mock-Event-Id": event.eventId,
  };
  const request = (signal: AbortSignal) =>
    new Request(url, { method: "POST", headers, body: jsonOf(event), redirect: "manual", signal });
  const outcome = await inTime(
    async (inTime) => {
      const response = await deliver(request(inTime));
      void drain(response);
      return { status: response.status };
    },
    { calledOff: signal, timeoutMs },
  ).catch((error: unknown) => ({ error: reasonOf(error) }));
  return { at, durationMs: performance.now() - started, ...outcome };
}

type Limits = { readonly calledOff: AbortSignal; readonly timeoutMs: number };

/**
 * What some work comes to, unless it takes too long or is called off; it is told so, and not waited for. (A signal made by
 * `AbortSignal.any` of `AbortSignal.timeout` may be collected as garbage before its time, and then never aborts.)
 */
async function inTime<Done>(
  work: (signal: AbortSignal) => Promise<Done>,
  { calledOff, timeoutMs }: Limits,
): Promise<Done> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end = () => {};
  const tooLong = new Promise<never>((_, reject) => {
    const stop = (reason: Error) => {
      controller.abort(reason);
      reject(reason);
    };
    end = () => stop(new Error("It was called off."));
    timer = setTimeout(() => stop(new Error(`There was no answer within ${timeoutMs} ms.`)), timeoutMs);
    timer.unref?.();
    calledOff.addEventListener("abort", end);
  });
  try {
    return await Promise.race([work(controller.signal), tooLong]);
  } finally {
    clearTimeout(timer);
    calledOff.removeEventListener("abort", end);
  }
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
