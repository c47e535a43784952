import { late, once } from "../../document/late.ts";
import { repeatText } from "../findings.ts";
import { type Budget, createBudget, howToSee, sizeOf, within } from "./bound.ts";
import { type Causes, causesOf, isShared } from "./causes.ts";
import { type CaseResult, cutShortText, disturbedText, openReason, type Report } from "./report.ts";
import { cutText } from "./text.ts";

const fastXml = late<typeof import("fast-xml-parser")>("fast-xml-parser");

const xml = once(() => {
  const how = { ignoreAttributes: false, attributeNamePrefix: "@", cdataPropName: "#cdata", format: true };
  const escaped = (_: string, value: unknown) => legible(`${value}`).replaceAll("\n", "&#10;");
  return new (fastXml().XMLBuilder)({ ...how, suppressEmptyNode: true, attributeValueProcessor: escaped });
});

/** A text without what XML 1.0 cannot hold. https://www.w3.org/TR/xml/#charsets */
function legible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, "");
}

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
  const suites = [...topicsOf(report.cases)].map(([topic, cases]) => {
    const told = cases.filter((item) => stories.has(item));
    const omitted = cases.length - told.length;
    const untold = told.filter((item) => stories.get(item) === "").length;
    const left = `${omitted} cases, and what there is to tell of ${untold} others; ${howToSee(report)}`;
    const tests = told.map((item) => testOf(item, topic, stories.get(item)!, { report, causes }));
    return suiteOf(report, topic, tests, omitted + untold > 0 ? { "@name": "omitted", "@value": left } : undefined);
  });
  if (openReason(report)) suites.push(suiteOf(report, "run", [openTest(report)]));
  return xml().build({
    "?xml": { "@version": "1.0", "@encoding": "UTF-8" },
    testsuites: {
      ...countsOf(
        suites.flatMap(({ testcase }) => testcase),
        ["failures", "errors"],
      ),
      testsuite: suites,
    },
  });
}

type Test = Readonly<Record<string, unknown>>;

/** A suite, with its members in the order that the schema wants. */
function suiteOf({ spec, startedAt }: Report, topic: string, testcase: readonly Test[], property?: Test) {
  return {
    "@name": `${spec.title}: ${topic}`,
    "@timestamp": startedAt.replace(/\..*$/, ""),
    ...countsOf(testcase, ["failures", "errors", "skipped"]),
    ...(property ? { properties: { property } } : {}),
    testcase,
  };
}

function countsOf(tests: readonly Test[], kinds: readonly ("failures" | "errors" | "skipped")[]) {
  const members = { failures: "failure", errors: "error", skipped: "skipped" };
  const counts = kinds.map((kind) => [`@${kind}`, tests.filter((test) => members[kind] in test).length]);
  return { "@tests": tests.length, ...Object.fromEntries(counts) };
}

function testOf(item: CaseResult, topic: string, story: string, { report, causes }: Told): Test {
  const { id, title, outcome, durationMs } = item;
  const failure = { "@message": messageOf(item, causes), "@type": outcome, "#cdata": legible(story || outcome) };
  return {
    "@classname": topic,
    "@name": `${cutText(title, most.characters)} [${id}]`,
    "@time": durationMs / 1000,
    ...(outcome === "skipped" ? { skipped: "" } : {}),
    ...(fails(item, report) ? { failure } : story === "" ? {} : { "system-out": { "#cdata": legible(story) } }),
  };
}

type Told = { readonly report: Report; readonly causes: Causes };

/** What no CI shows as passed: that the run is no verdict. */
function openTest({ cutShort, disturbed }: Report): Test {
  const [type, message] = cutShort
    ? ["cut short", cutShortText(cutShort)]
    : ["disturbed", disturbed ? disturbedText(disturbed) : ""];
  const error = { "@message": cutText(message, most.characters), "@type": type };
  return { "@classname": "run", "@name": "The run came to its end", error };
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
  return lines.join("\n");
}
