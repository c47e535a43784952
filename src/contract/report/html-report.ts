import { createHash } from "node:crypto";
import type { Finding } from "../findings.ts";
import { type Comparison, changesOf, changeText } from "./compare.ts";
import { type Html, html } from "./html.ts";
import { script, style } from "./html-report-assets.ts";
import { diffLines, linesOf } from "./line-diff.ts";
import {
  type CaseResult,
  conforms,
  cutShortText,
  disturbedText,
  type Outcome,
  openReason,
  type RecordedBody,
  type RecordedExchange,
  type Report,
  type RuleCoverage,
  type StatementCoverage,
} from "./report.ts";

/** What a reader wants to see first comes first; the sign says without colour what the colour says. */
const outcomes: readonly { outcome: Outcome; sign: string; heading: string }[] = [
  { outcome: "broken", sign: "✗", heading: "Broken" },
  { outcome: "differs", sign: "≠", heading: "Differs from what the reference leaves open" },
  { outcome: "deviates", sign: "~", heading: "Deviates, as agreed" },
  { outcome: "skipped", sign: "–", heading: "Not decided" },
  { outcome: "held", sign: "✓", heading: "Held" },
];

/** The most cases, and changes of a kind, that are unfolded from the start. */
const mostOpen = 12;

/** `report.html`: the run as one file that needs no network, and no script for reading. */
export function htmlOf(report: Report, comparison?: Comparison): string {
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
${comparison && comparisonOf(comparison)}
${causesOf(report)}
${coverageSection(report)}
${filtersOf(report)}
${outcomes.flatMap((group) => groupOf(group, report) ?? [])}
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

function comparisonOf(comparison: Comparison): Html {
  const { earlier, same } = comparison;
  const lists = changesOf(comparison);
  const rest = `${same} ${same === 1 ? "case has" : "cases have"} the outcome that ${same === 1 ? "it" : "they"} had.`;
  return html`<section class="comparison">
<h2>Since the run of ${earlier.startedAt.slice(0, 16).replace("T", " ")}</h2>
<p>Against ${earlier.target.baseUrl}, ${earlier.spec.title} ${earlier.spec.version}. ${lists.length === 0 ? "Nothing changed: " : ""}${rest}</p>
${lists.map(
  ({ name, changes }) => html`<details${changes.length <= mostOpen ? html` open` : undefined}>
<summary>${name} <b>${changes.length}</b></summary>
<ul>${changes.map(
    (change) =>
      html`<li>${change.after ? html`<a href="#${change.id}">${change.title}</a>` : change.title} <small>${change.id}, ${changeText(change)}</small></li>`,
  )}</ul>
</details>`,
)}
</section>`;
}

/** The keywords of the document that many cases found broken: one of them mended may mend them all. */
function causesOf({ cases }: Report): Html | undefined {
  const causes = new Map<string, { finding: Finding; ids: Set<string> }>();
  for (const { id, outcome, findings } of cases) {
    if (outcome !== "broken" && outcome !== "differs") continue;
    for (const finding of findings) {
      if (finding.place === undefined) continue;
      const cause = causes.get(finding.place) ?? { finding, ids: new Set() };
      causes.set(finding.place, { ...cause, ids: cause.ids.add(id) });
    }
  }
  const common = [...causes].filter(([, { ids }]) => ids.size > 2).sort(([, a], [, b]) => b.ids.size - a.ids.size);
  if (common.length === 0) return undefined;
  const wanted = ({ expected, received }: Finding) =>
    `should be ${expected}${received === undefined ? "" : `, is ${JSON.stringify(received)}`}`;
  return html`<section class="causes">
<h2>Behind many findings</h2>
<ul>${common
    .slice(0, 5)
    .map(
      ([place, { finding, ids }]) =>
        html`<li><b>${ids.size} cases</b> <code>#${place}</code> <span>${finding.at} ${wanted(finding)}</span></li>`,
    )}</ul>
