import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createMock, type Listening, loadSpec, type Mock, parseSpec } from "../../src/index.ts";
import { billingPath, emailInvoice, ids } from "../mock.ts";

const spec = loadSpec();
const open: Listening[] = [];
const limit = 1024 * 1024;

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(options: Parameters<typeof createMock>[0] = {}) {
  const lines: string[] = [];
  const mock = createMock({ spec, log: (line) => lines.push(line), ...options });
  const server = await mock.listen();
  open.push(server);
  return { ...server, mock, lines, port: Number(new URL(server.url).port) };
}

const body = JSON.stringify(emailInvoice);
const get = `GET /customers/${ids.business} HTTP/1.1\r\nHost: mock\r\nX-API-Key: test_key\r\n\r\n`;
const put = (...headers: string[]) => {
  const fixed = ["Host: mock", "X-API-Key: test_key", "Content-Type: application/json"];
  return [`PUT ${billingPath} HTTP/1.1`, ...fixed, ...headers, "", ""].join("\r\n");
};

/** A connection that sends what it is told, and waits until what it has received shows something. */
function dial(port: number) {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  let closed = false;
  const waiting = new Set<() => void>();
  socket.setEncoding("latin1");
  socket.on("data", (text) => {
    received += text;
    for (const look of waiting) look();
  });
  socket.on("close", () => {
    closed = true;
    for (const look of waiting) look();
  });
  socket.on("error", () => {});
  const until = (seen: () => boolean) =>
    new Promise<string>((resolve) => {
      const look = () => {
        if (!seen()) return;
        waiting.delete(look);
        resolve(received);
      };
      waiting.add(look);
      look();
    });
  return {
    socket,
    send: (text: string | Uint8Array) => socket.write(text),
    until: (pattern: RegExp) => until(() => pattern.test(received) || closed),
    closed: () => until(() => closed),
    statuses: () => [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)),
  };
}

/** Holds every read and write of a customer until it is released. */
async function hold(mock: Mock): Promise<{ arrived: Promise<void>; release: () => void }> {
  const customers = (await mock.sandbox()).collection("customers");
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const arrived = new Promise<void>((resolve) => {
    const { get, update } = customers;
    Object.assign(customers, {
      get: async (id: string) => {
        resolve();
        await released;
        return get(id);
      },
      update: async (...given: Parameters<typeof update>) => {
        resolve();
        await released;
        return update(...given);
      },
    });
  });
  return { arrived, release };
}

test("serves the same answers on a port as without one", async () => {
  const { url, mock } = await serve();
  const request = () => new Request(`${url}/customers/${ids.business}`, { headers: { "X-API-Key": "test_key" } });
  const [there, here] = [await fetch(request()), await mock.fetch(request())];
  expect([there.status, await there.text()]).toEqual([here.status, await here.text()]);
});

test("leaves the process's own Request and Response alone", async () => {
  const before = [globalThis.Request, globalThis.Response];
  await serve();
  expect([globalThis.Request, globalThis.Response]).toEqual(before);
});

test("keeps an answer byte for byte, and takes header names in any case", async () => {
  const { url } = await serve();
  const send = () =>
    fetch(url + billingPath, {
      method: "PUT",
      headers: { "x-api-KEY": "test_key", "X-IDEMPOTENCY-key": "key-1", "content-TYPE": "application/json" },
      body,
    });
  const [first, second] = [await send(), await send()];
  expect(Buffer.from(await second.arrayBuffer())).toEqual(Buffer.from(await first.arrayBuffer()));
  expect(second.headers.get("X-Mock-Idempotency")).toBe("replayed");
  expect(second.headers.get("Content-Length")).toBe(first.headers.get("Content-Length"));
});

test("carries out one of several twins whose bodies arrive slowly", async () => {
  const { port } = await serve();
  const head = put("X-Idempotency-Key: key-1", `Content-Length: ${body.length}`);
  const dials = Array.from({ length: 5 }, () => dial(port));
  for (const { send } of dials) send(head + body.slice(0, 10));
  for (const { send } of dials) send(body.slice(10, 30));
  for (const { send } of dials) send(body.slice(30));
  const texts = await Promise.all(dials.map(({ until }) => until(/\r\n\r\n\{.*\}/)));
  const marks = texts.map((text) => /X-Mock-Idempotency: (\w+)|"code":"(\w+)"/i.exec(text)?.slice(1).join(""));
  expect(marks.filter((mark) => mark === "stored")).toHaveLength(1);
  expect(marks.every((mark) => ["stored", "replayed", "idempotency_key_locked"].includes(mark!))).toBe(true);
  for (const { socket } of dials) socket.destroy();
});

