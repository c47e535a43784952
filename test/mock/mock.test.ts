import { once } from "node:events";
import { connect } from "node:net";
import { Hono } from "hono";
import { expect, onTestFinished, test } from "vitest";
import { createClient, createMock, parseSpec } from "../../src/index.ts";
import { billingPath, emailInvoice, ids, testMock } from "../mock.ts";

const key = { "X-API-Key": "test_key" };

test("fetch takes what the platform's takes: a request, or a URL and an init", async () => {
  const { mock } = testMock();
  const fetch: typeof globalThis.fetch = mock.fetch;
  const url = `http://mock.test/customers/${ids.business}`;
  const answers = [
    await fetch(url, { headers: key }),
    await fetch(new URL(url), { headers: key }),
    await fetch(new Request(url, { headers: key })),
    await fetch(new Request(url), { headers: key }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const init = { method: "PUT", headers: { ...key, "Content-Type": "application/json" } };
  const changed = await fetch(url + billingPath.slice(billingPath.lastIndexOf("/")), {
    ...init,
    body: JSON.stringify(emailInvoice),
  });
  expect(await changed.json()).toMatchObject({ billing: emailInvoice });
});

test("fetch rejects as the platform's does when it was called off, and carries nothing out", async () => {
  const { mock, call } = testMock();
  const signal = AbortSignal.abort();
  await expect(mock.fetch(`http://mock.test${billingPath}`, { method: "PUT", headers: key, signal })).rejects.toThrow(
    expect.objectContaining({ name: "AbortError" }),
  );
  expect((await call("GET", "/_understudy/requests")).body.items).toEqual([]);
});

test("the application can be mounted in another", async () => {
  const mock = createMock({ log: () => {} });
  const outer = new Hono().get("/health", (c) => c.text("outer")).mount("/connect", (request) => mock.fetch(request));
  const routed = new Hono().route("/", mock.app);
  const read = `/customers/${ids.business}`;
  const status = async (app: Hono, path: string) => (await app.request(path, { headers: key })).status;
  expect(await status(outer, "/health")).toBe(200);
  expect(await status(outer, `/connect${read}`)).toBe(200);
  expect(await status(routed, read)).toBe(200);
  const client = createClient({
    baseUrl: "http://mock.test/connect",
    apiKey: "test_key",
    fetch: async (request) => outer.fetch(request),
  });
  const { data } = await client.GET("/customers/{customerId}", { params: { path: { customerId: ids.business } } });
  expect(data?.customerId).toBe(ids.business);
});

test.each(["//", "///", "//x", "//customers", "/%", "/%zz", "/customers//billing", "/.//"])(
  "a path that leads nowhere is not found: PUT %s",
  async (path) => {
    const { mock, lines } = testMock();
    const { url, close } = await mock.listen();
    onTestFinished(close);
    const status = await raw(
      Number(new URL(url).port),
      `PUT ${path} HTTP/1.1\r\nHost: mock\r\nX-API-Key: test_key\r\n`,
    );
    expect([status, lines]).toEqual([404, []]);
  },
);

test.each([
  ["two hosts", "Host: a\r\nHost: b\r\n"],
  ["a host that is none", "Host: a b\r\n"],
  ["a host with a path", "Host: a/b\r\n"],
])("%s are refused on every path", async (_, headers) => {
  const { mock } = testMock();
  const { url, close } = await mock.listen();
  onTestFinished(close);
  const port = Number(new URL(url).port);
  const paths = ["/customers", `/customers/${ids.business}`, "/docs", "/nowhere", "/_understudy/health", "//"];
  const statuses = [];
  for (const path of paths) statuses.push(await raw(port, `GET ${path} HTTP/1.1\r\n${headers}X-API-Key: test_key\r\n`));
  expect(statuses).toEqual(paths.map(() => 400));
});

test("the journal masks a credential in the query, and leaves the rest of it as it was sent", async () => {
  const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
components: { securitySchemes: { Key: { type: apiKey, in: query, name: pet key } } }
paths: { /pets: { get: { security: [{ Key: [] }], responses: { "204": { description: None. } } } } }
`);
  const { call, mock } = testMock({ spec });
  await call("GET", "/pets?a=%41&pet+key=test_secret_0123&b");
  const { entries } = await (await mock.sandbox("test_secret_0123")).journal.read();
  expect(entries.map(({ target }) => target)).toEqual(["/pets?a=%41&pet+key=test***&b"]);
});

/** Sends the head of a request as it is, and answers the status. */
async function raw(port: number, head: string): Promise<number> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.end(`${head}Connection: close\r\n\r\n`);
  let text = "";
  socket.on("data", (piece) => {
    text += piece;
  });
  await once(socket, "close");
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
}
