import junit from "junit-report-builder";
import { repeatText } from "../findings.ts";
import { type Budget, createBudget, howToSee, sizeOf, within } from "./bound.ts";
import { type Causes, causesOf, isShared } from "./causes.ts";
import { type CaseResult, cutShortText, disturbedText, openReason, type Report } from "./report.ts";
import { cutText } from "./text.ts";

/** The most bytes of `junit.xml`. */
export const mostBytes = 1_000_000;

/** The most findings and causes of one failure, and characters of one text. */
const most = { findings: 3, causes: 3, characters: 600 };

/**
 * A run as JUnit XML, valid against the schema of Jenkins: a suite for each topic; what decides the exit code is a failure, and
 * what does not goes to system-out. GitLab shows the text of a failure and passes over its attributes, so the
 * story is told there. A cause of several cases is the message of each of them, and told in the first. A run that was cut short or disturbed has an error, which no CI shows as passed. What would make the file too large is left out: first what is told of cases that held, then these cases.
 */
export function junitOf(report: Report): string {
  const causes = causesOf(report);
  return within(mostBytes, (bytes) => builtOf(report, causes, chosen(report, causes, createBudget(bytes))));
}

/** The cases of a file, each with what is told of it; `""` of what there is no room for. */
type Stories = ReadonlyMap<CaseResult, string>;

function fails({ outcome }: CaseResult, { strict }: Report): boolean {
  return outcome === "broken" || (outcome === "differs" && strict);
}

/** Chooses what a file holds, failures first. */
function chosen(report: Report, causes: Causes, budget: Budget): Stories {
  const order = [
    ...report.cases.filter((item) => fails(item, report)),
    ...report.cases.filter((item) => !fails(item, report) && item.outcome !== "held"),
    ...report.cases.filter(({ outcome }) => outcome === "held"),
  ];
  const stories = new Map<CaseResult, string>();
  for (const item of order) if (budget.take(frameSize(item, causes))) stories.set(item, "");
  for (const item of order) {
    const story = storyOf(item, causes);
    if (stories.has(item) && budget.take(escapedSize(story))) stories.set(item, story);
  }
  return stories;
}

/** What a case takes without its story. */
function frameSize(item: CaseResult, causes: Causes): number {
  return escapedSize(`${cutText(item.title, most.characters)}${item.id}${messageOf(item, causes)}`) + 220;
}

function escapedSize(text: string): number {
  return sizeOf(text) + 5 * (text.match(/[&<>"']/g)?.length ?? 0);
}

function builtOf(report: Report, causes: Causes, stories: Stories): string {
  // The types of this package speak of an ES module; at run time it is CommonJS, and its one export is the builder.
  const builder = (junit as unknown as typeof junit.default).newBuilder();
  for (const [topic, cases] of topicsOf(report.cases)) {
    const suite = builder.testSuite().name(`${report.spec.title}: ${topic}`).timestamp(new Date(report.startedAt));
    for (const item of cases) {
      const story = stories.get(item);
      if (story === undefined) continue;
      const test = suite
        .testCase()
        .className(topic)
        .name(`${cutText(item.title, most.characters)} [${item.id}]`)
        .time(item.durationMs / 1000);
      if (item.outcome === "skipped") test.skipped();
      if (fails(item, report)) test.failure(messageOf(item, causes), item.outcome).stacktrace(story || item.outcome);
      else if (story !== "") test.standardOutput(story);
    }
    const omitted = cases.filter((item) => !stories.has(item)).length;
    const untold = cases.filter((item) => stories.get(item) === "").length;
    const left = `${omitted} cases, and what there is to tell of ${untold} others; ${howToSee(report)}`;
    if (omitted + untold > 0) suite.property("omitted", left);
  }
  const { cutShort, disturbed } = report;
  if (openReason(report)) {
    const suite = builder.testSuite().name(`${report.spec.title}: run`).timestamp(new Date(report.startedAt));
    const test = suite.testCase().className("run").name("The run came to its end");
    if (cutShort) test.error(cutText(cutShortText(cutShort), most.characters), "cut short");
    else if (disturbed) test.error(cutText(disturbedText(disturbed), most.characters), "disturbed");
  }
  // The builder counts what is skipped for the root too, where the schema knows no such attribute.
  return builder.build().replace(/(<testsuites [^>]*?) skipped="\d+"/, "$1");
}

function topicsOf(cases: readonly CaseResult[]): Map<string, CaseResult[]> {
  const topics = new Map<string, CaseResult[]>();
  for (const item of cases) {
    const topic = item.id.split("/", 1)[0]!;
    const known = topics.get(topic);
    if (known) known.push(item);
    else topics.set(topic, [item]);
  }
  return topics;
}

/** What a failure is, for readers that show no more and put the same beside the same. */
function messageOf(item: CaseResult, causes: Causes): string {
  const [shared] = causes.ofCase(item).filter(isShared);
  const message = shared ? `${shared.cases.length} cases: ${shared.what}` : item.findings[0]?.message;
  return cutText(message ?? item.outcome, most.characters);
}

/** A case with the findings whose cause is its own, or told in it; of any other cause, in which case to look. */
function storyOf(item: CaseResult, causes: Causes): string {
  const { basis, claim, outcome, reason, findings } = item;
  const asText = (value: unknown) => cutText(JSON.stringify(value) ?? "(absent)", most.characters);
  const lines = [`${outcome}${reason ? `: ${cutText(reason, most.characters)}` : ""} (${basis}: ${claim})`];
  const shared = causes.ofCase(item).filter(isShared);
  for (const cause of shared.slice(0, most.causes)) {
    const where = cause.place === undefined ? "" : ` (document #${cause.place})`;
    const see = cause.exampleCase === item ? "" : `; told in ${cause.exampleCase.id}`;
    lines.push(`cause of ${cause.cases.length} cases: ${cause.what}${where}${see}`);
    const { curl } = findings.find((finding) => causes.of(finding) === cause)!;
    if (see !== "" && curl !== "") lines.push(cutText(curl, most.characters));
  }
  if (shared.length > most.causes) lines.push(`and ${shared.length - most.causes} more causes of several cases`);
  const own = findings.filter((finding) => {
    const cause = causes.of(finding);
    return cause === undefined || !isShared(cause) || cause.example === finding;
  });
  for (const { message, expected, received, curl, repeat } of own.slice(0, most.findings)) {
    lines.push(cutText(message, most.characters), `expected ${asText(expected)}`, `received ${asText(received)}`);
    lines.push(cutText(curl, most.characters));
    if (repeat) lines.push(`again: ${repeatText(item.id, repeat)}`);
  }
  if (own.length > most.findings) lines.push(`and ${own.length - most.findings} more findings`);
  // The end of a CDATA section, of which the builder escapes only the first.
  return lines.join("\n").replaceAll("]]>", "]] >");
}
