import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import http, { type IncomingMessage, type RequestListener, type RequestOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { cases, connectGuest } from "../../contracts/index.ts";
import { run } from "../../src/contract/run.ts";
import { createHttpTransport } from "../../src/contract.ts";
import { parseSpec } from "../../src/document/spec.ts";
import { createMock, loadSpec } from "../../src/index.ts";
import { type Passage, serveProxy } from "../../src/proxy/app.ts";
import { createTraffic } from "../../src/proxy/traffic.ts";
import { deafAddress, rawServer } from "../contract/raw-server.ts";
import { rewrite } from "../deployment/alter.ts";
import { createDeployment } from "../deployment/deployment.ts";
import { billingPath, clockOf, emailInvoice, ids } from "../mock.ts";
import { lacking } from "../needs.ts";

const spec = loadSpec();

/** A server that answers as it is told, closed when the test ends. */
async function serve(listener: RequestListener): Promise<string> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A proxy before a target, what passed it and what it would show. */
async function before(
  target: string,
  options: { enforce?: boolean; document?: typeof spec; mock?: (request: Request) => Promise<Response> } = {},
) {
  const document = options.document ?? spec;
  const traffic = createTraffic(document, new URL(target));
  const passages: Passage[] = [];
  const lines: string[] = [];
  let told = () => {};
  const { url, close } = await serveProxy({
    spec: document,
    target: new URL(target),
    enforce: options.enforce ?? false,
    mock: options.mock,
    onPassage(passage) {
      passages.push(passage);
      lines.push(...traffic.add(passage).map(({ sign, text }) => `${sign} ${text}`));
      told();
    },
  });
  onTestFinished(close);
  /** Waits until so many requests have passed. */
  const passed = async (count: number) => {
    while (passages.length < count) {
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
  };
  return { url, traffic, passages, lines, passed };
}

async function mockBehind(options: Parameters<typeof before>[1] = {}) {
  const mock = createMock({ spec, log: () => {} });
  const { url, close } = await mock.listen();
  onTestFinished(close);
  return { mock, direct: url, ...(await before(url, options)) };
}

const key = { "X-API-Key": "test_key" };

function digest(bytes: Buffer): string {
  return `${bytes.length} bytes, ${createHash("sha256").update(bytes).digest("hex")}`;
}

type Got = { status: number; reason: string; rawHeaders: string[]; body: Buffer; response: IncomingMessage };

/** One request as Node sends it, with the bytes that come back. */
function ask(url: string, path: string, options: RequestOptions = {}, body?: Buffer | string | Buffer[]): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const request = http.request({ host: "127.0.0.1", port, path, agent: false, ...options }, async (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode = 0, statusMessage = "", rawHeaders } = response;
        resolve({ status: statusCode, reason: statusMessage, rawHeaders, body: Buffer.concat(pieces), response });
      });
    });
    request.on("error", reject);
    for (const piece of Array.isArray(body) ? body : []) request.write(piece);
    request.end(Array.isArray(body) ? undefined : body);
  });
}

