import { styleText } from "node:util";
import type { LateList } from "../../document/late.ts";
import { type Finding, repeatText } from "../findings.ts";
import { howToSee } from "./bound.ts";
import { type Cause, type Causes, causesOf, isShared } from "./causes.ts";
import { type Comparison, changesOf, changeText } from "./compare.ts";
import {
  type CaseResult,
  conforms,
  cutShortText,
  disturbedText,
  type Outcome,
  openReason,
  type Report,
} from "./report.ts";
import { shortened } from "./text.ts";

type Style = Parameters<typeof styleText>[0];

/** Where a run tells its story. */
export type Terminal = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

const marks: Record<Outcome, { sign: string; style: Style }> = {
  held: { sign: "✓", style: "green" },
  broken: { sign: "✗", style: "red" },
  differs: { sign: "≠", style: "yellow" },
  deviates: { sign: "~", style: "cyan" },
  skipped: { sign: "-", style: "gray" },
};

const signsInRow = 50;
const mostRows = 12;

/** Tells of a run while it goes on: a line for each topic, a sign for each case. */
export function createProgress(
  terminal: Terminal,
  options: {
    color: boolean;
    /** Those of the run; how many they are is known when all are made. */
    cases: Pick<LateList<unknown>, "made" | "isWhole">;
    /** How many operations they follow from. */
    operations: number;
    now?: () => number;
  },
): { onCase(result: CaseResult): void; onWait(text: string): void; end(): void } {
  const paint = painter(options.color);
  const { now = () => performance.now(), cases, operations } = options;
  const started = now();
  const begun = new Map<string, number>();
  /** How far the run is, in words, and which part of it is done. */
  const place = () => {
    if (cases.isWhole())
      return { text: `${done} of ${cases.made.length}`, part: done / cases.made.length, since: started };
    const since = [...begun.values()][0] ?? now();
    const text = begun.size === 0 ? `${done} cases` : `${done} cases, operation ${begun.size} of ${operations}`;
    return { text, part: Math.max(0, begun.size - 1) / operations, since };
  };
  const topics = new Map<string, CaseResult[]>();
  let done = 0;
  const line = (topic: string, results: readonly CaseResult[]) => {
    const counts = countsOf(results).map(({ outcome, count }) => paint(marks[outcome].style, `${count} ${outcome}`));
    const signs = results.map(({ outcome }) => paint(marks[outcome].style, marks[outcome].sign));
    const rows = Array.from({ length: Math.min(mostRows, Math.ceil(signs.length / signsInRow)) }, (_, row) =>
      signs.slice(row * signsInRow, (row + 1) * signsInRow).join(""),
    );
    if (signs.length > mostRows * signsInRow) rows.push("...");
    return `  ${topic.padEnd(18)}${rows.join(`\n${" ".repeat(20)}`)}  ${counts.join(", ")}`;
  };
  const write = (text: string) => {
    if (terminal.isTTY) terminal.write("\r\u001B[2K");
    terminal.write(`${text}\n`);
  };
  const flush = (topic: string) => write(line(topic, topics.get(topic) ?? []));
  let current: string | undefined;
  return {
    onCase(result) {
      const topic = result.id.split("/", 1)[0]!;
      if (current !== undefined && current !== topic) flush(current);
      current = topic;
      topics.set(topic, [...(topics.get(topic) ?? []), result]);
      done++;
      if (result.operation !== undefined && !begun.has(result.operation)) begun.set(result.operation, now());
      if (terminal.isTTY) {
        const { text: reached, part, since } = place();
        const text = `  ${reached}${timeLeft(now() - since, part)}  ${result.title}`;
        terminal.write(`\r\u001B[2K${paint("gray", text.slice(0, (terminal.columns ?? 80) - 1))}`);
      }
    },
    onWait: (text) => write(`  ${text}`),
    end() {
      if (current !== undefined) flush(current);
    },
  };
}

/** About how long the rest takes, where that is long enough to be told and enough has been seen; cases differ, so it is no more. */
function timeLeft(sinceStartMs: number, partDone: number): string {
  if (sinceStartMs < 2_000 || partDone === 0) return "";
  const seconds = (sinceStartMs / partDone - sinceStartMs) / 1000;
  if (seconds < 5) return "";
  return seconds < 90 ? `, about ${Math.ceil(seconds / 5) * 5} s left` : `, about ${Math.round(seconds / 60)} min left`;
}

/** The most causes, cases, and reasons that are told one by one; of one of them, the most lines of a kind. */
const most = { causes: 20, cases: 20, reasons: 20, ids: 20, titles: 3, findings: 3, messageLines: 6 };

/**
 * The story of a run that has ended: what is behind many findings, the cases with a cause of their own, what was not decided, and
 * the verdict; of a bounded length, whatever was found.
 */
