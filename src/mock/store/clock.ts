import type { Clock } from "./store.ts";

/** The first and the last moment that a sandbox can live in, in milliseconds since 1970: those that RFC 3339 can write, and no older. */
export const firstMoment = 0;
export const lastMoment = Date.parse("9999-12-31T23:59:59.999Z");

/** A text of RFC 3339 in milliseconds since 1970; `undefined` where no sandbox lives then, or it is a leap second. */
export function momentOf(text: string): number | undefined {
  const moment = Date.parse(text);
  return isMoment(moment) ? moment : undefined;
}

/** A time in milliseconds since 1970 as RFC 3339 in UTC; what lies beyond the last moment is shown as that one. */
export function timestamp(ms: number): string {
  return new Date(within(ms)).toISOString();
}

/** Makes the clock of a sandbox, which runs with the real one until it is changed. It stops at the last moment. */
export function createClock(real: () => number): Clock & { reset(): void } {
  let offset = 0;
  let stoppedAt: number | undefined;
  const current = () => stoppedAt ?? within(real() + offset);
  const state = () => ({ now: current(), frozen: stoppedAt !== undefined });

  return {
    async now() {
      return current();
    },
    async read() {
      return state();
    },
    async change({ now = current(), advanceMs = 0, frozen = stoppedAt !== undefined }) {
      const time = now + advanceMs;
      if (!isMoment(time)) {
        throw new RangeError(
          `The clock of a sandbox should be set to a time from ${timestamp(firstMoment)} to ${timestamp(lastMoment)}, in milliseconds since 1970; received ${time}.`,
        );
      }
      offset = time - real();
      stoppedAt = frozen ? time : undefined;
      return state();
    },
    reset() {
      offset = 0;
      stoppedAt = undefined;
    },
  };
}

function isMoment(ms: number): boolean {
  return ms >= firstMoment && ms <= lastMoment;
}

function within(ms: number): number {
  return Math.min(Math.max(ms, firstMoment), lastMoment);
}