describe("the contract suite through the proxy", () => {
  test("holds before the mock, and the proxy finds no answer wrong", async () => {
    const { mock, url, passages, lines, traffic } = await mockBehind();
    const transport = createHttpTransport({ timeoutMs: 5_000 });
    let sent = 0;
    const report = await run({
      spec,
      cases,
      baseUrl: url,
      transport: (request, signal) => {
        sent++;
        return transport(request, signal);
      },
      apiKey: { value: "test_key", shell: '"$CONNECT_API_KEY"' },
      guest: connectGuest({ customer: ids.business, unbilledCustomer: ids.unbilled }),
      secondApiKey: "test_second",
      allowLeftovers: true,
      clock: clockOf(mock, "test_key"),
    }).finally(() => transport.close());
    // The customer has no shipping to change.
    const unheld = report.cases.filter(({ outcome }) => outcome !== "held");
    expect(unheld.map(({ id }) => id)).toEqual(["update-customer/shipping"]);
    expect(passages.length).toBe(sent);
    expect(passages.filter(({ failure }) => failure)).toEqual([]);
    expect(passages.flatMap(({ inAnswer }) => inAnswer)).toEqual([]);
    // The cases send what is wrong as well, and the proxy says so of what the mock refuses.
    const refused = passages.filter(({ status, inRequest }) => status === 400 && inRequest.length > 0);
    expect(refused.length).toBeGreaterThan(100);
    const accepted = passages.filter(({ status }) => status === 200);
    expect(accepted.length).toBeGreaterThan(200);
    expect(accepted.flatMap(({ inRequest }) => inRequest)).toEqual([]);
    expect(lines.filter((line) => !line.includes(" request "))).toEqual([]);
    const { coverage, requests } = traffic.report();
    expect(requests).toBe(sent);
    const seen = (operations: typeof coverage.operations) =>
      operations.map(({ operationId, statuses }) => [operationId, Object.keys(statuses).sort()]);
    expect(seen(coverage.operations)).toEqual(seen(report.coverage.operations));
  }, 60_000);

  test("finds before a deployment what is wrong with its answers", async () => {
    const { listen, world } = createDeployment({
      answer: rewrite(["getCustomer"], (customer) => ({ ...customer, customerType: "ROBOT" })),
    });
    const deployment = await listen();
    onTestFinished(deployment.close);
    const { url, lines, traffic } = await before(deployment.url);
    const headers = { "X-API-Key": world.keys.primary };
    const { status } = await ask(url, `/customers/${world.customer}`, { headers });
    await ask(url, "/customers?limit=0", { headers });
    expect(status).toBe(200);
    expect(lines).toEqual([
      `✗ GET /customers/${world.customer} 200 body.customerType should be "CONSUMER" or "BUSINESS"; received "ROBOT"`,
      "✗ GET /customers?limit=0 request query.limit should be >= 1; received 0",
    ]);
    const { summary, cases: found } = traffic.report();
    expect(summary).toMatchObject({ broken: 2 });
    expect(found.filter(({ outcome }) => outcome === "broken").map(({ id }) => id)).toEqual([
      "requests/listCustomers",
      "answers/getCustomer",
    ]);
    expect(found.find(({ id }) => id === "answers/getCustomer")!.findings).toEqual([
      {
        message: `the 200 answer to GET /customers/${world.customer} does not match the document at body.customerType`,
        at: "body.customerType",
        expected: '"CONSUMER" or "BUSINESS"',
        received: "ROBOT",
        curl: `curl -sS -i -X GET '${deployment.url}/customers/${world.customer}' -H 'X-API-Key: '"$CONNECT_API_KEY"`,
        weight: "broken",
      },
    ]);
  });
});