export function describeRun(report: Report, options: { color: boolean }): string {
  const paint = painter(options.color);
  const causes = causesOf(report);
  const shared = causes.list.filter(isShared);
  const own = report.cases.filter((item) => causes.ofCase(item).some((cause) => !isShared(cause)));
  const left = [
    shared.length > most.causes ? `${shared.length - most.causes} more causes` : "",
    own.length > most.cases ? `${own.length - most.cases} more cases with a cause of their own` : "",
  ].filter((text) => text !== "");
  const parts = [
    ...shared.slice(0, most.causes).map((cause) => describeCause(cause, paint)),
    ...weightyFirst(own)
      .slice(0, most.cases)
      .map((item) => describeCase(item, causes, paint)),
    ...(left.length > 0 ? [`And ${left.join(", ")}. ${howToSee(report)}; --report DIR writes down all causes.`] : []),
    ...undecided(report, paint),
    ...(report.cutShort ? [paint("red", cutShortText(report.cutShort))] : []),
    ...(report.disturbed ? [paint("red", disturbedText(report.disturbed))] : []),
    ...(report.leftBehind ? [paint("yellow", report.leftBehind.message)] : []),
    verdict(report, paint),
  ];
  return `${parts.join("\n\n")}\n`;
}

function weightyFirst(cases: readonly CaseResult[]): CaseResult[] {
  return (["broken", "differs"] as const).flatMap((wanted) => cases.filter(({ outcome }) => outcome === wanted));
}

/** What deviates as agreed, and what was not decided, each with its reason. */
function undecided({ cases }: Report, paint: Paint): string[] {
  const deviating = cases.filter(({ outcome }) => outcome === "deviates");
  const known = firstOf(deviating, most.cases, ({ id, reason }) => `  ~ ${id}: ${shortened(reason ?? "", 400)}`);
  const reasons = firstOf(
    [...groupByReason(cases)],
    most.reasons,
    ([reason, skipped]) => `  - ${shortened(reason, 400)}: ${idsOf(skipped)}`,
  );
  return [
    ...(known.length > 0 ? [[paint("cyan", "Known to deviate:"), ...known].join("\n")] : []),
    ...(reasons.length > 0 ? [["Not decided:", ...reasons].map((text) => paint("gray", text)).join("\n")] : []),
  ];
}

/** The first of a list, a line each, and how many there are beyond those. */
function firstOf<T>(list: readonly T[], count: number, lineOf: (item: T) => string): string[] {
  const lines = list.slice(0, count).map(lineOf);
  return list.length > count ? [...lines, `  and ${list.length - count} more`] : lines;
}

function idsOf(cases: readonly CaseResult[]): string {
  const ids = cases.slice(0, most.ids).map(({ id }) => id);
  return ids.join(", ") + (cases.length > ids.length ? ` and ${cases.length - ids.length} more` : "");
}

const mostChanges = 20;

/** What changed since an earlier run, list by list. */
export function describeComparison(comparison: Comparison, options: { color: boolean }): string {
  const paint = painter(options.color);
  const { earlier, same } = comparison;
  const lists = changesOf(comparison);
  const lines = [`Since the run of ${earlier.startedAt} against ${earlier.target.baseUrl}:`];
  for (const { name, changes } of lists) {
    const { style } = marks[name.startsWith("Newly") ? "broken" : name === "Mended" ? "held" : "skipped"];
    lines.push(paint(style, `  ${name}: ${changes.length}`));
    for (const change of changes.slice(0, mostChanges)) lines.push(`    ${change.id}  (${changeText(change)})`);
    if (changes.length > mostChanges) lines.push(`    and ${changes.length - mostChanges} more`);
  }
  lines.push(`  ${lists.length === 0 ? "Nothing changed; the same" : "The same"}: ${same}`);
  return `${lines.join("\n")}\n`;
}

function describeCause({ what, weight, place, operations, cases, example, exampleCase }: Cause, paint: Paint): string {
  const { sign, style } = marks[weight];
  return [
    paint(style, `${sign} ${cases.length} cases: ${printable(what)}`),
    ...(place === undefined ? [] : [paint("gray", `  document  #${place}`)]),
    ...(operations.length === 0 ? [] : [paint("gray", `  seen in   ${shortened(operations.join(", "), 400)}`)]),
    ...firstOf(cases, most.titles, ({ id, title }) => `  ${title} ${paint("gray", `(${id})`)}`),
    ...valuesOf(exampleCase.id, example, paint),
  ].join("\n");
}

/** A case with those of its findings whose cause is its own. */
function describeCase(item: CaseResult, causes: Causes, paint: Paint): string {
  const { id, title, basis, claim, outcome, findings } = item;
  const { sign, style } = marks[outcome];
  const own = findings.filter((finding) => causes.of(finding)?.cases.length === 1);
  const others = causes.ofCase(item).filter(isShared).length;
  return [
    paint(style, `${sign} ${title}`),
    paint("gray", `  ${id}, ${basis}: ${claim}`),
    ...own.slice(0, most.findings).flatMap((finding) => [...messageLines(finding), ...valuesOf(id, finding, paint)]),
    ...(own.length > most.findings ? [`  and ${own.length - most.findings} more findings`] : []),
    ...(others > 0
      ? [
          paint(
            "gray",
            `  and what ${others === 1 ? "a cause" : `${others} causes`} above ${others === 1 ? "says" : "say"}`,
          ),
        ]
      : []),
  ].join("\n");
}

