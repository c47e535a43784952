import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { writeDocs } from "../../src/commands/docs.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { parseSpec } from "../../src/document/spec.ts";
import { createMock } from "../../src/index.ts";
import { docsFile, docsPage, documentForReaders } from "../../src/reference/reference.ts";
import { chromiumPath, lacking } from "../needs.ts";

const spec = loadSpec();

describe("documentForReaders", () => {
  test("writes the idempotency rules out in words", () => {
    const { description } = documentForReaders(spec).info as { description: string };
    expect(description.slice(description.indexOf("## Idempotency"))).toBe(
      `## Idempotency

\`POST /customers\`, \`PUT /customers/{customerId}\`, \`PUT /customers/{customerId}/billing\`, \`POST /customers/{customerId}/users\` and \`DELETE /customers/{customerId}/users\` may be repeated safely when the request carries a key of the caller's choice:
- **Key.** The header \`X-Idempotency-Key\`, at most 256 characters.
- **Whose.** Each credential of ApiKey has keys of its own. *(assumed)*
- **The same request again.** It gets the first answer, and is not executed a second time. What makes two requests the same: the method, the path, the query, the body, the header \`Content-Type\` and the header \`Authorization\`.
- **Another request under a used key.** It is refused with 409 \`idempotency_key_mismatch\`; repeating it does not help.
- **While the first request runs.** A repeated one is refused with 409 \`idempotency_key_locked\`; repeat it after 100 to 500 ms.
- **What is kept.** Answers with the status \`2XX\`, \`400\` or \`404\`; any other answer frees the key. *(assumed)*
- **How long.** A key is remembered for 24 hours from its first use.`,
    );
  });

  test("says nothing of idempotency where the document does not", () => {
    const plain = parseSpec(JSON.stringify({ openapi: "3.1.0", info: { title: "Plain", version: "1" }, paths: {} }));
    expect(documentForReaders(plain).info).toEqual({
      title: "Plain",
      version: "1",
      description: "[The document as it was written](openapi.yaml)",
    });
  });

  test.each([
    ["an object as a whole", ["components", "responses", "NotFound"], "There is no such resource. *(inferred)*"],
    ["single keywords", ["components", "schemas", "Address"], "A postal address. *(inferred: `required`)*"],
    [
      "both",
      ["components", "schemas", "Currency"],
      "The currency of invoices and payments, three capital letters (assumed). *(inferred; assumed: `pattern`)*",
    ],
    [
      "a member of a keyword",
      ["components", "schemas", "Customer"],
      expect.stringContaining("*(inferred: `required`; documented: `customerId` is required)*"),
    ],
    [
      "the schema of a parameter",
      ["components", "parameters", "IdempotencyKey"],
      expect.stringContaining("24 hours. *(assumed: `minLength`)*"),
    ],
    [
      "a schema without a description",
      ["components", "schemas", "Billing", "properties", "defaultPaymentProfileId"],
      "*(inferred: `type`)*",
    ],
  ])("marks the basis of %s", (_, place, description) => {
    expect(at(documentForReaders(spec), place)).toMatchObject({ description });
  });

  test("leaves values of the API alone, whatever their members are called", () => {
    const example = { "x-basis": "assumed", description: "a value" };
    const properties = { "x-basis": { type: "string", "x-basis": "assumed" }, example: { description: "A name." } };
    const schemas = { Odd: { type: "object", example, properties } };
    const info = { title: "Odd", version: "1" };
    const odd = parseSpec(JSON.stringify({ openapi: "3.1.0", info, paths: {}, components: { schemas } }));
    expect(at(documentForReaders(odd), ["components", "schemas", "Odd"])).toEqual({
      type: "object",
      example,
      properties: { ...properties, "x-basis": { ...properties["x-basis"], description: "*(assumed)*" } },
    });
  });

  test("writes each alternative out whole", () => {
    const body = at(documentForReaders(spec), ["components", "schemas", "UpdateCustomerBilling"]);
    expect(body).not.toHaveProperty("properties");
    expect(body).toMatchObject({
      oneOf: [
        {
          title: "Invoices by e-mail",
          required: ["method", "email"],
          properties: {
            method: {
              const: "EMAIL_INVOICE",
              type: "string",
              description: "How invoices are delivered to the customer.",
            },
            email: { description: expect.stringContaining("Where invoices are sent.") },
            autoPay: { type: "boolean" },
          },
        },
        { title: "Invoices on paper", required: ["method", "address"] },
      ],
    });
  });

  test("ends on a schema that holds itself", () => {
    const node = "#/components/schemas/Node";
    const schemas = {
      Node: { type: "object", properties: { next: { $ref: node } }, oneOf: [{ $ref: "#/components/schemas/Leaf" }] },
      Leaf: { type: "object", properties: { next: { $ref: node, description: "The next." } } },
    };
    const info = { title: "Tree", version: "1" };
    const tree = parseSpec(JSON.stringify({ openapi: "3.1.0", info, paths: {}, components: { schemas } }));
    expect(at(documentForReaders(tree), ["components", "schemas", "Node"])).toEqual({
      type: "object",
      oneOf: [{ type: "object", properties: { next: { $ref: node, description: "The next." } }, required: [] }],
    });
  });

  test("does not change the document that it is given", () => {
    const before = structuredClone(spec.document);
    documentForReaders(spec);
    expect(spec.document).toEqual(before);
  });
});

