import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { curlOf, type WireRequest } from "../../../src/contract/wire/exchange.ts";
import { lacking } from "../../needs.ts";

function request(given: Partial<WireRequest> = {}): WireRequest {
  return { method: "GET", url: "http://target.example/customers/cus-1", headers: {}, body: undefined, ...given };
}

describe("the shell line of a request", () => {
  test("names method, address and headers, and a variable in the place of the key", () => {
    const headers = { Accept: "application/json", "X-API-Key": "secret-7Qm2" };
    expect(curlOf(request({ headers }), { "X-API-Key": '"$CONNECT_API_KEY"' })).toBe(
      `curl -sS -i -X GET 'http://target.example/customers/cus-1' -H 'Accept: application/json' -H 'X-API-Key: '"$CONNECT_API_KEY"`,
    );
  });

  test.each([
    ["a quote", { body: `{"name":"O'Hara"}` }, `--data-raw '{"name":"O'\\''Hara"}'`],
    ["a dollar sign", { body: '"$HOME `id`"' }, `--data-raw '"$HOME \`id\`"'`],
    ["nothing", { body: "" }, "--data-raw ''"],
  ])("a body of %s stands in single quotes", (_, given, part) => {
    expect(curlOf(request(given), {})).toBe(`curl -sS -i -X GET 'http://target.example/customers/cus-1' ${part}`);
  });

  test("a header without a value is written as curl wants it", () => {
    expect(curlOf(request({ headers: { "X-Idempotency-Key": "" } }), {})).toMatch(/ -H 'X-Idempotency-Key;'$/);
    expect(curlOf(request({ headers: { "X-API-Key": "" } }), { "X-API-Key": "''" })).toMatch(/ -H 'X-API-Key;'$/);
  });

  test("a very long body is cut and says so", () => {
    const line = curlOf(request({ body: "x".repeat(4_001) }), {});
    expect(line).toContain("xxx... (4001 characters in all)'");
    expect(line.length).toBeLessThan(4_200);
  });
});

const noCurl = lacking("curl");

test.skipIf(noCurl).each<[string, Partial<WireRequest>, Record<string, string>]>([
  ["a read", { headers: { "X-API-Key": "k7 '\"$x" } }, { "X-API-Key": '"$KEY"' }],
  ["an empty header", { headers: { "X-API-Key": "", "X-Idempotency-Key": "" } }, { "X-API-Key": "''" }],
  [
    "a write",
    { method: "PUT", body: `{"name":"O'Hara \\"$HOME\\" \`id\`\\n"}`, headers: { "Content-Type": "application/json" } },
    {},
  ],
  [
    "a body that begins like a file's name",
    { method: "PUT", body: "@/etc/hostname", headers: { "Content-Type": "text/plain" } },
    {},
  ],
  ["an empty body", { method: "PUT", body: "", headers: { "Content-Type": "application/json" } }, {}],
])(`a shell that runs the line sends %s as it was${noCurl}`, async (_, given, shellValues) => {
  const { url, received } = await recorder();
  const sent = request({ ...given, url: `${url}/customers?filter=a%20b` });
  await promisify(execFile)("/bin/sh", ["-c", curlOf(sent, shellValues)], {
    env: { PATH: process.env.PATH, KEY: sent.headers["X-API-Key"] ?? "" },
  });
  expect(received).toEqual([
    {
      method: sent.method,
      path: "/customers?filter=a%20b",
      headers: expect.objectContaining(sent.headers),
      body: sent.body ?? "",
    },
  ]);
});

/** A server that takes down what it is sent, header names in the sender's letter case. */
async function recorder(): Promise<{ url: string; received: unknown[] }> {
  const received: unknown[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { rawHeaders: raw } = incoming;
    const headers = Object.fromEntries(raw.flatMap((name, n) => (n % 2 === 0 ? [[name, raw[n + 1]]] : [])));
    received.push({ method: incoming.method, path: incoming.url, headers, body: Buffer.concat(chunks).toString() });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}