/** A message; of an error with its stack, the beginning. */
function messageLines({ message }: Finding): string[] {
  return message
    .split("\n")
    .slice(0, most.messageLines)
    .map((line) => `  ${printable(line)}`);
}

/** What a finding holds, and how to have it again. */
function valuesOf(id: string, finding: Finding, paint: Paint): string[] {
  return [
    ...("expected" in finding ? [`    expected  ${paint("green", printable(finding.expected))}`] : []),
    ...("received" in finding ? [`    received  ${paint("red", printable(finding.received))}`] : []),
    ...(finding.curl ? [paint("gray", `    ${shortened(finding.curl, 600)}`)] : []),
    ...(finding.repeat ? [paint("gray", `    again: ${repeatText(id, finding.repeat)}`)] : []),
  ];
}

function verdict(report: Report, paint: Paint): string {
  const counts = countsOf(report.cases).map(({ outcome, count }) => `${count} ${outcome}`);
  const figures = `${report.cases.length === 1 ? "1 case" : `${report.cases.length} cases`}: ${counts.join(", ")}; ${report.requests} requests in ${(report.durationMs / 1000).toFixed(1)} s${waitedText(report)}${coverageText(report)}`;
  const right = conforms(report);
  const subject = `${report.target.baseUrl} ${right ? "conforms" : "does not conform"} to ${report.spec.title} ${report.spec.version}`;
  const decided = report.cases.length - report.summary.skipped;
  if (decided === 0) return `${paint("red", "No case could be decided; this says nothing of the target.")}\n${figures}`;
  const open = openReason(report);
  if (right && open)
    return `${paint("red", `Nothing broken was found in ${decided} of ${report.cases.length} cases; ${open}, so this is no verdict on ${report.target.baseUrl}.`)}\n${figures}`;
  const sentence =
    right && decided < report.cases.length
      ? `${subject}, as far as ${decided} of ${report.cases.length} cases tell.`
      : `${subject}.`;
  const differing =
    right && report.summary.differs > 0 ? " What differs is left open by the reference; --strict counts it." : "";
  return `${paint(right ? "green" : "red", sentence)}${differing}\n${figures}`;
}

function waitedText({ waitedMs = 0 }: Report): string {
  return waitedMs < 50 ? "" : `, ${(waitedMs / 1000).toFixed(1)} s of them waited for the target's limits`;
}

/** How much of the document was seen, and what could have been and was not. */
function coverageText({ coverage: { percent, operations, untried, rules = [], statements = [] } }: Report): string {
  if (percent === undefined) return "";
  const unseen = operations.reduce(
    (sum, { missing, hidden = {} }) => sum + missing.filter((status) => !(status in hidden)).length,
    0,
  );
  const sides = rules.reduce((sum, { valid, invalid }) => sum + (valid > 0 ? 0 : 1) + (invalid > 0 ? 0 : 1), 0);
  const open = statements.filter(({ outcome, hidden }) => outcome === "skipped" && hidden === undefined).length;
  const said = statements.length > 0 ? `, ${open} of ${statements.length} statements of the reference` : "";
  const far = untried === undefined ? "" : `${untried} of ${operations.length} operations not begun, `;
  return `; ${percent}% of the document seen (not seen: ${far}${unseen} statuses, ${sides} of ${2 * rules.length} sides of its rules${said})`;
}

function countsOf(results: readonly Pick<CaseResult, "outcome">[]): { outcome: Outcome; count: number }[] {
  return (Object.keys(marks) as Outcome[])
    .map((outcome) => ({ outcome, count: results.filter((result) => result.outcome === outcome).length }))
    .filter(({ count }) => count > 0);
}

function groupByReason(cases: readonly CaseResult[]): Map<string, CaseResult[]> {
  const groups = new Map<string, CaseResult[]>();
  for (const item of cases) {
    if (item.outcome !== "skipped") continue;
    const reason = ofAny(item);
    groups.set(reason, [...(groups.get(reason) ?? []), item]);
  }
  return groups;
}

/** The reason of a case without its operation, which the case's id tells: what is so of many operations is told once. */
function ofAny({ reason = "", operation }: CaseResult): string {
  if (operation === undefined) return reason;
  const words = ` ${reason} `.split(` ${operation} `).join(" an operation ");
  return words.trim();
}

type Paint = (style: Style, text: string) => string;

function painter(color: boolean): Paint {
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}

function printable(value: unknown): string {
  const text = shortened(typeof value === "string" ? value : (JSON.stringify(value) ?? "(absent)"), 400);
  // What a target answers must not move the cursor or paint the screen.
  return text.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
