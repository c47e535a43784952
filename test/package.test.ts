import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lacking, onWindows } from "./needs.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules/typescript/bin/tsc");
let folder: string;

const shell = onWindows;

/** The packed tarball, installed where nothing else is: what it packs is built before the tests begin. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "understudy-package-"));
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: root,
    shell,
  });
  const [{ filename }] = JSON.parse(stdout);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  await run(
    "npm",
    ["install", "--no-audit", "--no-fund", "--prefer-offline", join(folder, filename), "@types/node@20"],
    { cwd: folder, shell },
  );
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const understudy = () => join(folder, "node_modules/.bin/understudy");

const noSignals = lacking("signals");

test.skipIf(noSignals)(`the installed command starts a mock that answers, and ends on Ctrl-C${noSignals}`, async () => {
  const mock = spawn(understudy(), ["start", "--port", "0", "--quiet"], { cwd: folder });
  const [line] = await once(mock.stdout, "data");
  const url = String(line).trim();
  const answer = await fetch(`${url}/customers/cus-0001-business-email`, { headers: { "X-API-Key": "test_key" } });
  expect(answer.status).toBe(200);
  expect((await fetch(`${url}/docs`)).status).toBe(200);
  expect((await fetch(`${url}/docs/reference.js`)).status).toBe(200);
  mock.kill("SIGINT");
  expect(await once(mock, "exit")).toEqual([0, null]);
});

test("a store on Redis is refused with a line that says what to install", async () => {
  const started = run(understudy(), ["start", "--port", "0", "--store", "redis://127.0.0.1:1"], { cwd: folder, shell });
  await expect(started).rejects.toMatchObject({
    code: 2,
    stderr: "error: A store on Redis needs its client, which is not installed: npm install @redis/client\n",
  });
});

test("the installed command verifies itself", async () => {
  const { stdout } = await run(understudy(), ["verify", "--report", "report"], { cwd: folder, shell });
  expect(stdout).toContain("conforms to");
  const report = JSON.parse(await readFile(join(folder, "report/report.json"), "utf8"));
  const { held, skipped, ...others } = report.summary;
  expect(others).toEqual({ broken: 0, differs: 0, deviates: 0 });
  expect(held + skipped).toBe(report.cases.length);
  // What needs two removals that are both accepted, or a new customer with a payment profile: there are none.
  expect(skipped).toBeLessThan(35);
}, 60_000);

test("a consumer compiles against the installed types and runs", async () => {
  await writeFile(
    join(folder, "consumer.ts"),
    `import { createClient, createMock, type components } from "connect-understudy";
import { createClient as createBrowserClient } from "connect-understudy/client";
import { accepted, verify } from "connect-understudy/contract";
import { connectGuest, documented, type ConnectCase } from "connect-understudy/contracts";
import { loadSpec } from "connect-understudy";

const mock = createMock();
const client = createClient({ baseUrl: "http://mock.test", apiKey: "test_key", fetch: mock.fetch });
const params = { path: { customerId: "cus-0001-business-email" } };
const { data } = await client.PUT("/customers/{customerId}/billing", { params, body: { method: "EMAIL_INVOICE", email: "a@b.example" } });
const customer: components["schemas"]["Customer"] | undefined = data;
// @ts-expect-error there is no such method
createBrowserClient({ baseUrl: "", apiKey: "" }).PUT("/customers/{customerId}/billing", { params, body: { method: "FAX" } }).catch(() => {});
const own: ConnectCase = documented({
  id: "own/case",
  title: "A case of one's own",
  claim: "It compiles.",
  needs: ["paymentProfile"],
  async run({ update, given }) {
    const id: string = given.paymentProfile;
    accepted(await update({ method: "EMAIL_INVOICE", email: "a@b.example", defaultPaymentProfileId: id }));
  },
});
const report = await verify({
  spec: loadSpec(),
  guest: connectGuest({ customer: "cus-0001-business-email" }),
  cases: [own],
  generated: false,
  apiKey: "test_key",
  fetch: mock.fetch,
});
console.log(customer?.billing?.email, report.summary.held);
`,
  );
  const form = await readFile(join(root, "test/form.types.ts"), "utf8");
  await writeFile(join(folder, "form.ts"), form.replace("../src/client.ts", "connect-understudy/client"));
  const options = [
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2023",
    "--exactOptionalPropertyTypes",
    "consumer.ts",
    "form.ts",
  ];
  await run(process.execPath, [tsc, ...options], { cwd: folder }).catch((error) => {
    throw new Error(`The consumer does not compile:\n${error.stdout}`);
  });
  const { stdout } = await run(process.execPath, ["consumer.js"], { cwd: folder });
  expect(stdout.trim()).toBe("a@b.example 1");
}, 60_000);

/** The entries, and what of their tools' own types is none of ours: without Node's, Playwright's do not compile. */
const entries = ["", "/client", "/contract", "/contracts", "/msw", "/vite", "/vitest", "/playwright"];
const theirs = /node_modules\/(?:playwright|playwright-core)\//;

test("the types of every entry compile without those of Node, and checked with their libraries", async () => {
  const tools = ["@playwright", "msw", "vite", "vitest"];
  for (const name of tools)
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name), "junction");
  const imports = entries.map((entry, index) => `export * as entry${index} from "connect-understudy${entry}";`);
  await writeFile(join(folder, "entries.ts"), imports.join("\n"));
  const compilerOptions = {
    ...{ noEmit: true, strict: true, module: "nodenext", target: "es2023", lib: ["es2023", "dom", "dom.iterable"] },
    ...{ types: [], skipLibCheck: false },
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["entries.ts"] }));
  const { stdout } = await run(process.execPath, [tsc, "-p", folder], { cwd: folder }).catch((error) => error);
  expect(stdout.split("\n").filter((line: string) => line !== "" && !theirs.test(line))).toEqual([]);
}, 60_000);

test("the package holds what it needs and nothing of the workshop", async () => {
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--dry-run", "--json"], { cwd: root, shell });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const tops = new Set(files.map(({ path }) => path.split("/")[0]));
  expect([...tops].sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "dist",
    "fixtures",
    "package.json",
    "spec",
  ]);
});
