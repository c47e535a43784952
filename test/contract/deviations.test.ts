import { describe, expect, test } from "vitest";
import { deviationsOf, parseDeviations, withDeviation } from "../../src/contract/deviations.ts";
import type { CaseResult, Outcome, Report } from "../../src/contract/report/report.ts";

const cases = [{ id: "topic/one" }, { id: "topic/two" }];
const parse = (text: string) => parseDeviations(text, "known.yaml", cases);

function resultOf(outcome: Outcome): CaseResult {
  const findings = outcome === "broken" ? [{ message: "wrong", curl: "curl", weight: "broken" as const }] : [];
  return { id: "topic/one", title: "One", basis: "documented", claim: "It is so.", outcome, durationMs: 1, findings };
}

describe("a list of deviations", () => {
  test("is read from YAML or JSON", () => {
    const list = [
      { case: "topic/one", reason: "ticket 12", until: "2026-12-31" },
      { case: "topic/two", reason: "by design" },
    ];
    expect(
      parse("- { case: topic/one, reason: ticket 12, until: 2026-12-31 }\n- { case: topic/two, reason: by design }"),
    ).toEqual(list);
    expect(parse(JSON.stringify(list))).toEqual(list);
    expect(parse("")).toEqual([]);
  });

  test.each([
    ["case: topic/one", "known.yaml should be a list of { case, reason, until? }."],
    [
      "- { case: topic/one, reason: r }\n- { case: topic/tree, reason: r }",
      'known.yaml:2: there is no case "topic/tree"; understudy verify --list shows them.',
    ],
    ["- { case: topic/one }", "known.yaml:1: the deviation topic/one should give its reason."],
    [
      "- { case: topic/one, reason: r, until: soon }",
      'known.yaml:1: until is "soon"; it should be a date, such as 2026-12-31.',
    ],
    [
      "- { case: topic/one, reason: r, why: x }",
      'known.yaml:1: "why" is no member of a deviation; those are case, reason and until.',
    ],
    [
      "- { case: topic/one, reason: r }\n- { case: topic/one, reason: s }",
      "known.yaml:2: topic/one stands here a second time.",
    ],
    ["- [", "known.yaml is neither YAML nor JSON"],
  ])("%s is refused", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

describe("a case with a deviation", () => {
  const deviation = { case: "topic/one", reason: "ticket 12" };

  test("deviates where it fails", () => {
    expect(withDeviation([deviation], resultOf("broken"), "2026-11-22")).toMatchObject({
      outcome: "deviates",
      reason: "ticket 12",
    });
    expect(withDeviation([deviation], resultOf("differs"), "2026-11-22")).toMatchObject({ outcome: "deviates" });
  });

  test("fails the run where it holds again", () => {
    const { outcome, findings } = withDeviation([deviation], resultOf("held"), "2026-11-22");
    expect(outcome).toBe("broken");
    expect(findings[0]?.message).toContain("take it off the list");
  });

  test("is broken again after its last day", () => {
    const dated = { ...deviation, until: "2026-11-22" };
    expect(withDeviation([dated], resultOf("broken"), "2026-11-22").outcome).toBe("deviates");
    expect(withDeviation([dated], resultOf("broken"), "2026-11-23")).toMatchObject({
      outcome: "broken",
      reason: "its deviation ended on 2026-11-22: ticket 12",
    });
  });

  test("stays skipped where it could not run, and leaves other cases alone", () => {
    expect(withDeviation([deviation], resultOf("skipped"), "2026-11-22").outcome).toBe("skipped");
    expect(withDeviation([{ ...deviation, case: "topic/two" }], resultOf("broken"), "2026-11-22").outcome).toBe(
      "broken",
    );
  });
});

test("a baseline covers just what fails, and can be read back", () => {
  const report = {
    startedAt: "2026-11-22T10:00:00.000Z",
    strict: false,
    cases: [resultOf("broken"), { ...resultOf("differs"), id: "topic/two" }],
  };
  const text = deviationsOf(report as unknown as Report);
  expect(parse(text)).toEqual([{ case: "topic/one", reason: "wrong (baseline of 2026-11-22)" }]);
});
