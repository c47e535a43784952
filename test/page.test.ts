import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build, type PreviewServer, preview } from "vite";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createControl } from "../src/control/client.ts";
import { startBrowser } from "./browser.ts";
import { understudy } from "./commands/understudy.ts";
import { lacking } from "./needs.ts";

const missing = lacking("chromium", "signals");
const customer = "cus-0001-business-email";
const update = { operationId: "updateCustomerBilling" };

/** Where the pictures of a run go, for somebody to look at; nowhere unless told. */
const { UNDERSTUDY_SCREENSHOTS: pictures } = process.env;

let folder: string;
let pages: PreviewServer;
let browser: Browser;

/** The billing form, served from another site than the mock: `localhost` is another one than `127.0.0.1`. */
beforeAll(async () => {
  if (missing) return;
  folder = mkdtempSync(join(tmpdir(), "understudy-page-"));
  const root = fileURLToPath(new URL("page", import.meta.url));
  const quiet = { root, configFile: false as const, logLevel: "error" as const };
  await build({ ...quiet, build: { outDir: join(folder, "page"), target: "es2022" } });
  pages = await preview({ ...quiet, build: { outDir: join(folder, "page") }, preview: { host: "localhost", port: 0 } });
  browser = await startBrowser();
  if (pictures) mkdirSync(pictures, { recursive: true });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await pages?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** A mock in a process of its own, and the form in a page that calls it. */
async function opened(options: readonly string[] = [], query = "") {
  const mock = await understudy(["start", "--port", "0", ...options]);
  const control = createControl({ baseUrl: mock.url });
  const context = await browser.newContext();
  const page = await context.newPage();
  onTestFinished(() => context.close());
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (/CORS|cross-origin/i.test(message.text())) complaints.push(message.text());
  });
  const { port } = pages.httpServer.address() as AddressInfo;
  await page.goto(`http://localhost:${port}/?api=${encodeURIComponent(mock.url)}&customer=${customer}${query}`);
  await said(page, "Ready");
  return { mock, control, page, complaints };
}

/** Waits for what the page is to say of how it stands. */
async function said(page: Page, text: string): Promise<void> {
  await page.getByRole("status").filter({ hasText: text }).waitFor({ timeout: 15_000 });
}

const email = (page: Page) => page.getByLabel("E-mail", { exact: true });

async function save(page: Page, address: string): Promise<void> {
  await email(page).fill(address);
  await page.getByRole("button", { name: "Save" }).click();
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

describe.skipIf(missing)(`a billing form, from another site${missing}`, () => {
  test("loads, with cookies and the headers of tracing tools, and asks only once whether it may", async () => {
    const { page, control, complaints, mock } = await opened();
    expect(await email(page).inputValue()).toBe("billing@northwind.example");
    await save(page, "first@company.example");
    await said(page, "Saved");
    await save(page, "second@company.example");
    await said(page, "Saved");
    const sent = await control.requests({ ...update, count: 2 });
    expect(sent.map(({ response }) => response?.status)).toEqual([200, 200]);
    expect(complaints).toEqual([]);
    expect(mock.out()).toMatch(/PUT .* 200 .*updateCustomerBilling +stored/);
    await picture(page, "1-saved");
  });

  test("shows each error at its field, and saves once they are mended", async () => {
    const { page } = await opened();
    await page.getByLabel("Delivery").selectOption("PAPER_INVOICE");
    await page.getByLabel("Street").fill("1 Main Street");
    await page.getByLabel("Country").fill("usa");
    await save(page, "nobody");
    await page.locator("[data-for=address]:not(:empty)").waitFor();
    await page.locator("[data-for=email]:not(:empty)").waitFor();
    expect(await email(page).getAttribute("aria-invalid")).toBe("true");
    await picture(page, "2-errors");
    await page.getByLabel("City").fill("Framingham");
    await page.getByLabel("ZIP").fill("01701");
    await page.getByLabel("Country").fill("US");
    await save(page, "billing@company.example");
    await said(page, "Saved");
  });

  test("a lost response is repeated under its key, and written once", async () => {
    const { page, control, mock } = await opened();
    await control.faults.add({ match: update, times: 1, connection: "drop-after" });
    await save(page, "once@company.example");
    await said(page, "trying again");
    await picture(page, "3-trying-again");
    await said(page, "Saved");
    const [lost, kept] = await control.requests({ ...update, count: 2 });
    expect([lost?.fault, kept?.response?.headers["X-Mock-Idempotency"]]).toEqual(["fault-1", "replayed"]);
    expect((await control.state()).idempotency).toHaveLength(1);
    expect(mock.out()).toContain("replayed");
  });

  test("what was changed after a lost response is no repetition, and the page says so", async () => {
    const { page, control } = await opened([], "&retries=0");
    await control.faults.add({ match: update, times: 1, connection: "drop-after" });
    await save(page, "first@company.example");
    await said(page, "Nothing came back");
    await save(page, "second@company.example");
    await said(page, "An earlier try was saved after all");
    await picture(page, "4-mismatch");
    await page.reload();
    await said(page, "Ready");
    expect(await email(page).inputValue()).toBe("first@company.example");
  });

  test("a server that is busy is asked again when it says", async () => {
    const { page, control } = await opened();
    const answer = { status: 429, headers: { "Retry-After": "1" } };
    await control.faults.add({ match: update, times: 1, answer });
    const started = performance.now();
    await save(page, "patient@company.example");
    await said(page, "trying again in 1 s");
    await said(page, "Saved");
    expect(performance.now() - started).toBeGreaterThan(950);
    expect((await control.requests({ ...update, count: 2 })).map(({ response }) => response?.status)).toEqual([
      429, 200,
    ]);
  });

  test("a mock that was killed and started again remembers, and the page goes on", async () => {
    const state = join(folder, "world.jsonl");
    const { page, mock } = await opened(["--state", state]);
    await save(page, "kept@company.example");
    await said(page, "Saved");
    mock.child.kill("SIGKILL");
    await mock.ended;
    await save(page, "later@company.example");
    await said(page, "trying again");
    await understudy(["start", "--port", new URL(mock.url).port, "--state", state]);
    await said(page, "Saved");
    await page.reload();
    await said(page, "Ready");
    expect(await email(page).inputValue()).toBe("later@company.example");
  });

  test("the webhook of what was saved arrives, after a receiver that was down", async () => {
    const received: { type: string; eventId: string; data: { billing: { email: string } } }[] = [];
    const statuses = [503, 204];
    const receiver: Server = createServer(async (request, response) => {
      let text = "";
      for await (const piece of request) text += piece;
      received.push(JSON.parse(text));
      response.writeHead(statuses.shift() ?? 500).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void receiver.close());
    const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
    const { page, control, mock } = await opened(["--webhook", hook]);
    await save(page, "told@company.example");
    await said(page, "Saved");
    await mock.until(() => mock.out().includes("again in"));
    await control.advance(60_000);
    await mock.until(() => / 204 /.test(mock.out()));
    expect(received.map(({ type, data }) => [type, data.billing.email])).toEqual(
      Array(2).fill(["customer.updated", "told@company.example"]),
    );
    expect(new Set(received.map(({ eventId }) => eventId)).size).toBe(1);
  });
});
