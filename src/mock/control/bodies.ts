import type { Answer } from "../../document/answer.ts";
import { firstMoment, lastMoment, momentOf, timestamp } from "../../document/moment.ts";
import { Problem } from "../../document/problem.ts";
import type { Violation } from "../../document/validator.ts";
import type { OwnHandler, Said, Streamed } from "../handler.ts";
import type { ClockState } from "../store/store.ts";

/** Carries out an operation of the control plane; the signal, where it is asked for, tells that the client has gone. */
export type ControlHandler = (
  ...given: [...Parameters<OwnHandler>, gone: () => AbortSignal]
) => Promise<Said | Streamed>;

/** The refusal of one more of what only so many are kept of; `hint` says what makes room. */
export function noRoom(most: number, what: string, hint: string): Problem {
  return new Problem("conflict", { message: `There are ${most} ${what}, and more are not kept.`, hint });
}

export const done = { status: 204, body: undefined } as const;

export type ClockBody = { now: string; frozen: boolean };

export function clockBody({ now, frozen }: ClockState): ClockBody {
  return { now: timestamp(now), frozen };
}

export type AnswerBody = { status: number; headers: Record<string, string>; body?: string };

export function answerBody({ status, headers, body }: Answer): AnswerBody {
  return { status, headers, ...(body === null ? {} : { body }) };
}

/** What is wrong with times, by the names of their fields. */
export function checkTimes(times: Readonly<Record<string, string>>, prefix = "", part = "body"): Violation[] {
  const wrong = Object.entries(times).filter(([, time]) => momentOf(time) === undefined);
  return wrong.map(([name, received]) => ({
    at: `${part}.${prefix}${name}`,
    property: prefix + name,
    keyword: "range",
    expected: `a time from ${timestamp(firstMoment)} to ${timestamp(lastMoment)}, and no leap second`,
    received,
    example: "2026-01-15T09:30:00.000Z",
    basis: "assumed",
  }));
}
