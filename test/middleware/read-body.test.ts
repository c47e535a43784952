import { describe, expect, test } from "vitest";
import { billingPath, emailInvoice, testMock } from "../mock.ts";

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
    expect(pulled()).toBeLessThan(10);
  });

  test("and one of exactly the limit is not", async () => {
    const { call } = testMock();
    const body = JSON.stringify(emailInvoice).padEnd(limit);
    expect((await call("PUT", billingPath, { body })).status).toBe(200);
    expect((await call("PUT", billingPath, { body: `${body} ` })).status).toBe(413);
  });
});
