import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http, { type IncomingMessage, type RequestListener } from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createMock } from "../../src/index.ts";
import { certificates } from "../certificates.ts";
import { deafAddress } from "../contract/raw-server.ts";
import { createDeployment, world } from "../deployment/deployment.ts";
import { ids } from "../mock.ts";
import { lacking } from "../needs.ts";

// Each test starts a process or more, the better part of a second each.
vi.setConfig({ testTimeout: 60_000 });

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const known = ["--api-key", world.keys.primary, "--customer", world.customer];
const quick = ["--filter", "customers/read"];

/** Runs `understudy verify` in a process of its own, without the cases that follow from the document. */
async function verify(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [cli, "verify", "--no-generated", ...args], {
    env: { PATH: process.env.PATH, UNDERSTUDY_RECOVERY: directory(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 50_000,
    killSignal: "SIGKILL",
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "understudy-network-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** The port that a server listens at, which is closed when the test ends. */
async function portOf(server: http.Server | https.Server, host = "127.0.0.1"): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

type Seen = { method: string; url: string; headers: string[]; at: number };

/** A server on a port, and what it was sent; over TLS where it has a certificate. */
async function serve(fetch: (request: Request) => Promise<Response>, tls?: { key: string; cert: string }) {
  const seen: Seen[] = [];
  const connections = new Set<unknown>();
  const listener: RequestListener = async (incoming, response) => {
    const { method = "GET", url = "/", rawHeaders } = incoming;
    seen.push({ method, url, headers: rawHeaders, at: performance.now() });
    connections.add(incoming.socket);
    const answer = await fetch(await requestOf(incoming));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const port = await portOf(tls ? https.createServer(tls, listener) : http.createServer(listener));
  const writes = () => seen.filter(({ method }) => !["GET", "HEAD", "OPTIONS"].includes(method));
  return { url: `${tls ? "https" : "http"}://127.0.0.1:${port}`, seen, connections, writes };
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const { method = "GET", url = "/", headers } = incoming;
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return new Request(new URL(url, "http://target.example"), {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
  });
}

/** An independent deployment on a port. */
async function deployment(tls?: Parameters<typeof serve>[1]) {
  const { fetch, customers } = createDeployment({ pause: async () => {} });
  return { ...(await serve(fetch, tls)), billing: () => customers.get(world.customer)?.billing };
}

const noOpenssl = lacking("openssl");

describe.skipIf(noOpenssl)(`a target with a certificate of a private authority${noOpenssl}`, () => {
  test("is reached with --ca", async () => {
    const { ca, tls } = certificates();
    const { url, seen } = await deployment(tls);
    const { code, stdout, stderr } = await verify(["--target", url, ...known, ...quick, "--ca", ca]);
    expect(stderr).toBe("");
    expect(stdout).toContain(`${url} conforms to`);
    expect(code).toBe(0);
    expect(seen.length).toBeGreaterThan(5);
  });

  test("is not reached without it, and the run says what to pass", async () => {
    const { tls } = certificates();
    const { url, seen } = await deployment(tls);
    const { code, stderr } = await verify(["--target", url, ...known, ...quick]);
    expect(stderr).toBe(
      `error: Cannot reach ${url}: its certificate is signed by an authority that is not known here; name that with --ca to trust it.\n`,
    );
    expect(code).toBe(2);
    expect(seen).toEqual([]);
  });

  test("is not reached where --ca names another authority", async () => {
    const [{ tls }, { ca }] = [certificates(), certificates()];
    const { url } = await deployment(tls);
    const { code, stderr } = await verify(["--target", url, ...known, ...quick, "--ca", ca]);
    expect(stderr).toMatch(/^error: Cannot reach \S+ its certificate is .*--ca to trust it\.\n$/);
    expect(code).toBe(2);
  });

  test("is not looked for where --ca names no certificate", async () => {
    const { url, seen } = await deployment();
    const folder = directory();
    const [text, missing] = [join(folder, "notes.txt"), join(folder, "missing.pem")];
    writeFileSync(text, "no certificate\n");
    const given = (file: string) => verify(["--target", url, ...known, ...quick, "--ca", file]);
    const notFound = await given(missing);
    expect(notFound.stderr).toMatch(/^error: --ca \S+missing\.pem cannot be read: ENOENT: .*\n$/);
    const noCertificate = await given(text);
    expect(noCertificate.stderr).toBe(
      `error: --ca ${text} holds no certificate in PEM; it should be a text with -----BEGIN CERTIFICATE----- in it.\n`,
    );
    expect([notFound.code, noCertificate.code]).toEqual([2, 2]);
    expect(seen).toEqual([]);
  });
});

/** A forwarding proxy, and what passes it. */
async function proxy() {
  const passed: string[] = [];
  const server = http.createServer((incoming, response) => {
    passed.push(`${incoming.method} ${incoming.url}`);
    const { method, headers } = incoming;
    const onward = http.request(incoming.url!, { method: method!, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(onward.on("error", () => response.destroy()));
  });
  server.on("connect", ({ url = "" }: IncomingMessage, socket: net.Socket, head: Buffer) => {
    passed.push(`CONNECT ${url}`);
    const { hostname, port } = new URL(`http://${url}`);
    const onward = net.connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
  });
  return { url: `http://127.0.0.1:${await portOf(server)}`, passed };
}

describe("a proxy that the environment names", () => {
  test.each(["HTTP_PROXY", "http_proxy"])("%s stands before a target of http", async (name) => {
    const [{ url, seen }, between] = [await deployment(), await proxy()];
    const { code, stderr } = await verify(["--target", url, ...known, ...quick], { [name]: between.url });
    expect([code, stderr]).toEqual([0, ""]);
    expect(seen.length).toBeGreaterThan(5);
    expect(between.passed).toEqual(seen.map((one) => `${one.method} ${url}${one.url}`));
  });

  test.skipIf(noOpenssl).each(["HTTPS_PROXY", "https_proxy"])(
    `%s stands before a target of https${noOpenssl}`,
    async (name) => {
      const { ca, tls } = certificates();
      const [{ url, seen, connections }, between] = [await deployment(tls), await proxy()];
      const host = new URL(url).host.replace("127.0.0.1", "localhost");
      const args = ["--target", `https://${host}`, ...known, ...quick, "--ca", ca];
      const { code, stderr } = await verify(args, { [name]: between.url });
      expect([code, stderr]).toEqual([0, ""]);
      expect(seen.length).toBeGreaterThan(5);
      expect(between.passed).toEqual([...connections].map(() => `CONNECT ${host}`));
    },
  );

  test.each(["NO_PROXY", "no_proxy"])("is passed by for the hosts of %s", async (name) => {
    const [{ url, seen }, between] = [await deployment(), await proxy()];
    const env = { HTTP_PROXY: between.url, [name]: "example.com,127.0.0.1" };
    const { code } = await verify(["--target", url, ...known, ...quick], env);
    expect(code).toBe(0);
    expect(seen.length).toBeGreaterThan(5);
    expect(between.passed).toEqual([]);
  });

  test.each(["http", "https"])("and does not listen is named, before a target of %s", async (scheme) => {
    const [{ url, seen }, deaf] = [await deployment(), new URL(await deafAddress())];
    const target = url.replace("http:", `${scheme}:`);
    const env = { [`${scheme.toUpperCase()}_PROXY`]: `http://someone:secret-word@${deaf.host}` };
    const { code, stdout, stderr } = await verify(["--target", target, ...known, ...quick], env);
    expect(stderr).toBe(
      `error: Cannot reach ${target}: the proxy ${deaf.origin} before it cannot be reached: nothing listens there (connection refused).\n`,
    );
    expect(stdout).not.toContain("secret-word");
    expect(code).toBe(2);
    expect(seen).toEqual([]);
  });

  test("and lets nobody through is named", async () => {
    const { url, seen } = await deployment();
    const server = http.createServer();
    server.on("connect", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
    const between = `http://127.0.0.1:${await portOf(server)}`;
    const [target, host] = [url.replace("http:", "https:"), new URL(url).host];
    const { code, stderr } = await verify(["--target", target, ...known, ...quick], { HTTPS_PROXY: between });
    expect(stderr).toBe(
      `error: Cannot reach ${target}: the proxy ${between} answered 403 where it should connect to ${host}.\n`,
    );
    expect(code).toBe(2);
    expect(seen).toEqual([]);
  });

  test("and speaks no HTTP is refused", async () => {
    const { url, seen } = await deployment();
    const { code, stderr } = await verify(["--target", url, ...known, ...quick], {
      ALL_PROXY: "socks5://someone:secret-word@localhost:1080",
    });
    expect(stderr).toBe(
      `error: Cannot reach ${url}: the environment names the proxy "socks5://localhost:1080"; it should be an address such as http://127.0.0.1:3128.\n`,
    );
    expect(code).toBe(2);
    expect(seen).toEqual([]);
  });
});

/** A server of HTTP/2 and nothing else, and by which version it was sent what. */
async function http2Only(fetch: (request: Request) => Promise<Response>, tls: { key: string; cert: string }) {
  const versions = new Set<string>();
  const server = http2.createSecureServer(tls, async ({ method, url, headers, stream, httpVersion }, response) => {
    versions.add(httpVersion);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const fields = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      name.startsWith(":") ? [] : [[name, String(value)]],
    );
    const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
    const answer = await fetch(
      new Request(new URL(url, "http://target.example"), { method, headers: fields, ...body }),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  server.on("sessionError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { host: `localhost:${(server.address() as AddressInfo).port}`, versions };
}

describe.skipIf(noOpenssl)(`a target that speaks HTTP/2 alone${noOpenssl}`, () => {
  test.each(["straight", "through a proxy"])("is judged as any other, %s", async (way) => {
    const { ca, tls } = certificates();
    const { fetch } = createDeployment({ pause: async () => {} });
    const { host, versions } = await http2Only(fetch, tls);
    const between = way === "straight" ? undefined : await proxy();
    const args = ["--target", `https://${host}`, ...known, "--filter", "billing/email", "--ca", ca];
    const { code, stdout, stderr } = await verify(args, between ? { HTTPS_PROXY: between.url } : {});
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`https://${host} conforms to`);
    expect(versions).toEqual(new Set(["2.0"]));
    // One for the question what is spoken there, and one for the run.
    if (between) expect(between.passed).toEqual([`CONNECT ${host}`, `CONNECT ${host}`]);
  });
});

describe("the address of a target", () => {
  test.each(["/base/v1", "/base/v1/", "/base/v1//", "/base%20path", "/"])("may have a path: %s", async (path) => {
    const { fetch } = createDeployment({ pause: async () => {} });
    const base = path.replace(/\/+$/, "");
    const outside: string[] = [];
    const { url } = await serve(async (request) => {
      const { pathname, search } = new URL(request.url);
      if (!pathname.startsWith(`${base}/`)) outside.push(pathname);
      return fetch(new Request(new URL(pathname.slice(base.length) + search, request.url), request));
    });
    const report = directory();
    const args = ["--target", url + path, ...known, "--filter", "billing/email", "--report", report];
    const { code, stdout, stderr } = await verify(args);
    expect([code, stderr, outside]).toEqual([0, "", []]);
    expect(stdout).toContain(`${url}${base} conforms to`);
    const { coverage } = JSON.parse(readFileSync(join(report, "report.json"), "utf8"));
    const billing = coverage.operations.find(({ operationId }: { operationId: string }) => /Billing/.test(operationId));
    expect(billing.statuses["200"]).toBeGreaterThan(0);
  });

  const noIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"))
    ? ""
    : " (skipped: no ::1)";
  test.skipIf(noIpv6)(`may be one of IPv6, with TLS and without, and is this machine${noIpv6}`, async () => {
    const { ca, tls } = certificates();
    const { fetch } = createDeployment({ pause: async () => {} });
    const listener: RequestListener = async (incoming, response) => {
      const answer = await fetch(await requestOf(incoming));
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    };
    for (const server of [http.createServer(listener), https.createServer(tls, listener)]) {
      const port = await portOf(server, "::1");
      const url = `${server instanceof https.Server ? "https" : "http"}://[::1]:${port}`;
      const { code, stdout, stderr } = await verify([
        "--target",
        url,
        ...known,
        "--filter",
        "billing/email",
        "--ca",
        ca,
      ]);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain(`${url} conforms to`);
    }
  });
});

describe("--header", () => {
  test("reaches the target with each request, as often as it is given", async () => {
    const { url, seen } = await deployment();
    const headers = ["--header", "X-Tenant: north", "x-Trace:  a: b ", "--header", "X-Empty:"];
    const { code } = await verify(["--target", url, ...known, ...quick, ...headers]);
    expect(code).toBe(0);
    expect(seen.length).toBeGreaterThan(5);
    for (const { headers } of seen) {
      const sent = (name: string) => headers[headers.indexOf(name) + 1];
      expect(["X-Tenant", "x-Trace", "X-Empty"].map(sent)).toEqual(["north", "a: b", ""]);
    }
  });

  test.each([
    ["Authorization s3cret-sentinel", 'begins with "Auth"; it should be of the form "Name: value".'],
    [": s3cret-sentinel", 'begins with ": s3"; it should be of the form "Name: value".'],
    ["X-Name: s3cret-\nsentinel", "X-Name holds a character that no header can carry, such as a line break."],
    ["X-Name: s3cret-sentinél-€", "X-Name holds a character that no header can carry, such as a line break."],
  ])("%j is refused, its value untold", async (line, message) => {
    const { url, seen } = await deployment();
    const { code, stdout, stderr } = await verify(["--target", url, ...known, "--header", line]);
    expect([stdout, stderr]).toEqual(["", `error: --header ${message}\n`]);
    expect(code).toBe(2);
    expect(seen).toEqual([]);
  });

  test.each(["s3cret-7Q", "s3cret-sentinel-Qm2vXo9TbLr4WzN"])(
    "leaves no trace of its credential, though the target tells it: %s",
    async (token) => {
      const { fetch } = createDeployment({ pause: async () => {} });
      const { url } = await serve(async (request) => {
        const answer = await fetch(request.clone());
        const body = JSON.parse((await answer.text()) || "{}");
        const given = request.headers.get("authorization") ?? "";
        const told = { ...body, name: [given, given.slice("Bearer ".length)] };
        return Response.json(told, { status: answer.status, headers: { "X-Token": given.slice("Bearer ".length) } });
      });
      const report = directory();
      const given = ["--header", `Authorization: Bearer ${token}`, "--header", "X-Topic: billing"];
      const args = ["--target", url, ...known, "--filter", "billing/email", ...given];
      const { code, stdout, stderr } = await verify([...args, "--against-mock", "--report", report], {
        GITHUB_ACTIONS: "true",
      });
      expect([code, stderr]).toEqual([1, ""]);
      const names = readdirSync(report).sort();
      expect(names).toEqual(["badge.svg", "coverage.json", "junit.xml", "report.html", "report.json", "run.har"]);
      const texts = Object.fromEntries(names.map((name) => [name, readFileSync(join(report, name), "utf8")]));
      for (const [name, text] of Object.entries({ ...texts, stdout })) {
        // These two hold no request.
        if (!["badge.svg", "coverage.json"].includes(name)) expect(text, name).toContain("Authorization: ***");
        expect(text.includes(token), name).toBe(false);
      }
      // What is no secret of the target's keeps its name.
      const { cases } = JSON.parse(texts["report.json"]!) as { cases: { id: string }[] };
      expect(cases.map(({ id }) => id)).toContain("billing/email-invoice");
    },
  );

  test("is not told either where the run cannot begin", async () => {
    const { url } = await serve(
      async (request) =>
        new Response("<h1>", { headers: { "Content-Type": `text/html; x=${request.headers.get("x-gate")}` } }),
    );
    const { code, stderr } = await verify(["--target", url, ...known, "--header", "X-Gate: s3cret-sentinel"]);
    expect(stderr).toContain("with text/html; x=*** and no JSON object.");
    expect(code).toBe(2);
  });
});

test("--plan sends nothing, and says what would be sent and written", async () => {
  const { url, seen } = await deployment();
  const { code, stdout, stderr } = await verify(["--target", url, ...known, "--plan"]);
  expect([code, stderr, seen]).toEqual([0, "", []]);
  expect(stdout).toMatch(new RegExp(`^Nothing was sent to ${url}\\. A run of \\d+ cases, .* sends \\d+ requests:\n`));
  expect(stdout).toMatch(/^ {2}GET \/customers\/\{customerId\} +\d+ requests, /m);
  expect(stdout).toMatch(/^ {2}PUT \/customers\/\{customerId\}\/billing +\d+ requests, /m);
  expect(stdout).toContain(
    "It writes this and nothing else, reads first what stands there, and puts it back at the end:",
  );
  expect(stdout).toContain(`the billing of customer ${world.customer} (PUT /customers/{customerId}/billing)`);
});

describe("--read-only", () => {
  test("sends no write, and says what was skipped for it", async () => {
    const { url, seen, writes } = await deployment();
    const { code, stdout } = await verify(["--target", url, ...known, "--read-only"]);
    expect(code).toBe(0);
    expect(seen.length).toBeGreaterThan(20);
    expect(writes()).toEqual([]);
    expect(stdout).toMatch(
      /^ {2}- it would write, and the run is read-only: authentication\/write-needs-key, .* and \d+ more$/m,
    );
    expect(stdout).toContain(`${url} conforms to`);
  });

  test("sends none to a mock either, whose clock and state it could set", async () => {
    const { url, seen, writes } = await serve(createMock().fetch);
    const { code, stdout } = await verify([
      ...["--target", url, "--api-key", "test_key", "--customer", ids.business, "--read-only"],
    ]);
    expect(code).toBe(0);
    expect(seen.length).toBeGreaterThan(20);
    expect(writes()).toEqual([]);
    expect(stdout).toContain("it would write, and the run is read-only");
  });
});

/** What a run sends besides its requests: a look for a control plane before, and at the most a read, a write and a read after. */
const aside = 4;

test("--max-requests ends the run after so many, and the customer is put back", async () => {
  const { url, seen, billing } = await deployment();
  const before = billing();
  const { code, stdout } = await verify([
    ...["--target", url, ...known, "--filter", "billing/email", "--max-requests", "20"],
  ]);
  expect(code).toBe(0);
  expect(stdout).toContain("  - the budget of 20 requests is spent: billing/");
  expect(seen.length).toBeGreaterThanOrEqual(20);
  expect(seen.length).toBeLessThanOrEqual(20 + aside);
  expect(billing()).toEqual(before);
});

test("--rate keeps the requests apart", async () => {
  const { url, seen } = await deployment();
  await verify(["--target", url, ...known, "--read-only", "--max-requests", "16", "--rate", "10"]);
  expect(seen.length).toBeGreaterThanOrEqual(16);
  // After the look for a control plane, fifteen pauses of 0.1 s; a slow machine makes them longer, never shorter.
  expect(seen[15]!.at - seen[0]!.at).toBeGreaterThan(1_200);
});

test("Retry-After is waited for, and the same request sent again", async () => {
  const { fetch } = createDeployment({ pause: async () => {} });
  let refused: number | undefined;
  const { url, seen } = await serve(async (request) => {
    if (refused !== undefined || !request.url.includes("limit=10")) return fetch(request);
    refused = seen.length - 1;
    return Response.json({ message: "Slow down.", code: "busy" }, { status: 429, headers: { "Retry-After": "2" } });
  });
  const { code } = await verify(["--target", url, ...known, ...quick]);
  expect(code).toBe(0);
  const [first, second] = seen.slice(refused) as [Seen, Seen];
  expect(second).toEqual({ ...first, at: expect.any(Number) });
  expect(second.at - first.at).toBeGreaterThan(1_900);
});

describe("a target that limits requests", () => {
  /** Lets so many requests through in each second, and says how many are left. */
  async function limited(most: number, refusal: () => Response) {
    const { fetch, customers } = createDeployment({ pause: async () => {} });
    let [window, count, refused] = [0, 0, 0];
    const served = await serve(async (request) => {
      const now = Math.floor(Date.now() / 1_000);
      if (now !== window) [window, count] = [now, 0];
      if (count++ < most) return fetch(request);
      refused++;
      return refusal();
    });
    return { ...served, refused: () => refused, billing: () => customers.get(world.customer)?.billing };
  }

  const busy = (status: number, wait: string) => () =>
    Response.json({ message: "Slow down.", code: "busy" }, { status, headers: { "Retry-After": wait } });

  test.each([429, 503])("is obeyed, and the wait is told: %i", async (status) => {
    const { url, refused } = await limited(15, busy(status, "1"));
    const { code, stdout, stderr } = await verify(["--target", url, ...known, "--filter", "billing/email"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(refused()).toBeGreaterThan(0);
    const what = status === 429 ? "the target limits requests" : "the target serves nothing for now";
    expect(stdout).toContain(`\n  Waiting 1 s: ${what} (${status}, Retry-After)\n`);
    expect(stdout).toMatch(/, \d+\.\d s of them waited for the target's limits;/);
    expect(stdout).not.toContain("broken");
  });

  test("for longer than --max-wait leaves cases undecided, and none broken", async () => {
    const { url } = await limited(15, busy(429, "30"));
    const args = ["--target", url, ...known, "--filter", "billing/email", "--max-wait", "20"];
    const { code, stdout } = await verify(args);
    expect(stdout).toContain("the target asks to wait 30 s, longer than this run waits (20 s)");
    expect(stdout).not.toMatch(/\d broken/);
    expect(code).not.toBe(1);
  });
});

test("--max-time ends the run, says so, and puts the customer back", async () => {
  const { fetch, customers } = createDeployment({ pause: async () => {} });
  const { url } = await serve(async (request) => {
    await setTimeout(60);
    return fetch(request);
  });
  const before = customers.get(world.customer)?.billing;
  const report = directory();
  const { code, stdout } = await verify(["--target", url, ...known, "--max-time", "6s", "--report", report]);
  expect(stdout).toMatch(/The run was cut short at [\w/-]+: the run's time of 6 s was over\. /);
  expect(code).toBe(2);
  const { cutShort, cases, summary, durationMs } = JSON.parse(readFileSync(join(report, "report.json"), "utf8"));
  expect(cutShort.reason).toBe("the run's time of 6 s was over");
  expect(summary).toMatchObject({ broken: 0 });
  expect(summary.held).toBeGreaterThan(0);
  expect(cases.at(-1)).toMatchObject({ outcome: "skipped", reason: cutShort.reason });
  expect(durationMs).toBeLessThan(20_000);
  expect(customers.get(world.customer)?.billing).toEqual(before);
});

test("--concurrency changes nothing but the time", async () => {
  const run = async (...more: string[]) => {
    const { fetch } = createDeployment({ pause: async () => {} });
    let [underWay, most] = [0, 0];
    const { url } = await serve(async (request) => {
      most = Math.max(most, ++underWay);
      await setTimeout(20);
      underWay--;
      return fetch(request);
    });
    const report = directory();
    await verify(["--target", url, ...known, "--filter", "customers/", "--report", report, ...more]);
    const { cases } = JSON.parse(readFileSync(join(report, "report.json"), "utf8"));
    return { most, cases: cases.map(({ id, outcome, reason }: Record<string, string>) => [id, outcome, reason]) };
  };
  const [alone, together] = [await run(), await run("--concurrency", "4")];
  expect([alone.most, together.most]).toEqual([1, 4]);
  expect(together.cases).toEqual(alone.cases);
});

test.each([
  ["--max-time", "soon", "It should be a number of seconds above 0, or of m or h, such as 90, 15m or 1h."],
  ["--max-time", "9000h", "It should be a number of seconds above 0, or of m or h, such as 90, 15m or 1h."],
  ["--max-wait", "0", "It should be a number of seconds above 0, or of m or h, such as 90, 15m or 1h."],
  ["--concurrency", "0", "It should be a whole number from 1 to 99, such as 8."],
])("%s %s is refused", async (option, value, message) => {
  const { code, stderr } = await verify([option, value]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`argument '${value}' is invalid. ${message}`)]);
});

test("--concurrency goes not with --against-mock", async () => {
  const { url } = await deployment();
  const { code, stderr } = await verify(["--target", url, ...known, "--against-mock", "--concurrency", "2"]);
  expect(stderr).toBe("error: --concurrency goes not with --against-mock: answers that overlap are not compared.\n");
  expect(code).toBe(2);
});
