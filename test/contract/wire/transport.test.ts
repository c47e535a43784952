import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { TransportError, Unreadable, type WireRequest } from "../../../src/contract/wire/exchange.ts";
import { createFetchTransport, createHttpTransport } from "../../../src/contract/wire/transport.ts";
import { certificates } from "../../certificates.ts";
import { lacking } from "../../needs.ts";
import { deafAddress, rawServer, type Wire } from "../raw-server.ts";

const never = new AbortController().signal;

function request(url: string, given: Partial<WireRequest> = {}): WireRequest {
  return { method: "GET", url, headers: {}, body: undefined, ...given };
}

function transport(timeoutMs = 5_000) {
  const made = createHttpTransport({ timeoutMs });
  onTestFinished(() => made.close());
  return made;
}

async function httpServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Whether a text holds a whole request without a body. */
const whole = (received: string) => received.endsWith("\r\n\r\n");

describe("a request over HTTP", () => {
  test("arrives byte for byte, its header names in the letter case given", async () => {
    let seen: unknown;
    const url = await httpServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      seen = { method: incoming.method, url: incoming.url, raw: incoming.rawHeaders, body: `${Buffer.concat(chunks)}` };
      response.end();
    });
    await transport()(
      request(`${url}/customers/a%2Fb?filter=%C3%A5`, {
        method: "PUT",
        headers: { "x-Api-kEY": "k", "X-Idempotency-Key": "" },
        body: '{ "city": "Göteborg" }',
      }),
      never,
    );
    expect(seen).toMatchObject({
      method: "PUT",
      url: "/customers/a%2Fb?filter=%C3%A5",
      body: '{ "city": "Göteborg" }',
    });
    const { raw } = seen as { raw: string[] };
    expect(raw[raw.indexOf("x-Api-kEY") + 1]).toBe("k");
    expect(raw[raw.indexOf("X-Idempotency-Key") + 1]).toBe("");
    expect(raw[raw.indexOf("Content-Length") + 1]).toBe("23");
  });

  test("uses one connection for one request after the other", async () => {
    const connections = new Set<unknown>();
    const url = await httpServer((incoming, response) => {
      connections.add(incoming.socket);
      response.end();
    });
    const send = transport();
    for (let n = 0; n < 3; n++) await send(request(url), never);
    expect(connections.size).toBe(1);
  });
});

describe("an answer over HTTP", () => {
  test("keeps its status, its text and its headers in lower case, repeated ones joined", async () => {
    const url = await httpServer((_, response) => {
      response.writeHead(
        404,
        [
          ["Content-Type", "application/json"],
          ["X-Twice", "1"],
          ["X-Twice", "2"],
          ["Set-Cookie", "a=1"],
          ["Set-Cookie", "b=2"],
        ].flat(),
      );
      response.end('{"city":"Göteborg"}');
    });
    const answer = await transport()(request(url), never);
    expect(answer).toMatchObject({
      status: 404,
      headers: { "content-type": "application/json", "x-twice": "1, 2", "set-cookie": "a=1, b=2" },
      body: '{"city":"Göteborg"}',
    });
  });

  test("keeps a letter whole that comes in two pieces", async () => {
    const url = await httpServer((_, response) => {
      const bytes = Buffer.from("å");
      response.write(bytes.subarray(0, 1), () => response.end(bytes.subarray(1)));
    });
    expect((await transport()(request(url), never)).body).toBe("å");
  });

  test.each([
    ["gzip", gzipSync("hello")],
    ["br", brotliCompressSync("hello")],
    ["deflate", deflateSync("hello")],
    ["Deflate", deflateRawSync("hello")],
    ["GZIP", gzipSync("hello")],
    ["x-gzip", gzipSync("hello")],
    ["gzip, br", brotliCompressSync(gzipSync("hello"))],
    ["gzip,Identity , BR", brotliCompressSync(gzipSync("hello"))],
    ["identity", Buffer.from("hello")],
    ["gzip", Buffer.alloc(0)],
  ])("in %s is read", async (encoding, bytes) => {
    const url = await httpServer((_, response) => {
      response.writeHead(200, { "Content-Encoding": encoding, "Content-Length": bytes.length });
      response.end(bytes);
    });
    expect((await transport()(request(url), never)).body).toBe(bytes.length === 0 ? "" : "hello");
  });
});

const noOpenssl = lacking("openssl");
const noIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"))
  ? ""
  : " (skipped: no ::1)";

test.skipIf(noIpv6)(`an address of IPv6 is reached${noIpv6}`, async () => {
  const hosts: unknown[] = [];
  const server = createServer(({ headers }, response) => {
    hosts.push(headers.host);
    response.end("six");
  });
  await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect((await transport()(request(`http://[::1]:${port}/x`), never)).body).toBe("six");
  expect(hosts).toEqual([`[::1]:${port}`]);
});

