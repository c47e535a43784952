import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { cases } from "../../contracts/index.ts";
import { type Outcome, verify } from "../../src/contract.ts";
import { createMock } from "../../src/index.ts";
import { createDeployment } from "../deployment/deployment.ts";
import { faults } from "../deployment/faults.ts";
import { readSeenBy } from "../mutants/expectations.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const imported = (file: string) => JSON.stringify(join(root, file));
const contractTests = `import { contractTests } from ${imported("src/adapters/vitest.ts")};`;
const deployments = `import { createDeployment } from ${imported("test/deployment/deployment.ts")};
import { faults } from ${imported("test/deployment/faults.ts")};
/** As \`asOf\` below: the contract of a deployment with this fault. */
const against = (fault, more) => {
  const behaviour = faults.find(({ id }) => id === fault)?.behaviour;
  const { fetch, world } = createDeployment({ pause: async () => {}, ...behaviour });
  const { keys, customer, profile, foreignProfile } = world;
  const as = { apiKey: keys.primary, secondApiKey: keys.secondary, customer, paymentProfile: profile, foreignPaymentProfile: foreignProfile };
  contractTests({ fetch, ...as, generated: false, sleep: async () => {}, allowLeftovers: true, ...more });
};`;

/** How a deployment with a fault is verified. */
function asOf(fault: string | undefined) {
  const behaviour = faults.find(({ id }) => id === fault)?.behaviour;
  const { fetch, world } = createDeployment({ pause: async () => {}, ...behaviour });
  const { keys, customer, profile, foreignProfile } = world;
  const known = { customer, paymentProfile: profile, foreignPaymentProfile: foreignProfile };
  const keysOf = { apiKey: keys.primary, secondApiKey: keys.secondary };
  return { fetch, ...keysOf, ...known, generated: false, sleep: async () => {}, allowLeftovers: true } as const;
}

type Told = {
  readonly title: string;
  readonly status: string;
  readonly ancestorTitles: readonly string[];
  readonly failureMessages: readonly string[];
  readonly meta: {
    readonly contractCase?: { readonly id: string; readonly outcome: Outcome; readonly reason?: string };
  };
};

/** Runs a file of tests by Vitest's own command, and reads what its JSON reporter tells. */
async function vitest(
  file: string,
  args: readonly string[] = ["--reporter", "default"],
  env: Readonly<Record<string, string>> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "understudy-vitest-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "contract.test.ts"), file);
  const command = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", folder];
  const reporters = ["--reporter", "json", "--outputFile", join(folder, "told.json")];
  const own = { PATH: process.env.PATH, NO_COLOR: "1", UNDERSTUDY_RECOVERY: join(folder, "recovery"), ...env };
  const ended = await run(process.execPath, [...command, ...reporters, ...args], {
    cwd: folder,
    env: own,
    maxBuffer: 1e8,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, text: `${stdout}${stderr}` }),
  );
  const { testResults } = JSON.parse(await readFile(join(folder, "told.json"), "utf8"));
  const told: readonly Told[] = testResults.flatMap((one: { assertionResults: Told[] }) => one.assertionResults);
  return { ...ended, told, folder, that: (status: string) => told.filter((one) => one.status === status) };
}

