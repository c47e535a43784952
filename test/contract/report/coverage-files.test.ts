import { describe, expect, test } from "vitest";
import { badgeOf, coverageOf } from "../../../src/contract/report/coverage-files.ts";
import { decide, stated } from "../../../src/contract/statement.ts";
import { reportOf, result } from "./sample-report.ts";

describe("coverage.json", () => {
  test("tells of each statement the cases that decide it, and what they saw", () => {
    const cases = [result("a/one"), result("a/two", { outcome: "skipped" }), result("b/three", { outcome: "broken" })];
    const statements = decide(
      [stated.documented("One and two.", "a/*"), stated.assumed("Three.", "b/three"), stated.hidden("Four.", "why")],
      cases,
    );
    const report = reportOf(cases);
    const coverage = JSON.parse(coverageOf({ ...report, coverage: { ...report.coverage, statements } }));
    expect(coverage.statements).toEqual([
      {
        text: "One and two.",
        basis: "documented",
        outcome: "held",
        cases: [
          { id: "a/one", outcome: "held" },
          { id: "a/two", outcome: "skipped" },
        ],
      },
      { text: "Three.", basis: "assumed", outcome: "broken", cases: [{ id: "b/three", outcome: "broken" }] },
      { text: "Four.", basis: "documented", outcome: "skipped", cases: [], hidden: "why" },
    ]);
    expect(coverage).toMatchObject({ target: report.target, spec: report.spec, verdict: "1 broken" });
  });
});

describe("badge.svg", () => {
  const held = reportOf([result("a/one")]);
  const seen = { ...held, coverage: { ...held.coverage, percent: 98.7 } };
  test.each([
    ["conforms", held],
    ["conforms, 98% seen", seen],
    ["1 broken", reportOf([result("a/one"), result("a/two", { outcome: "broken" })])],
    ["no verdict", { ...held, cutShort: { reason: "the run was stopped" } }],
    ["no verdict", reportOf([result("a/one", { outcome: "skipped" })])],
  ])("says %s", (message, report) => {
    expect(badgeOf(report)).toContain(`<title>contract: ${message}</title>`);
  });
});
