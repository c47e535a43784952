import { timestamp } from "../../document/moment.ts";
import { splitTarget } from "../../document/path.ts";
import { invalid } from "../../document/problem.ts";
import type { Spec } from "../../document/spec.ts";
import type { RequestInput } from "../context.ts";
import type { Lines } from "../line.ts";
import { fits } from "../store/faults.ts";
import type { JournalEntry, KeptEntry } from "../store/store.ts";
import { answerBody, type ControlHandler, checkTimes, done } from "./bodies.ts";
import { eventStream } from "./events.ts";
import { deliveryBody } from "./webhooks.ts";

/** Which requests of the journal are asked for. */
type RequestFilter = {
  operationId?: string;
  method?: string;
  path?: string;
  status?: number;
  idempotencyKey?: string;
  since?: string;
  count?: number;
  wait: number;
};

/** The journal, read and followed. */
export function requestHandlers({ spec, lines }: { readonly spec: Spec; readonly lines: Pick<Lines, "hold"> }) {
  const keyHeaders = new Set(spec.operations.flatMap(({ idempotency }) => idempotency?.header ?? []));

  function passes(filter: RequestFilter, { at, method, target, operationId, headers, answer }: JournalEntry): boolean {
    const { path, status, idempotencyKey, since } = filter;
    return (
      (filter.operationId === undefined || filter.operationId === operationId) &&
      (filter.method === undefined || filter.method.toUpperCase() === method) &&
      (path === undefined || fits(path, splitTarget(target)[0])) &&
      (status === undefined || status === answer?.status) &&
      (since === undefined || at >= Date.parse(since)) &&
      (idempotencyKey === undefined || [...keyHeaders].some((name) => headers[name] === idempotencyKey))
    );
  }

  function filterOf({ query }: RequestInput): RequestFilter {
    const filter = query as RequestFilter;
    const wrong = filter.since === undefined ? [] : checkTimes({ since: filter.since }, "", "query");
    if (wrong.length > 0) throw invalid(wrong);
    return filter;
  }

  return {
    async listRequests(input, sandbox, gone) {
      const filter = filterOf(input);
      const until = performance.now() + filter.wait;
      for (;;) {
        const { entries, evicted, last } = await sandbox.journal.read();
        const found = entries.filter((entry) => passes(filter, entry));
        const left = until - performance.now();
        // Nobody reads what a client that has gone would be answered, and each entry that comes would be read for it.
        if (found.length >= (filter.count ?? 0) || left <= 0 || gone().aborted)
          return { status: 200, body: { items: found.map(entryBody), evicted } };
        await sandbox.journal.next(last, left, gone());
      }
    },

    async streamEvents(input, sandbox) {
      const filter = filterOf(input);
      const after = (input.header["Last-Event-ID"] ?? input.query.lastEventId) as number | undefined;
      const passing = (entry: KeptEntry) => passes(filter, entry);
      const { lastEventId: _, wait: __, ...asked } = filter as RequestFilter & { lastEventId?: number };
      // A delivery passes no filter of requests.
      const delivered = Object.keys(asked).length === 0 ? deliveryBody : undefined;
      const options = { sandbox, after, passes: passing, body: entryBody, delivered, hold: lines.hold };
      return { status: 200, type: "text/event-stream", stream: (signal) => eventStream(options, signal) };
    },

    async clearRequests(_input, sandbox) {
      await sandbox.journal.clear();
      return done;
    },
  } satisfies Record<string, ControlHandler>;
}

function entryBody(entry: KeptEntry) {
  const { id, at, durationMs, method, target, operationId, headers, body, answer, fault, nearest, refused } = entry;
  return {
    id,
    at: timestamp(at),
    durationMs: Math.round(durationMs * 1000) / 1000,
    request: { method, target, operationId, headers, body },
    ...(answer ? { response: answerBody(answer) } : {}),
    ...(fault === undefined ? {} : { fault }),
    ...(nearest ? { nearest } : {}),
    ...(refused ? { refused } : {}),
  };
}
