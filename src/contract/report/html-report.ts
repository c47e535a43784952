import { createHash } from "node:crypto";
import { sizeOf, within } from "./bound.ts";
import { type Cause, type Causes, causesOf, isShared } from "./causes.ts";
import { type Comparison, changesOf, changeText } from "./compare.ts";
import { type Html, html } from "./html.ts";
import { curlOf, diffOf, groupsOf, outcomes } from "./html-cases.ts";
import { script, style } from "./html-report-assets.ts";
import {
  conforms,
  cutShortText,
  disturbedText,
  openReason,
  type Report,
  type RuleCoverage,
  type StatementCoverage,
} from "./report.ts";
import { cutText } from "./text.ts";

/** The most cases that are named beside a statement. */
const mostOfStatement = 3;

/** The most changes of a kind that are unfolded from the start. */
const mostOpen = 12;

/** The most bytes of a page of a target that conforms, and of any other. */
const mostBytes = { right: 500_000, wrong: 2_000_000 };

/** The most causes that are told, and rows of a table, where there is room for them. */
type Limits = { readonly causes: number; readonly rows: number };
const most: Limits = { causes: 50, rows: 300 };

/** What stands around the cases of a page. */
type Frame = {
  readonly report: Report;
  readonly causes: Causes;
  readonly comparison: Comparison | undefined;
  readonly limits: Limits;
};

/** `report.html`: the run as one file that needs no network, and no script for reading; what it has no room for is counted. */
export function htmlOf(report: Report, comparison?: Comparison): string {
  const causes = causesOf(report);
  const { right } = verdictOf(report);
  const room = mostBytes[right ? "right" : "wrong"];
  return within(room, (bytes) => {
    const part = (count: number) => Math.ceil((count * bytes) / room);
    const frame = { report, causes, comparison, limits: { causes: part(most.causes), rows: part(most.rows) } };
    const bare = pageOf(frame, groupsOf(report, causes, 0));
    return pageOf(frame, groupsOf(report, causes, bytes - sizeOf(bare)));
  });
}

function pageOf({ report, causes, comparison, limits }: Frame, groups: readonly Html[]): string {
  const title = `${verdictOf(report).words}: ${report.target.baseUrl}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${{ html: style }}</style>
</head>
<body>
${headOf(report)}
<main>
${report.cutShort && html`<p class="left-behind"><strong>Cut short.</strong> ${cutShortText(report.cutShort)}</p>`}
${report.disturbed && html`<p class="left-behind"><strong>Disturbed.</strong> ${disturbedText(report.disturbed)}</p>`}
${report.leftBehind && html`<p class="left-behind"><strong>Left behind.</strong> ${report.leftBehind.message}</p>`}
${comparison && comparisonOf(comparison, limits)}
${causesSection(causes, limits)}
${coverageSection(report, limits)}
${filtersOf(report, causes, limits)}
${groups}
<p id="nothing" hidden>No case fits these filters.</p>
</main>
<footer>Secrets are masked. Each <code>curl</code> line repeats a request: set <code>CONNECT_API_KEY</code> first.</footer>
<script>${{ html: script }}</script>
</body>
</html>
`;
  return page.html;
}

/** Nothing is loaded and nothing is sent; only the two texts that this file brings along count as style and script. */
const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`;

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** A run in which no case could be decided says nothing of the target. */
function verdictOf(report: Report): { words: string; right: boolean } {
  if (report.cases.length > 0 && report.summary.skipped === report.cases.length)
    return { words: "Nothing decided", right: false };
  if (openReason(report) && conforms(report))
    return { words: `${report.cutShort ? "Cut short" : "Disturbed"}; nothing found broken`, right: false };
  return conforms(report) ? { words: "Conforms", right: true } : { words: "Does not conform", right: false };
}

function headOf(report: Report): Html {
  const { words, right } = verdictOf(report);
  const { target, spec, summary, startedAt, requests, durationMs } = report;
  const open = right && summary.differs > 0 ? " What differs is left open by the reference." : "";
  return html`<header class="${right ? "right" : "wrong"}">