describe("what passes is as it was", () => {
  /** The same request with and without the proxy: what the target received, and what came back. */
  async function twice(
    listener: RequestListener,
    path: string,
    options: RequestOptions = {},
    body?: Buffer | string | Buffer[],
  ) {
    const received: { method: string; url: string; headers: string[]; body: string }[] = [];
    const target = await serve(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      const { method = "", url = "", rawHeaders } = request;
      received.push({ method, url, headers: rawHeaders, body: digest(Buffer.concat(pieces)) });
      listener(request, response);
    });
    const { url } = await before(target);
    const [plain, through] = [await ask(target, path, options, body), await ask(url, path, options, body)];
    const own = /^(connection|keep-alive|host|transfer-encoding|date)$/i;
    const seen = (raw: string[]) =>
      Array.from({ length: raw.length / 2 }, (_, n) => `${raw[2 * n]}: ${raw[2 * n + 1]}`)
        .filter((line) => !own.test(line.split(":")[0]!))
        .sort();
    expect(received[1]!.headers.length).toBeGreaterThan(0);
    expect({ ...received[1], headers: seen(received[1]!.headers) }).toEqual({
      ...received[0],
      headers: seen(received[0]!.headers),
    });
    expect([through.status, through.reason, seen(through.rawHeaders)]).toEqual([
      plain.status,
      plain.reason,
      seen(plain.rawHeaders),
    ]);
    expect(through.body.equals(plain.body)).toBe(true);
    return { plain, through, received: received[1]! };
  }

  const zipped = gzipSync(JSON.stringify({ items: [] }));
  const large = randomBytes(5 * 1024 * 1024);
  const pieces = Array.from({ length: 40 }, () => randomBytes(64 * 1024));

  test.each<[string, RequestListener, string, RequestOptions?, (Buffer | string | Buffer[])?]>([
    ["a read", (_, response) => response.end("{}"), "/customers"],
    [
      "bytes that are packed",
      (_, response) =>
        response
          .writeHead(200, {
            "Content-Encoding": "gzip",
            "Content-Type": "application/json",
            "Content-Length": zipped.length,
          })
          .end(zipped),
      "/customers",
      { headers: { "Accept-Encoding": "gzip, br" } },
    ],
    [
      "bytes that say that they are packed and are not",
      (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("plain"),
      "/customers",
    ],
    ["no media type", (_, response) => response.writeHead(200).end("text"), "/customers"],
    [
      "a reason of its own",
      (_, response) => response.writeHead(299, "Quite Fine", { "X-Odd": "é" }).end(),
      "/customers",
    ],
    [
      "headers more than once, in letters of any case",
      (_, response) =>
        response.writeHead(200, ["Set-Cookie", "a=1", "set-COOKIE", "b=2", "X-a", "1", "X-A", "2"]).end("{}"),
      "/customers",
      { headers: { "x-Api-KEY": "test_key", Accept: ["text/plain", "application/json"] } },
    ],
    [
      "a redirect",
      (_, response) => response.writeHead(302, { Location: "http://nowhere.invalid/" }).end(),
      "/customers",
    ],
    ["204", (_, response) => response.writeHead(204, { "X-A": "1" }).end(), "/customers", { method: "DELETE" }],
    [
      "304",
      (_, response) => response.writeHead(304, { ETag: '"1"' }).end(),
      "/customers",
      { headers: { "If-None-Match": '"1"' } },
    ],
    [
      "HEAD",
      (_, response) => response.writeHead(200, { "Content-Length": 1234, "Content-Type": "application/json" }).end(),
      "/customers",
      { method: "HEAD" },
    ],
    ["OPTIONS", (_, response) => response.writeHead(204, { Allow: "GET" }).end(), "/customers", { method: "OPTIONS" }],
    ["an address that is no good one", (_, response) => response.end("{}"), "/customers//a%2Fb%zz?x=%zz&&y=a+b%20c&y"],
    [
      "a large body there and back",
      (_, response) => response.end(large),
      "/anything",
      { method: "POST", headers: { "Content-Type": "application/octet-stream" } },
      large,
    ],
    [
      "a body in pieces",
      (_, response) => {
        for (const piece of pieces) response.write(piece);
        response.end();
      },
      "/anything",
      { method: "PUT", headers: { "Transfer-Encoding": "chunked" } },
      pieces,
    ],
    [
      "POST without a body",
      (_, response) => response.end("{}"),
      "/anything",
      { method: "POST", headers: { "Content-Length": "0" } },
    ],
    [
      "GET with a body",
      (_, response) => response.end("{}"),
      "/customers",
      { method: "GET", headers: { "Content-Length": "2" } },
      "{}",
    ],
    [
      "DELETE with a body in pieces",
      (_, response) => response.end("{}"),
      "/anything",
      { method: "DELETE", headers: { "Transfer-Encoding": "chunked" } },
      "{}",
    ],
    [
      "a body of another operation's form",
      (_, response) => response.end("{}"),
      billingPath,
      { method: "PUT", headers: { "Content-Type": "text/plain", ...key } },
      "a=b",
    ],
  ])("%s", async (_, listener, path, options, body) => {
    await twice(listener, path, options, body);
  });

  test("headers of the connection stay behind", async () => {
    const target = await serve((_, response) =>
      response.writeHead(200, { Connection: "X-Hop", "X-Hop": "1", "X-Kept": "1" }).end(),
    );
    const { url } = await before(target);
    const { response } = await ask(url, "/customers");
    expect([response.headers["x-hop"], response.headers["x-kept"]]).toEqual([undefined, "1"]);
  });

  test("the path of the target comes before that of the request", async () => {
    const seen: string[] = [];
    const target = await serve((request, response) => {
      seen.push(`${request.headers.host} ${request.url}`);
      response.end("{}");
    });
    const { url, passages } = await before(`${target}/tenant/v1/`);
    await ask(url, "/customers?limit=1");
    expect(seen).toEqual([`${new URL(target).host} /tenant/v1/customers?limit=1`]);
    expect(passages[0]!.operation!.id).toBe("listCustomers");
  });

  test("an answer without end arrives while it is made", async () => {
    let finish = () => {};
    const target = await serve((_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: 1\n\n");
      finish = () => response.end("data: 2\n\n");
    });
    for (const enforce of [false, true]) {
      const { url, lines } = await before(target, { enforce });
      const response = await fetch(`${url}/customers`, { headers: key });
      const reader = response.body!.getReader();
      expect(Buffer.from((await reader.read()).value!).toString()).toBe("data: 1\n\n");
      finish();
      expect(Buffer.from((await reader.read()).value!).toString()).toBe("data: 2\n\n");
      expect((await reader.read()).done).toBe(true);
      expect(lines.filter((line) => line.includes("Content-Type"))).toHaveLength(1);
    }
  });
});

