import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { connectSpecUrl } from "#platform";
import { cases, connectGuest } from "../contracts/index.ts";
import { loadSpec } from "../src/connect/spec.ts";
import { run } from "../src/contract/run.ts";
import { type CaseResult, createHttpTransport, type Transport } from "../src/contract.ts";
import { createMock, type Mock } from "../src/index.ts";
import { listen } from "../src/mock/server.ts";
import { clockOf } from "./mock.ts";

/** One thing that Prism finds wrong with a request or an answer. */
type Violation = { location: string[]; severity: string; code?: string | number; message: string };

/** One exchange as it passed Prism. `mock` is the status that the mock answered, where the answer is the mock's. */
type Judged = {
  method: string;
  path: string;
  status: number;
  mock: number | undefined;
  contentType: string;
  violations: Violation[];
  body: string;
};

const spec = loadSpec();

// Prism reads the document with a parser and a validator of its own, so that a mistake of ours would have to be made twice.
describe("the mock behind Prism", () => {
  let judged: readonly Judged[];
  let played: readonly CaseResult[];

  beforeAll(async () => {
    const mock = createMock({ log: () => {} });
    const tagged = await serveTagged(mock);
    const prism = await startProxy(fileURLToPath(connectSpecUrl), tagged.url);
    const http = createHttpTransport({ timeoutMs: 5_000 });
    try {
      const exchanges: Judged[] = [];
      const transport: Transport = async (request, signal) => {
        const answer = await http(request, signal);
        const { pathname, search } = new URL(request.url);
        exchanges.push({
          method: request.method,
          path: pathname + search,
          status: answer.status,
          mock: tagged.answers.get(answer.headers[tag] ?? ""),
          contentType: answer.headers["content-type"] ?? "",
          violations: violationsOf(answer.headers["sl-violations"]),
          body: answer.body,
        });
        return answer;
      };
      const report = await run({
        spec,
        cases,
        baseUrl: prism.url,
        transport,
        apiKey: { value: "test_key", shell: '"$CONNECT_API_KEY"' },
        guest: connectGuest({ customer: "cus-0001-business-email", unbilledCustomer: "cus-0003-consumer-new" }),
        secondApiKey: "test_second",
        // Past Prism: the control plane is no part of the document.
        clock: clockOf(mock, "test_key"),
        allowLeftovers: true,
      });
      [judged, played] = [exchanges, report.cases];
    } finally {
      http.close();
      await prism.close();
      await tagged.close();
    }
  }, 60_000);

  test("has every case played through it but for a member that the customer has not", () => {
    expect(played).toHaveLength(cases.length);
    const skipped = played.filter(({ outcome }) => outcome === "skipped");
    expect(skipped.map(({ id }) => id)).toEqual(["update-customer/shipping"]);
  });

  test("goes otherwise only where Prism changes what it passes on", () => {
    // Prism answers itself what is no JSON, and writes every body anew.
    const byPrism = /^(messages\/(body-|broken-json-is-400)|idempotency\/byte-for-byte-)/;
    const otherwise = played.filter(({ outcome }) => !["held", "skipped"].includes(outcome)).map(({ id }) => id);
    expect(otherwise.filter((id) => !byPrism.test(id))).toEqual([]);
  });

  test("answers hundreds of requests itself, of each operation, and Prism passes them on as they are", () => {
    const own = judged.filter(({ mock }) => mock !== undefined);
    expect(own.length).toBeGreaterThan(700);
    expect(own.filter(({ status, mock }) => status !== mock)).toEqual([]);
    const operations = new Set(own.map(({ method, path }) => spec.match(method, path.split("?")[0]!).operation?.id));
    for (const { id } of spec.operations) expect(operations).toContain(id);
    for (const status of [200, 400, 401, 404, 409, 413, 415]) expect(own.map(({ mock }) => mock)).toContain(status);
  });

  test("leaves to Prism only what is sent as JSON and is none", () => {
    const others = judged.filter(({ mock }) => mock === undefined);
    expect(others.length).toBeLessThan(30);
    expect(others.filter(({ status, body }) => status !== 400 || !body.includes('"invalid_json"'))).toEqual([]);
  });

  test("gives no answer that Prism finds wrong", () => {
    const wrong = judged.filter(
      ({ mock, violations }) => mock !== undefined && violations.some(({ location }) => location[0] !== "request"),
    );
    expect(wrong).toEqual([]);
  });

  test("accepts no request that Prism finds wrong", () => {
    const accepted = judged.filter(({ mock }) => mock !== undefined && mock < 300);
    expect(accepted.length).toBeGreaterThan(300);
    expect(accepted.filter(({ violations }) => violations.length > 0)).toEqual([]);
  });

  test("is judged at all: Prism finds fault with most of what the mock refuses with 400", () => {
    const refused = judged.filter(({ mock }) => mock === 400);
    expect(refused.length).toBeGreaterThan(100);
    expect(refused.filter(({ violations }) => violations.length > 0).length).toBeGreaterThan(refused.length / 2);
  });
});

test("Prism finds fault with an answer that is wrong", async () => {
  const mock = createMock({ log: () => {} });
  const liar = await serveTagged({
    ...mock,
    async fetch(request) {
      const customer = (await (await mock.fetch(request)).json()) as object;
      return Response.json({ ...customer, customerType: "ROBOT" });
    },
  });
  const prism = await startProxy(fileURLToPath(connectSpecUrl), liar.url);
  onTestFinished(async () => {
    await prism.close();
    await liar.close();
  });
  const answer = await fetch(`${prism.url}/customers/cus-0001-business-email`, {
    headers: { "X-API-Key": "test_key" },
  });
  expect(violationsOf(answer.headers.get("sl-violations") ?? undefined)).toContainEqual(
    expect.objectContaining({ location: ["response", "body", "customerType"], severity: "Error" }),
  );
}, 30_000);

/** What Prism says in its header; a text that it has cut is one violation without a place. */
function violationsOf(header: string | undefined): Violation[] {
  if (header?.startsWith("Too many violations!")) return [{ location: [], severity: "Error", message: header }];
  return JSON.parse(header ?? "[]");
}

const tag = "x-referee-answer";

/** Serves a mock on a free port; each of its answers has a number in a header, under which `answers` holds its status. */
async function serveTagged(mock: Mock) {
  const answers = new Map<string, number>();
  const listening = await listen(async (request) => {
    const answer = await mock.fetch(request);
    const number = String(answers.size);
    answers.set(number, answer.status);
    const headers = new Headers(answer.headers);
    headers.set(tag, number);
    return new Response(answer.body, { status: answer.status, headers });
  }, {});
  return { ...listening, answers };
}

/** Starts Prism as a proxy in a process of its own, on a free port; resolves once it listens. */
async function startProxy(document: string, upstream: string): Promise<{ url: string; close(): Promise<void> }> {
  const program = fileURLToPath(new URL("../node_modules/@stoplight/prism-cli/dist/index.js", import.meta.url));
  const child = spawn(process.execPath, [program, "proxy", document, upstream, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const address = /listening on (http:\S+)/.exec(said)?.[1];
      if (address) resolve(address);
    });
    child.once("exit", () => reject(new Error(`Prism ended before it listened:\n${said}`)));
  });
  return {
    url,
    async close() {
      child.kill();
      await gone;
    },
  };
}
