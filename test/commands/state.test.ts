import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emailInvoice, ids } from "../mock.ts";
import { kill, understudy } from "./understudy.ts";

/** How often a process is killed; more by hand. */
const kills = Number(process.env.KILLS ?? 20);

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "state-"));
  file = join(folder, "world.state");
});

afterEach(() => rmSync(folder, { recursive: true }));

const start = (...args: string[]) => understudy(["start", "--port", "0", "--quiet", "--state", file, ...args]);

type Write = { readonly apiKey: string; readonly key: string; readonly email: string };

async function put(url: string, { apiKey, key, email }: Write) {
  const response = await fetch(`${url}/customers/${ids.business}/billing`, {
    method: "PUT",
    headers: { "X-API-Key": apiKey, "X-Idempotency-Key": key, "Content-Type": "application/json" },
    body: JSON.stringify({ ...emailInvoice, email }),
  });
  const text = await response.text();
  return { status: response.status, mark: response.headers.get("X-Mock-Idempotency"), text };
}

async function emailOf(url: string, apiKey: string): Promise<string | undefined> {
  const response = await fetch(`${url}/customers/${ids.business}`, { headers: { "X-API-Key": apiKey } });
  return ((await response.json()) as { billing?: { email?: string } }).billing?.email;
}

test(
  `${kills} times killed amid keyed writes, it loses nothing that it has answered`,
  async () => {
    const writers = ["test_a", "test_b", "test_c", "test_d"];
    const answered: (Write & { readonly text: string })[] = [];
    const last = new Map<string, Write>();
    let inFlight = 0;
    for (let round = 0; round < kills; round++) {
      const { child, url } = await start();
      const pending = new Map<string, Write>();
      const write = async (apiKey: string) => {
        for (let count = 0; ; count++) {
          const one = { apiKey, key: `${round}-${count}`, email: `${apiKey}.${round}.${count}@example.com` };
          pending.set(apiKey, one);
          const { status, text } = await put(url, one);
          expect(status).toBe(200);
          pending.delete(apiKey);
          answered.push({ ...one, text });
          last.set(apiKey, one);
        }
      };
      const writing = Promise.allSettled(writers.map(write));
      const enough = answered.length + 8 + ((round * 37) % 60);
      while (answered.length < enough) await wait(1 + (round % 7));
      await kill(child);
      await writing;

      const next = await start();
      for (const apiKey of writers) {
        const email = await emailOf(next.url, apiKey);
        const open = pending.get(apiKey);
        const isDone = open !== undefined && email === open.email;
        if (open) inFlight += 1;
        if (!isDone && last.has(apiKey)) expect(email).toBe(last.get(apiKey)!.email);
        // A write is there with its key, or neither of them is: it is never carried out twice.
        if (open) {
          const { mark, text } = await put(next.url, open);
          expect(mark).toBe(isDone ? "replayed" : "stored");
          answered.push({ ...open, text });
          last.set(apiKey, open);
        }
      }
      await kill(next.child);
    }
    const { url, err } = await start();
    for (const { text, ...one } of answered)
      expect(await put(url, one)).toEqual({ status: 200, mark: "replayed", text });
    expect(err()).toBe("");
    expect(answered.length).toBeGreaterThan(kills * writers.length);
    if (process.env.KILLS) console.log({ kills: 2 * kills, answered: answered.length, inFlight });
  },
  60_000 + kills * 5_000,
);

