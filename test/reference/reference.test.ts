import { exec } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { pageFile, readBytes } from "#platform";
import { writeDocs } from "../../src/commands/docs.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { parseSpec, type Spec } from "../../src/document/spec.ts";
import { docsFile, docsFiles, docsPage, resultsOf } from "../../src/reference/reference.ts";
import { axeFinds, useBrowser } from "../browser.ts";
import { understudy } from "../commands/understudy.ts";
import { billingPath, testMock } from "../mock.ts";
import { lacking } from "../needs.ts";

const spec = loadSpec();
const open = useBrowser();
const missing = lacking("chromium");
const root = fileURLToPath(new URL("../..", import.meta.url));

/** A mock on a port, and its reference. */
async function referred(hash = "", options: BrowserContextOptions = {}) {
  const { mock, call } = testMock();
  const { url, close } = await mock.listen();
  onTestFinished(close);
  const permissions = ["clipboard-read", "clipboard-write"];
  const opened = await open(`${url}/docs${hash}`, { permissions, ...options });
  opened.page.setDefaultTimeout(20_000);
  return { ...opened, url, mock, call };
}

/** The reference as files, and its page. */
async function written(given: Spec = spec, shown: Parameters<typeof writeDocs>[2] = {}) {
  const directory = await mkdtemp(join(tmpdir(), "understudy-docs-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const files = await writeDocs(given, directory, shown);
  return { directory, files, address: `${pathToFileURL(directory)}/index.html` };
}

/** What a run has left. */
const lastRun = {
  target: { baseUrl: "https://billing.example" },
  spec: { title: spec.title, version: spec.version },
  startedAt: "2026-03-01T10:00:00.000Z",
  cases: [
    { id: "a", title: "A <read> is answered", outcome: "held", operation: "getCustomer" },
    { id: "b", title: "A stranger is refused", outcome: "broken", operation: "getCustomer" },
  ],
};

/** A folder for a run to leave its report in; with one that it has left, unless there is none yet. */
async function reportFolder(report?: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-report-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  if (report) await writeFile(join(folder, "report.json"), JSON.stringify(report));
  return folder;
}

/** A document with these parts. */
function documentOf(parts: object): Spec {
  return parseSpec(JSON.stringify({ openapi: "3.1.0", info: { title: "Odd", version: "1" }, paths: {}, ...parts }));
}

const operation = (page: Page, name = "Update customer billing configuration") =>
  page.getByRole("article", { name, exact: true });

/** The opened "try it" of an operation. */
async function trying(page: Page, name?: string): Promise<Locator> {
  const article = operation(page, name);
  await article.scrollIntoViewIfNeeded();
  await article.getByText("Try it", { exact: true }).click();
  return article;
}

const send = (within: Locator) => within.getByRole("button", { name: /^Send( again.*)?$/ }).click();

/** Opens all that can be opened, and what was in it. */
async function unfold(page: Page): Promise<void> {
  for (let level = 0; level < 3; level++) {
    await page.evaluate(`for (const one of document.querySelectorAll("main details")) one.open = true`);
    await page.waitForTimeout(100);
  }
}

describe("the page", () => {
  test("has every file that it asks for", () => {
    const names = [...docsPage(spec).matchAll(/(?:src|href)="docs\/([^"]+)"/g)].map(([, name]) => name!);
    expect(names.sort()).toEqual([...docsFiles].sort());
    for (const name of docsFiles) expect(docsFile(name).body.length).toBeGreaterThan(0);
  });

  test("weighs less than 60 KB of script, gzipped", () => {
    expect(gzipSync(readBytes(pageFile("reference.js"))).length).toBeLessThan(60 * 1024);
  });

  test("is not broken out of by a title", () => {
    const html = docsPage(documentOf({ info: { title: `</title><script>alert("a & b")</script>`, version: "1" } }));
    expect(html).not.toContain("<script>alert");
    expect(html).toContain("<title>&lt;/title>&lt;script>alert(&quot;a &amp; b&quot;)&lt;/script></title>");
  });
});

describe.skipIf(missing)(`in a browser${missing}`, { timeout: 60_000 }, () => {
  test("begins with a quick start, has every operation, and asks nobody else for anything", async () => {
    const { page, url, requests, complaints } = await referred();
    expect(await page.getByRole("heading", { level: 2 }).first().innerText()).toBe("Quick start");
    for (const text of ["test_key", "cus-0001-business-email", "connect-understudy/client"])
      await page.locator("#start").getByText(text).first().waitFor();
    for (const { summary } of [...spec.operations, ...spec.webhooks])
      await page.getByRole("heading", { level: 3, name: summary, exact: true }).waitFor();
    expect(requests.filter((request) => !request.startsWith(`${url}/`))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("draws an operation when it comes near", async () => {
    const { page } = await referred("", { viewport: { width: 1280, height: 400 } });
    const last = operation(page, "A customer has changed");
    expect(await last.getByRole("heading", { level: 4 }).count()).toBe(0);
    await last.scrollIntoViewIfNeeded();
    await last.getByRole("heading", { level: 4 }).first().waitFor();
  });

  test("says of an operation what it takes and what it answers", async () => {
    const { page } = await referred("#operation/updateCustomerBilling");
    const article = operation(page);
    await article.getByText("stored or sent (assumed)").first().waitFor();
    await article.getByText("safe to repeat", { exact: true }).waitFor();
    const body = article.locator(".part").filter({ hasText: "Body" }).first();
    await body.getByText("What address holds").click();
    await body.getByText("street1").waitFor();
    expect(await body.locator("li", { hasText: "street1" }).last().innerText()).toMatch(
      /required[\s\S]*at least 1 character/,
    );
    await body.getByRole("button", { name: "Invoices on paper" }).click();
    await body.getByText("What PAPER_INVOICE adds").waitFor();
    await article.getByText("idempotency_key_mismatch: the key was used").click();
    await article.getByText("Retry-After").first().waitFor();
    await article.getByText("Example: locked").click();
    await article.getByText("The first request under this idempotency key is still running.").waitFor();
  });

  test("brings the reader to where an address leads, as the inspector writes it", async () => {
    const { page, url } = await referred("#operation/getPaymentProfile");
    const isThere = (name: string) =>
      expect
        .poll(async () => (await operation(page, name).boundingBox())?.y)
        .toSatisfy((y: number) => y >= 0 && y < 120);
    await page.waitForTimeout(1500);
    await isThere("Read a payment profile");
    await page.goto(`${url}/docs#operation/createCustomer`);
    await page.waitForTimeout(1500);
    await isThere("Create a customer");
  });

  describe("try it", () => {
    test("sends the request with a fresh key, shows the replay, and begins anew with another key", async () => {
      const { page, call, mock, complaints } = await referred("#operation/updateCustomerBilling");
      const article = await trying(page);
      const key = article.getByLabel("X-Idempotency-Key");
      expect(await key.inputValue()).toMatch(/^[\da-f-]{36}$/);
      await send(article);
      await article.getByText("Stored:").waitFor();
      await article.getByRole("button", { name: "Send again, same key" }).click();
      await article.getByText("Replayed:").waitFor();
      const before = await key.inputValue();
      await article.getByRole("button", { name: "Send with a new key" }).click();
      await article.getByText("Stored:").waitFor();
      expect(await key.inputValue()).not.toBe(before);
      await article.getByRole("button", { name: "New key", exact: true }).click();
      expect(await mock.control().requests()).toHaveLength(3);
      expect((await call("GET", "/customers/cus-0001-business-email")).body.billing.email).toBe("billing@company.com");
      await article.getByText(/^\d+ headers$/).click();
      await article.locator("dt", { hasText: /^x-mock-idempotency$/ }).waitFor();
      expect(complaints).toEqual([]);
    });

    test("sends what is filled in: path, query, header, key of the sandbox, body and example", async () => {
      const { page, mock } = await referred("#operation/listCustomers");
      const list = await trying(page, "List customers");
      await list.getByLabel("limit").fill("1");
      await list.getByLabel("ApiKey").fill("test_other");
      await send(list);
      await list.getByText('"limit": 1').waitFor();
      expect((await mock.control("test_other").requests())[0]!.request.target).toBe("/customers?limit=1");
      const article = await trying(page);
      await article.getByLabel("customerId").fill("cus-0002-consumer-paper");
      await article.getByLabel("Example").selectOption("Invoices on paper, automatic payments off");
      await send(article);
      await article.getByRole("status").getByText("PAPER_INVOICE").waitFor();
      await article.getByLabel("Body").fill("{");
      await article.getByRole("button", { name: "Send with a new key" }).click();
      await article.getByRole("status").getByText("400", { exact: true }).waitFor();
    });

    test("asks the mock for an answer", async () => {
      const { page } = await referred("#operation/updateCustomerBilling");
      const article = await trying(page);
      await article.getByLabel("Answer").selectOption("409 locked");
      await send(article);
      await article.getByRole("status").getByText("idempotency_key_locked").waitFor();
      await article.getByLabel("Answer").selectOption("carried out, but the answer is lost");
      await send(article);
      await article.getByText("There was no answer").waitFor();
    });

    test("leads to the journal, where the request is", async () => {
      const { page } = await referred("#operation/updateCustomerBilling");
      const article = await trying(page);
      await send(article);
      await article.getByRole("link", { name: "In the journal", exact: true }).click();
      await page.getByText("1 request", { exact: true }).waitFor();
      await page.getByRole("link", { name: new RegExp(billingPath) }).click();
      await page.getByRole("link", { name: "updateCustomerBilling in the reference" }).click();
      await operation(page).getByRole("link", { name: "Its requests in the journal" }).click();
      await page.getByRole("link", { name: new RegExp(billingPath) }).waitFor();
    });
  });

  test("samples are copied as they are, and run", async () => {
    const { page, mock } = await referred("#operation/updateCustomerBilling");
    const article = operation(page);
    const copied = async (label: string) => {
      await article.getByRole("button", { name: label, exact: true }).click();
      await article.getByRole("button", { name: "Copy" }).click();
      await article.getByRole("button", { name: "Copied" }).waitFor();
      await article.getByRole("button", { name: "Copy" }).waitFor();
      return page.evaluate<string>("navigator.clipboard.readText()");
    };
    const runs = async (label: string) => {
      const file = join(await mkdtemp(join(root, "dist", "sample-")), "sample.mjs");
      onTestFinished(() => rm(join(file, ".."), { recursive: true }));
      await writeFile(
        file,
        `${await copied(label)}\n${label === "createClient" ? "console.log(response.status);" : ""}`,
      );
      return (await promisify(exec)(`"${process.execPath}" "${file}"`)).stdout;
    };
    expect(await runs("createClient")).toBe("200\n");
    expect(await runs("fetch")).toMatch(/^200 \{"customerId"/);
    expect(await copied("HTTPie")).toMatch(/X-Idempotency-Key:[\da-f-]{36}/);
    if (!lacking("curl")) {
      const { stdout } = await promisify(exec)(await copied("curl"));
      expect(stdout).toMatch(/^x-mock-idempotency: replayed\r$/im);
    }
    const keys = (await mock.control().requests()).map(({ request }) => request.headers["x-idempotency-key"]);
    expect(new Set(keys).size).toBe(1);
  });

  describe("the sidebar", () => {
    test("finds codes, operations and members by the keyboard alone", async () => {
      const { page } = await referred();
      const box = page.getByRole("searchbox", { name: /operations/ });
      // The page listens to keys once it is drawn.
      await expect
        .poll(() => page.keyboard.press("/").then(() => box.evaluate((one) => one.matches(":focus"))))
        .toBe(true);
      await box.fill("");
      await page.keyboard.type("mismatch");
      await page.locator(".sidebar").getByText("idempotency_key_mismatch").waitFor();
      await page.keyboard.press("Enter");
      await page.locator("tr:focus-within code", { hasText: "idempotency_key_mismatch" }).waitFor();
      expect(page.url()).toMatch(/#code\/idempotency_key_mismatch$/);
      await page.getByRole("searchbox", { name: /operations/ }).fill("autopay");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      expect(page.url()).toMatch(/#operation\//);
      await page.getByRole("searchbox", { name: /operations/ }).fill("no such word");
      await page.getByText("Nothing is called so.").waitFor();
      await page.getByRole("searchbox", { name: /operations/ }).press("Escape");
      await page.getByRole("link", { name: "Idempotency", exact: true }).click();
      await page.getByRole("heading", { name: "Idempotency" }).waitFor();
    });

    test("marks what is read", async () => {
      const { page } = await referred();
      await operation(page, "Create a customer").evaluate((element) =>
        (element as unknown as { scrollIntoView(): void }).scrollIntoView(),
      );
      await page
        .getByRole("navigation", { name: "Contents" })
        .locator("[aria-current]", { hasText: "Create a customer" })
        .waitFor();
    });

    test("is a drawer on a phone", async () => {
      const { page } = await referred("", { viewport: { width: 390, height: 844 } });
      const contents = page.getByRole("button", { name: "Contents" });
      expect(await page.locator(".sidebar").isVisible()).toBe(false);
      await contents.click();
      await page.getByRole("link", { name: "Create a customer POST" }).click();
      expect(await page.locator(".sidebar").isVisible()).toBe(false);
      await expect.poll(() => page.evaluate("scrollY")).toBeGreaterThan(500);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    });
  });

  test("codes are looked through, and lead to the operations that answer them", async () => {
    const { page } = await referred("#codes");
    const codes = page.locator("#codes");
    await codes.getByRole("searchbox").fill("mismatch");
    expect(await codes.locator("tbody tr").count()).toBe(1);
    await codes.getByRole("link", { name: "removeCustomerUser" }).click();
    expect(page.url()).toMatch(/#operation\/removeCustomerUser$/);
    await codes.getByRole("searchbox").fill("nothing like it");
    await codes.getByText("No code is like that.").waitFor();
  });

  test("what is not documented is marked, and can be left out", async () => {
    const { page } = await referred("#operation/updateCustomer");
    const update = operation(page, "Update a customer");
    await update.locator(".target").getByText("inferred").waitFor();
    await page.getByLabel("Only what is documented").check();
    expect(await update.isVisible()).toBe(false);
    const billing = operation(page);
    await billing.scrollIntoViewIfNeeded();
    expect(await billing.getByText("There is no such resource.").isVisible()).toBe(false);
    expect(await page.locator(".doubt:visible").count()).toBe(0);
    await page.getByLabel("Only what is documented").uncheck();
    expect(await update.isVisible()).toBe(true);
  });

  test("rules of idempotency are a table and a picture", async () => {
    const { page } = await referred("#idempotency");
    await page.getByRole("img", { name: /the same again.*409 idempotency_key_mismatch/ }).waitFor();
    await page.getByRole("rowheader", { name: "How long" }).waitFor();
  });

  test("webhooks say who sends them, and the mock has a chapter of its own", async () => {
    const { page, url } = await referred("#mock");
    await page.locator("#webhooks").getByText("--webhook URL").waitFor();
    const chapter = page.locator("#mock");
    for (const name of ["Sandboxes", "Headers of its answers", "Prefer", "Faults and presets", "Control plane"])
      await chapter.getByRole("heading", { name }).waitFor();
    await chapter.getByText("flaky-network", { exact: true }).waitFor();
    const links = await chapter
      .getByRole("link")
      .evaluateAll((all) => all.map((one) => (one as unknown as { href: string }).href));
    expect(links).toEqual([`${url}/_understudy/`, `${url}/_understudy/openapi.yaml`]);
    for (const link of links) expect((await fetch(link)).status).toBe(200);
  });

  test("is dark in the dark, and as the reader wants it, also the next time", async () => {
    const { page } = await referred("", { colorScheme: "dark" });
    const background = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(await background()).toBe("rgb(14, 18, 23)");
    await page.getByLabel("Colours").selectOption("Light");
    expect(await background()).toBe("rgb(246, 247, 249)");
    await page.reload();
    await page.getByRole("heading", { name: "Quick start" }).waitFor();
    expect(await background()).toBe("rgb(246, 247, 249)");
    await page.getByLabel("Colours").selectOption("Auto");
    expect(await background()).toBe("rgb(14, 18, 23)");
  });

  test("prints all of it, dark on light, without what is only for the screen", async () => {
    const { page } = await referred("", { colorScheme: "dark" });
    await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
    await page.emulateMedia({ media: "print" });
    expect(await page.evaluate("getComputedStyle(document.body).color")).toBe("rgb(27, 33, 39)");
    expect(await page.locator(".sidebar").isVisible()).toBe(false);
    expect(await page.locator(":is(.trying, .samples button, .step button):visible").count()).toBe(0);
    await operation(page, "A customer has changed").getByRole("heading", { name: "What it brings" }).waitFor();
  });

  test.each([
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["on a phone", { viewport: { width: 390, height: 844 } }],
  ] as const)("has nothing that axe finds, %s", { timeout: 120_000 }, async (_, options) => {
    const { page } = await referred("#operation/updateCustomerBilling", options);
    const article = await trying(page);
    await send(article);
    await article.getByText("Stored:").waitFor();
    await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
    expect(await axeFinds(page)).toEqual([]);
    await unfold(page);
    expect(await axeFinds(page)).toEqual([]);
    if (await page.getByRole("button", { name: "Contents" }).isVisible())
      await page.getByRole("button", { name: "Contents" }).click();
    await page.getByRole("searchbox", { name: /operations/ }).fill("customer");
    expect(await axeFinds(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByLabel("Only what is documented").check();
    expect(await axeFinds(page)).toEqual([]);
  });

  describe("as files", () => {
    test("opens from the disk, without a network", async () => {
      const { directory, files, address } = await written();
      expect(files.map((file) => basename(file)).sort()).toEqual([
        "index.html",
        "openapi.yaml",
        "reference.css",
        "reference.js",
      ]);
      expect(await readFile(join(directory, "openapi.yaml"), "utf8")).toBe(spec.text);
      const { page, requests, complaints } = await open(address, { offline: true });
      for (const { summary } of spec.operations)
        await page.getByRole("heading", { level: 3, name: summary, exact: true }).waitFor();
      await page.getByText("npx understudy start").waitFor();
      expect(requests.filter((request) => !request.startsWith("file://"))).toEqual([]);
      expect(complaints).toEqual([]);
      expect(await axeFinds(page)).toEqual([]);
      const article = await trying(page, "Read a customer");
      await send(article);
      await article.getByText("There was no answer").waitFor();
    });

    test("reaches a mock on this machine", async () => {
      const { url, close } = await testMock().mock.listen();
      onTestFinished(close);
      const { address } = await written();
      const { page, requests } = await open(`${address}#operation/getCustomer`);
      const article = await trying(page, "Read a customer");
      expect(await article.getByLabel("Server").inputValue()).toBe("http://127.0.0.1:4010");
      await article.getByLabel("Server").fill(url);
      await send(article);
      await article.getByRole("status").getByText("200").waitFor();
      expect(requests.filter((request) => !request.startsWith("file://"))).toEqual([
        `${url}/customers/cus-0001-business-email`,
      ]);
    });

    test("tells of each operation what the last contract run has found", async () => {
      const { address } = await written(spec, { results: resultsOf(lastRun) });
      const { page } = await open(`${address}#operation/getCustomer`);
      await operation(page, "Read a customer").getByText("Contract: 1 held, 1 broken").click();
      await page.getByText("A stranger is refused").waitFor();
      await page.getByText("Seen at https://billing.example on").waitFor();
      expect(await axeFinds(page)).toEqual([]);
    });

    test("takes the results from a report, and says where there is none", { timeout: 60_000 }, async () => {
      const folder = await reportFolder(lastRun);
      for (const path of [folder, join(folder, "report.json")]) {
        const { ended, out } = await understudy(["docs", "--out", join(folder, "out"), "--report", path]);
        expect(await ended).toBe(0);
        expect(out()).toBe(`Open ${join(folder, "out", "index.html")}\n`);
        expect(await readFile(join(folder, "out", "index.html"), "utf8")).toContain("A \\u003cread> is answered");
      }
      const { ended, err } = await understudy(["docs", "--out", join(folder, "out"), "--report", join(folder, "out")]);
      expect(await ended).toBe(2);
      expect(err()).toMatch(
        /^error: --report .*out: it cannot be read \(ENOENT\)\. It should be the report\.json of .*\n$/,
      );
    });

    test("a running mock shows what the last run has found, and one that ends later", { timeout: 60_000 }, async () => {
      const folder = await reportFolder();
      const { url, err } = await understudy(["start", "--port", "0", "--report", folder]);
      expect(err()).toContain("Until there is one, the reference shows no results.");
      const { page } = await open(`${url}/docs#operation/getCustomer`);
      await operation(page, "Read a customer").getByText("Its requests in the journal").waitFor();
      expect(await page.getByText("Contract:").count()).toBe(0);
      await writeFile(join(folder, "report.json"), JSON.stringify(lastRun));
      await page.reload();
      await operation(page, "Read a customer").getByText("Contract: 1 held, 1 broken").waitFor();
    });
  });

  describe("other documents", () => {
    test("may say what they like: nothing of it runs, is asked for, or leads elsewhere", async () => {
      const bad = [
        `</script><script>window.hurt = 1</script><img src="http://127.0.0.1:9/a" onerror="window.hurt = 1">`,
        `<svg onload="window.hurt = 1"></svg> **bold** [a](javascript:window.hurt=1) ![b](http://127.0.0.1:9/b)`,
        `<a href="javascript:window.hurt=1" onclick="window.hurt=1">c</a> <iframe src="http://127.0.0.1:9/c"></iframe>`,
      ].join("\n\n");
      const schema = {
        type: "object",
        title: bad,
        description: bad,
        properties: { [bad]: { enum: [bad], default: bad, pattern: "<b>" } },
      };
      const content = { "application/json": { schema, examples: { [bad]: { summary: bad, value: { [bad]: bad } } } } };
      const parameters = [{ name: bad, in: "query", description: bad, schema: { type: "string" }, example: bad }];
      const answer = { description: bad, content };
      const given = {
        operationId: bad,
        summary: bad,
        description: bad,
        tags: [bad],
        parameters,
        requestBody: { content },
        responses: { 200: answer, 400: answer },
      };
      const info = { title: bad, version: bad, description: bad };
      const odd = documentOf({ info, tags: [{ name: bad, description: bad }], paths: { "/a": { post: given } } });
      const { address } = await written(odd);
      const { page, requests, complaints } = await open(address);
      await page.getByText("bold").first().waitFor();
      await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
      await unfold(page);
      await page.getByRole("searchbox", { name: /operations/ }).fill("hurt");
      expect(await page.evaluate("window.hurt")).toBeUndefined();
      expect(
        await page.locator("main :is(img, svg[onload], iframe, script), [onclick], a[href^='javascript']").count(),
      ).toBe(0);
      expect(requests.filter((request) => !request.startsWith("file://"))).toEqual([]);
      expect(complaints).toEqual([]);
    });

    test.each([
      ["3.0", { openapi: "3.0.3" }],
      ["3.1", {}],
      ["3.2", { openapi: "3.2.0" }],
    ])("of OpenAPI %s are shown and tried out", async (_, version) => {
      const schema = {
        type: "object",
        required: ["id"],
        properties: { id: { type: "string" }, size: { type: "integer", minimum: 1 } },
      };
      const content = { "application/json": { schema } };
      const book = { name: "bookId", in: "path", required: true, schema: { type: "string" }, example: "b-1" };
      const paths = {
        "/books/{bookId}": {
          parameters: [book],
          get: { summary: "Read a book", responses: { 200: { description: "It.", content } } },
        },
      };
      const { mock } = testMock({ spec: documentOf({ ...version, paths }) });
      const { url, close } = await mock.listen();
      onTestFinished(close);
      const { page, complaints } = await open(`${url}/docs`);
      expect(await page.getByLabel("Only what is documented").count()).toBe(0);
      expect(await page.locator("#codes, #idempotency").count()).toBe(0);
      const article = await trying(page, "Read a book");
      await send(article);
      await article.getByRole("status").getByText("200").waitFor();
      expect(complaints).toEqual([]);
      expect(await axeFinds(page)).toEqual([]);
    });

    test("of a thousand operations open at once, and are scrolled and searched", async () => {
      const names = Array.from({ length: 1000 }, (_, index) => `thing${index}`);
      const schemas = Object.fromEntries(
        names.map((name, index) => [
          name,
          {
            type: "object",
            properties: {
              id: { type: "string" },
              [`of_${name}`]: { $ref: `#/components/schemas/thing${(index * 7 + 1) % 1000}` },
            },
          },
        ]),
      );
      const answers = (name: string) => ({
        200: {
          description: "It.",
          content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } },
        },
      });
      const paths = Object.fromEntries(
        names.map((name, index) => [
          `/${name}`,
          { get: { operationId: name, tags: [`group ${index % 20}`], responses: answers(name) } },
        ]),
      );
      const { address } = await written(documentOf({ paths, components: { schemas } }));
      const started = performance.now();
      const { page } = await open(`${address}#operation/thing999`);
      await operation(page, "thing999").getByRole("heading", { name: "Answers" }).waitFor();
      expect(performance.now() - started).toBeLessThan(10_000);
      // What nobody has come near is not drawn.
      expect(await page.getByRole("heading", { name: "Answers" }).count()).toBeLessThan(100);
      await page.getByRole("searchbox").fill("of_thing500");
      await page.locator(".sidebar .results").getByText("of_thing500", { exact: true }).first().waitFor();
    });
  });
});

describe.skipIf(missing)(`a newcomer${missing}`, { timeout: 60_000 }, () => {
  test("comes from the printed link to a changed billing address, its journal entry, a forced 409 and its retry", async () => {
    const started = performance.now();
    const { out } = await understudy(["start", "--port", "0"]);
    const [, docs] = /^Docs\s+(\S+)$/m.exec(out())!;
    const { page, complaints } = await open(docs!);
    // The quick start leads to the change of a record that is there.
    await page.locator(".step", { hasText: "Change it" }).getByRole("link", { name: "Try it" }).click();
    const article = await trying(page);
    const body = article.getByLabel("Body");
    await body.fill((await body.inputValue()).replace("billing@company.com", "new.office@company.example"));
    await send(article);
    await article.getByText("Stored:").waitFor();
    await article.getByRole("status").getByText('"new.office@company.example"').waitFor();
    // A refusal on demand, and the same request again under the same key.
    await article.getByLabel("Answer").selectOption("409 locked");
    await article.getByRole("button", { name: "Send with a new key" }).click();
    await article.getByRole("status").getByText("idempotency_key_locked").waitFor();
    await article.getByLabel("Answer").selectOption("as it comes");
    await article.getByRole("button", { name: "Send again, same key" }).click();
    await article.getByText("Stored:").waitFor();
    // Both attempts are in the journal, under their key.
    await article.getByRole("link", { name: "In the journal", exact: true }).click();
    await page.getByText("2 of 3 requests").waitFor();
    const rows = page.getByRole("listitem").filter({ hasText: billingPath });
    expect(await rows.allInnerTexts()).toEqual([expect.stringContaining("stored"), expect.stringContaining("409")]);
    await rows.first().getByRole("link").click();
    await page.getByText("updateCustomerBilling has carried it out.").waitFor();
    expect(complaints.filter((one) => !/409/.test(one))).toEqual([]);
    expect(performance.now() - started).toBeLessThan(60_000);
  });
});
