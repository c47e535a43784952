import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseSpec } from "../../../src/index.ts";
import { billingPath, emailInvoice, testMock } from "../../mock.ts";

const limit = 1024 * 1024;

function inPieces(count: number, length: number): { stream: ReadableStream; pulled: () => number } {
  let pulled = 0;
  const stream = new ReadableStream({
    pull(controller) {
      if (pulled === count) return controller.close();
      pulled += 1;
      controller.enqueue(new Uint8Array(length).fill(32));
    },
  });
  return { stream, pulled: () => pulled };
}

describe("a body over the limit is refused", () => {
  test("by what comes out of its content coding", async () => {
    const { call } = testMock();
    const send = (length: number) =>
      call("PUT", billingPath, {
        body: gzipSync(JSON.stringify(emailInvoice).padEnd(length)),
        headers: { "Content-Type": "application/json", "Content-Encoding": "gzip" },
      });
    expect((await send(limit)).status).toBe(200);
    const { status, body } = await send(limit + 1);
    expect([status, body.code]).toEqual([413, "payload_too_large"]);
    expect(body.message).toBe(
      `The body should be at most ${limit} bytes long; without its content coding, it is longer.`,
    );
  });

  test("by what it announces, without being read", async () => {
    const { call } = testMock();
    const { stream, pulled } = inPieces(100, 1);
    const { status, body } = await call("PUT", billingPath, {
      body: stream,
      headers: { "Content-Length": `${limit + 1}` },
    });
    expect([status, body.code]).toEqual([413, "payload_too_large"]);
    expect(body.message).toBe(`The body should be at most ${limit} bytes long; ${limit + 1} bytes were announced.`);
    expect(pulled()).toBeLessThan(3);
  });

  test("as soon as it is over, when it announces nothing", async () => {
    const { call } = testMock();
    const { stream, pulled } = inPieces(1000, limit / 4);
    const { status, body, headers } = await call("PUT", billingPath, { body: stream });
    expect([status, body.code, headers.get("Connection")]).toEqual([413, "payload_too_large", "close"]);
    expect(body.message).toBe(`The body should be at most ${limit} bytes long; more was on its way.`);
    expect(pulled()).toBeLessThan(10);
  });

  test("and one of exactly the limit is not", async () => {
    const { call } = testMock();
    const body = JSON.stringify(emailInvoice).padEnd(limit);
    expect((await call("PUT", billingPath, { body })).status).toBe(200);
    expect((await call("PUT", billingPath, { body: `${body} ` })).status).toBe(413);
    const headers = { "Content-Length": `${limit}` };
    expect((await call("PUT", billingPath, { body, headers })).status).toBe(200);
  });

  test("as long as it is told", async () => {
    const { call } = testMock({ maxBodyBytes: 60 });
    const body = JSON.stringify(emailInvoice);
    expect(body.length).toBeLessThan(60);
    expect((await call("PUT", billingPath, { body })).status).toBe(200);
    const refused = await call("PUT", billingPath, { body: body.padEnd(61) });
    expect([refused.status, refused.text]).toEqual([413, expect.stringContaining("60 bytes")]);
  });
});

describe("over a port", () => {
  /** Sends a request of these pieces, each on its own, and answers with what the mock has written down of it. */
  async function sendSlowly(method: string, path: string, pieces: readonly string[], headers = {}, options = {}) {
    const { mock } = testMock(options);
    const server = await mock.listen();
    onTestFinished(() => server.close());
    const fixed = { "X-API-Key": "test_key", "Content-Type": "application/json" };
    const sent = request(`${server.url}${path}`, { method, headers: { ...fixed, ...headers }, agent: false });
    const answered = once(sent, "response") as Promise<[IncomingMessage]>;
    for (const piece of pieces) {
      sent.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    sent.end();
    const [response] = await answered;
    response.resume();
    const [entry] = (await (await mock.sandbox()).journal.read()).entries;
    return { status: response.statusCode, body: entry?.body };
  }

  test("a body that comes in pieces is taken whole", async () => {
    const body = JSON.stringify(emailInvoice);
    const pieces = [body.slice(0, 10), body.slice(10, 30), body.slice(30)];
    expect(await sendSlowly("PUT", billingPath, pieces)).toEqual({ status: 200, body });
    expect(await sendSlowly("PUT", billingPath, ["", body])).toEqual({ status: 200, body });
  });

  test("one of exactly the limit is taken, in pieces too", async () => {
    const body = JSON.stringify(emailInvoice).padEnd(limit);
    const pieces = [body.slice(0, limit / 2), body.slice(limit / 2)];
    expect((await sendSlowly("PUT", billingPath, pieces)).status).toBe(200);
    expect((await sendSlowly("PUT", billingPath, [...pieces, " "])).status).toBe(413);
  });

  test("what a read brings is ignored", async () => {
    const headers = { "Content-Length": "5" };
    expect(await sendSlowly("GET", "/customers", ["hello"], headers)).toEqual({ status: 200, body: undefined });
  });

  test("what a read brings is judged where the document has it bring something", async () => {
    const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
paths:
  /pets:
    get:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name] } } } }
      responses: { "204": { description: None. } }
`);
    const ask = (body: string) => sendSlowly("GET", "/pets", [body], { "Content-Length": body.length }, { spec });
    expect(await ask('{"name":"Bo"}')).toEqual({ status: 204, body: '{"name":"Bo"}' });
    expect((await ask("{}")).status).toBe(400);
  });
});