describe("judging does not stand in the way", () => {
  test("a packed answer is judged unpacked", async () => {
    const wrong = gzipSync(JSON.stringify({ items: 1 }));
    const target = await serve((_, response) =>
      response.writeHead(200, { "Content-Type": "application/json", "Content-Encoding": "gzip" }).end(wrong),
    );
    const { url, lines, passed } = await before(target);
    await ask(url, "/payment-profiles?customerId=a", { headers: key });
    await passed(1);
    expect(lines).toEqual(["✗ GET /payment-profiles?customerId=a 200 body.items should be an array; received 1"]);
  });

  test("HEAD is judged by its head", async () => {
    const target = await serve((_, response) => response.writeHead(418).end());
    const { url, lines, passed } = await before(target);
    await ask(url, "/customers", { method: "HEAD" });
    await passed(1);
    expect(lines).toEqual([
      expect.stringMatching(/^≠ HEAD \/customers 418 status should be one that the document declares/),
    ]);
  });

  test("text that the document has as text is no broken JSON", async () => {
    const document = parseSpec(
      JSON.stringify({
        openapi: "3.0.3",
        info: { title: "Texts", version: "1" },
        paths: {
          "/text": {
            get: {
              responses: { "200": { description: "Text.", content: { "text/plain": { schema: { type: "string" } } } } },
            },
          },
        },
      }),
    );
    const target = await serve((_, response) => response.setHeader("Content-Type", "text/plain").end("hello"));
    const { url, lines, passed } = await before(target, { document });
    await ask(url, "/text");
    await passed(1);
    expect(lines).toEqual([]);
  });

  test("what no operation takes passes, and is counted", async () => {
    const target = await serve((_, response) => response.end("ok"));
    for (const enforce of [false, true]) {
      const { url, traffic, passed, lines } = await before(target, { enforce });
      for (const path of ["/health?a=1", "/health?a=2", "/ready"])
        expect((await ask(url, path)).body.toString()).toBe("ok");
      await passed(3);
      expect([...traffic.unknown()]).toEqual([
        ["GET /health", 2],
        ["GET /ready", 1],
      ]);
      expect(lines).toEqual([]);
    }
  });
});

