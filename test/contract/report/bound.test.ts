import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLValidator } from "fast-xml-parser";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createBudget, within } from "../../../src/contract/report/bound.ts";
import { compareReports, readReport } from "../../../src/contract/report/compare.ts";
import { harTextOf } from "../../../src/contract/report/har.ts";
import { htmlOf } from "../../../src/contract/report/html-report.ts";
import { jsonOf } from "../../../src/contract/report/json.ts";
import { junitOf } from "../../../src/contract/report/junit.ts";
import type { Report } from "../../../src/contract/report/report.ts";
import { describeRun } from "../../../src/contract/report/terminal.ts";
import { cutText } from "../../../src/contract/report/text.ts";
import { largeReports } from "./large-reports.ts";
import { reportOf, result } from "./sample-report.ts";

vi.setConfig({ testTimeout: 60_000 });

describe.each(Object.entries(largeReports))("of %s", (_, report) => {
  const right = report.summary.broken === 0;
  const failing = report.cases.filter(({ outcome }) => outcome === "broken");
  const json = jsonOf(report);
  const read: Report = JSON.parse(json);
  const har = harTextOf(report, "1");

  test("report.html opens in a browser", () => {
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

  test("report.json is whole, but for what it counts as left out", () => {
    expect(Buffer.byteLength(json)).toBeLessThan(20_000_000);
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

  test("the first exchange of each cause is in report.json and in run.har", () => {
    const kept = new Set(read.cases.flatMap(({ exchanges = [] }) => exchanges.map(({ curl }) => curl)));
    const { log }: { log: { entries: { comment: string }[]; comment: string } } = JSON.parse(har);
    const entries = new Set(log.entries.map(({ comment }) => comment));
    for (const { example } of read.causes ?? [])
      expect([kept.has(example.curl), entries.has(example.curl)]).toEqual([true, true]);
    expect(log.comment).toContain(`${report.cases.length * 8 - entries.size} exchanges of cases were left out`);
  });

  test("run.har and junit.xml are bounded, and every failure is in the latter", () => {
    expect(Buffer.byteLength(har)).toBeLessThan(20_000_000);
    const xml = junitOf(report);
    expect(Buffer.byteLength(xml)).toBeLessThan(1_000_000);
    expect(XMLValidator.validate(xml)).toBe(true);
    expect(xml.match(/<failure/g)?.length ?? 0).toBe(failing.length);
  });

  test("the file can be compared with", async () => {
    const directory = await mkdtemp(join(tmpdir(), "understudy-large-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, "report.json");
    await writeFile(file, json);
    const { same, ...changes } = compareReports(await readReport(file), report);
    expect(same).toBe(report.cases.length);
    const none = { broken: [], differs: [], mended: [], otherwise: [], added: [], gone: [] };
    expect(changes).toMatchObject(none);
  });

  test("the story is short", () => {
    expect(describeRun(report, { color: false }).split("\n").length).toBeLessThan(400);
  });
});

test("a page has room for what changed since another run, and counts the changes that it has no room for", () => {
  const cases = (name: string) => Array.from({ length: 2_000 }, (_, n) => result(`a/${name}-${n}`.padEnd(200, "x")));
  const comparison = compareReports(reportOf(cases("earlier")), reportOf(cases("later")));
  const page = htmlOf(reportOf(cases("later")), comparison);
  expect(Buffer.byteLength(page)).toBeLessThan(500_000);
  expect(page).toMatch(/1[789]\d\d more changes are not shown here; report.json has them\./);
});

test("what JUnit has no room for is counted, suite by suite", () => {
  const cases = Array.from({ length: 4_000 }, (_, n) => result(`a/${n}`, { title: "title ".repeat(80) }));
  const xml = junitOf(reportOf(cases, { seed: 7 }));
  expect(Buffer.byteLength(xml)).toBeLessThan(1_000_000);
  const [, omitted, untold] = /name="omitted" value="(\d+) cases, and what there is to tell of (\d+) others;/.exec(
    xml,
  )!;
  expect(Number(omitted) + xml.match(/<testcase/g)!.length).toBe(cases.length);
  expect(Number(untold) + (xml.match(/<system-out/g) ?? []).length).toBe(xml.match(/<testcase/g)!.length);
  expect(xml).toContain("understudy verify --filter ID --seed 7 runs one case again");
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
