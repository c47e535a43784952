import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type AnyHandler, createMock, type Mock, type MockOptions } from "../../src/index.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reload-"));
  file = join(folder, "books.yaml");
  writeFileSync(file, books());
});

afterEach(() => rmSync(folder, { recursive: true }));

function books({ title = "type: string", more = "" } = {}): string {
  const book = `{ content: { application/json: { schema: { $ref: "#/components/schemas/Book" } } } }`;
  return `openapi: 3.1.0
info: { title: Books, version: "1" }
components:
  securitySchemes: { Key: { type: apiKey, in: header, name: X-Key } }
  schemas: { Book: { type: object, required: [id, title], properties: { id: { type: string, readOnly: true }, title: { ${title} } } } }
security: [{ Key: [] }]
paths:
  /books:
    get: { operationId: listBooks, responses: { "200": { description: All., content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Book" } } } } } } }
    post:
      operationId: addBook
      requestBody: ${book}
      responses: { "201": { description: It., content: { application/json: { schema: { $ref: "#/components/schemas/Book" } } } } }
  /books/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { operationId: getBook, responses: { "200": { description: It., content: { application/json: { schema: { $ref: "#/components/schemas/Book" } } } }, "404": { description: None. } } }
${more}`;
}

function bookMock(options: MockOptions = {}) {
  const lines: string[] = [];
  const mock = createMock({ spec: file, log: (line) => lines.push(line), ...options });
  return { mock, lines };
}

