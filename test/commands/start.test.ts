import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { ids } from "../mock.ts";
import { lacking } from "../needs.ts";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const running: ChildProcess[] = [];

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

/** Runs the command, and answers once it serves or has ended. */
async function understudy(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [cli, ...args], { env: { PATH: process.env.PATH, ...env } });
  running.push(child);
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    err += text;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  const served = once(child.stdout, "data");
  await Promise.race([served, ended]);
  const url = /http:\/\/[\d.]+:\d+/.exec(out)?.[0] ?? "";
  return { child, url, ended, out: () => out, err: () => err };
}

const any = ["--port", "0"];

test("start shows what it serves and what to try", async () => {
  const { out, err, url } = await understudy(["start", ...any]);
  expect(out().replaceAll(url, "URL")).toMatchInlineSnapshot(`
    "Connect API, customer billing 0.1.0, served at URL

      GET     /customers                            List customers
      POST    /customers                            Create a customer
      GET     /payment-profiles                     List a customer's payment profiles
      GET     /customers/{customerId}               Read a customer
      PUT     /customers/{customerId}               Update a customer
      PUT     /customers/{customerId}/billing       Update customer billing configuration
      POST    /customers/{customerId}/users         Add a user to a customer
      DELETE  /customers/{customerId}/users         Remove a user from a customer
      GET     /payment-profiles/{paymentProfileId}  Read a payment profile

    Docs   URL/docs
    Key    X-API-Key: test_key   (any other that begins with test_ opens a sandbox of its own)

    Customers and their payment profiles
      cus-0001-business-email    EMAIL_INVOICE           m47ac10b-58cc-4372-a567-0e02b2c3d479 ACTIVE, pay-0001-second-card ACTIVE, pay-0001-expired-card EXPIRED
      cus-0002-consumer-paper    PAPER_INVOICE           pay-0002-expired-card EXPIRED, pay-0002-inactive-card INACTIVE
      cus-0003-consumer-new      no billing              pay-0003-first-card ACTIVE
      cus-0004-business-autopay  EMAIL_INVOICE, autoPay  pay-0004-default-card ACTIVE, pay-0004-unfinished-card REQUIRES_ACTION

    Try
      curl -X PUT URL/customers/cus-0001-business-email/billing -H 'X-API-Key: test_key' -H 'X-Idempotency-Key: try-1' -H 'Content-Type: application/json' -d '{"method":"EMAIL_INVOICE","email":"office@northwind.example","defaultPaymentProfileId":"m47ac10b-58cc-4372-a567-0e02b2c3d479","autoPay":true}'

    Ctrl-C ends it.
    "
  `);
  expect(err()).toBe("");
});

const noCurl = lacking("curl");

test.skipIf(noCurl)(`what start shows to try works${noCurl}`, async () => {
  const { out } = await understudy(["start", ...any]);
  const curl = out()
    .split("\n")
    .find((line) => line.includes("curl "))!;
  const answer = JSON.parse(execFileSync("sh", ["-c", `${curl} --silent`], { encoding: "utf8" }));
  expect(answer).toMatchObject({ customerId: ids.business, billing: { autoPay: true } });
});

test("start --quiet prints the URL and nothing else", async () => {
  const { out, url } = await understudy(["start", ...any, "--quiet"]);
  expect(out()).toBe(`${url}\n`);
  expect((await fetch(`${url}/customers`, { headers: { "X-API-Key": "test_key" } })).status).toBe(200);
});

test("start takes its options, several keys among them", async () => {
  const options = ["--api-key", "one", "two", "--api-key", "three", "--fixtures", "generate:1000", "--seed", "7"];
  const { out, url } = await understudy(["start", ...any, ...options]);
  expect(out()).toContain("  and 990 more");
  for (const key of ["one", "two", "three", "test_key"]) {
    expect((await fetch(`${url}/customers?limit=1`, { headers: { "X-API-Key": key } })).status).toBe(200);
  }
});