</section>`;
}

/** Operations by statuses: seen, and how often; declared and never seen; not to be seen from outside; or not declared. */
function coverageSection({ coverage }: Report): Html {
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
<tbody>${operations.map(
    (operation) =>
      html`<tr><th scope="row">${operation.operationId}</th>${statuses.map((status) => cellOf(operation, status))}</tr>`,
  )}</tbody>
</table>
</div>
<p class="legend">How often each operation answered each status: <span class="seen-2">12</span> seen, <span class="unseen">0</span> declared and never seen${
    reasons.length > 0
      ? html`, <span class="unseen">–</span> not to be seen from outside (${reasons.join("; ")})`
      : undefined
  }.</p>
${rules.length > 0 ? rulesOf(rules) : undefined}
${statements.length > 0 ? statementsOf(statements) : undefined}
</section>`;
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
function rulesOf(rules: readonly RuleCoverage[]): Html {
  const sides = rules.reduce((sum, { valid, invalid }) => sum + Math.min(valid, 1) + Math.min(invalid, 1), 0);
  const cell = (count: number) =>
    html`<td class="${count > 0 ? `seen-${Math.min(4, `${count}`.length)}` : "unseen"}">${count}</td>`;
  return foldedTable(
    "Rules of requests",
    `${sides} of ${rules.length * 2} sides seen`,
    ["Rule", "obeyed", "broken"],
    rules.map(
      ({ operationId, at, keyword, valid, invalid }) =>
        html`<tr><th scope="row">${operationId} ${at} <small>${keyword}</small></th>${cell(valid)}${cell(invalid)}</tr>`,
    ),
  );
}

/** What is known of the API, and what the run has found of it. */
function statementsOf(statements: readonly StatementCoverage[]): Html {
  const decided = statements.filter(({ outcome }) => outcome !== "skipped").length;
  return foldedTable(
    "Statements of the reference",
    `${decided} of ${statements.length} decided`,
    ["Statement", "basis", "found"],
    statements.map(
      ({ text, basis, outcome, hidden }) =>
        html`<tr><th scope="row">${text}</th><td>${basis}</td><td class="${outcome === "skipped" ? "unseen" : "seen-1"}">${hidden ?? (outcome === "skipped" ? "not decided" : outcome)}</td></tr>`,
    ),
  );
}

function foldedTable(title: string, figures: string, columns: readonly string[], rows: readonly Html[]): Html {
  return html`<details class="rules">
<summary>${title} <small>${figures}</small></summary>
<div class="scroll" tabindex="0" role="region" aria-label="${title}">
<table class="matrix">
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table>
</div>
</details>`;
}

