import { firstMoment, isMoment, lastMoment, nearestMoment, timestamp } from "../../document/moment.ts";
import type { ClockSetting } from "./state.ts";
import type { Clock, ClockState } from "./store.ts";

/** A clock that can be read at once, with what it is set to, for one to go on where another has ended. */
export type MemoryClock = Clock & {
  reset(): void;
  at(): ClockState;
  setting(): ClockSetting;
  set(setting: ClockSetting): void;
};

/** Makes the clock of a sandbox, which runs with the real one until it is changed. It stops at the last moment. */
export function createClock(real: () => number, changed: () => void = () => {}): MemoryClock {
  let offset = 0;
  let stoppedAt: number | undefined;
  const current = () => stoppedAt ?? nearestMoment(real() + offset);
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
      if (!isMoment(time)) throw beyondTime(time);
      offset = time - real();
      stoppedAt = frozen ? time : undefined;
      changed();
      return state();
    },
    reset() {
      offset = 0;
      stoppedAt = undefined;
      changed();
    },
    setting: () => ({ aheadMs: offset, stoppedAt }),
    set(setting) {
      offset = setting.aheadMs;
      stoppedAt = setting.stoppedAt;
    },
    at: state,
  };
}

/** Why a clock is not set to a time. */
export function beyondTime(time: number): RangeError {
  return new RangeError(
    `The clock of a sandbox should be set to a time from ${timestamp(firstMoment)} to ${timestamp(lastMoment)}, in milliseconds since 1970; received ${time}.`,
  );
}
