import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectSpecUrl } from "#platform";
import { scratch } from "./processes.ts";
import { answers } from "./requests.ts";

/** What is measured, and how it is started. */
export type Server = {
  readonly name: string;
  /** What it does with a request, for a reader. */
  readonly does: string;
  readonly version?: string | undefined;
  /** Why it is not there. */
  readonly missing?: string | undefined;
  /** The program and its arguments; without a port, it is asked in its own process. */
  readonly command?: (port: string) => readonly [program: string, ...args: string[]];
  readonly isInProcess?: boolean;
};

/** Where those lie that are no dependencies of ours. */
export type Peers = {
  /** A folder in which they were installed. */
  readonly folder: string;
  /** WireMock's standalone program; that of its npm package unless told. */
  readonly wiremock?: string | undefined;
};

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const node = (...args: string[]): [string, ...string[]] => [process.execPath, ...args];
const understudy = (...options: string[]) => {
  return (port: string) => node(`${root}dist/cli.js`, "start", "--port", port, ...options);
};
const prism = (...options: string[]) => {
  const command = `${root}node_modules/@stoplight/prism-cli/dist/index.js`;
  return (port: string) => node(command, "mock", fileURLToPath(connectSpecUrl), "--port", port, ...options);
};

/** Everything that is measured, the ceiling first. */
export function serversOf(peers: Peers): readonly Server[] {
  const bare = (name: string) => (port: string) => node(here(name), port, answers.customer, answers.refusal);
  const versionOf = (name: string) => versionIn(root, name);
  return [
    { name: "node:http", does: "parses and answers", version: process.version, command: bare("bare-http.js") },
    { name: "Hono", does: "parses and answers", version: versionOf("hono"), command: bare("bare-hono.js") },
    { name: "understudy", does: "validates, keeps state, keys, a journal and a log", command: understudy() },
    { name: "understudy --quiet", does: "the same without a log", command: understudy("--quiet") },
    {
      name: "understudy --state",
      does: "the same, each change on disk before its answer",
      command: (port) => understudy("--quiet", "--state", join(scratch, `${port}.jsonl`))(port),
    },
    { name: "mock.fetch", does: "the same without a port, asked in its own process", isInProcess: true },
    { name: "Prism", does: "validates, writes a log", version: versionOf("@stoplight/prism-cli"), command: prism() },
    {
      name: "Prism, silent",
      does: "validates",
      version: versionOf("@stoplight/prism-cli"),
      command: prism("--verboseLevel", "silent"),
    },
    wiremock(peers),
    mockoon(peers),
  ];
}

/** What is started for the one that has no port. */
export const inProcess = node(here("in-process.js"));

function wiremock({ folder, wiremock: given }: Peers): Server {
  const build = join(folder, "node_modules/wiremock/build");
  const found = existsSync(build) ? readdirSync(build).find((name) => name.endsWith(".jar")) : undefined;
  const jar = given ?? (found && join(build, found));
  const row = { name: "WireMock", does: "matches by rules written for it, keeps a journal" };
  if (!jar || !existsSync(jar)) return { ...row, missing: "not installed; --peers DIR or --wiremock JAR says where" };
  const files = join(scratch, "wiremock");
  mkdirSync(join(files, "mappings"), { recursive: true });
  const put = { method: "PUT", urlPathPattern: "/customers/[^/]+/billing" };
  const isEmail = { bodyPatterns: [{ matchesJsonPath: "$[?(@.method == 'EMAIL_INVOICE')]" }] };
  const answer = (status: number, body: string) => ({ status, body, headers: { "Content-Type": "application/json" } });
  const mappings = [
    { priority: 1, request: { ...put, ...isEmail }, response: answer(200, answers.customer) },
    { priority: 2, request: put, response: answer(400, answers.refusal) },
    { request: { method: "GET", urlPathPattern: "/customers/[^/]+" }, response: answer(200, answers.customer) },
  ];
  writeFileSync(join(files, "mappings/bench.json"), JSON.stringify({ mappings }));
  // Its journal is as long as ours.
  const options = ["--root-dir", files, "--disable-banner", "--max-request-journal-entries", "1000"];
  const version = /(\d[\d.]*)\.jar$/.exec(jar)?.[1];
  return { ...row, version, command: (port) => ["java", "-jar", jar, "--port", port, ...options] };
}

function mockoon({ folder }: Peers): Server {
  const row = { name: "Mockoon", does: "matches by rules written for it, keeps a log" };
  const version = versionIn(folder, "@mockoon/cli");
  if (version === undefined) return { ...row, missing: "not installed; --peers DIR says where" };
  const command = join(folder, "node_modules/@mockoon/cli/bin/run.js");
  const file = join(scratch, "mockoon.json");
  const isEmail = { target: "body", modifier: "method", value: "EMAIL_INVOICE", invert: false, operator: "equals" };
  const response = (uuid: string, statusCode: number, body: string, rules: object[]) => ({
    uuid,
    statusCode,
    body,
    bodyType: "INLINE",
    headers: [{ key: "Content-Type", value: "application/json" }],
    rules,
    rulesOperator: "OR",
    disableTemplating: true,
    default: rules.length === 0,
  });
  const route = (uuid: string, method: string, endpoint: string, responses: object[]) => ({
    uuid,
    type: "http",
    method,
    endpoint,
    responses,
  });
  const routes = [
    route("get", "get", "customers/:customerId", [response("customer", 200, answers.customer, [])]),
    route("put", "put", "customers/:customerId/billing", [
      response("changed", 200, answers.customer, [isEmail]),
      response("refused", 400, answers.refusal, []),
    ]),
  ];
  const rootChildren = routes.map(({ uuid }) => ({ type: "route", uuid }));
  writeFileSync(file, JSON.stringify({ uuid: "bench", lastMigration: 33, name: "bench", routes, rootChildren }));
  const options = ["--disable-log-to-file", "--repair", "--disable-admin-api", "--hostname", "127.0.0.1"];
  return { ...row, version, command: (port) => node(command, "start", "--data", file, "--port", port, ...options) };
}

/** The version of a package that is installed at a folder; `undefined` where it is not. */
function versionIn(folder: string, name: string): string | undefined {
  const file = join(folder, "node_modules", name, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version : undefined;
}
