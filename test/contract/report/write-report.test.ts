import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, onTestFinished, test } from "vitest";
import { junitOf } from "../../../src/contract/report/junit.ts";
import { writeReport } from "../../../src/contract/report/write-report.ts";
import { reportOf, result, results } from "./sample-report.ts";

describe("the files of a report", () => {
  test("are written into a directory that is made for them", async () => {
    const root = await mkdtemp(join(tmpdir(), "understudy-report-"));
    onTestFinished(() => rm(root, { recursive: true }));
    const directory = join(root, "a", "b");
    const report = reportOf(results);
    const paths = await writeReport(report, directory);
    expect(paths.slice(0, 2)).toEqual([join(directory, "report.json"), join(directory, "junit.xml")]);
    expect(JSON.parse(await readFile(paths[0]!, "utf8"))).toMatchObject(report);
    expect(await readFile(paths[1]!, "utf8")).toBe(junitOf(report));
  });

  test("replace those of an earlier run", async () => {
    const directory = await mkdtemp(join(tmpdir(), "understudy-report-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeReport(reportOf(results), directory);
    const [path] = await writeReport(reportOf([]), directory);
    expect(JSON.parse(await readFile(path!, "utf8")).cases).toEqual([]);
  });
});

type Suite = { name: string; tests: string; failures: string; skipped: string; errors: string; testcase: Test[] };
type Test = {
  name: string;
  classname: string;
  time: string;
  failure?: { "#text"?: string };
  skipped?: unknown;
  "system-out": string;
};

/** JUnit XML as data; throws where it is not well formed. */
function read(xml: string): Suite[] {
  expect(XMLValidator.validate(xml)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    isArray: (name) => name === "testsuite" || name === "testcase",
  });
  return parser.parse(xml).testsuites?.testsuite ?? [];
}

/** What a case tells: in its failure where it has one, so that readers which show no other text show it. */
function storyOf({ failure, "system-out": out }: Test): string {
  return [failure?.["#text"], out].join("\n");
}

describe("junit.xml", () => {
  test("has a suite for each topic, with the right counts", () => {
    const counts = read(junitOf(reportOf(results))).map(({ name, tests, failures, skipped, errors }) => [
      name,
      tests,
      failures,
      skipped,
      errors,
    ]);
    expect(counts).toEqual([
      ["Connect API: billing", "3", "1", "0", "0"],
      ["Connect API: idempotency", "3", "0", "3", "0"],
    ]);
  });

  test("has a case for each case, in their order, with its id, its time in seconds and what was found", () => {
    const [billing] = read(junitOf(reportOf(results)));
    expect(billing?.testcase.map(({ name, classname, time }) => [name, classname, time])).toEqual([
      ["Title of billing/held [billing/held]", "billing", "0.012"],
      ["Title of billing/broken [billing/broken]", "billing", "0.012"],
      ["Title of billing/differs [billing/differs]", "billing", "0.012"],
    ]);
    const [, broken] = billing!.testcase;
    expect(broken?.failure).toMatchObject({ message: "status is not as it should be", type: "broken" });
    expect(storyOf(broken!)).toContain("expected 409\nreceived 200\ncurl -sS");
    expect(storyOf(broken!)).toContain("$CONNECT_API_KEY");
  });

  test.each([
    ["broken", "documented", false, true],
    ["broken", "assumed", false, true],
    ["differs", "assumed", false, false],
    ["differs", "documented", false, false],
    ["differs", "assumed", true, true],
    ["held", "documented", true, false],
    ["deviates", "documented", true, false],
    ["skipped", "documented", true, false],
  ] as const)("fails only what decides: %s, %s, strict %s", (outcome, basis, strict, fails) => {
    const [suite] = read(junitOf(reportOf([result("billing/x", { outcome, basis })], { strict })));
    expect([suite?.failures, "failure" in suite!.testcase[0]!]).toEqual([fails ? "1" : "0", fails]);
  });

  test("says why a case was skipped", () => {
    const [, idempotency] = read(junitOf(reportOf(results)));
    expect(storyOf(idempotency!.testcase[0]!)).toContain("skipped: the target has no clock that can be moved");
  });

  test("stays well formed whatever the target answered", () => {
    const received = "<a b='c'>]]>&amp; \u0000\u0001\u001b[31m\ufffe å 東 🧾 \ud800";
    const finding = { message: received, expected: received, received, curl: received, weight: "broken" as const };
    const odd = result("billing/odd", { title: received, claim: received, outcome: "broken", findings: [finding] });
    const [suite] = read(junitOf(reportOf([odd])));
    expect(suite?.failures).toBe("1");
    expect(suite?.testcase[0]?.name).toContain("å 東 🧾");
    // https://www.w3.org/TR/xml/#charsets
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(junitOf(reportOf([odd]))).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  });

  test("of no cases is well formed too", () => {
    expect(read(junitOf(reportOf([])))).toEqual([]);
  });
});
