import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type PreviewServer, preview } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMock } from "../../src/commands/connect-mock.ts";
import { lacking } from "../needs.ts";

const missing = lacking("chromium");
const page = fileURLToPath(new URL("../page", import.meta.url));
const project = fileURLToPath(new URL("playwright", import.meta.url));

/** How often, and how much at once; more by hand: `UNDERSTUDY_STORIES=50 UNDERSTUDY_WORKERS=8 UNDERSTUDY_ROUNDS=20`. */
const { UNDERSTUDY_STORIES = "2", UNDERSTUDY_WORKERS = "2", UNDERSTUDY_ROUNDS = "1" } = process.env;
const limitMs = 60_000 * Number(UNDERSTUDY_STORIES) * Number(UNDERSTUDY_ROUNDS);

let folder: string;
let pages: PreviewServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "understudy-playwright-"));
  const quiet = { root: page, configFile: false as const, logLevel: "error" as const };
  await build({ ...quiet, build: { outDir: join(folder, "page"), target: "es2022" } });
  pages = await preview({ ...quiet, build: { outDir: join(folder, "page") }, preview: { host: "127.0.0.1", port: 0 } });
}, 60_000);

afterAll(async () => {
  await pages?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the project of Playwright, and answers with how its tests ended, by their titles where they failed. */
async function played(given: Record<string, string>) {
  const { port } = pages.httpServer.address() as AddressInfo;
  const env = {
    ...process.env,
    UNDERSTUDY_PAGE: `http://localhost:${port}/`,
    UNDERSTUDY_OUTPUT: join(folder, "output"),
    UNDERSTUDY_STORIES,
    ...given,
  };
  const options = ["--workers", UNDERSTUDY_WORKERS, "--repeat-each", UNDERSTUDY_ROUNDS];
  const child = spawn("npx", ["playwright", "test", "-c", project, ...options], { env });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    err += text;
  });
  await once(child, "close");
  if (!out.startsWith("{")) throw new Error(`Playwright has not run: ${out}${err}`);
  const { stats, errors, suites } = JSON.parse(out);
  return { expected: stats.expected, failures: [...errors.map(messageOf), ...suites.flatMap(failuresOf)] };
}

type Suite = {
  readonly specs: readonly {
    title: string;
    ok: boolean;
    tests: readonly { results: readonly { errors: readonly object[] }[] }[];
  }[];
  readonly suites?: readonly Suite[];
};

const messageOf = (error: object) => ("message" in error ? String(error.message) : JSON.stringify(error));

function failuresOf({ specs, suites = [] }: Suite): string[] {
  const failed = specs
    .filter(({ ok }) => !ok)
    .map(({ title, tests }) => {
      const errors = tests.flatMap(({ results }) => results.flatMap((result) => result.errors));
      return `${title}: ${errors.map(messageOf).join("; ")}`;
    });
  return [...failed, ...suites.flatMap(failuresOf)];
}

const all = { expected: 4 * Number(UNDERSTUDY_STORIES) * Number(UNDERSTUDY_ROUNDS), failures: [] };

describe.skipIf(missing)(`tests of Playwright, each with a sandbox of its own${missing}`, () => {
  test("against a mock in the worker's process", { timeout: limitMs }, async () => {
    expect(await played({ UNDERSTUDY_API: "https://api.example.test/connect" })).toEqual(all);
  });

  test("all against one server", { timeout: limitMs }, async () => {
    const { url, close } = await createMock().listen();
    try {
      expect(await played({ UNDERSTUDY_API: "http://127.0.0.1:9", UNDERSTUDY_TARGET: url })).toEqual(all);
    } finally {
      await close();
    }
  });
});
