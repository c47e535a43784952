import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import junit from "junit-report-builder";
import type { CaseResult, Report } from "./report.ts";

/** Writes `report.json` and `junit.xml` into a directory, which it makes; answers their paths. */
export async function writeReport(report: Report, directory: string): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const files = { "report.json": `${JSON.stringify(report, null, 2)}\n`, "junit.xml": junitOf(report) };
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    await writeFile(path, text);
    paths.push(path);
  }
  return paths;
}

/** A run as JUnit XML: a suite for each topic; what decides the exit code is a failure, what does not goes to system-out. */
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
      if (fails) test.failure(item.findings[0]?.message ?? item.outcome, item.outcome);
      // The end of a CDATA section, of which the builder escapes only the first.
      test.standardOutput(storyOf(item).replaceAll("]]>", "]] >"));
    }
  }
  return builder.build();
}

function storyOf({ basis, claim, outcome, reason, findings }: CaseResult): string {
  const lines = [`${outcome}${reason ? `: ${reason}` : ""} (${basis}: ${claim})`];
  for (const { message, expected, received, curl } of findings) {
    lines.push(message, `expected ${JSON.stringify(expected)}`, `received ${JSON.stringify(received)}`, curl);
  }
  return lines.join("\n");
}