describe("without a target", () => {
  test("a filtered run plays what is asked for against the mock, a describe for each topic", async () => {
    const { code, told, that } = await vitest(`${contractTests}\ncontractTests();`, ["-t", "billing/email"]);
    expect(code).toBe(0);
    expect(told.length).toBeGreaterThan(800);
    expect(that("passed").length).toBeGreaterThan(10);
    for (const { title, ancestorTitles, meta } of that("passed")) {
      expect(title).toMatch(/\[billing\/email/);
      expect(ancestorTitles).toEqual(["Connect API, customer billing", "billing"]);
      expect(meta.contractCase?.outcome).toBe("held");
    }
  });

  test("options that nobody reads are refused by name", async () => {
    const { code, text } = await vitest(`${contractTests}\ncontractTests({ custmer: "cus-1" });`);
    expect(code).toBe(1);
    expect(text).toContain('verify has no option "custmer"; did you mean "customer"?');
  });
});

describe("a target of the environment", () => {
  test("is run against, left as it was found, sent only what is asked for, and told of in a report", async () => {
    const mock = createMock();
    const { url, close } = await mock.listen();
    onTestFinished(close);
    const before = await (await mock.sandbox("test_key")).snapshot();
    const env = { CONNECT_BASE_URL: url, CONNECT_API_KEY: "test_key", CONNECT_CUSTOMER_ID: "cus-0001-business-email" };
    const filter = ["-t", "customers/"];
    const file = `${contractTests}\ncontractTests({ report: "report" });`;
    const { code, folder, that } = await vitest(file, filter, env);
    expect(code).toBe(0);
    const report = JSON.parse(await readFile(join(folder, "report/report.json"), "utf8"));
    expect(report.target.baseUrl).toBe(url);
    expect(report.cases.map(({ id }: { id: string }) => id)).toEqual(
      that("passed").map(({ meta }) => meta.contractCase?.id),
    );
    expect(report.requests).toBeLessThan(200);
    expect((await (await mock.sandbox("test_key")).snapshot()).records).toEqual(before.records);
  });

  test("that cannot be reached fails once, with one line", async () => {
    const env = { CONNECT_BASE_URL: "http://127.0.0.1:9", CONNECT_API_KEY: "key", CONNECT_CUSTOMER_ID: "cus-1" };
    const { code, text, that } = await vitest(
      `${contractTests}\ncontractTests();`,
      ["-t", "customers/", "--reporter", "default"],
      env,
    );
    expect(code).toBe(1);
    expect(text.match(/Cannot reach http:\/\/127\.0\.0\.1:9/g)).toHaveLength(1);
    expect(that("passed")).toEqual([]);
  });
});

describe("a broken server", () => {
  test("fails the tests of what it breaks, with the difference and the curl that shows it", async () => {
    const file = `${contractTests}\n${deployments}\nagainst("key-not-required-on-customer-list");`;
    const { code, text, that } = await vitest(file);
    expect(code).toBe(1);
    const [first] = that("failed");
    expect(first?.ancestorTitles.at(-1)).toBe("authentication");
    expect(first?.failureMessages.join()).toContain("curl -sS -i -X GET 'http://target.localhost/");
    expect(text).toMatch(/Expected: "4xx"\s+Received: "200 /);
    const [skipped] = that("skipped").filter(({ meta }) => meta.contractCase);
    expect(skipped?.meta.contractCase?.reason).toMatch(/./);
    expect(text).toContain(skipped?.meta.contractCase?.reason ?? "?");
  });

  test("that goes away fails the run, and skips what it could not decide", async () => {
    const file = `${contractTests}\n${deployments}
let count = 0;
const fetch = createDeployment().fetch;
against(undefined, { fetch: (request) => { if (++count > 40) throw new Error("gone"); return fetch(request); } });`;
    const { code, text, that } = await vitest(file);
    expect(code).toBe(1);
    expect(text).toContain("stopped answering: 3 cases in a row got no answer");
    expect(that("skipped").length).toBeGreaterThan(cases.length / 2);
  });
});

const seed = 20_261_126;
/** What shows only as time passes, or on a port, is not for this comparison. */
const fitting = faults.filter(({ needs }) => needs === undefined);
const someOf = <T>(list: readonly T[], count: number, by: number) =>
  fc.sample(fc.shuffledSubarray([...list], { minLength: count, maxLength: count }), { seed: by, numRuns: 1 })[0]!;

test("Vitest and the command find the same, case by case, with thirty faults and without", async () => {
  const seenBy = readSeenBy();
  const some = someOf(fitting, 30, seed).map(({ id }, index) => {
    const named = cases.filter((item) => item.id === seenBy[id]?.case);
    return { fault: id, ids: [...named, ...someOf(cases, 20, seed + index)].map((item) => item.id) };
  });
  const runs = [{ fault: "none", ids: someOf(cases, 100, seed).map(({ id }) => id) }, ...some];
  const file = `${contractTests}\n${deployments}
import { cases } from ${imported("contracts/index.ts")};
import { describe } from "vitest";
for (const { fault, ids } of ${JSON.stringify(runs)})
  describe(fault, () => against(fault, { cases: cases.filter(({ id }) => ids.includes(id)) }));`;
  const playing = vitest(file, ["--reporter", "json"]);
  for (const { fault, ids } of runs) {
    const chosen = cases.filter(({ id }) => ids.includes(id));
    const report = await verify({ ...asOf(fault), cases: chosen });
    const { told } = await playing;
    const found = told.filter(({ ancestorTitles }) => ancestorTitles[0] === fault);
    const outcomes = found.map(({ meta }) => `${meta.contractCase?.id} ${meta.contractCase?.outcome}`);
    expect(outcomes.sort(), fault).toEqual(report.cases.map(({ id, outcome }) => `${id} ${outcome}`).sort());
    const statuses = { held: "passed", differs: "passed", deviates: "passed", broken: "failed", skipped: "skipped" };
    for (const { status, meta } of found) expect(status, fault).toBe(statuses[meta.contractCase!.outcome]);
  }
  expect((await playing).that("failed").length).toBeGreaterThan(20);
}, 120_000);
