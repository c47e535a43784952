import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BrowserContextOptions } from "playwright-core";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Comparison, compareReports } from "../../../src/contract/report/compare.ts";
import { htmlOf } from "../../../src/contract/report/html-report.ts";
import type { CaseResult, RecordedExchange, Report } from "../../../src/contract/report/report.ts";
import { axeFinds, useBrowser } from "../../browser.ts";
import { faults } from "../../deployment/faults.ts";
import { runAgainst } from "../../mutants/run-against.ts";
import { lacking } from "../../needs.ts";
import { reportOf, result, results } from "./sample-report.ts";

vi.setConfig({ testTimeout: 30_000 });

/** Texts with which a target might try to run a script in the reader's browser, or to break out of the page. */
const payloads = [
  "<script>window.hit = 1</script>",
  "</script><script>window.hit = 1</script>",
  '"><img src=x onerror="window.hit = 1">',
  "' onmouseover='window.hit = 1' x='",
  "</pre></details><svg onload=window.hit=1>",
  "javascript:window.hit=1",
  "</style><iframe srcdoc='<script>parent.hit = 1</script>'></iframe>",
  "{{constructor.constructor('window.hit = 1')()}}",
  "&lt;script&gt; &amp; \u202etxt.exe \u0000\u001b[31m \u2028",
];

function hostile(payload: string, index: number): CaseResult {
  const exchange: RecordedExchange = {
    operationId: payload,
    sentAt: "2026-01-15T09:30:00.000Z",
    durationMs: 1,
    request: { method: payload, url: payload, headers: { [payload]: payload }, body: { text: payload } },
    response: { status: 500, headers: { [payload]: payload }, body: { text: JSON.stringify({ [payload]: payload }) } },
    curl: payload,
  };
  return result(`billing/hostile-${index}-${payload}`, {
    title: payload,
    claim: payload,
    outcome: "broken",
    reason: payload,
    notes: [payload],
    findings: [
      {
        ...{ message: payload, at: payload, place: payload, expected: { [payload]: payload }, received: payload },
        ...{ curl: payload, weight: "broken" },
      },
    ],
    exchanges: [exchange, exchange],
  });
}

function hostileReport(): Report {
  const payload = payloads[0]!;
  return reportOf(payloads.map(hostile), {
    target: { baseUrl: payload },
    spec: { title: payload, version: payload, sha256: payload },
    startedAt: payload,
    coverage: {
      operations: [
        { operationId: payload, statuses: { [payload]: 1 }, missing: [payload, "x"], hidden: { x: payloads[2]! } },
      ],
      rules: [{ operationId: payload, at: payload, keyword: payload, valid: 1, invalid: 0 }],
    },
    leftBehind: { message: payload, irremovable: true },
  });
}

