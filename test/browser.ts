import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { chromiumPath, lacking } from "./needs.ts";

/** What makes a browser ask nobody for anything by itself. */
const quiet = ["disable-quic", "no-first-run", "disable-background-networking", "disable-component-update"];
const args = ["no-sandbox", "disable-gpu", "disable-sync", ...quiet].map((name) => `--${name}`);

/** A page, what it has asked for, and what it has complained of. */
export type Opened = { readonly page: Page; readonly requests: string[]; readonly complaints: string[] };

/** Starts a browser, without a test that waits for it. */
export function startBrowser(...more: readonly string[]): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: [...args, ...more] });
}

/** Opens a page in a context of its own, which its owner closes. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const [requests, complaints]: [string[], string[]] = [[], []];
  context.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (["warning", "error"].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, requests, complaints };
}

/** A browser for the tests of a file; answers what opens a page for a test. */
export function useBrowser(): (url: string, options?: BrowserContextOptions) => Promise<Opened> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (!lacking("chromium")) browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser?.close());
  return async (url, options) => {
    const opened = await openPage(browser!, url, options);
    onTestFinished(() => opened.page.context().close());
    return opened;
  };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Found = { readonly violations: readonly { id: string; impact: string; nodes: { html: string }[] }[] };

/** What axe finds wrong with a page as it is, a line a rule; all of its rules, best practices too. */
export async function axeFinds(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as Found;
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.length}, such as ${nodes[0]?.html}`);
}
