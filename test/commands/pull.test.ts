import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { pull as pullHere } from "../../src/commands/pull.ts";
import type { JsonObject } from "../../src/document/validator.ts";
import { createMock, type MockOptions } from "../../src/index.ts";
import { distinctive, leftOf, shapeOf } from "../connect/distinctive.ts";
import { deafAddress } from "../contract/raw-server.ts";
import { createDeployment, world } from "../deployment/deployment.ts";
import { lacking } from "../needs.ts";

// Each test starts a process or more, the better part of a second each.
vi.setConfig({ testTimeout: 60_000 });

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const key = world.keys.primary;

let folder: string;
let out: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "understudy-pull-"));
  out = join(folder, "world.yaml");
  return () => rmSync(folder, { recursive: true });
});

function understudy(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 50_000,
    killSignal: "SIGKILL",
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text) => {
      said[name] += text;
    });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...said }));
  return { child, ended };
}

const pull = (url: string, ...args: string[]) =>
  understudy(["pull", "--target", url, "--api-key", key, "--out", out, ...args]).ended;

/** Any server on a port, which is closed when the test ends, and what it was sent. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const seen: { line: string; headers: IncomingMessage["headers"]; at: number }[] = [];
  let [running, most] = [0, 0];
  const server = http.createServer((request, response) => {
    seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, at: performance.now() });
    running += 1;
    most = Math.max(most, running);
    response.on("close", () => {
      running -= 1;
    });
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, most: () => most };
}

/** What serves by a `fetch`, on a port. */
function serveFetch(fetch: (request: Request) => Response | Promise<Response>) {
  return serve(async ({ method = "GET", url = "/", headers }, response) => {
    const given = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
    const answer = await fetch(new Request(new URL(url, "http://target.example"), { method, headers: given }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
  });
}

const deployment = () => serveFetch(createDeployment({ pause: async () => {} }).fetch);

function serveWorld(fixtures: object) {
  return serveFetch(createMock({ fixtures: fixtures as NonNullable<MockOptions["fixtures"]>, apiKeys: [key] }).fetch);
}

/** Serves customers and no payment profiles, unseen by any document. */
function serveCustomers(items: readonly unknown[]) {
  return serveFetch((request) => {
    const isList = new URL(request.url).pathname === "/customers";
    return Response.json(isList ? { items, pagination: { total: items.length } } : { items: [] });
  });
}

/** The mock, started with the file that was written. */
async function startHome() {
  const { child, ended } = understudy(["start", "--port", "0", "--quiet", "--fixtures", out]);
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  const [url] = (await Promise.race([once(child.stdout, "data"), ended.then((one) => [one.stderr])])) as [string];
  expect(url).toMatch(/^http:/);
  return reader(url.trim(), "test_key");
}

/** Reads JSON of a server. */
function reader(url: string, apiKey: string) {
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body, it says with `expect`
  return async (path: string): Promise<any> => (await fetch(url + path, { headers: { "X-API-Key": apiKey } })).json();
}

describe("a world that was pulled", () => {
  test.each(["world.yaml", "world.json"])(
    "holds nothing personal, and answers as the deployment does: %s",
    async (name) => {
      out = join(folder, name);
      const { url } = await serveWorld(distinctive);
      const { code, stdout, stderr } = await pull(url);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain("3 customers and 1 payment profile, with stand-ins for personal details (seed 1).\n");
      expect(leftOf(distinctive, readFileSync(out, "utf8"))).toEqual([]);
      const [there, home] = [reader(url, key), await startHome()];
      const [theirs, ours] = [await there("/customers"), await home("/customers")];
      expect(shapeOf(ours)).toEqual(shapeOf(theirs));
      expect(ours.pagination).toEqual(theirs.pagination);
      for (const [index, { customerId }] of theirs.items.entries()) {
        const own = ours.items[index].customerId;
        expect(shapeOf(await home(`/customers/${own}`))).toEqual(shapeOf(await there(`/customers/${customerId}`)));
        const profiles = await home(`/payment-profiles?customerId=${own}`);
        expect(shapeOf(profiles)).toEqual(shapeOf(await there(`/payment-profiles?customerId=${customerId}`)));
        for (const profile of profiles.items) expect(profile.customerId).toBe(own);
      }
    },
  );

  test("is that of an independent deployment, read one request after the other", async () => {
    const { url, seen, most } = await deployment();
    const { code, stdout, stderr } = await pull(url);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(
      `${out}: 15 customers and 4 payment profiles, with stand-ins for personal details (seed 1).\n` +
        `Serve it with: understudy start --fixtures ${out}\n`,
    );
    expect(seen.map(({ line }) => line.replace(/=[^=]+$/, "="))).toEqual([
      "GET /customers?limit=100&offset=",
      ...Array(15).fill("GET /payment-profiles?customerId="),
    ]);
    expect(most()).toBe(1);
    const home = await startHome();
    expect((await home("/customers")).pagination.total).toBe(15);
  });

  test("says in its first line where it is from, and the rest follows from the seed", async () => {
    const { url } = await deployment();
    const texts: string[] = [];
    for (const seed of ["5", "5", "6"]) {
      expect((await pull(`${url}/`, "--seed", seed, "--force")).code).toBe(0);
      texts.push(readFileSync(out, "utf8"));
    }
    const [first] = texts[0]!.split("\n", 1) as [string];
    expect(first).toMatch(
      /^# Pulled from 127\.0\.0\.1:\d+ at \d{4}-\S+Z: 15 customers and 4 payment profiles, with stand-ins for personal details \(seed 5\)\.$/,
    );
    const [one, again, other] = texts.map((text) => text.slice(text.indexOf("\n")));
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test("is that of the customers who are named, and says who they are there", async () => {
    const { url, seen } = await deployment();
    const { code, stdout } = await pull(url, "--customer", world.foreignCustomer, "--customer", world.unbilledCustomer);
    expect(code).toBe(0);
    const { customers, paymentProfiles } = parse(readFileSync(out, "utf8"));
    expect([customers.length, paymentProfiles.length]).toEqual([2, 1]);
    expect(stdout).toContain(`Customer ${world.foreignCustomer} is ${customers[0].customerId} there.\n`);
    expect(seen[0]!.line).toBe(`GET /customers/${world.foreignCustomer}`);
  });

  test("is no larger than --limit", async () => {
    const { url } = await deployment();
    expect((await pull(url, "--limit", "2")).stdout).toContain("2 customers and 4 payment profiles");
  });
});

/** The address on an invoice, as a page makes it that takes postal codes for numbers and first names for the first word. */
function invoiceLabel({ name, billing }: { name: string; billing?: { address?: { zip: string } } }): string {
  const first = name.split(" ")[0]!;
  return `${first[0]!.toUpperCase()}. ${Number(billing?.address?.zip ?? "10000")}`;
}

test("a bug that is seen in staging is seen at home", async () => {
  const postal = (zip: string) => ({ method: "PAPER_INVOICE", currency: "USD", address: { ...home, zip } });
  const home = { street1: "1 Main Street", city: "Framingham", zip: "01701", country: "US" };
  const named = (customerId: string, name: string, zip: string) => ({
    ...{ customerId, customerType: "CONSUMER", name, contact: {}, billing: postal(zip) },
    createdAt: `2024-0${customerId.length}-01T00:00:00Z`,
  });
  const { url } = await serveWorld({
    customers: [
      named("a", "Wilhelmina Orrin", "90210"),
      named("ab", " Thaddeus Orrin", "90211"),
      named("abc", "Ömer Şahin", "SW1A 1AA"),
      named("abcd", "Peregrine", "01701"),
    ],
    paymentProfiles: [],
  });
  /** What the page shows of each customer: how it breaks, or how long it is. */
  const seenAt = async (read: ReturnType<typeof reader>) =>
    (await read("/customers")).items.map((customer: Parameters<typeof invoiceLabel>[0]) => {
      try {
        const label = invoiceLabel(customer);
        return label.endsWith("NaN") ? "NaN" : label.length;
      } catch (error) {
        return (error as Error).name;
      }
    });
  const inStaging = await seenAt(reader(url, key));
  expect(inStaging).toEqual([8, "TypeError", "NaN", 7]);
  expect((await pull(url)).code).toBe(0);
  expect(await seenAt(await startHome())).toEqual(inStaging);
});

test("what the document refuses is left out and said, without what was there", async () => {
  const plain = { customerType: "CONSUMER", name: "Quillon", contact: {} };
  const { url } = await serveCustomers([
    { ...plain, customerId: "c1", preferredLocale: "sv_SE" },
    ...[2, 3, 4, 5, 6].map((index) => ({ ...plain, customerId: `c${index}`, identity: null })),
    { ...plain, customerId: "c7", customerType: "Zebedee Thistlewood" },
    { ...plain, customerId: "c8", billing: { method: "E_INVOICE", currency: "EUR" } },
  ]);
  const { code, stdout, stderr } = await pull(url);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("7 customers and 0 payment profiles");
  const lines = stdout.slice(stdout.indexOf("Left out")).split("\n");
  expect(lines.slice(0, 5).sort()).toEqual([
    expect.stringMatching(
      /^ {2}customers: all of it \(customerType should be "CONSUMER" or "BUSINESS"; received ".+"\), of c7$/,
    ),
    '  customers: billing (billing.method should be "EMAIL_INVOICE" or "PAPER_INVOICE"; received "E_INVOICE"), of c8',
    "  customers: identity (identity should be a string; received null), of c2, c3, c4 and 2 more",
    expect.stringMatching(
      /^ {2}customers: preferredLocale \(preferredLocale should be a string that matches .+; received "sv_SE"\), of c1$/,
    ),
    "Left out, for the document refuses it:",
  ]);
  expect(stdout).not.toMatch(/zebedee|thistlewood/i);
  expect((await (await startHome())("/customers")).items.length).toBe(7);
});

test("no key is printed or written, though the deployment tells it", async () => {
  const token = "s3cret-sentinel-Qm2vXo9TbLr4WzN";
  const told = [key, token].map((secret) => ({ [secret]: secret, about: `it is ${secret}` }));
  const { url, seen } = await serveCustomers([
    {
      customerId: "c1",
      customerType: "CONSUMER",
      name: key,
      contact: { email: `${token}@a.example` },
      metadata: told[0],
    },
    { customerId: key, customerType: token, name: "Q", contact: {}, metadata: told[1], preferredLocale: key },
  ]);
  const { code, stdout, stderr } = await pull(url, "--header", `Authorization: Bearer ${token}`);
  expect(code).toBe(0);
  expect(seen.map(({ headers }) => headers.authorization)).toEqual(Array(seen.length).fill(`Bearer ${token}`));
  for (const text of [stdout, stderr, readFileSync(out, "utf8")])
    for (const secret of [key, token]) expect(text).not.toContain(secret);
});

describe("nothing is written, and a line says why", () => {
  const refused = async (
    ended: Promise<{ code: number | null; stdout: string; stderr: string }>,
    line: string | RegExp,
  ) => {
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([2, ""]);
    if (typeof line === "string") expect(stderr).toBe(`error: ${line}\n`);
    else expect(stderr).toMatch(line);
    expect(readdirSync(folder)).toEqual([]);
  };

  test("where nothing listens", async () => {
    const url = await deafAddress();
    await refused(pull(url), `Cannot reach ${url}: nothing listens there (connection refused).`);
  });

  test("where the key is not known", async () => {
    const { url } = await deployment();
    await refused(
      pull(url, "--api-key", "another"),
      `${url} answered 401 to GET /customers?limit=100&offset=0: it does not know this API key. Pass one that it knows with --api-key or CONNECT_API_KEY.`,
    );
  });

  test("where the key may not read", async () => {
    const { url } = await serveFetch(() => Response.json({ message: "No.", code: "forbidden" }, { status: 403 }));
    await refused(pull(url), /^error: \S+ answered 403 to GET \S+: it does not let this API key read that\. Pass one/);
  });

  test("where it is another server", async () => {
    const { url } = await serveFetch(() => new Response("<h1>", { headers: { "Content-Type": "text/html" } }));
    await refused(pull(url), /with text\/html and no JSON\. Is this the base URL of a Connect API\?\n$/);
  });

  test("where it fails half-way", async () => {
    const { fetch } = createDeployment({ pause: async () => {} });
    let count = 0;
    const { url } = await serveFetch((request) => (++count === 5 ? new Response("", { status: 500 }) : fetch(request)));
    await refused(
      pull(url),
      /^error: \S+ answered 500 to GET \/payment-profiles\?customerId=\S+; nothing was written\.\n$/,
    );
  });

  test("where a customer is not there", async () => {
    const { url } = await deployment();
    await refused(
      pull(url, "--customer", "nobody"),
      'There is no customer "nobody": GET /customers/nobody is answered 404.',
    );
  });

  test("where there are none", async () => {
    const { url } = await serveCustomers([]);
    await refused(pull(url), `${url} has no customer that this API key may read; nothing was written.`);
  });

  test.each([
    [
      ["--out", "world.txt"],
      '--out is "world.txt"; it should be a file that ends in .yaml, .yml or .json, such as fixtures/staging.yaml.',
    ],
    [["--out", "/nowhere/world.yaml"], "--out /nowhere/world.yaml cannot be written: there is no folder /nowhere."],
    [["--out", "/dev/null/world.yaml"], /^error: --out \/dev\/null\/world.yaml cannot be written: .*\n$/],
    [
      ["--target", "staging"],
      '--target is "staging"; it should be an absolute URL, such as https://connect.example.com.',
    ],
    [["--limit", "0"], "--limit is 0; it should be a whole number above 0, such as 50."],
    [["--limit", "1", "--customer", "a"], "--limit goes without --customer, which names whom to read."],
    [["--header", "s3cret"], 'begins with "s3cr"; it should be of the form "Name: value".'],
  ])("where the options are %j", async (args, line) => {
    const { url, seen } = await deployment();
    await refused(pull(url, ...args), typeof line === "string" ? line.replace(/^begins/, "--header begins") : line);
    expect(seen).toEqual([]);
  });

  test("where target or key are not told", async () => {
    await refused(understudy(["pull", "--out", out]).ended, "No target: name one with CONNECT_BASE_URL or --target.");
    await refused(
      understudy(["pull", "--out", out], { CONNECT_BASE_URL: "http://127.0.0.1:1" }).ended,
      "No API key: pass one with CONNECT_API_KEY or --api-key.",
    );
  });

  test.skipIf(lacking("signals"))(`on Ctrl-C${lacking("signals")}`, async () => {
    const { fetch } = createDeployment({ pause: async () => {} });
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { url } = await serveFetch((request) => {
      if (!request.url.includes("payment-profiles")) return fetch(request);
      asked();
      return new Promise(() => {});
    });
    const { child, ended } = understudy(["pull", "--target", url, "--api-key", key, "--out", out]);
    await isAsked;
    child.kill("SIGINT");
    await refused(ended, "Stopped; nothing was written.");
  });
});

test("a file that is there is written over with --force alone", async () => {
  const { url, seen } = await deployment();
  writeFileSync(out, "mine");
  const { code, stderr } = await pull(url);
  expect([code, stderr]).toEqual([
    2,
    `error: --out ${out} cannot be written: it is there already; --force writes over it.\n`,
  ]);
  expect([readFileSync(out, "utf8"), seen]).toEqual(["mine", []]);
  expect((await pull(url, "--force")).code).toBe(0);
  expect(readFileSync(out, "utf8")).toMatch(/^# Pulled from/);
  expect(readdirSync(folder)).toEqual(["world.yaml"]);
});

test.skipIf(process.platform !== "linux")("a folder that takes no file is told, once it is known", async () => {
  const { url } = await deployment();
  const { code, stdout, stderr } = await pull(url, "--out", "/proc/world.yaml");
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^error: --out \/proc\/world\.yaml cannot be written: E[^\n]+\.\n$/);
});

test("a terminal sees how far it is, and what the deployment says cannot move its cursor", async () => {
  const { url } = await serveCustomers([
    { customerId: "c\u001b[2J1", customerType: "CONSUMER", name: "Q", contact: {}, identity: null },
    { customerId: "c2", customerType: "CONSUMER", name: "Q", contact: {} },
  ]);
  const written: string[] = [];
  const terminal = { isTTY: true, columns: 60, write: (text: string) => written.push(text) };
  const options = { target: url, apiKey: key, out, seed: 1, timeout: 10 };
  expect(await pullHere(options, terminal, false, expect.unreachable)).toBe(0);
  const clear = "\r\u001b[2K";
  expect(written.slice(0, -1)).toEqual([
    `${clear}  Read 2 of 2 customers`,
    `${clear}  Read the payment profiles of 1 of 2 customers`,
    `${clear}  Read the payment profiles of 2 of 2 customers`,
    clear,
  ]);
  expect(written.at(-1)).toContain("received null), of c\\u001b[2J1\n");
});

test("a folder in the place of the file is refused", async () => {
  mkdirSync(out);
  const { code, stderr } = await pull("http://127.0.0.1:1", "--force");
  expect([code, stderr]).toEqual([2, `error: --out ${out} cannot be written: it is there and is no file.\n`]);
  expect(existsSync(out)).toBe(true);
});

test("Retry-After is waited for, and --rate keeps the requests apart", async () => {
  const { fetch } = createDeployment({ pause: async () => {} });
  let count = 0;
  const { url, seen } = await serveFetch((request) =>
    ++count === 2 ? new Response("", { status: 429, headers: { "Retry-After": "1" } }) : fetch(request),
  );
  const { code } = await pull(url, "--limit", "4", "--rate", "10");
  expect(code).toBe(0);
  expect(seen.length).toBe(6);
  expect(seen[2]!.line).toBe(seen[1]!.line);
  expect(seen[2]!.at - seen[1]!.at).toBeGreaterThan(950);
  expect(seen[5]!.at - seen[2]!.at).toBeGreaterThan(250);
});

test("the environment says what the options say, and a proxy stands between", async () => {
  const { fetch } = createDeployment({ pause: async () => {} });
  const { url, seen } = await serveFetch((request) => {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(`http://target.example${pathname}${search}`, request));
  });
  const { code, stderr } = await understudy(["pull"], {
    CONNECT_BASE_URL: "http://staging.example",
    CONNECT_API_KEY: key,
    UNDERSTUDY_PULL_OUT: out,
    UNDERSTUDY_PULL_CUSTOMER: `${world.customer} ${world.foreignCustomer}`,
    HTTP_PROXY: url,
  }).ended;
  expect([code, stderr]).toEqual([0, ""]);
  expect(seen[0]!.line).toBe(`GET http://staging.example/customers/${world.customer}`);
  expect((parse(readFileSync(out, "utf8")) as { customers: JsonObject[] }).customers.length).toBe(2);
  expect(readFileSync(out, "utf8")).toMatch(/^# Pulled from staging\.example at/);
});

test("pull --help tells every option", async () => {
  const { stdout } = await understudy(["pull", "--help"]).ended;
  expect(stdout).toMatchInlineSnapshot(`
    "Usage: understudy pull [options]

    Read customers and payment profiles of a deployment, and write them as fixtures
    without personal details.

    Options:
      --target <url>       base URL of the deployment (env: CONNECT_BASE_URL)
      --api-key <key>      API key; safer in the environment (env: CONNECT_API_KEY)
      --out <file>         write the fixtures there; .yaml, .yml or .json (env:
                           UNDERSTUDY_PULL_OUT)
      --customer <id...>   read only these customers (env: UNDERSTUDY_PULL_CUSTOMER)
      --limit <n>          read at most so many customers (env:
                           UNDERSTUDY_PULL_LIMIT)
      --seed <n>           the stand-ins follow from it (default: 1, env:
                           UNDERSTUDY_SEED)
      --force              write over a file that is there (env: UNDERSTUDY_FORCE)
      --rate <n>           send no more requests a second than this (env:
                           UNDERSTUDY_RATE)
      --timeout <seconds>  wait so long for an answer (default: 10, env:
                           UNDERSTUDY_TIMEOUT)
      --ca <file>          trust this certificate authority too (PEM) (env:
                           UNDERSTUDY_CA)
      --header <line...>   send this header too, as "Name: value"
      -h, --help           display help for command

    Only reads. Ends with 0 where the file is written, 2 where it is not.
    "
  `);
});
