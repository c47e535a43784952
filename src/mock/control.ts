import type { Answer } from "../document/answer.ts";
import { firstMoment, lastMoment, momentOf, timestamp } from "../document/moment.ts";
import { closest, invalid, notFound } from "../document/problem.ts";
import type { Spec } from "../document/spec.ts";
import type { Violation } from "../document/validator.ts";
import type { RequestInput } from "./context.ts";
import { checkFixtures, type RecordRules } from "./fixtures.ts";
import { type PresetName, presets } from "./store/faults.ts";
import type { ClockState, FaultRule, JournalEntry, KeptFault, KeptRecord, Sandbox } from "./store/store.ts";

type ControlHandler = (
  input: RequestInput,
  sandbox: Sandbox,
) => Promise<{ readonly status: number; readonly body: unknown }>;

const done = { status: 204, body: undefined } as const;

/** What tests do to the mock itself, by the operationIds of `spec/control.openapi.yaml`. */
export function controlHandlers(rules: RecordRules) {
  const { spec } = rules;
  return {
    async getHealth() {
      return { status: 200, body: { status: "ok", document: spec.title, operations: spec.operations.length } };
    },

    async resetSandbox(_input, sandbox) {
      await sandbox.reset();
      return done;
    },

    async getClock(_input, sandbox) {
      return { status: 200, body: clockBody(await sandbox.clock.read()) };
    },

    async setClock({ body }, sandbox) {
      const { now, ...change } = body as { now?: string; advanceMs?: number; frozen?: boolean };
      const violations = now === undefined ? [] : checkTimes({ now });
      if (violations.length > 0) throw invalid(violations);
      const start = now === undefined ? {} : { now: Date.parse(now) };
      try {
        return { status: 200, body: clockBody(await sandbox.clock.change({ ...change, ...start })) };
      } catch (error) {
        throw error instanceof RangeError ? tooFar(change.advanceMs) : error;
      }
    },

    async listRequests(_input, sandbox) {
      const { entries, evicted } = await sandbox.journal.read();
      return { status: 200, body: { items: entries.map(entryBody), evicted } };
    },

    async clearRequests(_input, sandbox) {
      await sandbox.journal.clear();
      return done;
    },

    async listFaults(_input, sandbox) {
      return { status: 200, body: { items: (await sandbox.faults.list()).map(faultBody) } };
    },

    async addFault({ body }, sandbox) {
      const posted = body as PostedFault;
      const violations = checkFault(spec, posted);
      if (violations.length > 0) throw invalid(violations);
      return { status: 201, body: faultBody(await sandbox.faults.add(posted, rulesOf(posted))) };
    },

    async clearFaults(_input, sandbox) {
      await sandbox.faults.clear();
      return done;
    },

    async removeFault({ path }, sandbox) {
      const id = String(path.faultId);
      if (!(await sandbox.faults.remove(id))) throw notFound("fault", id, "GET /_understudy/faults lists them.");
      return done;
    },

    async getState(_input, sandbox) {
      const { records, idempotency, clock } = await sandbox.snapshot();
      return {
        status: 200,
        body: { ...records, idempotency: idempotency.map(recordBody), clock: clockBody(clock) },
      };
    },

    async setState({ body }, sandbox) {
      await sandbox.restore(snapshotOf(rules, body as StateBody));
      return done;
    },
  } satisfies Record<string, ControlHandler>;
}

type PostedFault = FaultRule & { readonly preset?: PresetName };

/** The rules that a posted fault stands for; what it says beside its preset holds for each of them. */
function rulesOf({ preset, ...posted }: PostedFault): readonly FaultRule[] {
  const given: readonly FaultRule[] = preset === undefined ? [{}] : presets[preset];
  return given.map((rule) => ({ ...rule, ...posted, match: { ...rule.match, ...posted.match } }));
}

