import { writeFileSync } from "node:fs";
import { join } from "node:path";
import junit from "junit-report-builder";
import { makeFolder } from "../folder.ts";
import type { Comparison } from "./compare.ts";
import { harOf } from "./har.ts";
import { htmlOf } from "./html-report.ts";
import { type CaseResult, cutShortText, disturbedText, openReason, type Report } from "./report.ts";

/**
 * Writes the files of a report into a directory, which it makes; answers their paths. Waits for nothing, so that it can be the last
 * that a process does. Where a file cannot be written the others are, and the first error is thrown. `version` is that of this program.
 */
export function writeReport(
  report: Report,
  directory: string,
  options: { readonly version?: string; readonly comparison?: Comparison | undefined } = {},
): string[] {
  makeFolder(directory);
  const files: Record<string, () => string> = {
    "report.json": () => `${JSON.stringify(report, null, 2)}\n`,
    "junit.xml": () => junitOf(report),
    "report.html": () => htmlOf(report, options.comparison),
    "run.har": () => `${JSON.stringify(harOf(report, options.version ?? ""), null, 2)}\n`,
  };
  const errors: unknown[] = [];
  for (const [name, textOf] of Object.entries(files)) {
    try {
      writeFileSync(join(directory, name), textOf());
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return Object.keys(files).map((name) => join(directory, name));
}

/**
 * A run as JUnit XML, valid against the schema of Jenkins: a suite for each topic; what decides the exit code is a failure, what
 * does not goes to system-out; a run that was cut short or disturbed has an error, which no CI shows as passed. GitLab shows the text of a failure and passes over its attributes, so the story is told there.
 */
export function junitOf(report: Report): string {
  // The types of this package speak of an ES module; at run time it is CommonJS, and its one export is the builder.
  const builder = (junit as unknown as typeof junit.default).newBuilder();
  for (const topic of new Set(report.cases.map(({ id }) => id.split("/", 1)[0]!))) {
    const suite = builder.testSuite().name(`${report.spec.title}: ${topic}`).timestamp(new Date(report.startedAt));
    for (const item of report.cases.filter(({ id }) => id.startsWith(`${topic}/`))) {
      const test = suite
        .testCase()
        .className(topic)
        .name(`${item.title} [${item.id}]`)
        .time(item.durationMs / 1000);
      const fails = item.outcome === "broken" || (item.outcome === "differs" && report.strict);
      if (item.outcome === "skipped") test.skipped();
      if (fails) test.failure(item.findings[0]?.message ?? item.outcome, item.outcome).stacktrace(storyOf(item));
      else test.standardOutput(storyOf(item));
    }
  }
  const { cutShort, disturbed } = report;
  if (openReason(report)) {
    const suite = builder.testSuite().name(`${report.spec.title}: run`).timestamp(new Date(report.startedAt));
    const test = suite.testCase().className("run").name("The run came to its end");
    if (cutShort) test.error(cutShortText(cutShort), "cut short");
    else if (disturbed) test.error(disturbedText(disturbed), "disturbed");
  }
  // The builder counts what is skipped for the root too, where the schema knows no such attribute.
  return builder.build().replace(/(<testsuites [^>]*?) skipped="\d+"/, "$1");
}

function storyOf({ basis, claim, outcome, reason, findings }: CaseResult): string {
  const lines = [`${outcome}${reason ? `: ${reason}` : ""} (${basis}: ${claim})`];
  for (const { message, expected, received, curl } of findings) {
    lines.push(message, `expected ${JSON.stringify(expected)}`, `received ${JSON.stringify(received)}`, curl);
  }
  // The end of a CDATA section, of which the builder escapes only the first.
  return lines.join("\n").replaceAll("]]>", "]] >");
}
