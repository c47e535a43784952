import { linesOf as linesIn } from "../../document/load.ts";
import { placeOf, pointer } from "../../document/pointer.ts";
import type { Spec } from "../../document/spec.ts";
import type { Finding } from "../findings.ts";
import { type CaseResult, conforms, type Report } from "./report.ts";

/** The most annotations of a kind that GitHub shows of one step. https://docs.github.com/en/rest/checks/runs */
const mostOfAKind = 10;

/** The most characters of one message; GitHub cuts beyond 64 kB, and a reader long before. */
const mostCharacters = 800;

/**
 * The findings of a run as workflow commands of GitHub Actions, each on the line of the document that is violated: an error
 * where it decides, a warning where it differs. The same finding of many cases is one annotation.
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
export function annotationsOf(report: Report, spec: Spec, file: string): string[] {
  const lineOf = linesOf(spec);
  const groups = new Map<string, { kind: "error" | "warning"; place: string; finding: Finding; cases: CaseResult[] }>();
  for (const item of report.cases) {
    if (item.outcome !== "broken" && item.outcome !== "differs") continue;
    for (const finding of item.findings) {
      const kind = finding.weight === "broken" || report.strict ? "error" : "warning";
      const place = finding.place ?? operationPlace(item, finding, spec);
      // One keyword that many answers break is one thing to mend.
      const key = JSON.stringify([kind, place, finding.place === undefined && finding.message]);
      const group = groups.get(key) ?? { kind, place, finding, cases: [] };
      groups.set(key, { ...group, cases: [...group.cases.filter(({ id }) => id !== item.id), item] });
    }
  }
  const lines: string[] = [];
  const omitted: string[] = [];
  for (const kind of ["error", "warning"] as const) {
    const found = [...groups.values()].filter((group) => group.kind === kind);
    for (const { place, finding, cases } of found.slice(0, mostOfAKind)) {
      const others = cases.length === 2 ? " (and 1 more case)" : ` (and ${cases.length - 1} more cases)`;
      const title = `${cases[0]!.title}${cases.length === 1 ? "" : others}`;
      lines.push(command(kind, { file, line: lineOf(place), title }, messageOf(finding, cases)));
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

function messageOf({ message, expected, received }: Finding, cases: readonly CaseResult[]): string {
  const asText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  const text = [
    message,
    ...(expected === undefined ? [] : [`expected ${asText(expected)}`]),
    ...(received === undefined ? [] : [`received ${asText(received)}`]),
    cases.map(({ id }) => id).join(", "),
  ].join("\n");
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}...`;
}

/** The operation that the request behind a finding called; `""`, the document as a whole, where there is none. */
function operationPlace({ exchanges = [] }: CaseResult, { curl }: Finding, spec: Spec): string {
  const exchange = exchanges.find((one) => one.curl === curl) ?? exchanges.at(-1);
  const operation = spec.operations.find(({ id }) => id === exchange?.operationId);
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
