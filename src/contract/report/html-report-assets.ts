/** The style of `report.html`. All colours of text have a contrast of 4.5 or more to what they stand on; a test computes it. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --soft: #f1f3f5; --line: #d9dee3; --text: #1b2127; --quiet: #57606a; --link: #0757b8;
  --held: #14692c; --broken: #b3161f; --differs: #855300; --deviates: #0b5f93; --skipped: #57606a;
  --held-soft: #e3f4e7; --broken-soft: #fdebec; --differs-soft: #fff3d6; --deviates-soft: #e2f1fb; --skipped-soft: #eceff2;
  --seen-1: #cdebd4; --seen-2: #a5dab1; --seen-3: #7cc98d; --seen-4: #58b56d; --on-seen: #07260f;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #0e1217; --card: #161b22; --soft: #1e252e; --line: #303944; --text: #e4e9ee; --quiet: #9da8b4; --link: #79b8ff;
    --held: #5ccb75; --broken: #ff8a84; --differs: #e6b450; --deviates: #79c0ff; --skipped: #9da8b4;
    --held-soft: #12291a; --broken-soft: #331a1d; --differs-soft: #2e2614; --deviates-soft: #142a3d; --skipped-soft: #1e252e;
    --seen-1: #173a22; --seen-2: #1d4d2c; --seen-3: #246338; --seen-4: #2a7442; --on-seen: #e9f8ed;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 5rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; overflow-wrap: anywhere; }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
h1, h2, h3, p, ul, ol, figure, pre { margin: 0; padding: 0; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; }
small { font-size: .8125rem; font-weight: normal; color: var(--quiet); }
code, pre { font: .8125rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { white-space: pre-wrap; unicode-bidi: plaintext; background: var(--soft); border-radius: 6px; padding: .5rem .75rem; }
i { font-style: normal; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }

header { display: grid; grid-template-columns: auto 1fr; gap: 0 1.25rem; padding-top: 2.5rem; align-items: start; }
.verdict-sign { width: 3.5rem; height: 3.5rem; border-radius: 50%; display: grid; place-items: center; font-size: 1.75rem; font-weight: 700; }
.right .verdict-sign { background: var(--held-soft); color: var(--held); }
.wrong .verdict-sign { background: var(--broken-soft); color: var(--broken); }
h1 { font-size: 1.75rem; line-height: 1.2; }
.right h1 { color: var(--held); }
.wrong h1 { color: var(--broken); }
h1 span { color: var(--text); font-weight: 500; }
.target { font-weight: 600; margin-top: .25rem; }
.figures { color: var(--quiet); font-size: .875rem; }
.figures time { display: inline-block; }
.bar { grid-column: 1 / -1; width: 100%; height: .625rem; margin-top: 1.25rem; border-radius: 5px; display: block; }
.bar .held { fill: var(--held); } .bar .broken { fill: var(--broken); } .bar .differs { fill: var(--differs); }
.bar .deviates { fill: var(--deviates); } .bar .skipped { fill: var(--skipped); }
.tiles { grid-column: 1 / -1; list-style: none; display: grid; grid-template-columns: repeat(5, 1fr); gap: .625rem; margin-top: .75rem; }
.tiles a, .tiles div { display: block; padding: .625rem .875rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); text-decoration: none; color: inherit; }
.tiles div { color: var(--quiet); }
.tiles a:hover { border-color: currentColor; }
.tiles b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles span { font-size: .875rem; }
.tiles .held, label.held i { color: var(--held); } .tiles .broken, label.broken i { color: var(--broken); }
.tiles .differs, label.differs i { color: var(--differs); } .tiles .deviates, label.deviates i { color: var(--deviates); }
.tiles .skipped, label.skipped i { color: var(--skipped); }

.left-behind { margin-top: 1.5rem; padding: .75rem 1rem; border-radius: 8px; background: var(--differs-soft); }
.comparison > p { color: var(--quiet); font-size: .875rem; }
.comparison details { margin-top: .5rem; padding: .5rem .875rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.comparison ul { padding: .375rem 0 .25rem 1.25rem; }
.comparison li { margin: .25rem 0; }
.comparison small { display: block; }

.causes ul { list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.causes li { padding: .625rem .875rem; border-left: 4px solid var(--differs); }
.causes li.broken { border-left-color: var(--broken); }
.causes li:first-child { border-top-left-radius: 8px; } .causes li:last-child { border-bottom-left-radius: 8px; }
.causes li + li { border-top: 1px solid var(--line); }
.causes li > p > a { margin-right: .5rem; }
.causes summary { font-size: .875rem; color: var(--link); width: fit-content; }
.causes .diff { margin-top: .375rem; }

.scroll { position: relative; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .75rem; }
.matrix { border-collapse: separate; border-spacing: 3px; font-size: .8125rem; }
.matrix th { font-weight: 500; color: var(--quiet); text-align: left; white-space: nowrap; padding-right: .75rem; }
.matrix thead th:not(:first-child) { text-align: center; padding: 0; }
.matrix tbody th { color: var(--text); }
.matrix td { min-width: 3.25rem; height: 2rem; text-align: center; border-radius: 4px; font-variant-numeric: tabular-nums; }
.seen-1 { background: var(--seen-1); color: var(--on-seen); } .seen-2 { background: var(--seen-2); color: var(--on-seen); }
.seen-3 { background: var(--seen-3); color: var(--on-seen); } .seen-4 { background: var(--seen-4); color: var(--on-seen); }
.unseen { border: 1px dashed var(--quiet); color: var(--quiet); }
.unseen abbr { text-decoration: none; }
.rules { margin-top: .75rem; font-size: .875rem; }
.rules .scroll { margin-top: .5rem; max-height: 24rem; overflow-y: auto; }
.legend { margin-top: .5rem; font-size: .8125rem; color: var(--quiet); }
.legend span { display: inline-block; min-width: 2rem; text-align: center; border-radius: 4px; padding: 0 .375rem; }

#filters { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: 2rem -1.25rem 0; padding: .75rem 1.25rem; background: var(--page); border-bottom: 1px solid var(--line); font-size: .875rem; }
#filters fieldset { border: 0; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: .25rem .875rem; }
#filters legend { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
#filters label { display: inline-flex; gap: .3rem; align-items: center; }
#filters input[type=search] { flex: 1 1 12rem; }
#filters input[type=search], #filters select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--quiet); border-radius: 6px; padding: .375rem .625rem; min-width: 0; }
#filters select { max-width: 16rem; }
#filters input::placeholder { color: var(--quiet); opacity: 1; }
#filters input[type=checkbox] { accent-color: var(--link); margin: 0; }
#filters output { color: var(--quiet); }

summary { cursor: pointer; }
.group h2 { scroll-margin-top: 5rem; }
.case { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--skipped); border-radius: 8px; margin-top: .375rem; content-visibility: auto; contain-intrinsic-size: auto 3.75rem; }
.case.held { border-left-color: var(--held); } .case.broken { border-left-color: var(--broken); }
.case.differs { border-left-color: var(--differs); } .case.deviates { border-left-color: var(--deviates); }
.case.brief { padding: .5rem .875rem .5rem 2.625rem; text-indent: -1.75rem; content-visibility: visible; }
.case.brief::before { content: "✓"; font-weight: 700; display: inline-block; width: 1.75rem; text-indent: 0; color: var(--held); }
.case.brief.broken::before { content: "✗"; color: var(--broken); } .case.brief.differs::before { content: "≠"; color: var(--differs); }
.case.brief.deviates::before { content: "~"; color: var(--deviates); } .case.brief.skipped::before { content: "–"; color: var(--skipped); }
.case.brief small { display: block; text-indent: 0; }
.case > summary { display: flex; gap: .75rem; padding: .5rem .875rem; list-style: none; position: relative; }
.case > summary::-webkit-details-marker { display: none; }
.case > summary:hover .title { text-decoration: underline; }
.case .sign { font-weight: 700; width: 1em; text-align: center; flex: none; }
.held .sign { color: var(--held); } .broken .sign { color: var(--broken); } .differs .sign { color: var(--differs); }
.deviates .sign { color: var(--deviates); } .skipped .sign { color: var(--skipped); }
.case .title { flex: 1; min-width: 0; }
.case .title small { display: block; text-decoration: none; }
.case > summary::after { content: "+"; color: var(--quiet); font-family: ui-monospace, monospace; }
.case[open] > summary::after { content: "−"; }
.case > .body { padding: 0 .875rem .875rem 2.625rem; }
.claim { color: var(--quiet); font-size: .875rem; }
.basis { display: inline-block; border: 1px solid var(--line); border-radius: 99px; padding: 0 .5rem; font-size: .75rem; margin-right: .25rem; }
.reason, .note { margin-top: .5rem; font-size: .9375rem; }
.finding { margin-top: .875rem; }
.finding .message { font-weight: 600; font-size: .9375rem; margin-bottom: .375rem; }
.where { display: flex; flex-wrap: wrap; gap: .125rem 1rem; font-size: .8125rem; color: var(--quiet); margin: .375rem 0; }
.diff { border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.diff figcaption { display: flex; gap: 1rem; font-size: .75rem; padding: .25rem .75rem; border-bottom: 1px solid var(--line); }
.diff figcaption span { background: none; }
.diff pre { padding: .375rem 0; border-radius: 0; background: var(--card); }
.diff pre span { display: block; padding: 0 .75rem 0 2rem; text-indent: -1.25rem; }
.diff pre i { display: inline-block; width: 1.25rem; text-indent: 0; }
.removed { background: var(--broken-soft); color: var(--broken); }
.added { background: var(--held-soft); color: var(--held); }
.same { color: var(--quiet); }

.exchanges { margin-top: .875rem; }
.exchanges > summary, .chain > summary { font-size: .875rem; color: var(--link); width: fit-content; }
.exchanges > ol { list-style: none; counter-reset: exchange; margin-top: .375rem; }
.exchanges > ol > li { counter-increment: exchange; border-top: 1px solid var(--line); }
.exchange > summary { padding: .375rem 0; font-size: .875rem; }
.exchange > summary::before { content: counter(exchange) "."; color: var(--quiet); margin-right: .25rem; font-variant-numeric: tabular-nums; }
.exchange > summary b { font-size: .8125rem; }
.exchange h3 { font-size: .75rem; color: var(--quiet); margin: .5rem 0 .25rem; }
.exchange pre { margin-bottom: .25rem; }
.exchange .name { color: var(--quiet); }
.status { font-weight: 600; }
.status-2 { color: var(--held); } .status-4 { color: var(--differs); } .status-5 { color: var(--broken); }
.chain { margin-top: .5rem; }
.omitted { font-size: .8125rem; color: var(--quiet); }
.curl { position: relative; margin-top: .375rem; }
.curl pre { padding-right: 4.5rem; }
.curl button { position: absolute; top: .25rem; right: .25rem; font: 500 .75rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--card); border: 1px solid var(--quiet); border-radius: 5px; padding: .125rem .5rem; cursor: pointer; }
.curl button:hover { border-color: var(--text); }
footer { color: var(--quiet); font-size: .8125rem; margin-top: 2.5rem; padding-bottom: 2.5rem; }

@media (max-width: 36rem) {
  header { padding-top: 1.25rem; gap: 0 .75rem; }
  header, main, footer { padding-left: .875rem; padding-right: .875rem; }
  .verdict-sign { width: 2.5rem; height: 2.5rem; font-size: 1.25rem; }
  h1 { font-size: 1.375rem; }
  .tiles { grid-template-columns: repeat(6, 1fr); gap: .375rem; }
  .tiles li { grid-column: span 2; }
  .tiles li:nth-child(n + 4) { grid-column: span 3; }
  .tiles a, .tiles div { padding: .375rem .625rem; }
  .tiles b { font-size: 1.125rem; }
  .case > .body { padding-left: .875rem; }
  .matrix th:first-child { position: sticky; left: 0; background: var(--card); min-width: 8.5rem; max-width: 8.5rem; padding-right: .25rem; white-space: normal; }
  .matrix td { min-width: 2.5rem; }
  #filters { position: static; margin: 1.5rem -.875rem 0; padding: .75rem .875rem; }
}
@media print {
  :root { --page: #fff; color-scheme: light; print-color-adjust: exact; }
  body { font-size: 11pt; }
  header, main, footer { max-width: none; padding: 0; }
  #filters, .curl button, .case > summary::after { display: none; }
  .case { content-visibility: visible; }
  .case > summary, .finding { break-inside: avoid; }
  h2 { break-after: avoid; }
  pre { border: 1px solid var(--line); }
}
`;

/** The script of `report.html`: filters, buttons that copy, and links that open what they lead to. The page reads without it. */
export const script = `
const form = document.getElementById("filters");
const cases = [...document.querySelectorAll(".case")];
const texts = new Map();
const textOf = (item) => {
  if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
  return texts.get(item);
};
const filter = () => {
  const given = new FormData(form);
  const wanted = given.getAll("outcome");
  const text = given.get("text").trim().toLowerCase();
  let shown = 0;
  for (const item of cases) {
    const fits = wanted.includes(item.dataset.outcome)
      && (given.get("basis") === "" || given.get("basis") === item.dataset.basis)
      && (!given.get("cause") || (item.dataset.causes ?? "").split(" ").includes(given.get("cause")))
      && (text === "" || textOf(item).includes(text));
    item.hidden = !fits;
    if (fits) shown++;
  }
  for (const group of document.querySelectorAll(".group")) group.hidden = !group.querySelector(".case:not([hidden])");
  document.getElementById("nothing").hidden = shown > 0;
  form.elements.count.value = shown + " of " + cases.length;
};
form.hidden = false;
form.addEventListener("input", filter);
for (const link of document.querySelectorAll("[data-cause]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    form.reset();
    form.elements.cause.value = link.dataset.cause;
    filter();
    document.getElementById("filters").scrollIntoView();
  });
}
form.addEventListener("submit", (event) => event.preventDefault());
filter();

const copy = async (text, pre) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(pre);
    document.execCommand("copy");
  }
};
for (const box of document.querySelectorAll(".curl")) {
  const pre = box.querySelector("pre");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the curl line");
  button.addEventListener("click", async () => {
    await copy(pre.textContent, pre);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  box.append(button);
}

const openTarget = () => {
  const item = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!item) return;
  if (item.matches(".case")) item.open = true;
  item.scrollIntoView();
};
addEventListener("hashchange", openTarget);
openTarget();
`;
