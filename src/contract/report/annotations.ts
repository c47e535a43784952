import { linesOf as linesIn } from "../../document/load.ts";
import { placeOf, pointer } from "../../document/pointer.ts";
import type { Spec } from "../../document/spec.ts";
import { type Cause, causesOf } from "./causes.ts";
import { conforms, type Report } from "./report.ts";
import { cutText, shortened } from "./text.ts";

/** The most annotations of a kind that GitHub shows of one step. https://docs.github.com/en/rest/checks/runs */
const mostOfAKind = 10;

/** The most characters of one message, and of one value in it; GitHub cuts beyond 64 kB, and a reader long before. */
const mostCharacters = 2_000;
const mostOfAValue = 300;

/**
 * The causes of what a run found as workflow commands of GitHub Actions, each on the line of the document that is violated: an
 * error where it decides, a warning where it differs.
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
export function annotationsOf(report: Report, spec: Spec, file: string): string[] {
  const lineOf = linesOf(spec);
  const kindOf = ({ weight }: Cause) => (weight === "broken" || report.strict ? "error" : "warning");
  const { list } = causesOf(report);
  const lines: string[] = [];
  const omitted: string[] = [];
  for (const kind of ["error", "warning"] as const) {
    const found = list.filter((cause) => kindOf(cause) === kind);
    for (const cause of found.slice(0, mostOfAKind)) {
      const { cases, place = operationPlace(cause, spec) } = cause;
      const others = cases.length === 2 ? " (and 1 more case)" : ` (and ${cases.length - 1} more cases)`;
      const title = `${cases[0]!.title}${cases.length === 1 ? "" : others}`;
      lines.push(command(kind, { file, line: lineOf(place), title }, messageOf(cause)));
    }
    const rest = found.length - mostOfAKind;
    if (rest > 0) omitted.push(`${rest} more ${kind}${rest === 1 ? "" : "s"}`);
  }
  if (omitted.length > 0) {
    const verdict = `${report.target.baseUrl} ${conforms(report) ? "conforms" : "does not conform"} to ${report.spec.title}`;
    const summary = `GitHub shows ${mostOfAKind} of a kind; see ${omitted.join(" and ")} in the log and in the report.`;
    lines.push(command("notice", { file, title: verdict }, summary));
  }
  return lines;
}

function messageOf({ example: { message, expected, received, curl }, what, cases }: Cause): string {
  const asText = (value: unknown) => cutText(typeof value === "string" ? value : JSON.stringify(value), mostOfAValue);
  const text = [
    cases.length === 1 ? message : what,
    ...(expected === undefined ? [] : [`expected ${asText(expected)}`]),
    ...(received === undefined ? [] : [`received ${asText(received)}`]),
    ...(curl === "" ? [] : [curl]),
    cases.map(({ id }) => id).join(", "),
  ].join("\n");
  return shortened(text, mostCharacters);
}

/** The first operation that showed a cause; `""`, the document as a whole, where there is none. */
function operationPlace({ operations: [first] }: Cause, spec: Spec): string {
  const operation = spec.operations.find(({ id }) => id === first);
  return operation ? pointer(operation.place) : "";
}

/** Tells the line, from 1, of a JSON pointer into the document; where nothing stands there, that of the nearest around it. */
export function linesOf({ text }: Pick<Spec, "text">): (place: string) => number {
  const lineAt = linesIn(text);
  return (place) => lineAt(placeOf(place));
}

function command(kind: string, properties: Readonly<Record<string, string | number>>, message: string): string {
  const data = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const property = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
  const written = Object.entries(properties).map(([name, value]) => `${name}=${property(`${value}`)}`);
  return `::${kind} ${written.join(",")}::${data(message)}`;
}
