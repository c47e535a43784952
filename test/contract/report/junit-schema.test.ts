import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { junitOf } from "../../../src/contract/report/junit.ts";
import type { Report } from "../../../src/contract/report/report.ts";
import { faults } from "../../deployment/faults.ts";
import { runAgainst } from "../../mutants/run-against.ts";
import { lacking } from "../../needs.ts";
import { largeReports } from "./large-reports.ts";
import { reportOf, result, results } from "./sample-report.ts";

const schema = fileURLToPath(new URL("junit-schema/junit-10.xsd", import.meta.url));
const missing = lacking("xmllint");

/** What xmllint says of a report against the schema of Jenkins. */
function verdictOn(xml: string): string {
  const { stderr } = spawnSync("xmllint", ["--noout", "--schema", schema, "-"], { input: xml, encoding: "utf8" });
  return stderr.trim();
}

const odd = "<a b='c'>]]>&amp; \u0000\u001b[31m\ufffe å 東 🧾";
const long = Array.from({ length: 40 }, (_, n) => result(`billing/n-${n}`, { durationMs: 1_000_100 + n * 333 }));
const findings = [{ message: odd, expected: odd, received: odd, curl: odd, weight: "broken" as const }];
const reports: [string, Report][] = [
  ["one case of each outcome", reportOf(results)],
  ["a strict run", reportOf(results, { strict: true })],
  ["no cases", reportOf([])],
  ["times that do not add up in binary, and beyond a thousand seconds", reportOf(long)],
  ...Object.entries(largeReports),
  ["more cases than there is room for", reportOf(Array.from({ length: 9_000 }, (_, n) => result(`billing/n-${n}`)))],
  ["a run that was cut short", reportOf(results, { cutShort: { reason: odd, at: "billing/held" } })],
  ["texts that no XML may hold", reportOf([result("billing/odd", { title: odd, outcome: "broken", findings })])],
];

describe.skipIf(missing)(`junit.xml against the schema of Jenkins${missing}`, () => {
  test.each(reports)("is valid: %s", (_, report) => {
    expect(verdictOn(junitOf(report))).toBe("- validates");
  });

  test("is valid of a whole run that broke", { timeout: 30_000 }, async () => {
    const report = await runAgainst(faults.find(({ id }) => id === "compared-by-key-only")!.behaviour);
    expect(report.summary.broken).toBeGreaterThan(0);
    expect(verdictOn(junitOf(report))).toBe("- validates");
  });

  test("a root that counts what was skipped is not", () => {
    expect(verdictOn('<testsuites skipped="1"/>')).toContain("The attribute 'skipped' is not allowed");
  });
});

// What matters most, for machines without xmllint.
test("junit.xml has no attribute on its root that the schema does not know", () => {
  const [, attributes] = /<testsuites([^>]*)>/.exec(junitOf(reportOf(results)))!;
  const known = ["name", "time", "tests", "failures", "errors"];
  expect([...attributes!.matchAll(/(\w+)=/g)].map(([, name]) => name).filter((name) => !known.includes(name!))).toEqual(
    [],
  );
});