<p class="verdict-sign" aria-hidden="true">${right ? "✓" : "✗"}</p>
<div>
<h1>${words} <span>${words.includes("onform") ? "to" : "of"} ${spec.title} ${spec.version}</span></h1>
<p class="target">${target.baseUrl}</p>
<p class="figures">${report.cases.length} cases, ${requests} requests in ${(durationMs / 1000).toFixed(1)} s,
<time datetime="${startedAt}">${startedAt.replace("T", " ").replace(/\.\d+Z$/, " UTC")}</time>${report.strict ? ", strict" : ""}.${open}</p>
<p class="figures">Document <code title="SHA-256 of the document">${spec.sha256.slice(0, 12)}</code></p>
</div>
${barOf(report)}
</header>`;
}

/** The outcomes as a bar, each as wide as its share. */
function barOf({ cases, summary }: Report): Html {
  let x = 0;
  const shares = outcomes
    .filter(({ outcome }) => summary[outcome] > 0)
    .map(({ outcome }) => {
      // Even one broken case of a thousand is to be seen.
      const width = Math.max(8, (summary[outcome] / cases.length) * 1000);
      const rect = html`<rect class="${outcome}" x="${x}" y="0" width="${width}" height="10"/>`;
      x += width;
      return rect;
    });
  return html`<svg class="bar" viewBox="0 0 ${Math.max(x, 1)} 10" preserveAspectRatio="none" aria-hidden="true">${shares}</svg>
<ul class="tiles">${outcomes.map(({ outcome, sign }) =>
    summary[outcome] === 0
      ? html`<li><div><b>0</b> <span><i aria-hidden="true">${sign}</i> ${outcome}</span></div></li>`
      : html`<li class="${outcome}"><a href="#${outcome}"><b>${summary[outcome]}</b> <span><i aria-hidden="true">${sign}</i> ${outcome}</span></a></li>`,
  )}</ul>`;
}

function comparisonOf(comparison: Comparison, { rows }: Limits): Html {
  const { earlier, same } = comparison;
  const lists = changesOf(comparison);
  const rest = `${same} ${same === 1 ? "case has" : "cases have"} the outcome that ${same === 1 ? "it" : "they"} had.`;
  return html`<section class="comparison">
<h2>Since the run of ${earlier.startedAt.slice(0, 16).replace("T", " ")}</h2>
<p>Against ${earlier.target.baseUrl}, ${earlier.spec.title} ${earlier.spec.version}. ${lists.length === 0 ? "Nothing changed: " : ""}${rest}</p>
${lists.map(
  ({ name, changes }) => html`<details${changes.length <= mostOpen ? html` open` : undefined}>
<summary>${name} <b>${changes.length}</b></summary>
<ul>${changes
    .slice(0, rows)
    .map(
      (change) =>
        html`<li>${change.after ? html`<a href="#${change.id}">${change.title}</a>` : change.title} <small>${change.id}, ${changeText(change)}</small></li>`,
    )}</ul>
${restOf(changes.length - rows, "changes")}
</details>`,
)}
</section>`;
}

function restOf(count: number, what: string): Html | undefined {
  return count > 0
    ? html`<p class="omitted">${count} more ${what} are not shown here; report.json has them.</p>`
    : undefined;
}

/** What is behind the findings of many cases; each is a link that leaves its cases alone on the page. */
function causesSection({ list }: Causes, { causes: most }: Limits): Html | undefined {
  const shared = list.filter(isShared);
  if (shared.length === 0) return undefined;
  return html`<section class="causes">