test("a clock goes on where it was, and a record that was taken away stays away", async () => {
  const spec = join(folder, "books.yaml");
  writeFileSync(spec, books("title: { type: string }"));
  const first = await start("--spec", spec);
  const call = (url: string, method: string, path: string, body?: object) =>
    fetch(url + path, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  await call(first.url, "PUT", "/_understudy/clock", { advanceMs: 86_400_000 });
  const { id } = (await (await call(first.url, "POST", "/books", { title: "Emma" })).json()) as { id: string };
  await call(first.url, "DELETE", "/books/gone");
  await kill(first.child);
  const second = await start("--spec", spec);
  const { now } = (await (await call(second.url, "GET", "/_understudy/clock")).json()) as { now: string };
  expect(Date.parse(now) - Date.now()).toBeGreaterThan(86_000_000);
  expect(await (await call(second.url, "GET", `/books/${id}`)).json()).toEqual({ id, title: "Emma" });
  expect((await call(second.url, "GET", "/books/gone")).status).toBe(404);
  second.child.kill("SIGTERM");
  expect(await second.ended).toBe(0);
  expect(existsSync(`${file}.lock`)).toBe(false);
});

test("what no longer fits the document is dropped and said, the rest stays", async () => {
  const spec = join(folder, "books.yaml");
  writeFileSync(spec, books("title: { type: string }"));
  const first = await start("--spec", spec);
  const post = (title: string) =>
    fetch(`${first.url}/books`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ title }),
    }).then((response) => response.json() as Promise<{ id: string; title: string }>);
  const [short, long] = [await post("Emma"), await post("Northanger Abbey")];
  await kill(first.child);
  writeFileSync(spec, books("title: { type: string, maxLength: 5 }"));
  const second = await start("--spec", spec);
  expect(await (await fetch(`${second.url}/books`)).json()).toEqual([short]);
  expect(second.err()).toBe(
    `State: books "${long.id}" in the sandbox te***-1 is dropped: title should be a string of at most 5 characters; received "Northanger Abbey".\n`,
  );
});

test("one file is for one process, and for another once that has ended", async () => {
  const first = await start();
  const second = await start();
  expect(await second.ended).toBe(2);
  expect(second.err()).toMatch(
    new RegExp(`^error: The state .* is in use by the process ${first.child.pid};[^\n]*\n$`),
  );
  await kill(first.child);
  expect((await start()).url).toMatch(/^http:/);
});

test.each([
  ["hello\n", /is no state of a mock: its first line should be \{.*\}; received "hello"/],
  [
    '{"understudy":"state","version":1,"document":"Books"}\n',
    /is the state of another document, "Books"; this one is "Connect API, /,
  ],
  [
    '{"understudy":"state","version":9,"document":"Books"}\n',
    /is a state of version 9, and this program knows version 1/,
  ],
  [
    '{"understudy":"state","version":1,"document":"Connect API, customer billing"}\n{"sandb\n{}\n',
    /world\.state:2 is broken/,
  ],
])("a file that is no state of this document ends it, and stays as it is: %j", async (text, why) => {
  writeFileSync(file, text);
  const { ended, err } = await start();
  expect(await ended).toBe(2);
  expect(err()).toMatch(why);
  expect(err().trimEnd().split("\n")).toHaveLength(1);
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("a last line that was cut off is left out", async () => {
  const first = await start();
  const one = { apiKey: "test_key", key: "k", email: "kept@example.com" };
  await put(first.url, one);
  await kill(first.child);
  writeFileSync(file, `${readFileSync(file, "utf8")}{"sandbox":"test_key","collec`);
  const { url, err } = await start();
  expect(await emailOf(url, "test_key")).toBe("kept@example.com");
  expect(err()).toBe("");
});

function books(title: string): string {
  return `openapi: 3.1.0
info: { title: Books, version: "1" }
paths:
  /books:
    get:
      responses: { "200": { description: All., content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Book" } } } } } }
    post:
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Book" } } } }
      responses: { "201": { description: It., content: { application/json: { schema: { $ref: "#/components/schemas/Book" } } } } }
  /books/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get:
      responses: { "200": { description: It., content: { application/json: { schema: { $ref: "#/components/schemas/Book" } } } }, "404": { description: None. } }
    delete:
      responses: { "204": { description: Gone. }, "404": { description: None. } }
components:
  schemas:
    Book: { type: object, required: [id, title], properties: { id: { type: string, readOnly: true }, ${title} } }
`;
}