describe("docsFile", () => {
  test("knows every file that the page asks for, and no other", () => {
    const names = [...docsPage(spec).matchAll(/(?:src|href)="docs\/([^"]+)"/g)].map(([, name]) => name!);
    expect(names).toEqual(["page.css", "standalone.js", "page.js"]);
    for (const name of names) expect(docsFile(name)?.body.length).toBeGreaterThan(0);
    expect(docsFile("../docs.ts")).toBeUndefined();
    expect(docsFile("toString")).toBeUndefined();
  });
});

test("a title cannot break out of the page", () => {
  const info = { title: `</title><script>alert("a & b")</script>`, version: "1" };
  const html = docsPage(parseSpec(JSON.stringify({ openapi: "3.1.0", info, paths: {} })));
  expect(html).not.toContain("<script>alert");
  expect(html).toContain("<title>&lt;/title>&lt;script>alert(&quot;a &amp; b&quot;)&lt;/script></title>");
});

const missing = lacking("chromium");

describe.skipIf(missing)(`in a browser${missing}`, () => {
  let browser: Browser;

  beforeAll(async () => {
    const quiet = ["disable-quic", "no-first-run", "disable-background-networking", "disable-component-update"];
    const args = ["no-sandbox", "disable-gpu", "disable-sync", ...quiet].map((name) => `--${name}`);
    browser = await chromium.launch({ executablePath: chromiumPath, args });
  }, 30_000);

  afterAll(() => browser?.close());

  test("the page shows every operation and asks nobody else for anything", { timeout: 30_000 }, async () => {
    const { url } = await served();
    const { page, requests, complaints } = await opened(browser, `${url}/docs`);
    for (const { summary } of [...spec.operations, ...spec.webhooks]) {
      await page.getByRole("heading", { name: summary, exact: true }).first().waitFor();
    }
    await page.getByRole("heading", { name: "Idempotency", exact: true }).first().waitFor();
    expect(requests.filter((request) => !request.startsWith(`${url}/`))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("a request can be tried out, with the key filled in", { timeout: 30_000 }, async () => {
    const { url } = await served();
    const { page, requests } = await opened(browser, `${url}/docs`);
    await tryOut(page, "get /customers/{customerId}");
    await page.getByText("200 OK").first().waitFor();
    expect(requests.at(-1)).toBe(`${url}/customers/cus-0001-business-email`);
    expect(requests.filter((request) => !request.startsWith(`${url}/`))).toEqual([]);
  });

  test("the static page opens from the disk, without a network", { timeout: 30_000 }, async () => {
    const { directory, files } = await written();
    expect(files.map((file) => basename(file)).sort()).toEqual([
      "index.html",
      "openapi.yaml",
      "page.css",
      "page.js",
      "standalone.LICENSE.txt",
      "standalone.js",
    ]);
    expect(await readFile(join(directory, "openapi.yaml"), "utf8")).toBe(spec.text);
    const { page, requests, complaints } = await opened(browser, `${pathToFileURL(directory)}/index.html`, {
      offline: true,
    });
    for (const { summary } of spec.operations) {
      await page.getByRole("heading", { name: summary, exact: true }).first().waitFor();
    }
    expect(requests.filter((request) => !request.startsWith("file://"))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("the static page reaches a mock on this machine", { timeout: 30_000 }, async () => {
    const { url, port } = await served();
    const { directory } = await written();
    const index = join(directory, "index.html");
    await writeFile(index, (await readFile(index, "utf8")).replaceAll('"default":"4010"', `"default":"${port}"`));
    const { page, requests } = await opened(browser, `${pathToFileURL(index)}`);
    await tryOut(page, "get /customers/{customerId}");
    await page.getByText("200 OK").first().waitFor();
    expect(requests.filter((request) => !request.startsWith("file://"))).toEqual([
      `${url}/customers/cus-0001-business-email`,
    ]);
  });
});

async function served() {
  const { url, close } = await createMock().listen();
  onTestFinished(close);
  return { url, port: new URL(url).port };
}

async function written() {
  const directory = await mkdtemp(join(tmpdir(), "understudy-docs-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return { directory, files: await writeDocs(spec, directory) };
}

async function opened(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (["warning", "error"].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(url);
  await page.getByRole("heading", { name: spec.title }).waitFor();
  return { page, requests, complaints };
}

async function tryOut(page: Page, operation: string) {
  await page.getByRole("button", { name: `Test Request (${operation})` }).click();
  await page.getByRole("button", { name: /^Send/ }).first().click();
}

function at(value: unknown, place: readonly string[]): unknown {
  return place.reduce((found, name) => (found as Record<string, unknown>)[name], value);
}