describe.skipIf(noOpenssl)(`a target over TLS that speaks HTTP/2 alone${noOpenssl}`, () => {
  type Stream = http2.ServerHttp2Stream;

  /** A server of HTTP/2, its connections, and a transport that trusts it. */
  async function http2Server(
    listener: (stream: Stream, headers: http2.IncomingHttpHeaders) => void,
    host = "127.0.0.1",
  ) {
    const { tls, authority } = certificates();
    const sessions: http2.ServerHttp2Session[] = [];
    const server = http2.createSecureServer(tls);
    server.on("session", (session) => sessions.push(session));
    server.on("sessionError", () => {});
    server.on("stream", (stream: Stream, headers) => {
      stream.on("error", () => {});
      listener(stream, headers);
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const send = createHttpTransport({ timeoutMs: 2_000, ca: authority });
    onTestFinished(() => {
      send.close();
      server.close();
    });
    return { url: `https://${host}:${(server.address() as AddressInfo).port}`, send, sessions };
  }

  test("is sent to by HTTP/2, over one connection", async () => {
    const seen: unknown[] = [];
    const { url, send, sessions } = await http2Server(async (stream, headers) => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      seen.push([headers[":method"], headers[":path"], headers["x-api-key"], `${Buffer.concat(chunks)}`]);
      stream.respond({
        ":status": 201,
        "content-type": "text/plain",
        "content-encoding": "GZIP",
        "set-cookie": ["a", "b"],
      });
      stream.end(gzipSync("Göteborg"));
    });
    const put = { method: "PUT", headers: { "X-Api-kEY": "k", Connection: "keep-alive" }, body: '{"city":"Göteborg"}' };
    for (let n = 0; n < 3; n++)
      expect(await send(request(`${url}/a%2Fb?q=%C3%A5`, put), never)).toMatchObject({
        status: 201,
        headers: { "content-type": "text/plain", "set-cookie": "a, b" },
        body: "Göteborg",
      });
    expect(seen).toEqual(Array(3).fill(["PUT", "/a%2Fb?q=%C3%A5", "k", put.body]));
    expect(sessions.filter(({ alpnProtocol }) => alpnProtocol === "h2")).toHaveLength(1);
  });

  test("and ends its connection is sent the next request over another", async () => {
    const { url, send, sessions } = await http2Server((stream) => {
      stream.respond({ ":status": 204 });
      stream.end();
    });
    await send(request(url), never);
    for (const session of sessions) session.close();
    await vi.waitFor(() => expect(sessions.every(({ destroyed }) => destroyed)).toBe(true));
    expect((await send(request(url), never)).status).toBe(204);
    expect(sessions).toHaveLength(2);
  });

  test.each<[string, (stream: Stream) => void, string]>([
    ["none at all", () => {}, "no whole answer within 2 s"],
    [
      "the half of a body and no more",
      (stream) => {
        stream.respond({ ":status": 200 });
        stream.write("half");
      },
      "no whole answer within 2 s",
    ],
    [
      "a reset",
      (stream) => stream.close(http2.constants.NGHTTP2_CANCEL),
      "the connection was closed before an answer came",
    ],
    ["a closed connection", (stream) => stream.session?.destroy(), "the connection was closed before an answer came"],
    [
      "what says gzip and is not",
      (stream) => {
        stream.respond({ ":status": 200, "content-encoding": "gzip" });
        stream.end("hello");
      },
      "the answer is not the gzip that it says it is",
    ],
  ])("and gives no whole answer: %s", async (_, play, message) => {
    const { url, send } = await http2Server(play);
    await expect(send(request(url), never)).rejects.toThrow(new TransportError(message));
  });

  test("is left alone when the run is stopped", async () => {
    const stop = new AbortController();
    const { url, send } = await http2Server(() => stop.abort());
    await expect(send(request(url), stop.signal)).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
  });

  test("and HTTP/1.1 too is sent to by that, for its header names", async () => {
    const { tls, authority } = certificates();
    const versions: string[] = [];
    const server = http2.createSecureServer({ ...tls, allowHTTP1: true }, (incoming, response) => {
      versions.push(`${incoming.httpVersion} ${incoming.rawHeaders.find((name) => /^x-api-key$/i.test(name))}`);
      response.statusCode = 404;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const send = createHttpTransport({ timeoutMs: 2_000, ca: authority });
    onTestFinished(() => {
      send.close();
      server.close();
    });
    await send(
      request(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { headers: { "x-Api-kEY": "k" } }),
      never,
    );
    expect(versions).toEqual(["1.1 x-Api-kEY"]);
  });
});

test("an answer in a coding that nobody here knows cannot be read, which is no fault of the target", async () => {
  const url = await httpServer((_, response) => {
    response.writeHead(200, { "Content-Encoding": "gzip, Zstd" });
    response.end("hello");
  });
  await expect(transport()(request(url), never)).rejects.toThrow(
    new Unreadable("the answer is coded as zstd, which this program cannot read"),
  );
});

describe("a connection kept alive", () => {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  test("that the target closed meanwhile is replaced by a new one", async () => {
    const requests: number[] = [];
    const url = await rawServer((socket, received, connection) => {
      if (!whole(received)) return;
      requests.push(connection);
      // The second request on the first connection meets a socket that is gone.
      if (connection === 0 && requests.length > 1) socket.resetAndDestroy();
      else socket.write(answer);
    });
    const send = transport();
    expect((await send(request(url), never)).body).toBe("ok");
    expect((await send(request(url), never)).body).toBe("ok");
    expect(requests).toEqual([0, 0, 1]);
  });

  test("that a new one does not replace is an error, after one more try", async () => {
    let requests = 0;
    const url = await rawServer((socket, received) => {
      if (!whole(received)) return;
      requests++;
      if (requests > 1) socket.resetAndDestroy();
      else socket.write(answer);
    });
    const send = transport();
    await send(request(url), never);
    await expect(send(request(url), never)).rejects.toThrow("the connection was closed before an answer came");
    expect(requests).toBe(3);
  });
});

describe("no whole answer", () => {
  const begun = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  const cases: [what: string, wire: Wire, message: string][] = [
    ["none at all", () => {}, "no whole answer within 0.1 s"],
    ["a status line and no more", (socket) => socket.write("HTTP/1.1 200 OK\r\n"), "no whole answer within 0.1 s"],
    [
      "the half of a body and no more",
      (socket) => socket.write(`${begun}Content-Length: 100\r\n\r\n{"items":[`),
      "no whole answer within 0.1 s",
    ],
    ["a closed connection", (socket) => socket.end(), "the connection was closed before an answer came"],
    [
      "a connection that was reset",
      (socket) => socket.resetAndDestroy(),
      "the connection was closed before an answer came",
    ],
    [
      "the half of a body and a closed connection",
      (socket) => socket.end(`${begun}Content-Length: 100\r\n\r\n{"items":[`),
      "the connection closed in the middle of the answer",
    ],
    [
      "the half of a body in chunks and a closed connection",
      (socket) => socket.end(`${begun}Transfer-Encoding: chunked\r\n\r\n5\r\n{"ite\r\n`),
      "the connection closed in the middle of the answer",
    ],
    [
      "the greeting of SSH",
      (socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"),
      "what answers there does not speak HTTP",
    ],
    ["the greeting of a mail server", (socket) => socket.end("220 mail\r\n"), "what answers there does not speak HTTP"],
    [
      "a TLS alert",
      (socket) => socket.end(Buffer.from([21, 3, 1, 0, 2, 2, 70])),
      "what answers there does not speak HTTP",
    ],
    [
      "what says gzip and is not",
      (socket) => socket.end(`${begun}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello`),
      "the answer is not the gzip that it says it is",
    ],
  ];
  test.each(cases)("%s", async (_, wire, message) => {
    const url = await rawServer(wire);
    await expect(transport(100)(request(url), never)).rejects.toThrow(new TransportError(message));
  });

  test("nobody there", async () => {
    await expect(transport()(request(await deafAddress()), never)).rejects.toThrow(
      new TransportError("nothing listens there (connection refused)"),
    );
  });

  test("HTTP where HTTPS is asked for", async () => {
    const url = await httpServer((_, response) => void response.end());
    await expect(transport()(request(url.replace("http:", "https:")), never)).rejects.toThrow(
      new TransportError("what answers there does not speak HTTPS"),
    );
  });

  test("a host that does not exist", async () => {
    await expect(transport()(request("http://no-such-host.invalid/"), never)).rejects.toThrow(
      /^(no such host|the host's name could not be looked up)$/,
    );
  });

  test("a run that is stopped is not the target's fault", async () => {
    const stop = new AbortController();
    const url = await rawServer(() => stop.abort());
    const sent = transport()(request(url), stop.signal);
    await expect(sent).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
  });
});

test("a header that HTTP cannot carry is refused at once, and nothing is left ticking", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const sent = transport()(request("http://127.0.0.1:1/", { headers: { "X-API-Key": "k\n" } }), never);
  await expect(sent).rejects.toThrow(TypeError);
  expect(vi.getTimerCount()).toBe(0);
});

test("a closed transport lets its connections go", async () => {
  let gone: Promise<unknown> | undefined;
  const url = await rawServer((socket) => {
    gone = once(socket, "close");
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const send = transport();
  await send(request(url), never);
  send.close();
  await gone;
});

describe("a server in this process", () => {
  test("is sent the request, and its answer read", async () => {
    let seen: unknown;
    const send = createFetchTransport(async (given) => {
      seen = [given.method, given.url, given.headers.get("x-api-key"), await given.text()];
      return new Response('{"a":1}', { status: 201, headers: { "X-Mock": "1" } });
    });
    const answer = await send(
      request("http://mock.localhost/x", { method: "PUT", headers: { "X-API-Key": "k" }, body: "{}" }),
      never,
    );
    expect(seen).toEqual(["PUT", "http://mock.localhost/x", "k", "{}"]);
    expect(answer).toMatchObject({ status: 201, headers: { "x-mock": "1" }, body: '{"a":1}' });
  });
});
