import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { understudy } from "./understudy.ts";

let folder: string;
const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFileSync(at(name), text);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "watch-"));
  write("books.yaml", books);
  write("book.yaml", book);
});

afterEach(() => rmSync(folder, { recursive: true }));

const books = `openapi: 3.1.0
info: { title: Books, version: "1" }
paths:
  /books:
    get: { operationId: listBooks, responses: { "200": { description: All., content: { application/json: { schema: { type: array, items: { $ref: book.yaml } } } } } } }
    post:
      operationId: addBook
      requestBody: { content: { application/json: { schema: { $ref: book.yaml } } } }
      responses: { "201": { description: It., content: { application/json: { schema: { $ref: book.yaml } } } } }
  /books/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { operationId: getBook, responses: { "200": { description: It., content: { application/json: { schema: { $ref: book.yaml } } } }, "404": { description: None. } } }
`;

const book =
  "type: object\nrequired: [id, title]\nproperties:\n  id: { type: string, readOnly: true }\n  title: { type: string }\n";

/** Starts a mock that watches; \`said\` waits for what it is to say next. */
async function watched(...args: string[]) {
  const options = ["start", "--port", "0", "--spec", at("books.yaml"), "--watch", ...args];
  const { child, out, err } = await understudy(options, { cwd: folder });
  let seen = 0;
  const said = async (wanted: RegExp): Promise<string> => {
    for (;;) {
      const found = wanted.exec(out().slice(seen));
      if (found) {
        seen += found.index + found[0].length;
        return found[0];
      }
      await once(child.stdout, "data", { signal: AbortSignal.timeout(15_000) }).catch(() => {
        throw new Error(`It should say ${wanted}; it has said ${out().slice(seen)}${err()}`);
      });
    }
  };
  await said(/Ctrl-C ends it\.\n/);
  const url = /http:\/\/[\d.]+:\d+/.exec(out())![0];
  return { child, url, said, err };
}

test("a change of the document is served, and its meaning for clients said", async () => {
  const { url, said } = await watched();
  write("books.yaml", `${books}  /shelves: { get: { responses: { "204": { description: None. } } } }\n`);
  await said(/Reloaded, for books\.yaml changed: 1 change, none breaking\n/);
  expect((await fetch(`${url}/shelves`)).status).toBe(204);
  write("books.yaml", books);
  expect(await said(/Reloaded, for books\.yaml changed: 1 change, 1 breaking\n.*\n/)).toMatch(
    /\n {2}✗ GET \/shelves paths: Clients that call it are refused\.\n$/,
  );
  expect((await fetch(`${url}/shelves`)).status).toBe(404);
});

test("a file that it names is watched too, and one that an editor puts in its place", async () => {
  const { url, said } = await watched();
  const post = () =>
    fetch(`${url}/books`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"title":"Persuasion"}',
    });
  expect((await post()).status).toBe(201);
  write("book.yaml.swp", book.replace("title: { type: string }", "title: { type: string, maxLength: 5 }"));
  renameSync(at("book.yaml.swp"), at("book.yaml"));
  await said(/Reloaded, for book\.yaml changed: \d+ changes?, \d breaking\n/);
  expect((await post()).status).toBe(400);
  write("book.yaml.swp", book);
  renameSync(at("book.yaml.swp"), at("book.yaml"));
  await said(/Reloaded, for book\.yaml changed/);
  expect((await post()).status).toBe(201);
});

test.each([
  [
    "books.yaml",
    "openapi: [",
    /Not reloaded, though books\.yaml changed; what was served before stays:\n {2}\S*books\.yaml:1:\d+ is neither/,
  ],
  ["book.yaml", "type: [", /Not reloaded, though book\.yaml changed.*\n.*its file cannot be read: book\.yaml:1/],
])("a broken edit of %s keeps what was served and says why in two lines", async (name, text, wanted) => {
  const { url, said, child } = await watched();
  const before = readFileSync(at(name), "utf8");
  write(name, text);
  await said(wanted);
  expect((await fetch(`${url}/books`)).status).toBe(200);
  write(name, before);
  await said(new RegExp(`Reloaded, for ${name} changed`));
  expect((await fetch(`${url}/books`)).status).toBe(200);
  expect(child.exitCode).toBeNull();
});

test("fixtures of a folder are read again, new files among them; those that do not fit are refused with the line", async () => {
  mkdirSync(at("world"));
  write("world/a.yaml", "books:\n  - { id: a, title: Emma }\n");
  const { url, said } = await watched("--fixtures", "world");
  const ids = async () => ((await (await fetch(`${url}/books`)).json()) as { id: string }[]).map(({ id }) => id);
  expect(await ids()).toEqual(["a"]);
  write("world/b.yaml", "books:\n  - { id: b, title: Persuasion }\n");
  await said(
    /Reloaded, for world.b\.yaml changed: the document is the same|Reloaded, for world.b\.yaml changed: no client sees/,
  );
  expect(await ids()).toEqual(["a", "b"]);
  write("world/b.yaml", "books:\n  - { id: b }\n");
  await said(/Not reloaded.*\n {2}world.b\.yaml:2: books\[0\]\.title should be present/);
  expect(await ids()).toEqual(["a", "b"]);
});

describe("handlers", () => {
  test.each([
    [
      "mjs",
      "export const title = ",
      'import { title } from "./title.mjs";\nexport default { getBook: async () => ({ status: 200, body: { id: "1", title } }) };\n',
    ],
    [
      "cjs",
      "exports.title = ",
      'const { title } = require("./title.cjs");\nmodule.exports = { getBook: async () => ({ status: 200, body: { id: "1", title } }) };\n',
    ],
  ])("are loaded again, and the modules of their own that they import: %s", async (kind, before, text) => {
    write(`title.${kind}`, `${before}"one";\n`);
    write(`handlers.${kind}`, text);
    const { url, said } = await watched("--handlers", `handlers.${kind}`);
    const title = async () => ((await (await fetch(`${url}/books/1`)).json()) as { title: string }).title;
    expect(await title()).toBe("one");
    if (kind === "mjs") {
      write(`title.${kind}`, `${before}"1";\n`);
      await said(/Reloaded, for title/);
      expect(await title()).toBe("1");
    }
    write(`handlers.${kind}`, text.replace(", title }", ", title: title + '!' }"));
    await said(/Reloaded, for handlers/);
    expect(await title()).toBe(kind === "mjs" ? "1!" : "one!");
    if (kind === "cjs") return;
    write(`title.${kind}`, `${before}"two";\n`);
    await said(/Reloaded, for title/);
    expect(await title()).toBe("two!");
    write(`handlers.${kind}`, "export default {");
    await said(/Not reloaded, though handlers\.mjs changed.*\n {2}Cannot load the handlers handlers\.mjs: /);
    expect(await title()).toBe("two!");
  });
});

test("a watcher keeps no process alive", async () => {
  const { child, err } = await watched();
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  expect((await ended)[0]).toBe(0);
  expect(err()).toBe("");
});