function filtersOf({ summary, cases }: Report): Html {
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
<output name="count" aria-live="polite"></output>
</form>`;
}

function groupOf({ outcome, sign, heading }: (typeof outcomes)[number], { cases }: Report): Html | undefined {
  const members = cases.filter((item) => item.outcome === outcome);
  if (members.length === 0) return undefined;
  return html`<section class="group ${outcome}" id="${outcome}">
<h2>${heading} <small>${members.length}</small></h2>
${members.map((item, index) => caseOf(item, sign, item.findings.length > 0 && index < mostOpen))}
</section>`;
}

function caseOf(item: CaseResult, sign: string, open: boolean): Html {
  const { id, title, basis, claim, outcome, reason, durationMs, findings, exchanges = [], omittedExchanges } = item;
  return html`<details class="case ${outcome}" id="${id}" data-outcome="${outcome}" data-basis="${basis}"${open ? html` open` : undefined}>
<summary><span class="sign" aria-hidden="true">${sign}</span><span class="title">${title}<small>${id}</small></span><span class="hidden">${outcome}</span></summary>
<div class="body">
<p class="claim"><span class="basis">${basis}</span> ${claim}</p>
${reason && html`<p class="reason">${outcome === "deviates" ? "Known" : "Not decided"}: ${reason}</p>`}
${remarksOf(item)}
${findings.map((finding, index) => findingOf(finding, exchanges, finding.curl !== findings[index + 1]?.curl))}
${exchanges.length > 0 ? exchangesOf(exchanges, omittedExchanges ?? 0, durationMs) : undefined}
</div>
</details>
`;
}

function remarksOf({ notes = [], exercised }: CaseResult): Html[] {
  const counts =
    exercised &&
    `${exercised.accepted} valid requests were carried out; a rule of the target refused ${exercised.refused}.`;
  return [...(counts ? [counts] : []), ...notes].map((note) => html`<p class="note">${note}</p>`);
}

/** One finding; where several come from one request, its `curl` line stands under the last. */
function findingOf(finding: Finding, exchanges: readonly RecordedExchange[], last: boolean): Html {
  const { message, at, place, expected, received, curl } = finding;
  const shown = "expected" in finding || "received" in finding;
  const index = exchanges.findIndex((exchange) => exchange.curl === curl);
  return html`<div class="finding">
<p class="message">${message}</p>
${shown ? diffOf(expected, received) : undefined}
<p class="where">${at && html`<span>at <code>${at}</code></span>`}
${place && html`<span>document <code>#${place}</code></span>`}
${index >= 0 ? html`<span>seen in exchange ${index + 1}</span>` : undefined}</p>
${last && curl !== "" ? curlOf(curl) : undefined}
</div>`;
}

function diffOf(expected: unknown, received: unknown): Html {
  const words = { "-": "expected", "+": "received", " ": "both" };
  const lines = diffLines(linesOf(expected ?? "(nothing)"), linesOf(received ?? "(nothing)"));
  return html`<figure class="diff"><figcaption><span class="removed">− expected</span> <span class="added">+ received</span></figcaption><pre>${lines.map(
    ({ sign, text }) =>
      html`<span class="${{ "-": "removed", "+": "added", " ": "same" }[sign]}"><i title="${words[sign]}">${sign === "-" ? "−" : sign}</i>${text}
</span>`,
  )}</pre></figure>`;
}

function exchangesOf(exchanges: readonly RecordedExchange[], omitted: number, durationMs: number): Html {
  const count = exchanges.length + omitted;
  return html`<details class="exchanges">
<summary>${count} ${count === 1 ? "exchange" : "exchanges"} <small>${durationMs} ms</small></summary>
<ol>${exchanges.map((exchange) => html`<li>${exchangeOf(exchange)}</li>`)}</ol>
${omitted > 0 ? html`<p class="omitted">${omitted} more exchanges are not shown.</p>` : undefined}
${exchanges.length > 1 ? html`<details class="chain"><summary>The whole sequence for a shell</summary>${curlOf(exchanges.map(({ curl }) => curl).join("\n"))}</details>` : undefined}
</details>`;
}

function exchangeOf({ request, response, durationMs, curl }: RecordedExchange): Html {
  const { pathname, search } = URL.canParse(request.url) ? new URL(request.url) : { pathname: request.url, search: "" };
  return html`<details class="exchange">
<summary><b>${request.method}</b> <span class="path">${pathname + search}</span> <span class="status status-${Math.floor(response.status / 100)}">${response.status}</span> <small>${durationMs} ms</small></summary>
<h4>Request</h4>
<pre>${request.method} ${request.url}
${headerLines(request.headers)}</pre>
${request.body && bodyOf(request.body)}
<h4>Answer</h4>
<pre>${response.status}
${headerLines(response.headers)}</pre>
${bodyOf(response.body)}
${curlOf(curl)}
</details>`;
}

function headerLines(headers: Readonly<Record<string, string>>): Html[] {
  return Object.entries(headers).map(
    ([name, value]) => html`<span class="name">${name}:</span> ${value}
`,
  );
}

function bodyOf({ text, omittedCharacters = 0 }: RecordedBody): Html {
  if (text === "") return html`<p class="omitted">No body.</p>`;
  return html`<pre>${indented(text)}</pre>${omittedCharacters > 0 ? html`<p class="omitted">${omittedCharacters} more characters are not shown.</p>` : undefined}`;
}

/** JSON for a reader; any other text as it is. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The script puts the button that copies beside it. */
function curlOf(curl: string): Html {
  return html`<div class="curl"><pre>${curl}</pre></div>`;
}