<h2 id="causes">Causes <small>${shared.length} behind many findings</small></h2>
<ul>${shared.slice(0, most).map(causeOf)}</ul>
${restOf(shared.length - most, "causes")}
</section>`;
}

function causeOf({ id, what, weight, place, operations, cases, example }: Cause): Html {
  const shown = "expected" in example || "received" in example;
  return html`<li class="${weight}" id="cause-${id}">
<p><a href="#${cases[0]!.id}" data-cause="${id}"><b>${cases.length} cases</b></a> ${what}</p>
<p class="where">${place && html`<span>document <code>#${place}</code></span>`}
${operations.length > 0 ? html`<span>seen in ${operations.slice(0, 6).join(", ")}${operations.length > 6 ? ` and ${operations.length - 6} more` : ""}</span>` : undefined}</p>
<details><summary>An example</summary>
${shown ? diffOf(example.expected, example.received) : undefined}
${example.curl !== "" ? curlOf(cutText(example.curl, 4_000)) : undefined}
</details>
</li>
`;
}

/** Operations by statuses: seen, and how often; declared and never seen; not to be seen from outside; or not declared. */
function coverageSection({ coverage }: Report, limits: Limits): Html {
  const { operations, rules = [], statements = [], percent } = coverage;
  const statuses = [
    ...new Set(operations.flatMap(({ statuses, missing }) => [...Object.keys(statuses), ...missing])),
  ].sort();
  const seen = operations.reduce((sum, operation) => sum + Object.keys(operation.statuses).length, 0);
  const all = seen + operations.reduce((sum, { missing }) => sum + missing.length, 0);
  const reasons = [
    ...new Set(
      operations.flatMap(({ hidden = {} }) => Object.entries(hidden).map(([status, why]) => `${status}: ${why}`)),
    ),
  ];
  return html`<section>
<h2 id="coverage">Coverage <small>${seen} of ${all} answers seen${percent === undefined ? "" : `, ${percent} % of the document in all`}</small></h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="coverage">
<table class="matrix">
<thead><tr><th scope="col">Operation</th>${statuses.map((status) => html`<th scope="col">${status}</th>`)}</tr></thead>
<tbody>${unseenFirst(operations, limits, ({ missing }) => missing.length > 0).map(
    (operation) =>
      html`<tr><th scope="row">${operation.operationId}</th>${statuses.map((status) => cellOf(operation, status))}</tr>`,
  )}</tbody>
</table>
</div>
${restOf(operations.length - limits.rows, "operations")}
<p class="legend">How often each operation answered each status: <span class="seen-2">12</span> seen, <span class="unseen">0</span> declared and never seen${
    reasons.length > 0
      ? html`, <span class="unseen">–</span> not to be seen from outside (${reasons.join("; ")})`
      : undefined
  }.</p>