test("start takes its options from the environment", async () => {
  const env = {
    UNDERSTUDY_PORT: "0",
    UNDERSTUDY_QUIET: "true",
    UNDERSTUDY_FIXTURES: "generate:3",
    CONNECT_API_KEY: "one",
  };
  const { url } = await understudy(["start"], env);
  const { pagination } = (await (await fetch(`${url}/customers`, { headers: { "X-API-Key": "one" } })).json()) as {
    pagination: { total: number };
  };
  expect(pagination.total).toBe(3);
});

test("start --spec serves another document", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spec-"));
  try {
    const file = join(folder, "pets.yaml");
    writeFileSync(
      file,
      'openapi: 3.0.3\ninfo: { title: Pets, version: "1" }\npaths: { /pets: { get: { summary: List pets, responses: { "200": { description: All., content: { application/json: { example: [] } } } } } } }\n',
    );
    const { out, url } = await understudy(["start", ...any, "--spec", file]);
    expect(out()).toMatch(/^Pets 1, served at /);
    expect(out()).not.toMatch(/Customers|^Key /m);
    expect(await (await fetch(`${url}/pets`)).json()).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("start lists 40 operations of a large document in a line each, and counts the rest", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spec-"));
  try {
    const file = join(folder, "large.json");
    const summary = `${"First line. ".repeat(20)}\n\nSecond line.`;
    const paths = Object.fromEntries(
      Array.from({ length: 55 }, (_, index) => [`/things/${index}`, { get: { summary, responses: {} } }]),
    );
    writeFileSync(file, JSON.stringify({ openapi: "3.1.0", info: { title: "Large", version: "1" }, paths }));
    const { out } = await understudy(["start", ...any, "--spec", file]);
    const lines = out().split("\n");
    expect(lines.filter((line) => line.startsWith("  GET"))).toHaveLength(40);
    expect(lines).toContain("  and 15 more");
    expect(out()).not.toContain("Second line");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("start takes a port before it reads the libraries that judge, parse YAML, make values up and answer", async () => {
  const folder = mkdtempSync(join(tmpdir(), "probe-"));
  try {
    const probe = join(folder, "probe.cjs");
    writeFileSync(
      probe,
      "const write = process.stdout.write.bind(process.stdout);\n" +
        "process.stdout.write = (text, ...rest) => write(text + Object.keys(require.cache).join('\\n'), ...rest);\n",
    );
    const { out } = await understudy(["start", ...any], { NODE_OPTIONS: `--require "${probe.replaceAll("\\", "/")}"` });
    expect(out()).toContain("commander");
    expect(out()).not.toMatch(/node_modules.(ajv|yaml|fast-check|ajv-formats|@hono.node-server).(dist|lib)/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("start --spec says which keywords it cannot check, and serves", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spec-"));
  try {
    const file = join(folder, "pets.yaml");
    writeFileSync(
      file,
      `openapi: 3.1.0
info: { title: Pets, version: "1" }
components: { securitySchemes: { User: { type: http, scheme: bearer } } }
security: [{ User: [] }]
paths:
  /pets:
    get:
      responses:
        "200": { description: All., content: { application/json: { schema: { type: array, sorted: true, colour: red }, example: [] } } }
`,
    );
    const { out, err, url } = await understudy(["start", ...any, "--spec", file]);
    const at = "#/paths/~1pets/get/responses/200/content/application~1json/schema";
    expect(out()).toMatch(
      /^Key {4}Authorization: Bearer test_key {3}\(any other that begins with test_ opens a sandbox of its own\)$/m,
    );
    const status = async (headers: Record<string, string>) => (await fetch(`${url}/pets`, { headers })).status;
    expect([await status({ Authorization: "Bearer test_key" }), await status({})]).toEqual([200, 401]);
    expect(err()).toBe(`Not checked, for no validator here knows it: sorted at ${at}; colour at ${at}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const noSignals = lacking("signals");

test.skipIf(noSignals).each(["SIGINT", "SIGTERM"] as const)(
  `%s ends it, while a connection is kept alive${noSignals}`,
  async (signal) => {
    const { child, url, ended, err } = await understudy(["start", ...any]);
    await (await fetch(`${url}/openapi.yaml`)).text();
    const start = performance.now();
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(err()).toBe("");
  },
);

describe("what cannot be is refused in one line, with what was received and what would be right", () => {
  test.each<[string[], string | RegExp]>([
    [
      ["--port", "http"],
      "error: option '--port <port>' argument 'http' is invalid. It should be a whole number from 0 to 65535, such as 4010.",
    ],
    [["--port", "70000"], /argument '70000' is invalid\. It should be a whole number from 0 to 65535/],
    [["--seed", "x"], /option '--seed <number>' argument 'x' is invalid\. It should be a whole number, such as 250\.$/],
    [["--latency", "-1"], /option '--latency <ms>' argument '-1' is invalid/],
    [
      ["--fixtures", "generate:many"],
      'error: --fixtures generate:N takes a number of customers, such as generate:1000; received "many".',
    ],
    [["--fixtures", "/nowhere"], /^error: Cannot read the fixtures \/nowhere: ENOENT/],
    [["--spec", "/nowhere"], /^error: Cannot read the document \/nowhere: ENOENT/],
    [["--spec", fileURLToPath(import.meta.url)], /^error: .*start\.test\.ts:\d+:\d+ is neither YAML nor JSON/],
    [["--prot", "1"], /^error: unknown option '--prot'\n\(Did you mean --port\?\)$/],
    [["more"], /^error: too many arguments/],
  ])("start %j", async (args, wanted) => {
    const { ended, err, out } = await understudy(["start", ...any, ...args]);
    expect(await ended).toBe(2);
    expect(out()).toBe("");
    if (typeof wanted === "string") expect(err()).toBe(`${wanted}\n`);
    else expect(err().trimEnd()).toMatch(wanted);
  });

  test("a wrong value in the environment too", async () => {
    const { ended, err } = await understudy(["start"], { UNDERSTUDY_PORT: "http" });
    expect(await ended).toBe(2);
    expect(err()).toBe(
      "error: option '--port <port>' value 'http' from env 'UNDERSTUDY_PORT' is invalid. It should be a whole number from 0 to 65535, such as 4010.\n",
    );
  });

  test("a port that is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const { ended, err } = await understudy(["start", "--port", `${port}`]);
    expect([await ended, err()]).toEqual([
      2,
      `error: Port ${port} of 127.0.0.1 is taken; choose another one with --port, or 0 for any.\n`,
    ]);
    other.close();
  });
});

test("start --help tells every option", async () => {
  const { ended, out } = await understudy(["start", "--help"]);
  expect(await ended).toBe(0);
  expect(out()).toMatchInlineSnapshot(`
    "Usage: understudy start [options]

    Serve the mock.

    Options:
      --port <port>       port to serve on; 0 takes any that is free (default: 4010,
                          env: UNDERSTUDY_PORT)
      --host <host>       address to serve on (default: "127.0.0.1", env:
                          UNDERSTUDY_HOST)
      --api-key <key...>  key to know besides test_key and those that begin with
                          test_ (env: CONNECT_API_KEY)
      --fixtures <path>   file or folder of customers, or generate:N to make N up
                          (env: UNDERSTUDY_FIXTURES)
      --seed <number>     what is made up follows from it (default: 1, env:
                          UNDERSTUDY_SEED)
      --latency <ms>      how long every execution takes (default: 0, env:
                          UNDERSTUDY_LATENCY)
      --max-body <bytes>  longest body of a request (default: 1048576, env:
                          UNDERSTUDY_MAX_BODY)
      --spec <file>       another OpenAPI 3.0, 3.1 or 3.2 document to serve (env:
                          UNDERSTUDY_SPEC)
      --overlay <file>    changes to the document, as an OpenAPI overlay (env:
                          UNDERSTUDY_OVERLAY)
      --handlers <file>   module whose default export answers operations, by
                          operationId (env: UNDERSTUDY_HANDLERS)
      --quiet             print the URL and nothing else (env: UNDERSTUDY_QUIET)
      -h, --help          display help for command
    "
  `);
});