/** What is wrong with a fault beside what its schema says. */
function checkFault(
  spec: Spec,
  { preset, match, delayMs, bytesPerSecond, answer, connection }: PostedFault,
): Violation[] {
  const wrong = (property: string, expected: string, received: unknown, example: unknown): Violation => ({
    at: `body.${property}`,
    property,
    keyword: "enum",
    expected,
    received,
    example,
    basis: "assumed",
  });
  const ids = spec.operations.map(({ id }) => id);
  const id = match?.operationId;
  const isNothing = [preset, delayMs, bytesPerSecond, answer, connection].every((one) => one === undefined);
  return [
    ...(isNothing
      ? [wrong("connection", "there, or one of preset, delayMs, bytesPerSecond and answer", undefined, "drop-after")]
      : []),
    ...(id !== undefined && !ids.includes(id)
      ? [wrong("match.operationId", "an operationId of the document", id, closest(id, ids) ?? ids[0])]
      : []),
    ...(typeof delayMs === "object" && "min" in delayMs && delayMs.min > delayMs.max
      ? [wrong("delayMs.max", `at least min, ${delayMs.min}`, delayMs.max, delayMs.min)]
      : []),
  ];
}

function faultBody({ id, posted, applied }: KeptFault) {
  return { id, ...posted, applied };
}

/** Collections by name, beside what every sandbox has. */
type StateBody = { idempotency?: RecordBody[]; clock?: ClockBody } & { [collection: string]: object[] };

/** What a state says, where its records and times are such that it can be restored. */
function snapshotOf(rules: RecordRules, { idempotency = [], clock, ...records }: StateBody) {
  const violations = [
    ...checkFixtures(rules, records),
    ...idempotency.flatMap(({ firstUsedAt, expiresAt }, index) =>
      checkTimes({ firstUsedAt, expiresAt }, `idempotency.${index}.`),
    ),
    ...(clock ? checkTimes({ now: clock.now }, "clock.") : []),
  ];
  if (violations.length > 0) throw invalid(violations);
  const restored = clock && { ...clock, now: Date.parse(clock.now) };
  return { records, idempotency: idempotency.map(recordOf), clock: restored };
}

type ClockBody = { now: string; frozen: boolean };

function clockBody({ now, frozen }: ClockState): ClockBody {
  return { now: timestamp(now), frozen };
}

type AnswerBody = { status: number; headers: Record<string, string>; body?: string };

function answerBody({ status, headers, body }: Answer): AnswerBody {
  return { status, headers, ...(body === null ? {} : { body }) };
}

type RecordBody = { key: string; fingerprint: string; firstUsedAt: string; expiresAt: string; answer: AnswerBody };

function recordBody({ key, fingerprint, firstUsedAt, expiresAt, answer }: KeptRecord): RecordBody {
  return {
    key,
    fingerprint,
    firstUsedAt: timestamp(firstUsedAt),
    expiresAt: timestamp(expiresAt),
    answer: answerBody(answer),
  };
}

function recordOf({ key, fingerprint, firstUsedAt, expiresAt, answer }: RecordBody): KeptRecord {
  return {
    key,
    fingerprint,
    firstUsedAt: Date.parse(firstUsedAt),
    expiresAt: Date.parse(expiresAt),
    answer: { ...answer, body: answer.body ?? null },
  };
}

function entryBody({ at, durationMs, method, target, operationId, headers, body, answer, fault }: JournalEntry) {
  return {
    at: timestamp(at),
    durationMs: Math.round(durationMs * 1000) / 1000,
    request: { method, target, operationId, headers, body },
    ...(answer ? { response: answerBody(answer) } : {}),
    ...(fault === undefined ? {} : { fault }),
  };
}

/** What is wrong with times, by the names of their fields. */
function checkTimes(times: Readonly<Record<string, string>>, prefix = ""): Violation[] {
  const wrong = Object.entries(times).filter(([, time]) => momentOf(time) === undefined);
  return wrong.map(([name, received]) => ({
    at: `body.${prefix}${name}`,
    property: prefix + name,
    keyword: "range",
    expected: `a time from ${timestamp(firstMoment)} to ${timestamp(lastMoment)}, and no leap second`,
    received,
    example: "2026-01-15T09:30:00.000Z",
    basis: "assumed",
  }));
}

function tooFar(advanceMs: number | undefined) {
  return invalid([
    {
      at: "body.advanceMs",
      property: "advanceMs",
      keyword: "maximum",
      expected: "a step that does not lead beyond the year 9999",
      received: advanceMs,
      example: 86_400_000,
      basis: "assumed",
    },
  ]);
}
