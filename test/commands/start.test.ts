import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { billingPath, emailInvoice, ids } from "../mock.ts";
import { lacking } from "../needs.ts";
import { understudy } from "./understudy.ts";

const any = ["--port", "0"];

test("start shows what it serves and what to try", async () => {
  const { out, err, url } = await understudy(["start", ...any]);
  expect(out().replaceAll(url, "URL")).toMatchInlineSnapshot(`
    "Connect API, customer billing 0.1.0, served at URL

    9 operations, the first 5:
      GET     /customers               List customers
      POST    /customers               Create a customer
      GET     /payment-profiles        List a customer's payment profiles
      GET     /customers/{customerId}  Read a customer
      PUT     /customers/{customerId}  Update a customer

    Docs   URL/docs
    Live   URL/_understudy/
    Key    X-API-Key: test_key   (any test_... key opens its own sandbox)

    Customer  cus-0001-business-email, EMAIL_INVOICE, 3 payment profiles (one of 4)

    Try
      curl -X PUT URL/customers/cus-0001-business-email/billing \\
        -H 'X-API-Key: test_key' -H 'X-Idempotency-Key: try-1' \\
        -H 'Content-Type: application/json' \\
        -d '{"method":"EMAIL_INVOICE","email":"office@northwind.example",
        "defaultPaymentProfileId":"m47ac10b-58cc-4372-a567-0e02b2c3d479",
        "autoPay":true}'

    Ctrl-C ends it.
    "
  `);
  expect(err()).toBe("");
});

/** Whether a screen of 80 columns and 24 rows shows all of a text. */
function fits(text: string): boolean {
  const rows = text.trimEnd().split("\n");
  return rows.length <= 24 && rows.every((row) => row.length <= 80);
}

const noCurl = lacking("curl");

test.skipIf(noCurl)(`what start shows to try fits the screen, and works${noCurl}`, async () => {
  const { out } = await understudy(["start", ...any]);
  expect(out()).toSatisfy(fits);
  const curl = out().slice(out().indexOf("Try\n") + 4, out().indexOf("\nCtrl-C"));
  const answer = JSON.parse(execFileSync("sh", ["-c", `set -e\n${curl.trimEnd()} --silent`], { encoding: "utf8" }));
  expect(answer).toMatchObject({ customerId: ids.business, billing: { autoPay: true } });
});

test("start shows each request in a line, with what has become of it", async () => {
  const { out, url, until } = await understudy(["start", ...any]);
  const shown = out().length;
  const write = (key: string, body: object) =>
    fetch(`${url}${billingPath}`, {
      method: "PUT",
      headers: { "X-API-Key": "test_log", "Content-Type": "application/json", "X-Idempotency-Key": key },
      body: JSON.stringify(body),
    });
  await write("k-1", emailInvoice);
  await write("k-1", emailInvoice);
  await write("k-2", { ...emailInvoice, currency: "krone" });
  await fetch(`${url}/customers`);
  await until(() => out().split("\n").length > 24 && out().includes("unauthorized"));
  const lines = out()
    .slice(shown)
    .replaceAll(/\d\d:\d\d:\d\d/g, "TIME")
    .replaceAll(/ +[\d.]+ ms/g, " N ms");
  expect(lines).toMatchInlineSnapshot(`
    "TIME  PUT     /customers/cus-0001-business-email/billing  200 N ms  te***-1    updateCustomerBilling  stored
    TIME  PUT     /customers/cus-0001-business-email/billing  200 N ms  te***-1    updateCustomerBilling  replayed
    TIME  PUT     /customers/cus-0001-business-email/billing  400 N ms  te***-1    updateCustomerBilling  VALIDATION_ERROR body.currency pattern  stored
    TIME  GET     /customers                                  401 N ms  -          listCustomers          unauthorized The request needs the header X-API-Key with a known key; received none.
    "
  `);
});

test("start --log json writes nothing but objects, a line each, and no credential", async () => {
  const { out, url, until } = await understudy(["start", ...any, "--log", "json"]);
  await fetch(`${url}/customers?limit=0`, { headers: { "X-API-Key": "test_secret_key" } });
  await until(() => out().trimEnd().split("\n").length === 2);
  const [first, second] = out()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(first).toEqual({ time: expect.any(String), note: `Connect API, customer billing 0.1.0, served at ${url}` });
  expect(second).toEqual({
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    method: "GET",
    path: "/customers?limit=0",
    operation: "listCustomers",
    status: 400,
    ms: expect.any(Number),
    refused: {
      code: "VALIDATION_ERROR",
      message: "The request has 1 violation.",
      rules: [{ at: "query.limit", keyword: "minimum" }],
    },
    idempotency: null,
    fault: null,
    sandbox: "tes***-1",
  });
});

