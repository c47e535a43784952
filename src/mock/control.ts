import { Hono } from "hono";
import { loadSpec, type Spec } from "../document/spec.ts";
import { controlSpecUrl } from "../paths.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import { type Env, type RequestInput, sending, through } from "./context.ts";
import { checkFixtures, takesFixtures } from "./fixtures.ts";
import { apiKey } from "./middleware/api-key.ts";
import { noRoute } from "./middleware/no-route.ts";
import { readBody } from "./middleware/read-body.ts";
import { refuse } from "./middleware/refuse.ts";
import { validate } from "./middleware/validate.ts";
import { invalid } from "./problem.ts";
import type { ClockState, Fixtures, JournalEntry, KeptRecord, Sandbox, Store } from "./store/store.ts";

/** A snapshot of a large world is large. */
const bodyLimit = 64 * 1024 * 1024;

/** The last moment that can still be written with a year of four digits. */
const endOfTime = Date.parse("9999-12-31T23:59:59.999Z");

export type ControlOptions = {
  readonly spec: Spec;
  readonly store: Store;
  readonly apiKeys: ReadonlySet<string>;
  readonly log: (line: string) => void;
};

/** What tests do to the mock itself, under `/_understudy`, as `spec/control.openapi.yaml` describes it. */
export function createControl({ spec, store, apiKeys, log }: ControlOptions): Hono<Env> {
  const document = loadSpec(controlSpecUrl);
  const handlers = createHandlers(spec);
  const app = new Hono<Env>();
  for (const operation of document.operations) {
    const handler = handlers[operation.id as keyof typeof handlers];
    const steps = [
      refuse(log),
      apiKey("X-API-Key", { store, apiKeys, optional: true }),
      readBody(operation, bodyLimit),
      validate(operation),
    ];
    const answer = through(steps, ({ sandbox, input }) => handler(sandbox, input));
    app.on(operation.method, operation.path, sending(answer));
  }
  app.all("*", sending(through([refuse(log)], noRoute(document))));
  return app;
}

type ControlHandler = (sandbox: Sandbox, input: RequestInput) => Promise<Answer>;

function createHandlers(spec: Spec) {
  return {
    async getHealth() {
      return jsonAnswer(200, { status: "ok", document: spec.title, operations: spec.operations.length });
    },

    async resetSandbox(sandbox) {
      await sandbox.reset();
      return jsonAnswer(204, undefined);
    },

    async getClock(sandbox) {
      return jsonAnswer(200, clockBody(await sandbox.clock.read()));
    },

    async setClock(sandbox, { body }) {
      const { now, ...change } = body as { now?: string; advanceMs?: number; frozen?: boolean };
      const start = now === undefined ? (await sandbox.clock.read()).now : Date.parse(now);
      if (start + (change.advanceMs ?? 0) > endOfTime) throw tooFar(change.advanceMs);
      const clock = await sandbox.clock.change({ ...change, ...(now === undefined ? {} : { now: start }) });
      return jsonAnswer(200, clockBody(clock));
    },

    async listRequests(sandbox) {
      const { entries, evicted } = await sandbox.journal.read();
      return jsonAnswer(200, { items: entries.map(entryBody), evicted });
    },

    async clearRequests(sandbox) {
      await sandbox.journal.clear();
      return jsonAnswer(204, undefined);
    },

    async getState(sandbox) {
      const { customers, paymentProfiles, idempotency, clock } = await sandbox.snapshot();
      return jsonAnswer(200, {
        customers,
        paymentProfiles,
        idempotency: idempotency.map(recordBody),
        clock: clockBody(clock),
      });
    },

    async setState(sandbox, { body }) {
      const state = body as Fixtures & { idempotency?: RecordBody[]; clock?: ClockBody };
      const violations = takesFixtures(spec) ? checkFixtures(spec, state) : [];
      if (violations.length > 0) throw invalid(violations);
      const { customers, paymentProfiles, idempotency = [], clock } = state;
      await sandbox.restore({
        customers,
        paymentProfiles,
        idempotency: idempotency.map(recordOf),
        clock: clock && { ...clock, now: Date.parse(clock.now) },
      });
      return jsonAnswer(204, undefined);
    },
  } satisfies Record<string, ControlHandler>;
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

function entryBody({ at, durationMs, method, target, operationId, headers, body, answer }: JournalEntry) {
  return {
    at: timestamp(at),
    durationMs: Math.round(durationMs * 1000) / 1000,
    request: { method, target, operationId, headers, body },
    response: answerBody(answer),
  };
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

function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
