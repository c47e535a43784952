import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { pageFile } from "#platform";
import { openPage, startBrowser } from "../browser.ts";
import { billingPath, emailInvoice, testMock } from "../mock.ts";

/*
 * Pictures of the reference and the inspector, on a desktop, on a phone and in the dark, those of the README among them, and what
 * the pages weigh and how soon they show something: `npm run screenshots [-- FOLDER]`.
 */

const folder = process.argv[2] ?? "screenshots";

const looks: Readonly<Record<string, BrowserContextOptions>> = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
};

/** Views of the pages: where they are, and what is done there before the picture. */
const views: Readonly<Record<string, { readonly at: string; prepare?(page: Page): Promise<void> }>> = {
  "reference-start": { at: "docs" },
  "reference-operation": {
    at: "docs#operation/updateCustomerBilling",
    async prepare(page) {
      const operation = page.getByRole("article", { name: "Update customer billing configuration" });
      await operation.getByText("Try it", { exact: true }).click();
      await operation.getByRole("button", { name: "Send" }).click();
      await operation.getByText(/^Stored:/).waitFor();
      // From its head on.
      await page.evaluate("document.getElementById('operation/updateCustomerBilling').scrollIntoView()");
    },
  },
  "reference-codes": { at: "docs#codes" },
  "reference-idempotency": { at: "docs#idempotency" },
  "reference-mock": { at: "docs#mock" },
  "inspector-requests": { at: "_understudy/#/test_key/requests?open=2" },
  "inspector-records": { at: "_understudy/#/test_key/records" },
  "inspector-faults": { at: "_understudy/#/test_key/faults" },
};

async function filledMock() {
  const { mock, call } = testMock();
  const billing = (key: string, body: object = emailInvoice) => ({ headers: { "X-Idempotency-Key": key }, body });
  for (const key of ["try-1", "try-1"]) await call("PUT", billingPath, billing(key));
  await call("PUT", billingPath, billing("try-1", { ...emailInvoice, email: "office@company.com" }));
  await call("PUT", billingPath, billing("try-2", { method: "EMAIL_INVOICE", email: "nobody" }));
  await call("GET", "/customers");
  const control = mock.control();
  await control.faults.add({ preset: "slow-3g", match: { path: "/payment-profiles" } });
  await control.faults.add({ match: { method: "DELETE" }, answer: { status: 500 } });
  return mock.listen();
}

/** The views that the README shows. */
const shown: Readonly<Record<string, string>> = {
  "reference-operation": "reference",
  "inspector-requests": "inspector",
};

/** Makes a smaller picture of one, by the browser. */
async function toWebp(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage();
  const url = await page.evaluate<string>(`(async () => {
    const image = new Image();
    image.src = "data:image/png;base64,${png.toString("base64")}";
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.9);
  })()`);
  await page.close();
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

async function take(browser: Browser, url: string, name: string, look: string): Promise<void> {
  const { at, prepare } = views[name]!;
  const { page } = await openPage(browser, `${url}/${at}`, looks[look]);
  await page.getByRole("main").waitFor();
  await prepare?.(page);
  // What comes into view is drawn then.
  await page.waitForTimeout(600);
  const png = await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
  if (look === "desktop" && shown[name]) {
    const file = fileURLToPath(new URL(`../../.github/${shown[name]}.webp`, import.meta.url));
    writeFileSync(file, await toWebp(browser, png));
  }
  await page.context().close();
}

/** When the page has first shown something, in milliseconds; the median of some visits. */
async function firstPaintMs(browser: Browser, url: string): Promise<number> {
  const times: number[] = [];
  for (let visit = 0; visit < 5; visit++) {
    const { page } = await openPage(browser, url);
    await page.waitForTimeout(300);
    times.push(await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
    await page.context().close();
  }
  return times.sort((one, other) => one - other)[2]!;
}

async function tellWeight(browser: Browser, name: string, url: string, html: string | Uint8Array): Promise<void> {
  const kilobytes = (...parts: (string | Uint8Array)[]) =>
    (parts.reduce((sum, part) => sum + gzipSync(part).length, 0) / 1024).toFixed(1);
  const [script, style] = ["js", "css"].map((ending) => readFileSync(pageFile(`${name}.${ending}`)));
  const paint = await firstPaintMs(browser, url);
  console.log(
    `${name}: script ${kilobytes(script!)} KB, style ${kilobytes(style!)} KB, page ${kilobytes(html)} KB, all gzipped; first paint after ${Math.round(paint)} ms`,
  );
}

mkdirSync(folder, { recursive: true });
const [browser, { url, close }] = await Promise.all([startBrowser(), filledMock()]);
try {
  const wanted = process.argv[3] === undefined ? Object.keys(views) : process.argv[3].split(",");
  for (const name of wanted) for (const look of Object.keys(looks)) await take(browser, url, name, look);
  await tellWeight(browser, "reference", `${url}/docs`, await (await fetch(`${url}/docs`)).text());
  await tellWeight(browser, "inspector", `${url}/_understudy/`, readFileSync(pageFile("inspector.html")));
} finally {
  await browser.close();
  await close();
}
