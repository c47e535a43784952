import { type Finding, repeatText } from "../findings.ts";
import { createBudget, howToSee, sizeOf, withKept } from "./bound.ts";
import { type Causes, isShared } from "./causes.ts";
import { type Html, html } from "./html.ts";
import { diffLines, linesOf } from "./line-diff.ts";
import type { CaseResult, Outcome, RecordedBody, RecordedExchange, Report } from "./report.ts";
import { cutText } from "./text.ts";

/** What a reader wants to see first comes first; the sign says without colour what the colour says. */
export const outcomes: readonly { outcome: Outcome; sign: string; heading: string }[] = [
  { outcome: "broken", sign: "✗", heading: "Broken" },
  { outcome: "differs", sign: "≠", heading: "Differs from what the reference leaves open" },
  { outcome: "deviates", sign: "~", heading: "Deviates, as agreed" },
  { outcome: "skipped", sign: "–", heading: "Not decided" },
  { outcome: "held", sign: "✓", heading: "Held" },
];

/** The most cases that are unfolded from the start, and causes and notes that one case names. */
const mostOpen = 12;
const mostNamed = 12;

/** The most lines of a value, and characters of a text. */
const most = { lines: 120, characters: 4_000 };

/** Of a case of which not everything is told, the most findings. */
const firstFindings = 3;

/** A page is as good as full where so many cases in a row were too large for it. */
const mostRefused = 10;

/** The cases of a report by outcome, in at most so many bytes: what matters most is told first, the rest is counted. */
export function groupsOf(report: Report, causes: Causes, bytes: number): Html[] {
  const groups = outcomes.map((group) => ({
    ...group,
    members: report.cases.filter(({ outcome }) => outcome === group.outcome),
  }));
  const told = fitting(
    groups.flatMap(({ members }) => members),
    causes,
    bytes,
  );
  return groups.flatMap((group) => groupOf(group, report, told) ?? []);
}

/** What is told of each case in so many bytes; nothing of some, where there are too many. */
function fitting(cases: readonly CaseResult[], causes: Causes, bytes: number): Map<CaseResult, Html> {
  const told = new Map<CaseResult, Html>();
  let spent = 0;
  /** Tells more of these cases, until so large a share of all bytes is spent. */
  const tell = (share: number, items: readonly CaseResult[], write: (item: CaseResult) => Html) => {
    const budget = createBudget(bytes * share - spent);
    let refused = 0;
    for (const item of items) {
      const text = write(item);
      const more = sizeOf(text.html) - sizeOf(told.get(item)?.html ?? "");
      if (budget.take(more)) {
        told.set(item, text);
        spent += more;
        refused = 0;
      } else if (++refused === mostRefused) return;
    }
  };
  const failed = cases.filter(({ findings }) => findings.length > 0);
  const others = cases.filter(({ findings }) => findings.length === 0);
  const examples = new Set(causes.list.map(({ exampleCase }) => exampleCase));
  const byCause = [...examples, ...failed.filter((item) => !examples.has(item))];
  const open = new Set(failed.slice(0, mostOpen));
  tell(0.5, failed, (item) => briefOf(item, causes));
  tell(0.75, byCause, (item) => caseOf(item, firstOf(item), causes, open.has(item)));
  tell(0.9, others, (item) => briefOf(item, causes));
  tell(1, [...byCause, ...others], (item) => caseOf(item, item, causes, open.has(item)));
  return told;
}

/** A case with its first findings, and the exchange that showed the first. */
function firstOf(item: CaseResult): CaseResult {
  const findings = item.findings.slice(0, firstFindings);
  const exchange = item.exchanges?.find(({ curl }) => curl === findings[0]?.curl);
  return withKept(item, { findings: new Set(findings), exchanges: new Set(exchange ? [exchange] : []) });
}

type Group = (typeof outcomes)[number] & { readonly members: readonly CaseResult[] };

function groupOf(
  { outcome, heading, members }: Group,
  report: Report,
  told: ReadonlyMap<CaseResult, Html>,
): Html | undefined {
  if (members.length === 0) return undefined;
  const cases = members.flatMap((item) => told.get(item) ?? []);
  const omitted = members.length - cases.length;
  return html`<section class="group ${outcome}" id="${outcome}">
<h2>${heading} <small>${members.length}</small></h2>
${cases}
${omitted > 0 ? html`<p class="omitted">${omitted} more are not shown here; report.json has them. ${howToSee(report)}.</p>` : undefined}
</section>`;
}