test.each(["slow", "closed"])("a %s reader of the log neither slows nor ends the mock", async (kind) => {
  const { out, url, child } = await understudy(["start", ...any]);
  expect(out()).toContain("served at");
  if (kind === "closed") child.stdout.destroy();
  else child.stdout.pause();
  const path = `/customers?filter=${"long".repeat(2000)}`;
  const started = performance.now();
  for (let count = 0; count < 200; count++)
    await (await fetch(url + path, { headers: { "X-API-Key": "test_key" } })).text();
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(child.exitCode).toBeNull();
});

test("start colours on a terminal only, and never under NO_COLOR", async () => {
  const { out: painted } = await understudy(["start", ...any], { env: { FORCE_COLOR: "1" } });
  const { out: plain } = await understudy(["start", ...any], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
  expect(painted()).toContain("\u001b[1mConnect API");
  expect(plain()).not.toContain("\u001b");
});

test("start --quiet prints the URL and nothing else", async () => {
  const { out, url } = await understudy(["start", ...any, "--quiet"]);
  expect(out()).toBe(`${url}\n`);
  expect((await fetch(`${url}/customers`, { headers: { "X-API-Key": "test_key" } })).status).toBe(200);
});

test("start takes its options, several keys among them", async () => {
  const options = ["--api-key", "one", "two", "--api-key", "three", "--fixtures", "generate:1000", "--seed", "7"];
  const { out, url } = await understudy(["start", ...any, ...options]);
  expect(out()).toContain("(one of 1000)");
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
  const { url } = await understudy(["start"], { env });
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

test("start shows a large document on one screen, and counts its operations", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spec-"));
  try {
    const file = join(folder, "large.json");
    const summary = `${"First line. ".repeat(20)}\n\nSecond line.`;
    const schema = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
    const body = { content: { "application/json": { schema } } };
    const responses = { 200: { description: "One.", ...body } };
    const paths = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [
        [`/things-of-a-name-so-long-that-no-row-has-room-for-it-${index}`, { get: { summary, responses } }],
        [
          `/rooms${index}/{id}`,
          {
            parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
            put: { summary, requestBody: body, responses },
            get: { responses },
          },
        ],
      ]).flat(),
    );
    const title = "Large ".repeat(30);
    const securitySchemes = { Key: { type: "apiKey", in: "header", name: "X-A-Key-Of-A-Very-Long-Name" } };
    const components = { securitySchemes };
    writeFileSync(
      file,
      JSON.stringify({ openapi: "3.1.0", info: { title, version: "1" }, components, security: [{ Key: [] }], paths }),
    );
    const { out } = await understudy(["start", ...any, "--spec", file]);
    expect(out()).toContain("\n1500 operations, the first 5:\n  GET");
    expect(out()).not.toContain("Second line");
    expect(out()).toSatisfy(fits);
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
    const { out } = await understudy(["start", ...any], {
      env: { NODE_OPTIONS: `--require "${probe.replaceAll("\\", "/")}"` },
    });
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
    expect(out()).toMatch(/^Key {4}Authorization: Bearer test_key {3}\(any test_\.\.\. key opens its own sandbox\)$/m);
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
      ["--max-keys", "0"],
      /option '--max-keys <n>' argument '0' is invalid\. It should be a whole number from 1 on, such as 1000000\.$/,
    ],
    [
      ["--fixtures", "generate:many"],
      'error: --fixtures generate:N takes a number of customers, such as generate:1000; received "many".',
    ],
    [
      ["--webhook", "http://hooks.example/in"],
      'error: The URL of a webhook\'s receiver should be on this machine, such as http://127.0.0.1:3000/webhooks, or on a host that --allow-webhooks-to names; received "http://hooks.example/in".',
    ],
    [["--webhook", "hook"], /^error: The URL of a webhook's receiver should be an absolute URL .*received "hook"\.$/],
    [
      ["--allow-webhooks-to", "http://x"],
      /^error: A host that webhooks may go to should be .*received "http:\/\/x"\.$/,
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
    const { ended, err } = await understudy(["start"], { env: { UNDERSTUDY_PORT: "http" } });
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

test("start sends webhooks to every receiver that the line or the environment names", async () => {
  const received: string[] = [];
  let told = () => {};
  const receiver = createHttpServer((request, response) => {
    received.push(request.url!);
    response.writeHead(204).end();
    told();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = receiver.address() as { port: number };
  const own = (...names: string[]) => names.map((name) => `http://127.0.0.1:${port}/${name}`);
  const change = async (url: string) => {
    await fetch(`${url}/customers/${ids.business}/users`, {
      method: "POST",
      headers: { "X-API-Key": "test_key", "Content-Type": "application/json" },
      body: JSON.stringify({ userId: "u-1" }),
    });
    while (received.length < 2) await new Promise<void>((resolve) => (told = resolve));
    return received.splice(0).sort();
  };
  const [a, b] = own("a", "b") as [string, string];
  const byLine = await understudy(["start", ...any, "--webhook", a, "--webhook", b]);
  expect(await change(byLine.url)).toEqual(["/a", "/b"]);
  const byEnvironment = await understudy(["start", ...any], { env: { UNDERSTUDY_WEBHOOK: own("c", "d").join(" ") } });
  expect(await change(byEnvironment.url)).toEqual(["/c", "/d"]);
  const ended = performance.now();
  byEnvironment.child.kill("SIGINT");
  expect(await byEnvironment.ended).toBe(0);
  expect(performance.now() - ended).toBeLessThan(5000);
  receiver.closeAllConnections();
  receiver.close();
});

test("start shows each attempt to deliver a webhook, and when the next one is", async () => {
  const statuses = [503, 204];
  const receiver = createHttpServer((request, response) => {
    request.resume();
    response.writeHead(statuses.shift() ?? 500).end();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const hook = `http://127.0.0.1:${(receiver.address() as { port: number }).port}/hook`;
  const { url, out, until } = await understudy(["start", ...any, "--webhook", hook]);
  await fetch(`${url}${billingPath}`, {
    method: "PUT",
    headers: { "X-API-Key": "test_key", "Content-Type": "application/json" },
    body: JSON.stringify(emailInvoice),
  });
  await until(() => out().includes("  204  "));
  const lines = out()
    .split("\n")
    .filter((line) => line.includes("webhook"));
  expect(lines.map((line) => line.replace(hook, "URL").replace(/^[\d:]+ |\d+ ms/g, "-"))).toEqual([
    "- webhook  customer.updated to URL  503  -  te***-1  again in 1 s",
    "- webhook  customer.updated to URL  204  -  te***-1",
  ]);
  receiver.close();
});

test("start --help tells every option", async () => {
  const { ended, out } = await understudy(["start", "--help"]);
  expect(await ended).toBe(0);
  expect(out()).toMatchInlineSnapshot(`
    "Usage: understudy start [options]

    Serve the mock.

    Options:
      --port <port>                  port to serve on; 0 takes any that is free
                                     (default: 4010, env: UNDERSTUDY_PORT)
      --host <host>                  address to serve on (default: "127.0.0.1", env:
                                     UNDERSTUDY_HOST)
      --api-key <key...>             key to know besides test_key and those that
                                     begin with test_ (env: CONNECT_API_KEY)
      --fixtures <path>              file or folder of customers, or generate:N to
                                     make N up (env: UNDERSTUDY_FIXTURES)
      --seed <number>                what is made up follows from it (default: 1,
                                     env: UNDERSTUDY_SEED)
      --latency <ms>                 how long every execution takes (default: 0,
                                     env: UNDERSTUDY_LATENCY)
      --max-body <bytes>             longest body of a request (default: 1048576,
                                     env: UNDERSTUDY_MAX_BODY)
      --max-keys <n>                 idempotency keys that a sandbox remembers
                                     (default: 100000, env: UNDERSTUDY_MAX_KEYS)
      --max-sandboxes <n>            sandboxes at a time (default: 1000, env:
                                     UNDERSTUDY_MAX_SANDBOXES)
      --spec <file>                  another OpenAPI 3.0, 3.1 or 3.2 document to
                                     serve (env: UNDERSTUDY_SPEC)
      --overlay <file>               changes to the document, as an OpenAPI overlay
                                     (env: UNDERSTUDY_OVERLAY)
      --handlers <file>              module whose default export answers operations,
                                     by operationId (env: UNDERSTUDY_HANDLERS)
      --watch                        read document, fixtures and handlers again when
                                     their files change (env: UNDERSTUDY_WATCH)
      --state <file>                 keep the sandboxes there, over the end of the
                                     process (env: UNDERSTUDY_STATE)
      --report <path>                show in the reference what the last verify has
                                     left in this folder (env: UNDERSTUDY_REPORT)
      --store <url>                  share the sandboxes with other processes, in
                                     redis://host:6379 or rediss://...; else memory
                                     (env: UNDERSTUDY_STORE)
      --webhook <url...>             send the document's webhooks there; on this
                                     machine, unless allowed (env:
                                     UNDERSTUDY_WEBHOOK)
      --allow-webhooks-to <host...>  host beside this machine that webhooks may go
                                     to (env: UNDERSTUDY_ALLOW_WEBHOOKS_TO)
      --log <format>                 show each request as a line to read, or as JSON
                                     (default: line) (choices: "line", "json",
                                     "off", env: UNDERSTUDY_LOG)
      --quiet                        print the URL and nothing else; no log either,
                                     unless told (env: UNDERSTUDY_QUIET)
      -h, --help                     display help for command
    "
  `);
});