test("answers Expect: 100-continue, then the request", async () => {
  const { port } = await serve();
  const client = dial(port);
  client.send(put("Expect: 100-continue", `Content-Length: ${body.length}`));
  await client.until(/100 Continue\r\n\r\n/);
  client.send(body);
  await client.until(/HTTP\/1\.1 200/);
  expect(client.statuses()).toEqual([100, 200]);
  client.socket.destroy();
});

test("answers HEAD without a body, and the next request on the same connection", async () => {
  const { port } = await serve();
  const client = dial(port);
  client.send(get.replace("GET", "HEAD"));
  const head = await client.until(/\r\n\r\n/);
  expect(head.split("\r\n\r\n")[1]).toBe("");
  client.send(get);
  await client.until(/\}$/);
  expect(client.statuses()).toEqual([200, 200]);
  client.socket.destroy();
});

describe("a body over the limit", () => {
  test("that is announced is refused at once, and the connection goes on", async () => {
    const { port } = await serve();
    const client = dial(port);
    client.send(put(`Content-Length: ${limit + 1}`));
    await client.until(/payload_too_large/);
    client.send(new Uint8Array(limit + 1).fill(32));
    client.send(get);
    await client.until(/HTTP\/1\.1 200/);
    expect(client.statuses()).toEqual([413, 200]);
    client.socket.destroy();
  });

  test("that comes in pieces without end is refused, and the connection closes", async () => {
    const { port, url } = await serve();
    const client = dial(port);
    client.send(put("Transfer-Encoding: chunked"));
    for (let sent = 0; sent <= limit; sent += 65_536) client.send(`10000\r\n${" ".repeat(65_536)}\r\n`);
    expect(await client.until(/payload_too_large/)).toMatch(/^Connection: close/im);
    await client.closed();
    expect(client.statuses()).toEqual([413]);
    expect((await fetch(`${url}/openapi.yaml`)).status).toBe(200);
  });
});

describe("what is no request is told why, in one answer,", () => {
  test.each<[string, string, number, RegExp]>([
    ["a garbled first line", "NONSENSE\r\n\r\n", 400, /This is no request of HTTP\/1\.1/],
    [
      "a head that is too long",
      get.replace("Host", `X-Long: ${"x".repeat(20_000)}\r\nHost`),
      431,
      /at most 16384 bytes/,
    ],
    ["a request without a host", get.replace("Host: mock\r\n", ""), 400, /should name one host/],
    ["another expectation", get.replace("Host", "Expect: a miracle\r\nHost"), 417, /received \\"a miracle\\"/],
    ["two lengths", put("Content-Length: 1", "Content-Length: 2"), 400, /This is no request/],
    ["a length and chunks", put("Content-Length: 1", "Transfer-Encoding: chunked"), 400, /This is no request/],
  ])("%s", async (_, text, status, said) => {
    const { port } = await serve();
    const client = dial(port);
    client.send(text);
    client.socket.end();
    await client.closed();
    const received = await client.until(/./);
    expect(client.statuses()).toEqual([status]);
    expect(received).toMatch(/^content-type: application\/problem\+json/im);
    const body = /\r\n\r\n(\{.*\})/.exec(received)![1]!;
    expect(JSON.parse(body)).toMatchObject({
      status,
      detail: expect.stringMatching(said.source.replaceAll("\\\\", "")),
    });
  });

  test.each([
    ["a body that breaks off behind its answer", "Content-Length: 99", "more"],
    ["a chunk that breaks behind its answer", "Transfer-Encoding: chunked", "1\r\nGET / HTTP/1.1\r\n\r\n"],
  ])("but %s is none", async (_, header, more) => {
    const { port } = await serve();
    const client = dial(port);
    client.send(get.replace("Host", `${header}\r\nHost`));
    await client.until(/HTTP\/1\.1 200/);
    client.socket.end(more);
    await client.closed();
    expect(client.statuses()).toEqual([200]);
  });

  test("behind the answer to the whole request that came before it", async () => {
    const { port, mock } = await serve();
    const { arrived, release } = await hold(mock);
    const client = dial(port);
    client.send(`${get}NONSENSE\r\n\r\n`);
    await arrived;
    release();
    await client.closed();
    expect(client.statuses()).toEqual([200, 400]);
  });

  test("but for its body to HEAD", async () => {
    const { port } = await serve();
    const client = dial(port);
    client.send(get.replace("GET", "HEAD").replace("Host", "Content-Length: x\r\nHost"));
    await client.closed();
    const received = await client.until(/./);
    expect([client.statuses(), received.split("\r\n\r\n")[1]]).toEqual([[400], ""]);
  });

  test("and of thousands of headers none is dropped", async () => {
    const { port } = await serve();
    const client = dial(port);
    client.send(get.replace("Host", `${"a:\r\n".repeat(3000)}Host`));
    client.socket.end();
    await client.closed();
    expect(client.statuses()).toEqual([200]);
  });
});

