import { styleText } from "node:util";
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

/** Tells of a run while it goes on: a line for each topic, a sign for each case. */
export function createProgress(
  terminal: Terminal,
  options: { color: boolean; total: number },
): { onCase(result: CaseResult): void; end(): void } {
  const paint = painter(options.color);
  const topics = new Map<string, CaseResult[]>();
  let done = 0;
  const line = (topic: string, results: readonly CaseResult[]) => {
    const counts = countsOf(results).map(({ outcome, count }) => paint(marks[outcome].style, `${count} ${outcome}`));
    const signs = results.map(({ outcome }) => paint(marks[outcome].style, marks[outcome].sign));
    const rows = Array.from({ length: Math.ceil(signs.length / signsInRow) }, (_, row) =>
      signs.slice(row * signsInRow, (row + 1) * signsInRow).join(""),
    );
    return `  ${topic.padEnd(18)}${rows.join(`\n${" ".repeat(20)}`)}  ${counts.join(", ")}`;
  };
  const flush = (topic: string) => {
    const results = topics.get(topic) ?? [];
    if (terminal.isTTY) terminal.write("\r\u001B[2K");
    terminal.write(`${line(topic, results)}\n`);
  };
  let current: string | undefined;
  return {
    onCase(result) {
      const topic = result.id.split("/", 1)[0]!;
      if (current !== undefined && current !== topic) flush(current);
      current = topic;
      topics.set(topic, [...(topics.get(topic) ?? []), result]);
      done++;
      if (terminal.isTTY) {
        const text = `  ${done} of ${options.total}  ${result.title}`;
        terminal.write(`\r\u001B[2K${paint("gray", text.slice(0, (terminal.columns ?? 80) - 1))}`);
      }
    },
    end() {
      if (current !== undefined) flush(current);
    },
  };
}

/** The story of a run that has ended: what broke, what differs, what was not decided, and the verdict. */
export function describeRun(report: Report, options: { color: boolean }): string {
  const paint = painter(options.color);
  const parts: string[] = [];
  for (const outcome of ["broken", "differs"] as const) {
    for (const result of report.cases.filter((item) => item.outcome === outcome))
      parts.push(describeCase(result, paint));
  }
  const deviating = report.cases.filter(({ outcome }) => outcome === "deviates");
  if (deviating.length > 0) {
    parts.push(
      [paint("cyan", "Known to deviate:"), ...deviating.map(({ id, reason }) => `  ~ ${id}: ${reason}`)].join("\n"),
    );
  }
  const reasons = groupByReason(report.cases);
  if (reasons.size > 0) {
    const lines = [...reasons].map(([reason, cases]) => `  - ${reason}: ${cases.map(({ id }) => id).join(", ")}`);
    parts.push([paint("gray", "Not decided:"), ...lines.map((text) => paint("gray", text))].join("\n"));
  }
  if (report.cutShort) parts.push(paint("red", cutShortText(report.cutShort)));
  if (report.disturbed) parts.push(paint("red", disturbedText(report.disturbed)));
  if (report.leftBehind) parts.push(paint("yellow", report.leftBehind.message));
  parts.push(verdict(report, paint));
  return `${parts.join("\n\n")}\n`;
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

function describeCase({ id, title, basis, claim, outcome, findings }: CaseResult, paint: Paint): string {
  const { sign, style } = marks[outcome];
  const lines = [`${paint(style, `${sign} ${title}`)}`, paint("gray", `  ${id}, ${basis}: ${claim}`)];
  for (const finding of findings) {
    lines.push(`  ${finding.message}`);
    if ("expected" in finding) lines.push(`    expected  ${paint("green", printable(finding.expected))}`);
    if ("received" in finding) lines.push(`    received  ${paint("red", printable(finding.received))}`);
    if (finding.curl) lines.push(paint("gray", `    ${shortened(finding.curl, 600)}`));
  }
  return lines.join("\n");
}

function verdict(report: Report, paint: Paint): string {
  const counts = countsOf(report.cases).map(({ outcome, count }) => `${count} ${outcome}`);
  const figures = `${report.cases.length === 1 ? "1 case" : `${report.cases.length} cases`}: ${counts.join(", ")}; ${report.requests} requests in ${(report.durationMs / 1000).toFixed(1)} s${coverageText(report)}`;
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

/** How much of the document was seen, and what could have been and was not. */
function coverageText({ coverage: { percent, operations, rules = [], statements = [] } }: Report): string {
  if (percent === undefined) return "";
  const unseen = operations.reduce(
    (sum, { missing, hidden = {} }) => sum + missing.filter((status) => !(status in hidden)).length,
    0,
  );
  const sides = rules.reduce((sum, { valid, invalid }) => sum + (valid > 0 ? 0 : 1) + (invalid > 0 ? 0 : 1), 0);
  const open = statements.filter(({ outcome, hidden }) => outcome === "skipped" && hidden === undefined).length;
  const said = statements.length > 0 ? `, ${open} of ${statements.length} statements of the reference` : "";
  return `; ${percent}% of the document seen (not seen: ${unseen} statuses, ${sides} of ${2 * rules.length} sides of its rules${said})`;
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
    const reason = item.reason ?? "";
    groups.set(reason, [...(groups.get(reason) ?? []), item]);
  }
  return groups;
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

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}...`;
}
