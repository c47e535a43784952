import { XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import type { Finding } from "../../../src/contract/findings.ts";
import { createBudget, cutText, within } from "../../../src/contract/report/bound.ts";
import { harTextOf } from "../../../src/contract/report/har.ts";
import { htmlOf } from "../../../src/contract/report/html-report.ts";
import { jsonOf } from "../../../src/contract/report/json.ts";
import { junitOf } from "../../../src/contract/report/junit.ts";
import type { CaseResult, RecordedExchange, Report } from "../../../src/contract/report/report.ts";
import { describeRun } from "../../../src/contract/report/terminal.ts";
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

const reports: Record<string, Report> = {
  "a run of 22,000 requests that found nothing": runOf(2_750, () => []),
  "a run of 22,000 requests with 900 findings of 40 causes": runOf(2_750, (n, [first]) =>
    n < 900 ? [violation(n % 40, first!)] : [],
  ),
  "a run in which everything is wrong in its own way": runOf(1_000, (n, exchanges) =>
    exchanges.map((one, m) => violation(n * 8 + m, one)),
  ),
};

describe.each(Object.entries(reports))("of %s", (_, report) => {
  const right = report.summary.broken === 0;
  const failing = report.cases.filter(({ outcome }) => outcome === "broken");

  test("report.html opens in a browser", { timeout: 60_000 }, () => {
    const page = htmlOf(report);
    expect(Buffer.byteLength(page)).toBeLessThan(right ? 500_000 : 2_000_000);
    const shown = page.match(/data-outcome="/g)!.length;
    const omitted = [...page.matchAll(/(\d+) more are not shown here/g)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
    expect(shown + omitted).toBe(report.cases.length);
    if (omitted > 0) expect(page.includes("understudy verify --filter ID --seed 7 runs one case again")).toBe(true);
    if (!right) expect(page.includes('class="finding"')).toBe(true);
  });

  test("report.json is whole, but for what it counts as left out", { timeout: 60_000 }, () => {
    const text = jsonOf(report);
    expect(Buffer.byteLength(text)).toBeLessThan(20_000_000);
    const read: Report = JSON.parse(text);
    expect(read.cases.map(({ id, outcome }) => [id, outcome])).toEqual(
      report.cases.map(({ id, outcome }) => [id, outcome]),
    );
    const kept = read.cases.reduce((sum, { exchanges = [] }) => sum + exchanges.length, 0);
    expect(kept).toBeGreaterThan(500);
    expect(kept + read.omitted!.exchanges).toBe(report.cases.length * 8);
    const findings = read.cases.reduce((sum, item) => sum + item.findings.length, 0);
    expect(findings + read.omitted!.findings).toBe(failing.reduce((sum, item) => sum + item.findings.length, 0));
    expect((read.causes ?? []).length + read.omitted!.causes).toBe(
      new Set(failing.flatMap(({ findings }) => findings.map(({ place }) => place))).size,
    );
  });

  test("the first exchange of each cause is in report.json and in run.har", { timeout: 60_000 }, () => {
    const read: Report = JSON.parse(jsonOf(report));
    const kept = new Set(read.cases.flatMap(({ exchanges = [] }) => exchanges.map(({ curl }) => curl)));
    const har: { log: { entries: { comment: string }[]; comment: string } } = JSON.parse(harTextOf(report, "1"));
    const entries = new Set(har.log.entries.map(({ comment }) => comment));
    for (const { example } of read.causes ?? [])
      expect([kept.has(example.curl), entries.has(example.curl)]).toEqual([true, true]);
    expect(har.log.comment).toContain(`${report.cases.length * 8 - entries.size} exchanges of cases were left out`);
  });

  test("run.har and junit.xml are bounded, and every failure is in the latter", { timeout: 60_000 }, () => {
    expect(Buffer.byteLength(harTextOf(report, "1"))).toBeLessThan(20_000_000);
    const xml = junitOf(report);
    expect(Buffer.byteLength(xml)).toBeLessThan(1_000_000);
    expect(XMLValidator.validate(xml)).toBe(true);
    expect(xml.match(/<failure/g)?.length ?? 0).toBe(failing.length);
  });

  test("the story is short", () => {
    expect(describeRun(report, { color: false }).split("\n").length).toBeLessThan(400);
  });
});

test("a budget gives what it has, and no more", () => {
  const budget = createBudget(10);
  expect([budget.take(6), budget.take(6), budget.take(4), budget.take(1)]).toEqual([true, false, true, false]);
});

test("what is written is cut until it fits, as far as anything can be cut", () => {
  expect(within(4_000, (budget) => "é".repeat(budget))).toHaveLength(2_000);
  expect(within(10, () => "x".repeat(100))).toHaveLength(100);
});

test("a text that is cut says how much is missing", () => {
  expect([cutText("abc", 3), cutText("abcdef", 3)]).toEqual(["abc", "abc... (3 more characters)"]);
});