async function call(mock: Pick<Mock, "fetch">, method: string, path: string, body?: unknown, headers: object = {}) {
  const response = await mock.fetch(`http://localhost${path}`, {
    method,
    headers: { "X-Key": "test_key", "Content-Type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
}

test("a document is read again from its file, and an open port, app and fetch answer by it", async () => {
  const { mock } = bookMock();
  const { fetch, app } = mock;
  const { url, close } = await mock.listen();
  const statuses = async () => [
    (await call(mock, "GET", "/shelves")).status,
    (await app.request("/shelves", { headers: { "X-Key": "test_key" } })).status,
    (await fetch("http://localhost/shelves", { headers: { "X-Key": "test_key" } })).status,
    (await globalThis.fetch(`${url}/shelves`, { headers: { "X-Key": "test_key" } })).status,
  ];
  expect(await statuses()).toEqual([404, 404, 404, 404]);
  writeFileSync(file, books({ more: `  /shelves: { get: { responses: { "204": { description: None. } } } }` }));
  await mock.reload();
  expect(await statuses()).toEqual([204, 204, 204, 204]);
  expect(mock.spec.operations).toHaveLength(4);
  await close();
});

test("what the sandboxes hold stays: records, keys, clock, faults, journal and snapshots", async () => {
  const { mock } = bookMock();
  const key = { "X-Key": "test_other", "Idempotency-Key": "k" };
  await call(mock, "PUT", "/_understudy/clock", { now: "2030-01-01T00:00:00.000Z", frozen: true }, key);
  const first = await call(mock, "POST", "/books", { title: "Emma" }, key);
  await call(mock, "PUT", "/_understudy/snapshots/one", undefined, key);
  await call(mock, "POST", "/_understudy/faults", { match: { operationId: "getBook" }, delayMs: 1 }, key);
  const sandbox = await mock.sandbox("test_other");
  writeFileSync(file, books({ title: "type: string, description: New." }));
  await mock.reload();
  const again = await call(mock, "POST", "/books", { title: "Emma" }, key);
  expect([again.body, again.headers.get("X-Mock-Idempotency")]).toEqual([first.body, "replayed"]);
  expect((await call(mock, "GET", "/books", undefined, key)).body).toEqual([first.body]);
  expect((await call(mock, "GET", "/_understudy/clock", undefined, key)).body.now).toBe("2030-01-01T00:00:00.000Z");
  expect((await call(mock, "GET", "/_understudy/snapshots", undefined, key)).body.items).toHaveLength(1);
  expect((await call(mock, "GET", "/_understudy/faults", undefined, key)).body.items).toHaveLength(1);
  expect((await call(mock, "GET", "/_understudy/requests", undefined, key)).body.items).toHaveLength(3);
  expect(await mock.sandbox("test_other")).toBe(sandbox);
});

test("records that the new document refuses are dropped and said", async () => {
  const { mock, lines } = bookMock();
  const { body: short } = await call(mock, "POST", "/books", { title: "Emma" });
  const { body: long } = await call(mock, "POST", "/books", { title: "Persuasion" });
  writeFileSync(file, books({ title: "type: string, maxLength: 5" }));
  await mock.reload();
  expect((await call(mock, "GET", "/books")).body).toEqual([short]);
  expect(lines).toEqual([
    `State: books "${long.id}" in the sandbox te***-1 is dropped: title should be a string of at most 5 characters; received "Persuasion".`,
  ]);
});

test("a collection that the new document does not have is dropped and said", async () => {
  const { mock, lines } = bookMock();
  await call(mock, "POST", "/books", { title: "Emma" });
  writeFileSync(file, books().replaceAll("/books", "/tomes"));
  await mock.reload();
  expect((await call(mock, "GET", "/_understudy/state")).body.books).toBeUndefined();
  expect(lines).toEqual([
    "State: books in the sandbox te***-1 is dropped: the document has no such collection any more.",
  ]);
});

test("a broken document, and fixtures that do not fit, leave everything as it was", async () => {
  const { mock } = bookMock();
  const { body } = await call(mock, "POST", "/books", { title: "Emma" });
  writeFileSync(file, "openapi: [");
  await expect(mock.reload()).rejects.toThrow(/books\.yaml:1:\d+ is neither YAML nor JSON/);
  expect((await call(mock, "GET", `/books/${body.id}`)).body).toEqual(body);
  writeFileSync(file, books());
  const fixtures = join(folder, "world.json");
  writeFileSync(fixtures, JSON.stringify({ books: [{ id: "1" }] }));
  await expect(mock.reload({ fixtures })).rejects.toThrow(/world\.json:1: books\[0\]\.title should be present/);
  await mock.reload();
  expect((await call(mock, "GET", "/books")).body).toEqual([body]);
});

test("fixtures are read again, and show wherever nobody has changed them", async () => {
  const fixtures = join(folder, "world.json");
  const world = (title: string) => JSON.stringify({ books: ["1", "2"].map((id) => ({ id, title })) });
  writeFileSync(fixtures, world("Old"));
  const { mock } = bookMock({ fixtures });
  const sandbox = await mock.sandbox();
  await sandbox.collection("books").update("2", (book) => ({ ...book, title: "Mine" }));
  writeFileSync(fixtures, world("New"));
  await mock.reload();
  const titles = async () => (await call(mock, "GET", "/books")).body.map(({ title }: { title: string }) => title);
  expect(await titles()).toEqual(["New", "Mine"]);
  await mock.reset();
  expect(await titles()).toEqual(["New", "New"]);
});

test("a request that is running ends on the handler that it began with, and its write stays", async () => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const slow: AnyHandler = async (_input, sandbox) => {
    await held;
    const book = await sandbox.collection("books").insert({ id: "late", title: "Old handler" });
    return { status: 201, body: book };
  };
  const quick: AnyHandler = async () => ({ status: 201, body: { id: "quick", title: "New handler" } });
  const { mock } = bookMock({ handlers: { addBook: slow } });
  const running = call(mock, "POST", "/books", { title: "x" }, { "Idempotency-Key": "k" });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await mock.reload({ handlers: { addBook: quick } });
  expect((await call(mock, "POST", "/books", { title: "x" })).body.title).toBe("New handler");
  letGo();
  const { body } = await running;
  expect(body.title).toBe("Old handler");
  expect((await call(mock, "GET", "/books/late")).body).toEqual(body);
  const again = await call(mock, "POST", "/books", { title: "x" }, { "Idempotency-Key": "k" });
  expect([again.body, again.headers.get("X-Mock-Idempotency")]).toEqual([body, "replayed"]);
});

test("an option that nobody reads is refused", async () => {
  await expect(bookMock().mock.reload({ sped: file } as object)).rejects.toThrow(
    'reload has no option "sped"; did you mean "spec"?',
  );
});
