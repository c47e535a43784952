/** Why a run is stopped; its message is a sentence without its full stop. Named as what aborted work throws. */
class Stopped extends Error {
  override name = "AbortError";
}

export type StopperOptions = {
  /** Ends the run. */
  readonly signal?: AbortSignal;
  /** The longest that the run may take, in milliseconds. */
  readonly maxTimeMs?: number;
  /** The longest that it waits for an answer, in milliseconds. */
  readonly timeoutMs?: number;
};

/** What ends a run before its last case: whoever began it, its time, or a target that has become slow. */
export type Stopper = {
  readonly signal: AbortSignal;
  /** Stops the run; the reason is a sentence without its full stop. */
  stop(reason: string): void;
  /** Why the run is stopped; `undefined` as long as it is not. */
  reason(): string | undefined;
  /** Does some work; throws why the run is stopped where it is so meanwhile. */
  unlessStopped<T>(work: Promise<T>): Promise<T>;
  /** Stops the run at once where a wait would outlast its time. */
  beforeWait(ms: number): void;
  /** Takes note of how long a try has taken. */
  onTry(ms: number): void;
  /** Lets go of the signal and the clock. */
  release(): void;
};

/** So many tries in a row, each of which has taken so much of the longest wait for an answer, make a target slow. */
const slow = { tries: 20, share: 0.8 };

/** Makes what stops a run. */
export function createStopper({ signal, maxTimeMs, timeoutMs }: StopperOptions): Stopper {
  const sending = new AbortController();
  const stop = (reason: string) => sending.abort(new Stopped(reason));
  const interrupt = () => stop("the run was stopped");
  signal?.addEventListener("abort", interrupt);
  if (signal?.aborted) interrupt();
  const endsAt = performance.now() + (maxTimeMs ?? Number.POSITIVE_INFINITY);
  const time = `the run's time of ${(maxTimeMs ?? 0) / 1000} s`;
  const timer = maxTimeMs === undefined ? undefined : setTimeout(() => stop(`${time} was over`), maxTimeMs);
  let inRow = 0;
  return {
    signal: sending.signal,
    stop,
    reason: () => (sending.signal.aborted ? (sending.signal.reason as Stopped).message : undefined),
    async unlessStopped(work) {
      try {
        return await work;
      } catch (error) {
        throw sending.signal.aborted ? sending.signal.reason : error;
      }
    },
    beforeWait(ms) {
      if (performance.now() + ms > endsAt) stop(`a wait of ${Math.ceil(ms / 1000)} s would have outlasted ${time}`);
    },
    onTry(ms) {
      if (timeoutMs === undefined) return;
      inRow = ms < slow.share * timeoutMs ? 0 : inRow + 1;
      if (inRow === slow.tries)
        stop(
          `the target has become slow: ${inRow} answers in a row took ${(slow.share * timeoutMs) / 1000} s or more, and the run waits ${timeoutMs / 1000} s for one`,
        );
    },
    release() {
      signal?.removeEventListener("abort", interrupt);
      clearTimeout(timer);
    },
  };
}