${rules.length > 0 ? rulesOf(rules, limits) : undefined}
${statements.length > 0 ? statementsOf(statements, limits) : undefined}
</section>`;
}

/** As many rows as a table has, those with something unseen first where there are more. */
function unseenFirst<T>(rows: readonly T[], { rows: most }: Limits, isUnseen: (row: T) => boolean): readonly T[] {
  if (rows.length <= most) return rows;
  return [...rows.filter(isUnseen), ...rows.filter((row) => !isUnseen(row))].slice(0, most);
}

function cellOf({ statuses, missing, hidden = {} }: Report["coverage"]["operations"][number], status: string): Html {
  const count = statuses[status] ?? 0;
  if (count > 0) return html`<td class="seen-${Math.min(4, `${count}`.length)}">${count}</td>`;
  if (!missing.includes(status)) return html`<td><span class="hidden">not declared</span></td>`;
  const reason = hidden[status];
  return reason === undefined
    ? html`<td class="unseen"><abbr title="declared, never seen">0</abbr></td>`
    : html`<td class="unseen"><abbr title="${reason}">–</abbr></td>`;
}

/** What the schemas of requests say, keyword by keyword, and whether requests were seen on both sides of it. */
function rulesOf(rules: readonly RuleCoverage[], limits: Limits): Html {
  const sides = rules.reduce((sum, { valid, invalid }) => sum + Math.min(valid, 1) + Math.min(invalid, 1), 0);
  const cell = (count: number) =>
    html`<td class="${count > 0 ? `seen-${Math.min(4, `${count}`.length)}` : "unseen"}">${count}</td>`;
  return foldedTable(
    "Rules of requests",
    `${sides} of ${rules.length * 2} sides seen`,
    ["Rule", "obeyed", "broken"],
    rules.length - limits.rows,
    unseenFirst(rules, limits, ({ valid, invalid }) => valid === 0 || invalid === 0).map(
      ({ operationId, at, keyword, valid, invalid }) =>
        html`<tr><th scope="row">${operationId} ${at} <small>${keyword}</small></th>${cell(valid)}${cell(invalid)}</tr>`,
    ),
  );
}

/** What is known of the API, and what the run has found of it. */
function statementsOf(statements: readonly StatementCoverage[], limits: Limits): Html {
  const decided = statements.filter(({ outcome }) => outcome !== "skipped").length;
  return foldedTable(
    "Statements of the reference",
    `${decided} of ${statements.length} decided`,
    ["Statement", "basis", "found", "cases"],
    statements.length - limits.rows,
    unseenFirst(statements, limits, ({ outcome }) => outcome === "skipped").map(
      ({ text, basis, outcome, cases, hidden }) =>
        html`<tr><th scope="row">${text}</th><td>${basis}</td><td class="${outcome === "skipped" ? "unseen" : "seen-1"}">${hidden ?? (outcome === "skipped" ? "not decided" : outcome)}</td><td>${casesText(cases)}</td></tr>`,
    ),
  );
}

/** The cases of a statement, those first that did not hold. */
function casesText(cases: StatementCoverage["cases"]): string {
  const told = [...cases]
    .sort((one, other) => Number(one.outcome === "held") - Number(other.outcome === "held"))
    .slice(0, mostOfStatement)
    .map(({ id, outcome }) => (outcome === "held" ? id : `${id} (${outcome})`));
  return [...told, ...(cases.length > told.length ? [`${cases.length - told.length} more`] : [])].join(", ");
}

function foldedTable(
  title: string,
  figures: string,
  columns: readonly string[],
  omitted: number,
  rows: readonly Html[],
): Html {
  return html`<details class="rules">
<summary>${title} <small>${figures}</small></summary>
<div class="scroll" tabindex="0" role="region" aria-label="${title}">
<table class="matrix">
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table>
</div>
${restOf(omitted, "rows")}
</details>`;
}

function filtersOf({ summary, cases }: Report, { list }: Causes, limits: Limits): Html {
  const shared = list.filter(isShared).slice(0, limits.causes);
  const bases = [...new Set(cases.map(({ basis }) => basis))];
  return html`<form id="filters" role="search" aria-label="Cases" hidden>
<input type="search" name="text" placeholder="Filter by text" aria-label="Text">
<fieldset><legend>Outcome</legend>${outcomes
    .filter(({ outcome }) => summary[outcome] > 0)
    .map(
      ({ outcome, sign }) =>
        html`<label class="${outcome}"><input type="checkbox" name="outcome" value="${outcome}" checked> <i aria-hidden="true">${sign}</i> ${outcome}</label>`,
    )}</fieldset>
<label>Basis <select name="basis"><option value="">any</option>${bases.map((basis) => html`<option>${basis}</option>`)}</select></label>
${
  shared.length > 0
    ? html`<label>Cause <select name="cause"><option value="">any</option>${shared.map(
        ({ id, what, cases }) => html`<option value="${id}">${cases.length}: ${cutText(what, 80)}</option>`,
      )}</select></label>`
    : undefined
}
<output name="count" aria-live="polite"></output>
</form>`;
}
