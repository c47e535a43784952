import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { verify } from "../../../src/commands/verify.ts";
import { RunError } from "../../../src/contract/guest.ts";
import { compareReports, type OutcomeChange, readReport } from "../../../src/contract/report/compare.ts";
import { htmlOf } from "../../../src/contract/report/html-report.ts";
import type { Outcome, Report } from "../../../src/contract/report/report.ts";
import { describeComparison } from "../../../src/contract/report/terminal.ts";
import { reportOf, result } from "./sample-report.ts";

/** A report in which the case `billing/NAME` had an outcome. */
function runOf(outcomes: Readonly<Record<string, Outcome>>): Report {
  return reportOf(Object.entries(outcomes).map(([name, outcome]) => result(`billing/${name}`, { outcome })));
}

const ids = (changes: readonly OutcomeChange[]) => changes.map(({ id }) => id.replace("billing/", ""));

async function fileOf(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "understudy-compare-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "report.json"), text);
  return join(directory, "report.json");
}

describe("a comparison of two runs", () => {
  test.each<[Outcome, Outcome, string]>([
    ["held", "broken", "broken"],
    ["skipped", "broken", "broken"],
    ["differs", "broken", "broken"],
    ["deviates", "broken", "broken"],
    ["held", "differs", "differs"],
    ["broken", "held", "mended"],
    ["differs", "held", "mended"],
    ["deviates", "held", "mended"],
    ["broken", "differs", "otherwise"],
    ["broken", "skipped", "otherwise"],
    ["held", "skipped", "otherwise"],
    ["skipped", "held", "otherwise"],
    ["broken", "deviates", "otherwise"],
  ])("puts %s, then %s, among %s", (before, after, list) => {
    const { broken, differs, mended, otherwise, same } = compareReports(runOf({ x: before }), runOf({ x: after }));
    expect({ broken: ids(broken), differs: ids(differs), mended: ids(mended), otherwise: ids(otherwise) }).toEqual({
      ...{ broken: [], differs: [], mended: [], otherwise: [] },
      [list]: ["x"],
    });
    expect(same).toBe(0);
  });

  test("names what is new and what is gone, and counts what is as it was", () => {
    const found = compareReports(
      runOf({ a: "held", b: "broken", c: "held" }),
      runOf({ a: "held", b: "broken", d: "broken" }),
    );
    expect([ids(found.added), ids(found.gone), found.same, found.broken]).toEqual([["d"], ["c"], 2, []]);
  });

  test("is told in the terminal, list by list", () => {
    const before = runOf({ a: "held", b: "broken", c: "held", e: "skipped" });
    const after = runOf({ a: "broken", b: "held", d: "held", e: "skipped" });
    expect(describeComparison(compareReports(before, after), { color: false })).toBe(
      `Since the run of 2026-01-15T09:30:00.000Z against http://target.example:
  Newly broken: 1
    billing/a  (held → broken)
  Mended: 1
    billing/b  (broken → held)
  New: 1
    billing/d  (held)
  Gone: 1
    billing/c  (held)
  The same: 1
`,
    );
    expect(describeComparison(compareReports(after, after), { color: false })).toContain(
      "  Nothing changed; the same: 4\n",
    );
  });

  test("lists no more in the terminal than a reader reads", () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`n-${n}`, "held" as const]));
    const story = describeComparison(compareReports(runOf({}), runOf(many)), { color: false });
    expect(story.split("\n").length).toBeLessThan(26);
    expect(story).toContain("    and 10 more\n");
  });

  test("stands in the page, with links to the cases that are there", () => {
    const after = runOf({ a: "broken" });
    const page = htmlOf(after, compareReports(runOf({ a: "held", c: "held" }), after));
    expect(page).toContain("Newly broken <b>1</b>");
    expect(page).toContain('<a href="#billing/a">Title of billing/a</a> <small>billing/a, held → broken</small>');
    expect(page).not.toContain('href="#billing/c"');
    expect(htmlOf(after)).not.toContain("Since the run");
  });
});

describe("an earlier report", () => {
  test("is read back as it was written", async () => {
    const report = runOf({ a: "held" });
    expect(await readReport(await fileOf(JSON.stringify(report)))).toEqual(report);
  });

  const report = runOf({ a: "held" });
  test.each([
    ["no JSON", "<html>", "it is no JSON"],
    ["empty", "", "it is no JSON"],
    ["a list", "[]", "it is no report: the file is not as in one"],
    ["another object", '{"cases":[]}', "it is no report: target.baseUrl is not as in one"],
    ["without a time", JSON.stringify({ ...report, startedAt: "yesterday" }), "startedAt is not as in one"],
    ["without cases", JSON.stringify({ ...report, cases: {} }), "cases is not as in one"],
    ["with an outcome that is none", JSON.stringify(runOf({ a: "held", b: "ok" as Outcome })), "cases[1] is not"],
  ])("is refused that is %s", async (_, text, message) => {
    const refusal = await readReport(await fileOf(text)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RunError);
    expect(String(refusal)).toContain(message);
    expect(String(refusal)).toContain("It should be the report.json of an earlier run with --report, or its folder.");
  });

  test.each([
    ["is not there", () => "/no/such/report.json", "it cannot be read (ENOENT)"],
    ["is no report", () => fileOf("{}"), "it is no report"],
  ])("that %s ends the run before it begins, with 2", async (_, file, message) => {
    let [screen, said] = ["", ""];
    const code = await verify(
      { compare: await file(), timeout: 1 },
      {
        write: (text) => {
          screen += text;
        },
      },
      false,
      (text) => {
        said = text;
      },
    );
    expect([code, screen]).toEqual([2, ""]);
    expect(said).toContain(message);
  });

  test("is compared only where a filtered run has its cases", { timeout: 30_000 }, async () => {
    const file = await fileOf(
      JSON.stringify(
        reportOf([
          result("customers/read", { outcome: "broken" }),
          result("billing/no-longer-there"),
          result("customers/read-of-old"),
        ]),
      ),
    );
    let screen = "";
    const write = (text: string) => {
      screen += text;
    };
    expect(await verify({ compare: file, filter: "customers/read", timeout: 5 }, { write }, false, () => {})).toBe(0);
    expect(screen).toContain("  Mended: 1\n    customers/read  (broken → held)\n");
    expect(screen).toContain("  Gone: 1\n    customers/read-of-old  (held)\n");
  });
});