describe("--enforce", () => {
  test("refuses a bad request with all that is wrong, and the target never sees it", async () => {
    const { url, mock, lines } = await mockBehind({ enforce: true });
    const headers = { ...key, "Content-Type": "application/json" };
    const refused = await ask(url, billingPath, { method: "PUT", headers }, '{"method":"EMAIL_INVOICE","emial":1}');
    expect([refused.status, JSON.parse(refused.body.toString())]).toMatchObject([
      400,
      {
        code: "VALIDATION_ERROR",
        details: [{ property: "email" }, { property: "emial", suggestion: 'Did you mean "email"?' }],
      },
    ]);
    const typed = await ask(
      url,
      billingPath,
      { method: "PUT", headers: { ...key, "Content-Type": "text/plain" } },
      "a",
    );
    expect([typed.status, typed.body.toString()]).toEqual([
      400,
      expect.stringContaining("Content-Type should be application/json"),
    ]);
    const { journal } = await mock.sandbox();
    expect((await journal.read()).entries).toEqual([]);
    expect(lines).toHaveLength(3);
    expect(lines.every((line) => line.endsWith("(stopped)"))).toBe(true);
  });

  test("passes a good one with its whole body", async () => {
    const { url, passages, passed } = await mockBehind({ enforce: true });
    const headers = { ...key, "Content-Type": "application/json" };
    const { status, body } = await ask(url, billingPath, { method: "PUT", headers }, JSON.stringify(emailInvoice));
    await passed(1);
    expect([status, JSON.parse(body.toString()).billing.email]).toEqual([200, emailInvoice.email]);
    expect(passages[0]).toMatchObject({ stopped: undefined, inRequest: [], inAnswer: [] });
  });

  test("replaces an answer that breaks the document, and lets pass one that only differs", async () => {
    let answer: [number, unknown] = [200, { items: 1 }];
    const target = await serve((_, response) =>
      response.writeHead(answer[0], { "Content-Type": "application/json" }).end(JSON.stringify(answer[1])),
    );
    const { url, passages, passed } = await before(target, { enforce: true });
    const bad = await ask(url, "/payment-profiles?customerId=a", { headers: key });
    expect([bad.status, JSON.parse(bad.body.toString())]).toEqual([
      502,
      {
        message: "The deployment answered 200, and its answer breaks the document; it was not passed on.",
        code: "bad_answer",
        details: [{ message: "body.items should be an array; received 1.", code: "type", property: "body.items" }],
      },
    ]);
    answer = [404, { message: "No." }];
    const odd = await ask(url, "/payment-profiles?customerId=a", { headers: key });
    expect([odd.status, odd.body.toString()]).toEqual([404, '{"message":"No."}']);
    await passed(2);
    expect(passages.map(({ stopped, inAnswer }) => [stopped, inAnswer.length])).toEqual([
      ["answer", 1],
      [undefined, 1],
    ]);
  });

  test("lets pass what is too long to judge, byte for byte", async () => {
    const long = Buffer.concat(
      [Buffer.from('{"method":"'), randomBytes(6 * 1024 * 1024).toString("hex"), Buffer.from('"}')].map((piece) =>
        Buffer.from(piece),
      ),
    );
    const target = await serve(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      response.writeHead(200, { "Content-Type": "application/json" }).end(Buffer.concat(pieces));
    });
    const { url } = await before(target, { enforce: true });
    const headers = { ...key, "Content-Type": "application/json" };
    const { status, body } = await ask(url, billingPath, { method: "PUT", headers }, long);
    expect([status, body.equals(long)]).toEqual([200, true]);
  });
});

