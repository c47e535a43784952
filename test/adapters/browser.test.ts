import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { build, type PreviewServer, preview } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMock } from "../../src/commands/connect-mock.ts";
import { startBrowser } from "../browser.ts";
import { lacking } from "../needs.ts";

const missing = lacking("chromium");
const root = fileURLToPath(new URL("page", import.meta.url));
const api = "https://api.example.test/connect";
const customer = "/customers/cus-0001-business-email";

let folder: string;
let server: PreviewServer;
let browser: Browser;
let page: Page;
const errors: string[] = [];

/** The page with the built package in it, as a user's bundler makes it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "understudy-page-"));
  const quiet = { root, configFile: false as const, logLevel: "error" as const };
  await build({ ...quiet, build: { outDir: folder, target: "es2022", reportCompressedSize: false } });
  const msw = dirname(createRequire(import.meta.url).resolve("msw/package.json"));
  await cp(join(msw, "lib/mockServiceWorker.js"), join(folder, "mockServiceWorker.js"));
  if (missing) return;
  server = await preview({ ...quiet, build: { outDir: folder }, preview: { host: "127.0.0.1", port: 0 } });
  browser = await startBrowser();
  page = await browser.newPage();
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`http://127.0.0.1:${(server.httpServer.address() as AddressInfo).port}`);
  await page.waitForFunction("globalThis.isReady");
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

type Sent = { readonly method?: string; readonly headers: Record<string, string>; readonly body?: string };

/** What a call of the page brings; a text, where it rejects. */
function fetched(path: string, sent: Sent) {
  return page.evaluate(
    async ([url, sent]) => {
      try {
        const { status, headers, ...response } = await fetch(url, sent).then(async (response) => ({
          status: response.status,
          headers: Object.fromEntries(response.headers),
          text: await response.text(),
        }));
        return { status, headers, ...response };
      } catch (error) {
        return `${error}`;
      }
    },
    [`${api}${path}`, sent] as const,
  );
}

const headers = { "X-API-Key": "test_key", "Content-Type": "application/json" };
const update = { method: "PUT", body: JSON.stringify({ method: "EMAIL_INVOICE", email: "new@company.example" }) };

describe.skipIf(missing)(`the mock in a page of Chromium, behind the worker of MSW${missing}`, () => {
  test("it answers byte for byte as it does in Node", async () => {
    const mock = createMock({ seed: 7, apiKeys: ["live_key"], now: () => Date.parse("2030-01-01T00:00:00.000Z") });
    const requests: [string, Sent][] = [
      [customer, { headers }],
      [`${customer}/billing`, { ...update, headers: { ...headers, "X-Idempotency-Key": "k1" } }],
      [`${customer}/billing`, { ...update, headers: { ...headers, "X-Idempotency-Key": "k1" } }],
      [`${customer}/billing`, { ...update, body: "{}", headers: { ...headers, "X-Idempotency-Key": "k1" } }],
      [`${customer}/billing`, { ...update, body: '{"method": "PAPER_INVOICE", "é": 1}', headers }],
      [`${customer}/billing`, { ...update, body: "{", headers }],
      ["/customers?filter=north", { headers }],
      ["/nothing", { headers }],
      [customer, { headers: {} }],
      [customer, { headers: { "X-API-Key": "live_key" } }],
      [customer, { headers: { "X-API-Key": "live_kez" } }],
    ];
    for (const [path, sent] of requests) {
      const here = await mock.fetch(`http://mock.test${path}`, sent);
      const there = await fetched(path, sent);
      expect(there).toMatchObject({ status: here.status, text: await here.text() });
    }
  });

  test("a broken connection is a network error, an answer by `Prefer` is the document's", async () => {
    const dropped = await fetched(customer, { headers: { ...headers, Prefer: "connection=drop-after" } });
    expect(dropped).toBe("TypeError: Failed to fetch");
    const forced = await fetched(customer, { headers: { ...headers, Prefer: "code=404" } });
    expect(forced).toMatchObject({ status: 404, headers: { "preference-applied": "code=404" } });
  });

  test("made-up answers and worlds need no server either", async () => {
    const made = await page.evaluate(() => {
      const { mock } = globalThis as unknown as { mock: ReturnType<typeof createMock> };
      return mock
        .fetch("http://mock.test/customers/unknown", {
          headers: { "X-API-Key": "test_other", Prefer: "code=200, dynamic=true" },
        })
        .then((response) => response.json());
    });
    expect(made).toMatchObject({ customerId: expect.any(String) });
  });

  test("it says what a browser cannot do", async () => {
    const said = await page.evaluate(() => {
      const { mock } = globalThis as unknown as { mock: ReturnType<typeof createMock> };
      return mock.listen().catch(String);
    });
    expect(said).toContain("A browser has no port to listen on");
    expect(errors).toEqual([]);
  });
});

/** The bytes, gzipped, of what a page loads before it can make a mock. */
async function firstLoad(): Promise<number> {
  const assets = join(folder, "assets");
  const names = await readdir(assets);
  const texts = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(assets, name), "utf8")] as const)),
  );
  const loaded = new Set<string>();
  const visit = (name: string) => {
    if (loaded.has(name)) return;
    loaded.add(name);
    for (const [, from] of texts.get(name)!.matchAll(/\b(?:import|from)\s*"\.\/([^"]+)"/g)) visit(from!);
  };
  visit(/assets\/([\w.-]+\.js)/.exec(await readFile(join(folder, "index.html"), "utf8"))![1]!);
  return [...loaded].reduce((sum, name) => sum + gzipSync(texts.get(name)!).length, 0);
}

test("a page loads less than 425 KB for it, gzipped, MSW included, and nothing of Node", async () => {
  expect(await firstLoad()).toBeLessThan(425_000);
  for (const name of await readdir(join(folder, "assets")))
    expect(await readFile(join(folder, "assets", name), "utf8")).not.toMatch(/["']node:|__vite-browser-external/);
});