describe("report.html as text", () => {
  test("holds no text of the target as markup", () => {
    const page = htmlOf(hostileReport(), compareReports(hostileReport(), reportOf([])));
    const [, ...scripts] = page.split("<script");
    expect(scripts).toHaveLength(1);
    for (const payload of payloads.slice(0, 7))
      expect(page).not.toContain(payload.replace("javascript:", "<a href=java"));
    expect(page).not.toMatch(/<(img|svg onload|iframe)/);
    expect(page).toContain("␀␛[31m");
  });

  test("says how to find again what was found by chance", () => {
    const found = { message: "no", curl: "curl x", weight: "broken", repeat: { seed: 7, path: "3:1" } } as const;
    const page = htmlOf(reportOf([result("generated/a-valid", { outcome: "broken", findings: [found] })]));
    expect(page).toContain("again by <code>--filter generated/a-valid --seed 7 --path 3:1</code>");
  });

  test("names nothing outside of itself", () => {
    const page = htmlOf(reportOf(results));
    expect(page.match(/\b(src|action|srcset|poster|data)=|@import|url\(/g)).toBeNull();
    expect([...page.matchAll(/href="([^#"][^"]*)"/g)]).toEqual([]);
    expect(page).toContain("default-src &#39;none&#39;");
  });

  test("shows a difference member by member, with signs", () => {
    const finding = {
      ...{ message: "m", curl: "", weight: "broken" as const },
      ...{ expected: { a: 1, b: 2 }, received: { a: 1, b: 3 } },
    };
    const page = htmlOf(reportOf([result("billing/x", { outcome: "broken", findings: [finding] })]));
    expect(page).toContain('<span class="same"><i title="both"> </i>  &quot;a&quot;: 1,');
    expect(page).toContain('<span class="removed"><i title="received">−</i>  &quot;b&quot;: 3');
    expect(page).toContain('<span class="added"><i title="expected">+</i>  &quot;b&quot;: 2');
  });

  test("shows coverage as far as the run knows it: statuses, rules, and what cannot be seen", () => {
    const operations = [
      {
        operationId: "getPet",
        statuses: { "200": 120 },
        missing: ["404", "500"],
        hidden: { "500": "nobody asks for it" },
      },
    ];
    const rule = { operationId: "getPet", at: "query.limit", keyword: "maximum", valid: 3, invalid: 0 };
    const page = htmlOf(reportOf([], { coverage: { operations, rules: [rule], percent: 62 } }));
    expect(page).toContain("1 of 3 answers seen, 62 % of the document in all");
    expect(page).toContain(
      '<td class="seen-3">120</td><td class="unseen"><abbr title="declared, never seen">0</abbr></td>',
    );
    expect(page).toContain("not to be seen from outside (500: nobody asks for it)");
    expect(page).toContain("1 of 2 sides seen");
    expect(page).toContain('<small>maximum</small></th><td class="seen-1">3</td><td class="unseen">0</td>');
  });

  test("says what a case remarks, and that a run decided nothing", () => {
    const remarks = { notes: ["A note."], exercised: { accepted: 7, refused: 2 } };
    const page = htmlOf(reportOf([result("billing/x", { outcome: "skipped", ...remarks })]));
    expect(page).toContain('<p class="note">7 valid requests were carried out; a rule of the target refused 2.</p>');
    expect(page).toContain('<p class="note">A note.</p>');
    expect(page).toContain("Nothing decided <span>of Connect API 0.1.0</span>");
  });

  test("names what is behind many findings, once", () => {
    const place = "/components/schemas/Timestamp/type";
    const finding = {
      ...{ message: "m", at: "body.createdAt", expected: "a string", received: 7, place, curl: "" },
      weight: "broken" as const,
    };
    const cases = ["a", "b", "c"].map((name) =>
      result(`billing/${name}`, { outcome: "broken", findings: [finding, finding] }),
    );
    const causes = (count: number) =>
      /<section class="causes">.*?<\/section>/s.exec(htmlOf(reportOf(cases.slice(0, count))));
    expect(causes(3)?.[0]).toContain("<b>3 cases</b></a> body.createdAt should be a string");
    expect(causes(3)?.[0]).toContain(`<code>#${place}</code>`);
    expect(causes(1)).toBeNull();
  });

  test("says what was left out of exchanges and bodies", () => {
    const exchange = hostile("x", 0).exchanges![0]!;
    const cut = { ...exchange, response: { ...exchange.response, body: { text: "abc", omittedCharacters: 77 } } };
    const page = htmlOf(reportOf([result("billing/x", { exchanges: [cut], omittedExchanges: 5 })]));
    expect(page).toContain("5 more exchanges are not shown.");
    expect(page).toContain("77 more characters are not shown.");
  });
});

const missing = lacking("chromium");
const open = useBrowser();

describe.skipIf(missing)(`report.html in a browser${missing}`, () => {
  let broken: Report;
  let comparison: Comparison;

  beforeAll(async () => {
    broken = await runAgainst(faults.find(({ id }) => id === "compared-by-key-only")!.behaviour);
    const [first, second, ...others] = broken.cases;
    const earlier = [...others, { ...first!, outcome: "broken" as const }, result("billing/gone")];
    comparison = compareReports(reportOf([...earlier.filter(({ outcome }) => outcome !== "broken"), second!]), broken);
  }, 60_000);

  test("opens from the disk, asks nobody for anything and complains of nothing", async () => {
    const { page, requests, complaints } = await opened(htmlOf(broken, comparison));
    expect(await page.locator("h1").textContent()).toContain("Does not conform");
    expect(await page.locator(".case").count()).toBe(broken.cases.length);
    expect(requests.filter((url) => !url.startsWith("file://"))).toEqual([]);
    expect(requests).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  test("filters by outcome, basis and text, and says how many are left", async () => {
    const { page } = await opened(htmlOf(broken));
    const shown = () => page.locator(".case:visible").count();
    const count = (fits: (item: CaseResult) => boolean) => broken.cases.filter(fits).length;
    await page.getByRole("checkbox", { name: "held" }).uncheck();
    expect(await shown()).toBe(count(({ outcome }) => outcome !== "held"));
    await page.getByRole("combobox", { name: "Basis" }).selectOption("documented");
    const both = count(({ outcome, basis }) => outcome !== "held" && basis === "documented");
    expect(await shown()).toBe(both);
    expect(await page.getByRole("status").textContent()).toBe(`${both} of ${broken.cases.length}`);
    const { id } = broken.cases.find(({ outcome }) => outcome === "broken")!;
    await page.getByRole("searchbox").fill(` ${id.toUpperCase()} `);
    expect(await page.locator(".case:visible").first().getAttribute("id")).toBe(id);
    expect(await page.locator("#held").isVisible()).toBe(false);
    await page.getByRole("searchbox").fill("no case has this text");
    expect(await shown()).toBe(0);
    expect(await page.getByText("No case fits these filters.").isVisible()).toBe(true);
  });

  test("unfolds exchanges and copies a curl line, with the keyboard alone", async () => {
    const { page } = await opened(htmlOf(broken), { permissions: ["clipboard-read", "clipboard-write"] });
    const item = page.locator(".case.broken").first();
    await item.locator(".exchanges > summary").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const exchange = item.locator(".exchange").first();
    expect(await exchange.locator("pre").first().isVisible()).toBe(true);
    const line = await exchange.locator(".curl pre").textContent();
    expect(line).toContain("$CONNECT_API_KEY");
    await exchange.getByRole("button").focus();
    await page.keyboard.press("Enter");
    await exchange.getByText("Copied").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(line);
  });

  test("gives the whole chain of a sequence, idempotency keys and all", async () => {
    const { page } = await opened(htmlOf(broken));
    const sequence = broken.cases.find(({ outcome, exchanges = [] }) => outcome === "broken" && exchanges.length > 1)!;
    const chain = await page.locator(`[id="${sequence.id}"] .chain pre`).textContent();
    expect(chain?.split("\n")).toEqual(sequence.exchanges!.map(({ curl }) => curl));
    expect(chain).toContain("-H 'X-Idempotency-Key: ");
  });

  test("a cause leaves its own cases alone on the page, until that is undone", async () => {
    const cases = ["one", "two", "three"].map((name) =>
      result(`a/${name}`, {
        outcome: "broken",
        findings: [
          { message: name === "three" ? "other" : "same", expected: 1, received: 2, curl: "c", weight: "broken" },
        ],
      }),
    );
    const { page, complaints } = await opened(htmlOf(reportOf([...cases, result("a/held")])));
    await page.getByRole("link", { name: "2 cases" }).first().click();
    expect(await page.locator(".case:visible").evaluateAll((items) => items.map(({ id }) => id))).toEqual([
      "a/one",
      "a/two",
    ]);
    await page.getByRole("combobox", { name: "Cause" }).selectOption("");
    expect(await page.locator(".case:visible").count()).toBe(4);
    expect(complaints).toEqual([]);
  });

  test("a link of the comparison opens the case that it names", async () => {
    const { page } = await opened(htmlOf(broken, comparison));
    const link = page.locator(".comparison a").last();
    const id = (await link.getAttribute("href"))!.slice(1);
    await page.evaluate(unfoldAll);
    await page.evaluate("for (const item of document.querySelectorAll('.case')) item.open = false");
    await link.click();
    await expect.poll(() => page.locator(`[id="${id}"]`).getAttribute("open")).toBe("");
  });

  test("whatever a target answers stays text", async () => {
    const { page, complaints } = await opened(htmlOf(hostileReport(), compareReports(reportOf([]), hostileReport())));
    await page.evaluate(unfoldAll);
    for (const item of await page.locator(".case .title").all()) await item.hover();
    expect(await page.evaluate("window.hit")).toBeUndefined();
    expect(await page.locator("iframe, img, main script, .case svg").count()).toBe(0);
    expect(await page.locator(".case .title").first().textContent()).toContain(payloads[0]);
    expect(complaints).toEqual([]);
  });

  test("and the page's own policy stops a script that got in all the same", async () => {
    const page = htmlOf(reportOf(results)).replace(
      "</main>",
      `${payloads[0]}<img src="x" onerror="window.hit = 1"></main>`,
    );
    const opening = await opened(page);
    expect(await opening.page.evaluate("window.hit")).toBeUndefined();
    expect(opening.complaints.join(" ")).toContain("Content Security Policy");
  });

  test("reads without JavaScript", async () => {
    const { page } = await opened(htmlOf(broken), { javaScriptEnabled: false });
    expect(await page.locator("#filters").isVisible()).toBe(false);
    const item = page.locator(".case.broken").first();
    expect(await item.locator(".finding").first().isVisible()).toBe(true);
    await item.locator(".exchanges > summary").click();
    expect(await item.locator(".exchange").first().isVisible()).toBe(true);
    expect(await page.getByRole("button").count()).toBe(0);
  });

  test.each([320, 390])("does not scroll sideways on a phone of %i pixels", async (width) => {
    const viewport = { width, height: 800 };
    for (const report of [broken, hostileReport()]) {
      const { page } = await opened(htmlOf(report, comparison), { viewport, isMobile: true });
      await page.evaluate(unfoldAll);
      expect(await page.evaluate(widest)).toBeLessThanOrEqual(width);
    }
  });

  test.each(["light", "dark"] as const)("has a contrast of 4.5 or more for every text, %s", async (colorScheme) => {
    const given = reportOf([...results, result("billing/known", { outcome: "deviates", reason: "r" })]);
    const cases = [...given.cases, ...broken.cases.filter(({ outcome }) => outcome === "broken").slice(0, 3)];
    const leftBehind = { message: "Customer cus-1 had no billing before the run.", irremovable: true };
    for (const report of [reportOf(cases, { ...broken, cases, leftBehind }), reportOf([result("billing/held")])]) {
      const { page } = await opened(htmlOf(report, comparison), { colorScheme });
      await page.evaluate(unfoldAll);
      const texts = await page.evaluate<{ text: string; colors: string; ratio: number }[]>(contrasts);
      expect(texts.length).toBeGreaterThan(10);
      expect(texts.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    }
  });

  test.each([
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["on a phone", { viewport: { width: 390, height: 844 } }],
  ] as const)("has nothing that axe finds, %s", { timeout: 60_000 }, async (_, options) => {
    const cases = [...results, ...broken.cases.filter(({ outcome }) => outcome === "broken").slice(0, 3)];
    const leftBehind = { message: "Customer cus-1 had no billing before the run.", irremovable: true };
    for (const report of [reportOf(cases, { ...broken, cases, leftBehind }), reportOf([result("billing/held")])]) {
      const { page } = await opened(htmlOf(report, comparison), options);
      expect(await axeFinds(page)).toEqual([]);
      await page.evaluate(unfoldAll);
      expect(await axeFinds(page)).toEqual([]);
    }
  });

  test("is dark in the dark", async () => {
    const background = async (colorScheme: "light" | "dark") => {
      const { page } = await opened(htmlOf(reportOf(results)), { colorScheme });
      return page.evaluate("getComputedStyle(document.body).backgroundColor");
    };
    expect(await background("light")).toBe("rgb(246, 247, 249)");
    expect(await background("dark")).toBe("rgb(14, 18, 23)");
  });

  test("prints dark on light, without what is only for the screen", async () => {
    const { page } = await opened(htmlOf(broken), { colorScheme: "dark" });
    await page.emulateMedia({ media: "print" });
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    const texts = await page.evaluate<{ ratio: number }[]>(contrasts);
    expect(texts.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    expect(await page.locator("#filters").isVisible()).toBe(false);
    expect(await page.locator(".curl button:visible").count()).toBe(0);
    expect(await page.locator(".finding:visible").count()).toBeGreaterThan(0);
  });
});

/** Opens a page from the disk, in a browser without a network. */
async function opened(html: string, options: BrowserContextOptions = {}) {
  const directory = await mkdtemp(join(tmpdir(), "understudy-html-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "report.html");
  await writeFile(file, html);
  return open(`${pathToFileURL(file)}`, { offline: true, ...options });
}

// What runs in the page is text here: the types of this project know no browser.

const unfoldAll = `for (const details of document.querySelectorAll("details")) details.open = true;`;

/** How far to the right anything of the page reaches, but what can be scrolled to within a box of its own. */
const widest = `(() => {
  for (const item of document.querySelectorAll(".case")) item.style.contentVisibility = "visible";
  const boxes = [...document.querySelectorAll("body *")].filter((element) => !element.closest(".scroll *, .hidden"));
  return Math.max(document.documentElement.scrollWidth, ...boxes.map((box) => box.getBoundingClientRect().right));
})()`;

/** The contrast of every text to what it stands on. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
const contrasts = `(() => {
  const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const backgrounds = new Map([[null, "rgb(255, 255, 255)"]]);
  const backgroundOf = (element) => {
    const known = backgrounds.get(element);
    if (known) return known;
    const { backgroundColor } = getComputedStyle(element);
    const found = (channels(backgroundColor)[3] ?? 1) === 0 ? backgroundOf(element.parentElement) : backgroundColor;
    backgrounds.set(element, found);
    return found;
  };
  const found = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: element, textContent } = walker.currentNode;
    const text = textContent.trim();
    if (text === "" || element.closest("script, style, .hidden, option")) continue;
    const [color, background] = [getComputedStyle(element).color, backgroundOf(element)];
    const [light, dark] = [luminance(color), luminance(background)].sort((a, b) => b - a);
    const colors = color + " on " + background;
    found.set(element.className + colors, { text, colors, ratio: (light + 0.05) / (dark + 0.05) });
  }
  return [...found.values()];
})()`;