describe("where no whole answer comes", () => {
  test("a target that is down gives 502 with the reason", async () => {
    const target = await deafAddress();
    const { url, lines } = await before(target);
    const { status, body } = await ask(url, "/customers", { headers: key });
    expect([status, JSON.parse(body.toString())]).toEqual([
      502,
      { message: `No answer from ${target}: nothing listens there (connection refused).`, code: "bad_gateway" },
    ]);
    expect(lines).toEqual(["! GET /customers nothing listens there (connection refused)"]);
  });

  test("a target that closes the connection, or speaks something else, gives 502", async () => {
    for (const wire of [
      (socket: { destroy(): void }) => socket.destroy(),
      (socket: { end(text: string): void }) => socket.end("SSH-2.0\r\n\r\n"),
    ]) {
      const { url } = await before(await rawServer(wire as Parameters<typeof rawServer>[0]));
      expect((await ask(url, "/customers", { headers: key })).status).toBe(502);
    }
  });

  test("an answer that breaks off breaks off for the client too", async () => {
    const target = await rawServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
      setTimeout(() => socket.destroy(), 20);
    });
    const { url, lines, passed } = await before(target);
    await expect(ask(url, "/customers", { headers: key })).rejects.toThrow();
    await passed(1);
    expect(lines.at(-1)).toBe("! GET /customers the answer broke off");
  });

  test("a client that goes away takes its request with it", async () => {
    let closed = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    let arrived = () => {};
    const there = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const target = await serve((request) => {
      request.socket.on("close", closed);
      arrived();
    });
    const { url, passages, passed } = await before(target);
    const { port } = new URL(url);
    const asked = http.get({ host: "127.0.0.1", port, path: "/customers", agent: false }).on("error", () => {});
    await there;
    asked.destroy();
    await Promise.all([gone, passed(1)]);
    expect(passages[0]!.failure).toBe("the client has gone away");
  });

  test("a WebSocket is refused with the reason", async () => {
    const { url } = await mockBehind();
    const headers = { Connection: "Upgrade", Upgrade: "websocket" };
    const { status, body } = await ask(url, "/customers", { headers });
    expect([status, body.toString()]).toEqual([501, expect.stringContaining("it cannot change to websocket.")]);
  });
});

const notFound = {
  description: "No such pet.",
  content: {
    "application/json": {
      schema: { type: "object", required: ["message"], properties: { message: { type: "string" } } },
    },
  },
};

describe("with a mock for what is missing", () => {
  const document = parseSpec(
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Pets", version: "1" },
      paths: {
        "/pets/{id}": {
          parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
          get: { operationId: "getPet", responses: { 200: { description: "A pet." }, 404: notFound } },
          put: { operationId: "putPet", responses: { 200: { description: "A pet." } } },
        },
      },
    }),
    "pets.json",
  );
  const answering = (told: Request[] = []) => ({
    document,
    mock: async (request: Request) => {
      told.push(request);
      return Response.json({ said: await request.text() }, { headers: { "Access-Control-Expose-Headers": "a" } });
    },
  });
  const page = { "Content-Type": "text/html" };
  const json = { "Content-Type": "application/json" };

  test.each([
    ["404", () => serve((_, response) => response.writeHead(404, page).end("<h1>Cannot GET</h1>"))],
    ["404", () => serve((_, response) => response.writeHead(404, json).end('{"error":"no route"}'))],
    ["405", () => serve((_, response) => response.writeHead(405).end())],
    ["501", () => serve((_, response) => response.writeHead(501).end())],
    ["unreachable", deafAddress],
  ])("it answers what the target lacks (%s), marked", async (why, target) => {
    const told: Request[] = [];
    const { url, traffic, lines, passed } = await before(await target(), answering(told));
    const { status, body, response } = await ask(url, "/pets/1?a=b", { method: "PUT" }, "a body");
    expect([status, `${body}`]).toEqual([200, '{"said":"a body"}']);
    expect(response.headers).toMatchObject({
      "x-mock-answered": why,
      "access-control-expose-headers": "a, X-Mock-Answered",
    });
    expect([told[0]?.method, new URL(told[0]!.url).search]).toEqual(["PUT", "?a=b"]);
    await passed(1);
    expect([...traffic.mocked()]).toEqual([["putPet", 1]]);
    expect(traffic.report().coverage.operations[1]?.statuses).toEqual({});
    expect(lines.at(-1)).toMatch(
      /^~ PUT \/pets\/1\?a=b answered by the mock \(the deployment (answered \d+|is not there)\)$/,
    );
  });

  test.each([
    ["a record that is not there, in the document's words", 404, json, '{"message":"No such pet"}'],
    ["any other refusal", 500, page, "<h1>Oh</h1>"],
    ["success", 200, json, "{}"],
  ])("it does not answer %s", async (_, status, headers, text) => {
    const target = await serve((_, response) => response.writeHead(status, headers).end(text));
    const got = await ask((await before(target, answering())).url, "/pets/1");
    expect([got.status, `${got.body}`, got.response.headers["x-mock-answered"]]).toEqual([status, text, undefined]);
  });

  test("nor what the target has taken and not answered, for it may have carried that out", async () => {
    const target = await rawServer((socket) => socket.destroy());
    expect((await ask((await before(target, answering())).url, "/pets/1", { method: "PUT" })).status).toBe(502);
  });

  test("nor what no operation takes", async () => {
    const target = await serve((_, response) => response.writeHead(404, page).end("<h1>Cannot GET</h1>"));
    expect((await ask((await before(target, answering())).url, "/cats")).status).toBe(404);
  });

  test("it answers the question of a browser whether a page may call what is missing", async () => {
    const { url } = await before(await deafAddress(), answering());
    const headers = { Origin: "http://page.test", "Access-Control-Request-Method": "PUT" };
    const { response } = await ask(url, "/pets/1", { method: "OPTIONS", headers });
    expect(response.headers["x-mock-answered"]).toBe("unreachable");
  });
});

