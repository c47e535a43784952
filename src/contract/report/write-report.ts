import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import junit from "junit-report-builder";
import type { Comparison } from "./compare.ts";
import { harOf } from "./har.ts";
import { htmlOf } from "./html-report.ts";
import type { CaseResult, Report } from "./report.ts";

/** Writes the files of a report into a directory, which it makes; answers their paths. `version` is that of this program. */
export async function writeReport(
  report: Report,
  directory: string,
  options: { readonly version?: string; readonly comparison?: Comparison | undefined } = {},
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const files = {
    "report.json": `${JSON.stringify(report, null, 2)}\n`,
    "junit.xml": junitOf(report),
    "report.html": htmlOf(report, options.comparison),
    "run.har": `${JSON.stringify(harOf(report, options.version ?? ""), null, 2)}\n`,
  };
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    await writeFile(path, text);
    paths.push(path);
  }
  return paths;
}

/**
 * A run as JUnit XML, valid against the schema of Jenkins: a suite for each topic; what decides the exit code is a failure, what
 * does not goes to system-out. GitLab shows the text of a failure and passes over its attributes, so the story is told there.
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
