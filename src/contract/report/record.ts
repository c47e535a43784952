import type { Exchange } from "../wire/exchange.ts";
import type { CaseResult, RecordedBody, RecordedExchange } from "./report.ts";

/** The most exchanges that a report shows of one case; a race of a hundred twins is told by its first forty. */
export const mostExchanges = 40;

/** The most characters that a report shows of one body. */
export const mostCharacters = 4_000;

/** Writes down what passes between a case and the target, in the order of sending. */
export type Recorder = {
  /** Sends by `send`, and keeps the exchange where an answer comes back. */
  watch(send: () => Promise<Exchange>): Promise<Exchange>;
  /** What was kept, for the result of the case. Nothing of it is masked or cut yet. */
  recorded(): Pick<CaseResult, "exchanges" | "omittedExchanges">;
};

/** Makes the recorder of one case; `now` tells when a request went out. */
export function createRecorder(now: () => Date): Recorder {
  const kept: { sentAt: string; exchange?: Exchange }[] = [];
  let sent = 0;
  return {
    async watch(send) {
      const slot: (typeof kept)[number] = { sentAt: now().toISOString() };
      if (sent++ < mostExchanges) kept.push(slot);
      const exchange = await send();
      slot.exchange = exchange;
      return exchange;
    },
    recorded() {
      const exchanges = kept.flatMap(({ sentAt, exchange }) => (exchange ? [recordOf(exchange, sentAt)] : []));
      if (exchanges.length === 0) return {};
      return { exchanges, ...(sent > kept.length ? { omittedExchanges: sent - kept.length } : {}) };
    },
  };
}

function recordOf(exchange: Exchange, sentAt: string): RecordedExchange {
  const { request, status, headers, text, operation, durationMs, curl } = exchange;
  return {
    ...(operation ? { operationId: operation.id } : {}),
    sentAt,
    durationMs: Math.round(durationMs * 10) / 10,
    request: {
      method: request.method,
      url: request.url,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: { text: request.body } }),
    },
    response: { status, headers, body: { text } },
    curl,
  };
}

/** The exchanges with bodies of a length that a reader looks at. Cut only what is masked: half a key would get past the mask. */
export function cutBodies(exchanges: readonly RecordedExchange[]): RecordedExchange[] {
  return exchanges.map(({ request, response, ...rest }) => ({
    ...rest,
    request: { ...request, ...(request.body ? { body: cut(request.body) } : {}) },
    response: { ...response, body: cut(response.body) },
  }));
}

function cut({ text }: RecordedBody): RecordedBody {
  if (text.length <= mostCharacters) return { text };
  return { text: text.slice(0, mostCharacters), omittedCharacters: text.length - mostCharacters };
}