test("no credential is shown or kept, wherever it comes back", async () => {
  const secrets = ["sentinel-api-key-1234567890", "sentinel-token-0987654321", "sentinel-cookie-5555555555"];
  const target = await serve((request, response) => {
    const { authorization, cookie } = request.headers;
    const echo = [request.headers["x-api-key"], authorization, cookie].join(" ");
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ items: echo, [echo]: echo }));
  });
  const { url, lines, traffic } = await before(target);
  const headers = {
    "X-API-Key": secrets[0],
    Authorization: `Bearer ${secrets[1]}`,
    Cookie: `a=1; session=${secrets[2]}`,
  };
  await ask(url, `/payment-profiles?limit=${secrets[0]}`, { headers });
  await ask(url, `/health/${secrets[0]}`, { headers });
  await ask(url, `/payment-profiles?customerId=${secrets[1]}`, { headers: key });
  const all = JSON.stringify([lines, traffic.report(), [...traffic.unknown()]]);
  expect(lines.length).toBeGreaterThan(2);
  for (const secret of secrets) expect(all).not.toContain(secret.slice(0, -4));
});

describe("the command", () => {
  const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

  const noSignals = lacking("signals");

  async function understudy(...args: string[]) {
    const child: ChildProcess = spawn(process.execPath, [cli, "proxy", ...args], {
      env: { PATH: process.env.PATH },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let [out, err] = ["", ""];
    child.stdout!.setEncoding("utf8").on("data", (text) => {
      out += text;
    });
    child.stderr!.setEncoding("utf8").on("data", (text) => {
      err += text;
    });
    const ended = once(child, "close").then(([code]) => code as number | null);
    await Promise.race([once(child.stdout!, "data"), ended]);
    return { child, ended, url: /http:\/\/127[\d.]+:\d+/.exec(out)?.[0] ?? "", out: () => out, err: () => err };
  }

  test.skipIf(noSignals)(
    `shows what is wrong as it passes, and ends with a table and a report${noSignals}`,
    async () => {
      const mock = createMock({ spec, log: () => {} });
      const { url: target, close } = await mock.listen();
      onTestFinished(close);
      const folder = mkdtempSync(join(tmpdir(), "proxy-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const { child, ended, url, out, err } = await understudy("--target", target, "--port", "0", "--report", folder);
      await ask(url, "/customers?limit=0", { headers: key });
      await ask(url, `/customers/${ids.business}`, { headers: key });
      await ask(url, `/customers/${ids.business}`, { headers: key });
      await ask(url, "/openapi.json");
      child.kill("SIGINT");
      expect(await ended).toBe(1);
      expect(err()).toBe("");
      const shown = out()
        .replaceAll(url, "URL")
        .replaceAll(target, "TARGET")
        .replaceAll(folder, "DIR")
        .replace(/[\d.]+ s\./, "N s.");
      expect(shown).toMatchInlineSnapshot(`
        "URL passes requests on to TARGET, holds them and their answers against Connect API, customer billing 0.1.0, and shows what breaks it.
        ✗ breaks the document   ≠ differs where the document is not sure   ! no whole answer
        HTTP only, no WebSockets. Ctrl-C ends it with a table and a report in DIR.

        ✗ GET /customers?limit=0 request query.limit should be >= 1; received 0

          operation              seen    declared, not seen
          listCustomers          400 ×1  200 401 403 429 500
          createCustomer         -       201 400 401 403 409 412 413 415 429 500
          listPaymentProfiles    -       200 400 401 403 404 429 500
          getCustomer            200 ×2  400 401 403 404 429 500
          updateCustomer         -       200 400 401 403 404 409 412 413 415 429 500
          updateCustomerBilling  -       200 400 401 403 404 409 412 413 415 429 500
          addCustomerUser        -       200 201 400 401 403 404 409 412 413 415 429 500
          removeCustomerUser     -       204 400 401 403 404 409 412 429 500
          getPaymentProfile      -       200 400 401 403 404 429 500

        Requests that no operation of the document takes:
          GET /openapi.json ×1

        1 kind of message breaks the document. 4 requests in N s.
        Report: DIR/report.json, DIR/junit.xml, DIR/report.html, DIR/run.har, DIR/coverage.json, DIR/badge.svg
        "
      `);
      const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8"));
      expect(report).toMatchObject({ target: { baseUrl: target }, requests: 4, summary: { broken: 1, held: 3 } });
      expect(readdirSync(folder)).toContain("report.html");
    },
  );

  test.skipIf(noSignals)(`--mock-missing goes ahead of a deployment that is not there yet${noSignals}`, async () => {
    const args = ["--target", await deafAddress(), "--port", "0", "--mock-missing"];
    const { child, ended, url, out } = await understudy(...args);
    const { status, body, response } = await ask(url, "/customers?limit=1", {
      headers: { "X-API-Key": "a key that only the deployment knows" },
    });
    expect([status, response.headers["x-mock-answered"]]).toEqual([200, "unreachable"]);
    expect(JSON.parse(`${body}`).items).toHaveLength(1);
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(out()).toContain("~ GET /customers?limit=1 answered by the mock (the deployment is not there)\n");
    expect(out()).toContain("Answered by the mock, for the deployment has them not:\n  listCustomers ×1\n");
  });

  test.skipIf(noSignals)(`an answer without end does not keep it${noSignals}`, async () => {
    const target = await serve((_, response) =>
      response.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: 1\n\n"),
    );
    const { child, ended, url, out } = await understudy("--target", target, "--port", "0");
    const { port } = new URL(url);
    const [response] = await once(http.get({ host: "127.0.0.1", port, path: "/events" }), "response");
    response.on("error", () => {});
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(out()).toContain("Nothing that passed breaks the document. ");
  });

  test.skipIf(noSignals)(`--quiet prints the URL and nothing else; nothing wrong ends with 0${noSignals}`, async () => {
    const target = await serve((_, response) => response.writeHead(401).end());
    const { child, ended, url, out } = await understudy("--target", target, "--port", "0", "--quiet");
    await ask(url, "/health");
    child.kill("SIGTERM");
    expect([await ended, out()]).toEqual([0, `${url}\n`]);
  });

  test.each([
    [[], "No target: name one with CONNECT_BASE_URL or --target; it should be an absolute URL"],
    [["--target", "here"], 'The target is "here"; it should be an absolute URL'],
    [["--target", "ftp://a"], 'The target is "ftp://a"; it should be an absolute URL'],
    [["--target", "http://user:secret@a"], "The target has more than a scheme, a host and a path"],
    [["--target", "http://a", "--spec", "/nowhere"], "Cannot read the document /nowhere"],
  ])("%j is refused in one line", async (args, message) => {
    const { ended, err } = await understudy(...args);
    expect(await ended).toBe(2);
    expect(err()).toMatch(/^error: .*\n$/);
    expect(err()).toContain(message);
    expect(err()).not.toContain("secret");
  });
});
