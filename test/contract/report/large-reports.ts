import type { Finding } from "../../../src/contract/findings.ts";
import type { CaseResult, RecordedExchange, Report } from "../../../src/contract/report/report.ts";
import { reportOf, result } from "./sample-report.ts";

const body = JSON.stringify(
  Array.from({ length: 60 }, (_, n) => ({ id: `item-${n}`, name: `<Name & "title" of ${n}>`, tags: ["a", "b"] })),
);

function exchange(n: number): RecordedExchange {
  const curl = `curl -sS -i 'http://target.example/items/${n}' -H 'X-Key: '"$KEY"`;
  return {
    operationId: `op${n % 170}`,
    sentAt: "2026-01-15T09:30:00.000Z",
    durationMs: 1,
    request: {
      method: "PUT",
      url: `http://target.example/items/${n}`,
      headers: { accept: "application/json" },
      body: { text: body.slice(0, 900) },
    },
    response: { status: 200, headers: { "content-type": "application/json" }, body: { text: body.slice(0, 2_500) } },
    curl,
  };
}

/** A run of so many cases with eight requests each; `found` tells what the n-th has found. */
function runOf(
  count: number,
  found: (n: number, exchanges: readonly RecordedExchange[]) => readonly Finding[],
): Report {
  const cases = Array.from({ length: count }, (_, n): CaseResult => {
    const exchanges = Array.from({ length: 8 }, (_, m) => exchange(n * 8 + m));
    const findings = found(n, exchanges);
    return result(`topic-${n % 30}/a-case-with-a-name-of-its-own-${n}`, {
      title: `The operation number ${n} refuses what its schema says is none of its values`,
      ...(findings.length > 0 ? { outcome: "broken" as const } : {}),
      findings,
      exchanges,
    });
  });
  return reportOf(cases, { seed: 7, requests: count * 8 });
}

function violation(place: number, { curl }: RecordedExchange): Finding {
  return {
    ...{
      message: `the answer does not match at ${place}`,
      at: `body.member${place}`,
      keyword: "type",
      expected: "a string",
    },
    ...{ received: JSON.parse(body), place: `/components/schemas/S${place}/type`, curl, weight: "broken" },
  };
}

/** Runs of whose reports not everything can be told. */
export const largeReports: Record<string, Report> = {
  "a run of 22,000 requests that found nothing": runOf(2_750, () => []),
  "a run of 22,000 requests with 900 findings of 40 causes": runOf(2_750, (n, [first]) =>
    n < 900 ? [violation(n % 40, first!)] : [],
  ),
  "a run in which everything is wrong in its own way": runOf(1_000, (n, exchanges) =>
    exchanges.map((one, m) => violation(n * 8 + m, one)),
  ),
};