function attributesOf(item: CaseResult, causes: Causes): Html {
  const shared = causes.ofCase(item).filter(isShared);
  const ids = shared.map(({ id }) => id).join(" ");
  return html`id="${item.id}" data-outcome="${item.outcome}" data-basis="${item.basis}"${ids === "" ? undefined : html` data-causes="${ids}"`}`;
}

/** A case of which the page has room for its title alone. */
function briefOf(item: CaseResult, causes: Causes): Html {
  return html`<p class="case brief ${item.outcome}" ${attributesOf(item, causes)}>${cutText(item.title, most.characters)} <small>${item.id}</small></p>
`;
}

/** A case with what is `kept` of its findings and exchanges. */
function caseOf(item: CaseResult, kept: CaseResult, causes: Causes, open: boolean): Html {
  const { id, title, outcome, durationMs } = item;
  const { sign } = outcomes.find((one) => one.outcome === outcome)!;
  const { findings, omittedFindings = 0, exchanges = [], omittedExchanges = 0 } = kept;
  return html`<details class="case ${outcome}" ${attributesOf(item, causes)}${open ? html` open` : undefined}>
<summary><span class="sign" aria-hidden="true">${sign}</span><span class="title">${cutText(title, most.characters)}<small>${id}</small></span><span class="hidden">${outcome}</span></summary>
<div class="body">
${bodyOf(item, causes)}
${findings.map((finding, index) => findingOf(item.id, finding, exchanges, finding.curl !== findings[index + 1]?.curl))}
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
  const shared = causes.ofCase(item).filter(isShared).slice(0, mostNamed);
  return html`<p class="claim"><span class="basis">${basis}</span> ${cutText(claim, most.characters)}</p>
${reason && html`<p class="reason">${outcome === "deviates" ? "Known" : "Not decided"}: ${cutText(reason, most.characters)}</p>`}
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
  return [...(counts ? [counts] : []), ...notes.slice(0, mostNamed)].map(
    (note) => html`<p class="note">${cutText(note, most.characters)}</p>`,
  );
}

/** One finding; where several come from one request, its `curl` line stands under the last. */
function findingOf(id: string, finding: Finding, exchanges: readonly RecordedExchange[], last: boolean): Html {
  const { message, at, place, expected, received, curl, repeat } = finding;
  const shown = "expected" in finding || "received" in finding;
  const index = exchanges.findIndex((exchange) => exchange.curl === curl);
  return html`<div class="finding">
<p class="message">${cutText(message, most.characters)}</p>
${shown ? diffOf(expected, received) : undefined}
<p class="where">${at && html`<span>at <code>${at}</code></span>`}
${place && html`<span>document <code>#${place}</code></span>`}
${index >= 0 ? html`<span>seen in exchange ${index + 1}</span>` : undefined}
${repeat && html`<span>again by <code>${repeatText(id, repeat)}</code></span>`}</p>
${last && curl !== "" ? curlOf(cutText(curl, most.characters)) : undefined}
</div>`;
}

/** What an answer would have to change, in the signs and colours of git: what was received goes (-), what is expected comes (+). */
export function diffOf(expected: unknown, received: unknown): Html {
  const words = { "-": "received", "+": "expected", " ": "both" };
  const lines = diffLines(shownLines(received), shownLines(expected));
  return html`<figure class="diff"><figcaption><span class="removed">− received</span> <span class="added">+ expected</span></figcaption><pre>${lines.map(
    ({ sign, text }) =>
      html`<span class="${{ "-": "removed", "+": "added", " ": "same" }[sign]}"><i title="${words[sign]}">${sign === "-" ? "−" : sign}</i>${text}
</span>`,
  )}</pre></figure>`;
}

function shownLines(value: unknown): string[] {
  const lines = cutText(linesOf(value ?? "(nothing)").join("\n"), most.characters).split("\n");
  const shown = lines.slice(0, most.lines);
  return lines.length > most.lines ? [...shown, `... (${lines.length - most.lines} more lines)`] : shown;
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
<h3>Request</h3>
<pre>${request.method} ${request.url}
${headerLines(request.headers)}</pre>
${request.body && payloadOf(request.body)}
<h3>Answer</h3>
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
export function curlOf(curl: string): Html {
  return html`<div class="curl"><pre>${curl}</pre></div>`;
}
