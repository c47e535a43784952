import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createMock } from "../src/index.ts";
import { listen } from "../src/mock/server.ts";
import { ids } from "./mock.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const redocly = join(root, "node_modules/@redocly/cli/bin/cli.js");
const journey = "spec/billing.arazzo.yaml";

/** Runs Redocly's own program; it neither looks for a newer one of itself nor tells anybody. */
function run(args: string[], env: Record<string, string> = {}): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const quiet = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", CI: "true" };
    execFile(
      process.execPath,
      [redocly, ...args],
      { cwd: root, env: { PATH: process.env.PATH, ...quiet, ...env } },
      (error, out, err) => resolve({ code: error ? Number(error.code ?? 1) : 0, text: out + err }),
    );
  });
}

type Step = { stepId: string; response: { statusCode: number }; checks: { name: string; status: string }[] };

/** Plays the journey against a server, and tells of each step whether all that it claims was found. */
async function play(serve: (request: Request) => Promise<Response>) {
  const server = await listen(serve, {});
  onTestFinished(server.close);
  const folder = mkdtempSync(join(tmpdir(), "arazzo-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, "log.json");
  const inputs = { apiKey: "test_key", customerId: ids.unbilled, idempotencyKey: randomUUID() };
  const { code, text } = await run(["respect", journey, "--server", `connect=${server.url}`, "--json-output", log], {
    REDOCLY_CLI_RESPECT_INPUT: JSON.stringify(inputs),
  });
  const { files } = JSON.parse(readFileSync(log, "utf8"));
  const [file] = Object.values(files) as { executedWorkflows: { executedSteps: Step[] }[] }[];
  const steps = file!.executedWorkflows[0]!.executedSteps.map(({ stepId, response, checks }) => ({
    step: stepId,
    status: response.statusCode,
    failed: checks.filter(({ status }) => status === "error").length,
  }));
  return { code, text, steps };
}

test("another runner makes the journey with the mock, and finds every answer as the document has it", async () => {
  const mock = createMock({ log: () => {} });
  const { code, text, steps } = await play((request) => mock.fetch(request));
  expect([code, steps]).toEqual([
    0,
    [
      { step: "read", status: 200, failed: 0 },
      { step: "update", status: 200, failed: 0 },
      { step: "replay", status: 200, failed: 0 },
      { step: "modifiedReplay", status: 409, failed: 0 },
      { step: "readAgain", status: 200, failed: 0 },
    ],
  ]);
  // What is asked for in the journey, and the media types and schemas of the document.
  expect(text).toMatch(/schema check/);
}, 30_000);

test("the journey fails where a repeated request is carried out again", async () => {
  const mock = createMock({ log: () => {} });
  const { code, steps } = await play(async (request) => {
    const headers = new Headers(request.headers);
    headers.delete("X-Idempotency-Key");
    const { url, method } = request;
    return mock.fetch(
      new Request(url, { method, headers, ...(method === "PUT" ? { body: await request.text() } : {}) }),
    );
  });
  expect(code).not.toBe(0);
  expect(steps.find(({ failed }) => failed > 0)?.step).toBe("replay");
}, 30_000);
