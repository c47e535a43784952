import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { cases } from "../../contracts/index.ts";
import type { Report } from "../../src/contract/report/report.ts";
import { createMock } from "../../src/index.ts";
import { deafAddress, rawServer } from "../contract/raw-server.ts";
import { type Behaviour, clean, createDeployment, world } from "../deployment/deployment.ts";
import { faults } from "../deployment/faults.ts";
import { lacking } from "../needs.ts";

// A whole run takes a few seconds, and a new process the better part of one.
vi.setConfig({ testTimeout: 60_000 });

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const known = ["--api-key", world.keys.primary, "--customer", world.customer];

type Ended = { code: number | null; stdout: string; stderr: string; durationMs: number };

/** Runs `understudy verify` in a process of its own; `meanwhile` may look at the process. */
async function verify(
  args: readonly string[],
  {
    env = {},
    generated = false,
    meanwhile,
  }: {
    env?: Record<string, string>;
    generated?: boolean;
    meanwhile?: (kill: (signal: NodeJS.Signals) => void) => void;
  } = {},
): Promise<Ended> {
  const started = performance.now();
  const child = spawn(process.execPath, [cli, "verify", ...(generated ? [] : ["--no-generated"]), ...args], {
    env: { PATH: process.env.PATH, UNDERSTUDY_RECOVERY: await directory(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 50_000,
    killSignal: "SIGKILL",
  });
  meanwhile?.((name) => child.kill(name));
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  return { code, stdout, stderr, durationMs: performance.now() - started };
}

/** A deployment on a port, closed when the test ends. */
async function deploymentAt(behaviour: Partial<Behaviour> = {}) {
  const deployment = createDeployment({ pause: async () => {}, ...behaviour });
  const { url, close } = await deployment.listen();
  onTestFinished(close);
  return { deployment, url, billing: () => deployment.customers.get(world.customer)?.billing };
}

/** A promise, and what fulfils it. */
function signal() {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { give, given };
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

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "understudy-verify-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe("a run that cannot be made ends with 2 and one message", () => {
  const path = `/customers/${world.customer}`;
  const nothing: [what: string, serve: () => Promise<string>, message: string][] = [
    ["nothing listens", deafAddress, "Cannot reach URL: nothing listens there (connection refused)."],
    ["a server hangs", () => rawServer(() => {}), "Cannot reach URL: no whole answer within 1 s."],
    [
      "a server closes in the middle of its answer",
      () => rawServer((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")),
      "Cannot reach URL: the connection closed in the middle of the answer.",
    ],
    [
      "a server does not speak HTTP",
      () => rawServer((socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n")),
      "Cannot reach URL: what answers there does not speak HTTP.",
    ],
    [
      "a server answers pages",
      () =>
        httpServer((_, response) => {
          response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end("<!doctype html><h1>Hello</h1>");
        }),
      `URL answered 200 to GET ${path} with text/html; charset=utf-8 and no JSON object. Is this the base URL of a Connect API?`,
    ],
    [
      "a server fails",
      () => httpServer((_, response) => void response.writeHead(502).end()),
      `URL answered 502 to GET ${path}; the run needs to read this customer first.`,
    ],
    [
      "a server lets nobody through",
      () => httpServer((_, response) => void response.writeHead(429, { "Retry-After": "3600" }).end()),
      "Cannot reach URL: the target asks to wait 3600 s, longer than this run waits (60 s).",
    ],
  ];
  test.each(nothing)("%s", async (_, serve, message) => {
    const url = await serve();
    const { code, stdout, stderr, durationMs } = await verify(["--target", url, "--timeout", "1", ...known]);
    expect(stderr).toBe(`error: ${message.replace("URL", url)}\n`);
    expect(stdout.replace(/\d+/g, "N")).toBe(
      `${url}, customer ${world.customer}: N operations, seed N\n`.replace(/\d+/g, "N"),
    );
    expect(code).toBe(2);
    expect(durationMs).toBeLessThan(15_000);
  });

  test("the key is wrong", async () => {
    const { url } = await deploymentAt();
    const { code, stderr } = await verify(["--target", url, "--customer", world.customer, "--api-key", "wrong-key"]);
    expect(stderr).toBe(
      `error: ${url} answered 401 to GET ${path}: it does not know this API key. Pass one that it knows with --api-key or CONNECT_API_KEY.\n`,
    );
    expect(code).toBe(2);
  });

  test("the customer is unknown", async () => {
    const { url } = await deploymentAt();
    const args = ["--target", url, "--customer", "nobody", "--api-key", world.keys.primary];
    const { code, stderr } = await verify(args);
    expect(stderr).toBe(
      `error: ${url} answered 404 to GET /customers/nobody: it has no such customer. Name one that the run may write with --customer or CONNECT_CUSTOMER_ID.\n`,
    );
    expect(code).toBe(2);
  });

  const target = ["--target", "http://127.0.0.1:1"];
  test.each([
    [
      ["--target", "connect.example.com", ...known],
      '--target is "connect.example.com"; it should be an absolute URL, such as https://connect.example.com.',
    ],
    [
      ["--target", "ftp://connect.example.com", ...known],
      '--target is "ftp://connect.example.com"; it should be an absolute URL, such as https://connect.example.com.',
    ],
    [
      ["--target", "http://connect.example.com/?x=1", ...known],
      '--target "http://connect.example.com/?x=1" has a query or a fragment; it should be an absolute URL, such as https://connect.example.com.',
    ],
    [[...target, "--customer", "c"], "No API key: pass one with CONNECT_API_KEY or --api-key."],
    [
      [...target, "--api-key", "k"],
      "No customer: name one that the run may write with CONNECT_CUSTOMER_ID or --customer; what it writes is put back at the end.",
    ],
    [
      [...target, "--customer", "c", "--api-key", "secret-key\n"],
      "The API key holds a character that no header can carry, such as a line break.",
    ],
    [
      [...target, ...known, "--second-api-key", "secret-clé"],
      "The second API key holds a character that no header can carry, such as a line break.",
    ],
    [
      ["--filter", "no such case"],
      `--filter "no such case" fits none of the ${cases.length} cases; --list shows them.`,
    ],
    [
      ["--timeout", "soon"],
      "option '--timeout <seconds>' argument 'soon' is invalid. It should be a number above 0, such as 5.",
    ],
    [["--max-requests", "0"], "The run could not begin: the budget of 0 requests is spent."],
  ])("the options are %j", async (args, message) => {
    const { code, stderr } = await verify(args);
    expect(stderr).toBe(`error: ${message}\n`);
    expect(code).toBe(2);
  });

  test("the report cannot be written", async () => {
    const file = join(await directory(), "taken");
    await writeFile(file, "");
    const { code, stderr } = await verify(["--filter", "payment-profiles/list", "--report", file]);
    expect(stderr).toMatch(
      /^error: Cannot write the report to ".*taken": .*taken is a file, and should be a folder\.\n$/,
    );
    expect(code).toBe(2);
  });
});

test("--list shows the cases and sends nothing", async () => {
  const { code, stdout, stderr } = await verify(["--list", "--target", await deafAddress(), ...known]);
  expect([code, stderr]).toEqual([0, ""]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(2 * cases.length);
  expect(lines.slice(0, 2)).toEqual([
    "authentication/read-needs-key  (documented)",
    "    A read without a key is refused",
  ]);
});

describe("the mock", () => {
  test("holds every case over HTTP that it can decide, and is left as it was found", async () => {
    const mock = createMock();
    const { url, close } = await mock.listen();
    onTestFinished(close);
    const state = async () => {
      const answer = await fetch(`${url}/_understudy/state`, { headers: { "X-API-Key": "test_key" } });
      const { clock, ...rest } = (await answer.json()) as { clock: { now: string; frozen: boolean } };
      return { ...rest, frozen: clock.frozen, aheadMs: Date.parse(clock.now) - Date.now() };
    };
    const { aheadMs: _, ...before } = await state();
    const env = {
      CONNECT_BASE_URL: url,
      CONNECT_API_KEY: "test_key",
      CONNECT_CUSTOMER_ID: "cus-0001-business-email",
      CONNECT_SECOND_API_KEY: "test_second",
    };
    const { code, stdout, stderr } = await verify(["--strict"], { env });
    expect(stderr).toBe("");
    const [, all, held] = /^(\d+) cases: (\d+) held, 1 skipped; /m.exec(stdout) ?? [];
    expect(Number(all)).toBe(cases.length);
    expect(Number(held)).toBe(cases.length - 1);
    expect(stdout).toContain("  - the customer has no shipping to change and put back: update-customer/shipping\n");
    expect(code).toBe(0);
    const { aheadMs, ...after } = await state();
    expect(after).toEqual(before);
    // The run moved the clock by days; what it lasted itself may show.
    expect(Math.abs(aheadMs)).toBeLessThan(60_000);
  });
});

describe("an independent deployment", () => {
  test("conforms, and its customer is put back but for what nothing can take away", async () => {
    const { url, billing, deployment } = await deploymentAt();
    const before = billing();
    const others = [...deployment.customers.values()].filter(({ customerId }) => customerId !== world.customer);
    const { code, stdout, stderr } = await verify(["--target", url, ...known]);
    expect(stderr).toBe("");
    expect(stdout).toContain(`${url} conforms to Connect API, customer billing`);
    expect(stdout).not.toContain("broken");
    expect(stdout).toContain(`Customer ${world.customer} had no billing address before the run`);
    expect(code).toBe(0);
    expect(deployment.executions).toBeGreaterThan(100);
    const { address, ...rest } = billing() ?? {};
    expect(address).toBeDefined();
    expect(rest).toEqual(before);
    expect([...deployment.customers.values()].filter(({ customerId }) => customerId !== world.customer)).toEqual(
      others,
    );
  });

  test("does not conform where it is strictly read: what differs decides too", async () => {
    const { url } = await deploymentAt();
    const args = ["--target", url, ...known, "--filter", "messages/wrong-method"];
    const lenient = await verify(args);
    expect(lenient.stdout).toContain("1 case: 1 differs; ");
    expect(lenient.code).toBe(0);
    expect((await verify([...args, "--strict"])).code).toBe(1);
  });

  const noCurl = lacking("curl");
  test.skipIf(noCurl)(
    `with a fault does not conform: the case, what was expected, what came, and a line that shows it again${noCurl}`,
    async () => {
      const fault = faults.find(({ id }) => id === "profile-checked-with-autopay-only");
      const { url, billing } = await deploymentAt(fault!.behaviour);
      const before = billing();
      const { code, stdout, stderr } = await verify(["--target", url, ...known, "--filter", "billing/unknown-profile"]);
      expect([code, stderr]).toEqual([1, ""]);
      const told = stdout.split("\n");
      const at = told.indexOf("✗ A payment profile that does not exist is refused, and nothing changes");
      const line = told[at + 5]!;
      expect(told.slice(at + 1, at + 5)).toEqual([
        "  billing/unknown-profile, documented: Must be a valid payment profile owned by this customer. Set to null to disable automatic payments.",
        "  the request should be refused",
        "    expected  4xx",
        expect.stringMatching(/^ {4}received {2}200 \{"customerId":/),
      ]);
      expect(line).toMatch(/^ {4}curl -sS -i -X PUT .*\$CONNECT_API_KEY/);
      expect(billing()).toEqual(before);

      const again = await promisify(execFile)("/bin/sh", ["-c", line], {
        env: { PATH: process.env.PATH, CONNECT_API_KEY: world.keys.primary },
      });
      expect(again.stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(billing()?.defaultPaymentProfileId).toBe("understudy-no-such-profile");
    },
  );

  test("that answers lists for objects does not conform, though no case can be played", async () => {
    const { url } = await deploymentAt({
      answer: (answer) => ({ ...answer, body: answer.status === 200 ? `[${answer.body}]` : answer.body }),
    });
    const { code, stderr } = await verify(["--target", url, ...known]);
    expect(stderr).toContain("with JSON that is no customer; nothing else was tried.");
    expect(code).toBe(1);
  });

  const noSignals = lacking("signals");
  test.skipIf(noSignals).each(["SIGINT", "SIGTERM"] as const)(
    `is left in order when the run is stopped by %s${noSignals}`,
    async (name) => {
      const sixty = signal();
      const { url, billing, deployment } = await deploymentAt({
        store(desk, after, before) {
          clean.store(desk, after, before);
          if (desk.executions === 60) sixty.give();
        },
      });
      const before = billing();
      const { code, stdout, stderr } = await verify(["--target", url, ...known], {
        meanwhile: (kill) => void sixty.given.then(() => kill(name)),
      });
      expect(stderr).toBe("");
      expect(stdout).toContain("Stopping; what was written is put back first (Ctrl-C again leaves it).");
      expect(stdout).toContain("  - the run was stopped: ");
      expect(code).toBe(2);
      expect(deployment.executions).toBeLessThan(120);
      const { address: _, ...rest } = billing() ?? {};
      expect(rest).toEqual(before);
    },
  );

  test("is put in order by the next run when a run was killed", async () => {
    const sixty = signal();
    const { url, billing } = await deploymentAt({
      store(desk, after, before) {
        clean.store(desk, after, before);
        if (desk.executions === 60) sixty.give();
      },
    });
    const before = billing();
    const env = { UNDERSTUDY_RECOVERY: await directory() };
    const args = ["--target", url, ...known];
    const killed = await verify(args, { env, meanwhile: (kill) => void sixty.given.then(() => kill("SIGKILL")) });
    expect(killed.code).toBeNull();
    expect(billing()).not.toEqual(before);
    const { code, stdout } = await verify([...args, "--filter", "payment-profiles/list"], { env });
    expect(stdout).toContain("Put back what an earlier run, ended before its time, had left.");
    expect(code).toBe(0);
    expect(billing()).toMatchObject(before ?? {});
  });

  test("that goes away in the middle ends the run with 2", async () => {
    const { url, deployment } = await deploymentAt({
      firstLook: () => (deployment.executions < 20 ? undefined : new Promise(() => {})),
    });
    const { code, stdout, durationMs } = await verify(["--target", url, ...known, "--timeout", "0.3"]);
    expect(stdout).toContain(`${url} stopped answering: 3 cases in a row got no answer.`);
    expect(stdout).toContain("could not be put back: no whole answer within 0.3 s. It was {");
    expect(code).toBe(2);
    expect(durationMs).toBeLessThan(15_000);
  });
});

describe("the users and the billing of a customer, on a server without a control plane", () => {
  /** All that is stored but when it was changed, of a server whose customer lacks nothing that a run would leave there. */
  async function complete(onUsers: () => void = () => {}) {
    const { deployment, url } = await deploymentAt({
      store(desk, after, before) {
        clean.store(desk, after, before);
        if (JSON.stringify(after.users) !== JSON.stringify(before?.users)) onUsers();
      },
    });
    const headers = { "X-API-Key": world.keys.primary };
    expect((await fetch(`${url}/_understudy/health`, { headers })).status).toBe(404);
    const customer = deployment.customers.get(world.customer)!;
    const address = { street1: "Main Road 1", city: "Springfield", zip: "12345", country: "US" };
    deployment.customers.set(world.customer, { ...customer, billing: { ...customer.billing!, address } });
    const state = () => {
      const stored = [...deployment.customers.values()].map(({ updatedAt: _, ...customer }) => customer);
      return structuredClone(stored);
    };
    return { url, state, identity: customer.identity };
  }

  test("are as they were after a run with all that is generated", async () => {
    let changes = 0;
    const { url, state, identity } = await complete(() => changes++);
    expect(identity).toBeTypeOf("string");
    const before = state();
    const { code, stdout, stderr } = await verify(["--target", url, ...known], { generated: true });
    expect(stderr).toBe("");
    expect(code, stdout).toBe(0);
    expect(changes).toBeGreaterThan(20);
    expect(state()).toEqual(before);
  });

  const noSignals = lacking("signals");
  test.skipIf(noSignals)(`are as they were after Ctrl-C${noSignals}`, async () => {
    const added = signal();
    const { url, state } = await complete(added.give);
    const before = state();
    const { code, stdout } = await verify(["--target", url, ...known, "--filter", "user"], {
      meanwhile: (kill) => void added.given.then(() => kill("SIGINT")),
    });
    expect(stdout).toContain("Stopping; what was written is put back first");
    expect(code).toBe(2);
    expect(state()).toEqual(before);
  });

  test("are as they were after a run that was killed and another one", async () => {
    const added = signal();
    const { url, state } = await complete(added.give);
    const before = state();
    const env = { UNDERSTUDY_RECOVERY: await directory() };
    const args = ["--target", url, ...known, "--filter", "user"];
    const killed = await verify(args, { env, meanwhile: (kill) => void added.given.then(() => kill("SIGKILL")) });
    expect(killed.code).toBeNull();
    expect(state()).not.toEqual(before);
    const { code, stdout } = await verify(args, { env });
    expect(stdout).toContain("Put back what an earlier run, ended before its time, had left.");
    expect(code).toBe(0);
    expect(state()).toEqual(before);
  });
});

describe("a key", () => {
  const key = 'Sentinel-7Qm2vXo9TbLr4WzN/+"k';
  const second = "Sentinel-hS81dKpYeU3cJf6A";
  // The middle of a key, which is also in all that is nearly that key.
  const traces = [key, second].map((secret) => secret.slice(9, 22).toLowerCase());

  /** Runs with both keys in the environment, and answers all that the run wrote. */
  async function trace(url: string, args: readonly string[] = []) {
    const report = await directory();
    const { code, stdout, stderr } = await verify(
      ["--target", url, "--customer", world.customer, "--report", report, ...args],
      { env: { CONNECT_API_KEY: key, CONNECT_SECOND_API_KEY: second } },
    );
    const texts: Record<string, string> = { stdout, stderr };
    for (const name of await readdir(report)) texts[name] = await readFile(join(report, name), "utf8");
    return { code, report: JSON.parse(texts["report.json"]!) as Report, texts };
  }

  function expectNoTraceIn(texts: Record<string, string>): void {
    expect(Object.keys(texts)).toEqual(expect.arrayContaining(["stdout", "stderr", "report.json", "junit.xml"]));
    for (const text of Object.values(texts))
      for (const secret of traces) expect(text.toLowerCase()).not.toContain(secret);
  }

  test("is never written, and --report writes what was run", async () => {
    const { url } = await deploymentAt({ keyMatches: (given) => given === key || given === second });
    const { code, report, texts } = await trace(url, ["--filter", "e-mail"]);
    expect(texts.stdout).toMatch(/\nReport: \S+report\.json, \S+junit\.xml(, \S+)*\n$/);
    expect(code).toBe(0);
    expect(report.target).toEqual({ baseUrl: url });
    expect(report.cases.length).toBeGreaterThan(10);
    expect(report.summary.held).toBeGreaterThan(10);
    expect(texts["junit.xml"]).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites tests="\d+" failures="0"/,
    );
    expectNoTraceIn(texts);
  });

  test("is never written, though the target repeats all that it is sent", async () => {
    const { deployment } = await deploymentAt({ keyMatches: (given) => given === key || given === second });
    const sent = new Set<string>();
    const url = await httpServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const answer = await deployment.fetch(
        new Request(new URL(incoming.url ?? "/", "http://target.example"), {
          method: incoming.method ?? "GET",
          headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
          ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
        }),
      );
      const given = incoming.headersDistinct["x-api-key"]?.[0] ?? "";
      sent.add(given);
      const echo = { ...incoming.headers, text: `You sent ${given}`, list: incoming.rawHeaders };
      const body: unknown = JSON.parse((await answer.text()) || "{}");
      // Where the contract looks, and where it does not; no write is refused either.
      const wrong = { ...Object(body), name: echo, humanReadableId: [given], [`echo ${given}`]: echo };
      response.writeHead(incoming.method === "GET" ? answer.status : 200, {
        "Content-Type": `application/json; echo="${encodeURIComponent(given)}"`,
        "X-Echo": given,
        "Set-Cookie": `key=${given}`,
      });
      response.end(JSON.stringify(wrong));
    });
    const { code, report, texts } = await trace(url);
    expect(code).toBe(1);
    expect(report.summary.broken).toBeGreaterThan(150);
    // The keys were there to be told, and what is nearly the key as well.
    expect(sent).toContain(key);
    expect(sent).toContain(second);
    expect(sent).toContain(key.slice(1));
    expect(texts["report.json"]).toContain("You sent $CONNECT_API_KEY");
    expectNoTraceIn(texts);
  });
});
