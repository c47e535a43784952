import { createHash } from "node:crypto";
import type { Finding } from "../findings.ts";
import { createBudget, cutText, howToSee, type Kept, keptOf, sizeOf, within, withKept } from "./bound.ts";
import { type Cause, type Causes, causesOf, isShared } from "./causes.ts";
import { type Comparison, changesOf, changeText } from "./compare.ts";
import { type Html, html } from "./html.ts";
import { script, style } from "./html-report-assets.ts";
import { diffLines, linesOf } from "./line-diff.ts";
import {
  type CaseResult,
  conforms,
  cutShortText,
  type Outcome,
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

/** The most bytes of a page of a target that conforms, and of any other. */
const mostBytes = { right: 500_000, wrong: 2_000_000 };

/** The most causes that are told, rows of a table, lines of a value, and characters of a text. */
const mostCauses = 50;
const mostRows = 300;
const mostLines = 120;
const mostCharacters = 4_000;

/** `report.html`: the run as one file that needs no network, and no script for reading. */
export function htmlOf(report: Report, comparison?: Comparison): string {
  const causes = causesOf(report);
  return within(verdictOf(report).right ? mostBytes.right : mostBytes.wrong, (bytes) => {
    const frame = pageOf(report, causes, [], comparison);
    return pageOf(report, causes, groupsOf(report, causes, bytes - sizeOf(frame)), comparison);
  });
}

function pageOf(report: Report, causes: Causes, groups: readonly Html[], comparison: Comparison | undefined): string {
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
${report.leftBehind && html`<p class="left-behind"><strong>Left behind.</strong> ${report.leftBehind.message}</p>`}
${comparison && comparisonOf(comparison)}
${causesSection(causes)}
${coverageSection(report)}
${filtersOf(report, causes)}
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
  if (report.cutShort && conforms(report)) return { words: "Cut short; nothing found broken", right: false };
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
<ul>${changes
    .slice(0, mostRows)
    .map(
      (change) =>
        html`<li>${change.after ? html`<a href="#${change.id}">${change.title}</a>` : change.title} <small>${change.id}, ${changeText(change)}</small></li>`,
    )}</ul>
${restOf(changes.length - mostRows, "changes")}
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
function causesSection({ list }: Causes): Html | undefined {
  const shared = list.filter(isShared);
  if (shared.length === 0) return undefined;
  return html`<section class="causes">
<h2 id="causes">Causes <small>${shared.length} behind many findings</small></h2>
<ul>${shared.slice(0, mostCauses).map(causeOf)}</ul>
${restOf(shared.length - mostCauses, "causes")}
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
${example.curl !== "" ? curlOf(cutText(example.curl, mostCharacters)) : undefined}
</details>
</li>
`;
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
<tbody>${unseenFirst(operations, ({ missing }) => missing.length > 0).map(
    (operation) =>
      html`<tr><th scope="row">${operation.operationId}</th>${statuses.map((status) => cellOf(operation, status))}</tr>`,
  )}</tbody>
</table>
</div>
${restOf(operations.length - mostRows, "operations")}
<p class="legend">How often each operation answered each status: <span class="seen-2">12</span> seen, <span class="unseen">0</span> declared and never seen${
    reasons.length > 0
      ? html`, <span class="unseen">–</span> not to be seen from outside (${reasons.join("; ")})`
      : undefined
  }.</p>
${rules.length > 0 ? rulesOf(rules) : undefined}
${statements.length > 0 ? statementsOf(statements) : undefined}
</section>`;
}

/** As many rows as a table has, those with something unseen first where there are more. */
function unseenFirst<T>(rows: readonly T[], isUnseen: (row: T) => boolean): readonly T[] {
  if (rows.length <= mostRows) return rows;
  return [...rows.filter(isUnseen), ...rows.filter((row) => !isUnseen(row))].slice(0, mostRows);
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
    rules.length - mostRows,
    unseenFirst(rules, ({ valid, invalid }) => valid === 0 || invalid === 0).map(
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
    statements.length - mostRows,
    unseenFirst(statements, ({ outcome }) => outcome === "skipped").map(
      ({ text, basis, outcome, hidden }) =>
        html`<tr><th scope="row">${text}</th><td>${basis}</td><td class="${outcome === "skipped" ? "unseen" : "seen-1"}">${hidden ?? (outcome === "skipped" ? "not decided" : outcome)}</td></tr>`,
    ),
  );
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

function filtersOf({ summary, cases }: Report, { list }: Causes): Html {
  const shared = list.filter(isShared).slice(0, mostCauses);
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

/** Of the bytes for cases, the share that goes to their titles before anything is told of one. */
const shareOfTitles = 0.7;

/** The cases by outcome, as much as is told of them in so many bytes: what matters most comes first, the rest is counted. */
function groupsOf(report: Report, causes: Causes, bytes: number): Html[] {
  const groups = outcomes.map((group) => ({
    ...group,
    members: report.cases.filter(({ outcome }) => outcome === group.outcome),
  }));
  const cases = groups.flatMap(({ members }) => members);
  const whole = createBudget(bytes);
  const titles = createBudget(bytes * shareOfTitles);
  const take = (size: number) => titles.take(size) && whole.take(size);
  const shown = new Set(cases.filter((item) => take(sizeOf(briefOf(item, causes).html))));
  const listed = cases.filter((item) => shown.has(item));
  const failed = listed.filter(({ findings }) => findings.length > 0);
  const told = new Set(failed.filter((item) => whole.take(sizeOf(bodyOf(item, causes).html))));
  const kept = keptOf(failed, causes, whole, sizes);
  const others = listed.filter((item) => !told.has(item));
  for (const item of others) if (whole.take(sizeOf(bodyOf(item, causes).html))) told.add(item);
  const more = keptOf([...told], causes, whole, sizes, kept);
  return groups.flatMap((group) => groupOf(group, report, causes, { shown, told, kept: more }) ?? []);
}

/** What is told on a page: the cases that are on it, those of them with more than a title, and what is kept of these. */
type Told = { readonly shown: ReadonlySet<CaseResult>; readonly told: ReadonlySet<CaseResult>; readonly kept: Kept };

/** About what a finding and an exchange take; the page is measured as a whole. */
const sizes = {
  finding: (finding: Finding) => sizeOf(findingOf(finding, [], true).html),
  exchange(exchange: RecordedExchange) {
    const text = JSON.stringify(exchange);
    return 900 + sizeOf(text) + 5 * (text.match(/[&<>"']/g)?.length ?? 0);
  },
};

type Group = (typeof outcomes)[number] & { readonly members: readonly CaseResult[] };

function groupOf(
  { outcome, sign, heading, members }: Group,
  report: Report,
  causes: Causes,
  on: Told,
): Html | undefined {
  if (members.length === 0) return undefined;
  const omitted = members.filter((item) => !on.shown.has(item));
  const cases = members
    .filter((item) => on.shown.has(item))
    .map((item, index) =>
      on.told.has(item)
        ? caseOf(item, withKept(item, on.kept), causes, sign, item.findings.length > 0 && index < mostOpen)
        : briefOf(item, causes),
    );
  return html`<section class="group ${outcome}" id="${outcome}">
<h2>${heading} <small>${members.length}</small></h2>
${cases}
${omitted.length > 0 ? html`<p class="omitted">${omitted.length} more are not shown here; report.json has them. ${howToSee(report)}.</p>` : undefined}
</section>`;
}

function attributesOf(item: CaseResult, causes: Causes): Html {
  const shared = causes.ofCase(item).filter(isShared);
  const ids = shared.map(({ id }) => id).join(" ");
  return html`id="${item.id}" data-outcome="${item.outcome}" data-basis="${item.basis}"${ids === "" ? undefined : html` data-causes="${ids}"`}`;
}

/** A case of which the page has room for its title alone. */
function briefOf(item: CaseResult, causes: Causes): Html {
  return html`<p class="case brief ${item.outcome}" ${attributesOf(item, causes)}>${cutText(item.title, mostCharacters)} <small>${item.id}</small></p>
`;
}

function caseOf(item: CaseResult, kept: CaseResult, causes: Causes, sign: string, open: boolean): Html {
  const { id, title, outcome, durationMs } = item;
  const { findings, omittedFindings = 0, exchanges = [], omittedExchanges = 0 } = kept;
  return html`<details class="case ${outcome}" ${attributesOf(item, causes)}${open ? html` open` : undefined}>
<summary><span class="sign" aria-hidden="true">${sign}</span><span class="title">${cutText(title, mostCharacters)}<small>${id}</small></span><span class="hidden">${outcome}</span></summary>
<div class="body">
${bodyOf(item, causes)}
${findings.map((finding, index) => findingOf(finding, exchanges, finding.curl !== findings[index + 1]?.curl))}
${omittedFindings > 0 ? html`<p class="omitted">${omittedFindings} more findings are not shown; report.json has them.</p>` : undefined}
${exchanges.length > 0 ? exchangesOf(exchanges, omittedExchanges, durationMs) : undefined}
${exchanges.length === 0 && omittedExchanges > 0 ? html`<p class="omitted">${omittedExchanges} exchanges are not shown; run.har has them.</p>` : undefined}
</div>
</details>
`;
}

/** What is told of a case before its findings. */
function bodyOf(item: CaseResult, causes: Causes): Html {
  const { basis, claim, outcome, reason } = item;
  const shared = causes.ofCase(item).filter(isShared).slice(0, mostOpen);
  return html`<p class="claim"><span class="basis">${basis}</span> ${cutText(claim, mostCharacters)}</p>
${reason && html`<p class="reason">${outcome === "deviates" ? "Known" : "Not decided"}: ${cutText(reason, mostCharacters)}</p>`}
${remarksOf(item)}
${
  shared.length > 0
    ? html`<p class="claim">Causes: ${shared.map(({ id, what, cases }) => html`<a href="#cause-${id}">${what} (${cases.length} cases)</a> `)}</p>`
    : undefined
}`;
}

function remarksOf({ notes = [], exercised }: CaseResult): Html[] {
  const counts =
    exercised &&
    `${exercised.accepted} valid requests were carried out; a rule of the target refused ${exercised.refused}.`;
  return [...(counts ? [counts] : []), ...notes.slice(0, mostOpen)].map(
    (note) => html`<p class="note">${cutText(note, mostCharacters)}</p>`,
  );
}

/** One finding; where several come from one request, its `curl` line stands under the last. */
function findingOf(finding: Finding, exchanges: readonly RecordedExchange[], last: boolean): Html {
  const { message, at, place, expected, received, curl } = finding;
  const shown = "expected" in finding || "received" in finding;
  const index = exchanges.findIndex((exchange) => exchange.curl === curl);
  return html`<div class="finding">
<p class="message">${cutText(message, mostCharacters)}</p>
${shown ? diffOf(expected, received) : undefined}
<p class="where">${at && html`<span>at <code>${at}</code></span>`}
${place && html`<span>document <code>#${place}</code></span>`}
${index >= 0 ? html`<span>seen in exchange ${index + 1}</span>` : undefined}</p>
${last && curl !== "" ? curlOf(cutText(curl, mostCharacters)) : undefined}
</div>`;
}

/** What an answer would have to change, in the signs and colours of git: what was received goes (-), what is expected comes (+). */
function diffOf(expected: unknown, received: unknown): Html {
  const words = { "-": "received", "+": "expected", " ": "both" };
  const lines = diffLines(shownLines(received), shownLines(expected));
  return html`<figure class="diff"><figcaption><span class="removed">− received</span> <span class="added">+ expected</span></figcaption><pre>${lines.map(
    ({ sign, text }) =>
      html`<span class="${{ "-": "removed", "+": "added", " ": "same" }[sign]}"><i title="${words[sign]}">${sign === "-" ? "−" : sign}</i>${text}
</span>`,
  )}</pre></figure>`;
}

function shownLines(value: unknown): string[] {
  const lines = linesOf(value ?? "(nothing)");
  const shown = lines.slice(0, mostLines).map((line) => cutText(line, mostCharacters));
  return lines.length > mostLines ? [...shown, `... (${lines.length - mostLines} more lines)`] : shown;
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
${request.body && payloadOf(request.body)}
<h4>Answer</h4>
<pre>${response.status}
${headerLines(response.headers)}</pre>
${payloadOf(response.body)}
${curlOf(curl)}
</details>`;
}

function headerLines(headers: Readonly<Record<string, string>>): Html[] {
  return Object.entries(headers).map(
    ([name, value]) => html`<span class="name">${name}:</span> ${value}
`,
  );
}

function payloadOf({ text, omittedCharacters = 0 }: RecordedBody): Html {
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
