import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** A document with one operation, whose request body is of a type. */
function petsOf(type: string): string {
  const content = { "application/json": { schema: { type } } };
  const post = { requestBody: { content }, responses: { 200: { description: "Yes." } } };
  return JSON.stringify({ openapi: "3.1.0", info: { title: "Pets", version: "1" }, paths: { "/pets": { post } } });
}

test("diff ends with 1 where something breaks, and says what", () => {
  const folder = mkdtempSync(join(tmpdir(), "diff-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [old, now] = [join(folder, "old.json"), join(folder, "new.json")];
  writeFileSync(old, petsOf("string"));
  writeFileSync(now, petsOf("integer"));
  const { status, stdout } = spawnSync(process.execPath, [cli, "diff", old, now], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stdout).toContain("✗ POST /pets request body\n    type: string -> integer\n");
});