test("takes a body in pieces", async () => {
  const { port } = await serve();
  const client = dial(port);
  client.send(put("Transfer-Encoding: chunked", "Connection: close"));
  for (const piece of body.match(/.{1,7}/g)!) client.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
  client.send("0\r\n\r\n");
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 200/);
});

test("answers pipelined requests in their order", async () => {
  const { port } = await serve();
  const client = dial(port);
  client.send(get + put(`Content-Length: ${body.length}`) + body + get.replace(ids.business, "nobody"));
  await client.until(/not_found/);
  expect(client.statuses()).toEqual([200, 200, 404]);
  client.socket.destroy();
});

describe("what no client should send does no harm", () => {
  test.each([
    ["half a request", "PUT /custom"],
    ["half a body", put("X-Idempotency-Key: key-1", "Content-Length: 1000") + body],
    ["half a chunk", `${put("Transfer-Encoding: chunked")}ff\r\n{`],
    ["no HTTP", "\x16\x03\x01\x02\x00\r\n\r\n"],
    ["a request line that is none", "GET\r\n\r\n"],
    ["a target that is no path", "GET customers HTTP/1.1\r\nHost: mock\r\n\r\n"],
    ["an absolute target", `GET http://elsewhere/customers HTTP/1.1\r\nHost: mock\r\nX-API-Key: test_key\r\n\r\n`],
    ["a host that is none", "GET /customers HTTP/1.1\r\nHost: a b\r\nX-API-Key: test_key\r\n\r\n"],
    ["no host", "GET /customers HTTP/1.1\r\nX-API-Key: test_key\r\n\r\n"],
    ["odd escapes", "GET /customers/%E0%A4%A/%ff HTTP/1.1\r\nHost: mock\r\nX-API-Key: test_key\r\n\r\n"],
    ["two lengths", put("Content-Length: 1", "Content-Length: 2")],
    ["a length that is none", put("Content-Length: x")],
  ])("%s", async (_, text) => {
    const { port, url, lines } = await serve();
    const client = dial(port);
    await once(client.socket, "connect");
    client.send(text);
    client.socket.end();
    await client.closed();
    expect(client.statuses().every((status) => status < 500)).toBe(true);
    expect((await fetch(`${url}/customers`, { headers: { "X-API-Key": "test_key" } })).status).toBe(200);
    expect(lines).toEqual([]);
  });

  test("a client that goes away while it is answered, after which its key is not stuck", async () => {
    const { url, port, mock } = await serve();
    const { arrived, release } = await hold(mock);
    const client = dial(port);
    client.send(put("X-Idempotency-Key: key-1", `Content-Length: ${body.length}`) + body);
    await arrived;
    client.socket.destroy();
    await client.closed();
    release();
    const send = () =>
      fetch(url + billingPath, {
        method: "PUT",
        headers: { "X-API-Key": "test_key", "X-Idempotency-Key": "key-1", "Content-Type": "application/json" },
        body,
      });
    let reply = await send();
    while (reply.status === 409) reply = await send();
    expect(reply.status).toBe(200);
  });
});

test("a header that HTTP cannot say does not stop the server", async () => {
  const document = parseSpec(
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Odd", version: "1" },
      paths: {
        "/odd": {
          get: {
            responses: {
              200: {
                description: "A header of two lines.",
                headers: { "X-Odd": { required: true, schema: { type: "string", const: "one\ntwo" } } },
              },
            },
          },
        },
      },
    }),
  );
  const { url } = await serve({ spec: document });
  const answers = [await fetch(`${url}/odd`), await fetch(`${url}/odd`)];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  for (const { headers } of answers) expect(headers.get("X-Odd")).not.toContain("\n");
});

describe("closing", () => {
  test("is not held up by connections that are kept alive", async () => {
    const { port, close } = await serve();
    const client = dial(port);
    client.send(get);
    await client.until(/\}$/);
    const start = performance.now();
    await close();
    await client.closed();
    expect(performance.now() - start).toBeLessThan(500);
  });

  test("is not held up by a connection on which nothing was asked", async () => {
    const { port, close } = await serve();
    const client = dial(port);
    await once(client.socket, "connect");
    const start = performance.now();
    await close();
    await client.closed();
    expect(performance.now() - start).toBeLessThan(500);
  });

  test("waits for the answer that is under way", async () => {
    const { port, close, mock } = await serve();
    const { arrived, release } = await hold(mock);
    const client = dial(port);
    client.send(get);
    await arrived;
    const start = performance.now();
    const done = close();
    release();
    await done;
    await client.closed();
    expect(client.statuses()).toEqual([200]);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

test("a port that is taken is said in a line", async () => {
  const { port } = await serve();
  const second = createMock({ spec });
  await expect(second.listen({ port })).rejects.toThrow(
    `Port ${port} of 127.0.0.1 is taken; choose another one with --port, or 0 for any.`,
  );
});
