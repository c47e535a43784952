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

function diffOf(old: string, now: string, ...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "diff-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = [join(folder, "old.json"), join(folder, "new.json")] as const;
  writeFileSync(files[0], old);
  writeFileSync(files[1], now);
  return spawnSync(process.execPath, [cli, "diff", ...files, ...args], { encoding: "utf8", maxBuffer: 1e8 });
}

test("diff ends with 1 where something breaks, and says what", () => {
  const { status, stdout } = diffOf(petsOf("string"), petsOf("integer"));
  expect(status).toBe(1);
  expect(stdout).toContain("✗ POST /pets request body\n    type: string -> integer\n");
});

test("--format json is the whole of it for programs, what breaks first", () => {
  const { status, stdout } = diffOf(petsOf("string"), petsOf("integer"), "--format", "json");
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    old: { title: "Pets", version: "1" },
    new: { title: "Pets", version: "1" },
    breaking: 1,
    harmless: 0,
    changes: [
      {
        breaking: true,
        effect: "different",
        at: "POST /pets request body",
        place: "#/paths/~1pets/post/requestBody/content/application~1json/schema",
        keyword: "type",
        was: ["string"],
        is: ["integer"],
        why: "What clients send today may be refused, or be taken for something else.",
        also: [],
      },
    ],
  });
});

test("--format json and markdown say that nothing changed, and end with 0", () => {
  const json = diffOf(petsOf("string"), petsOf("string"), "--format", "json");
  expect([json.status, JSON.parse(json.stdout)]).toMatchObject([0, { breaking: 0, harmless: 0, changes: [] }]);
  const markdown = diffOf(petsOf("string"), petsOf("string"), "--format", "markdown");
  expect([markdown.status, markdown.stdout]).toEqual([
    0,
    "<!-- understudy diff -->\n### ✅ No client sees a change\n\n`Pets 1`\n",
  ]);
});

/** A document with an operation for each of these paths, and a query parameter in each where one is named. */
function queried(paths: readonly string[], parameter?: string): string {
  const parameters = parameter === undefined ? [] : [{ name: parameter, in: "query", required: true }];
  const get = { parameters, responses: { 200: { description: "Yes." } } };
  const entries = paths.map((path) => [path, { get }]);
  return JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Pets", version: parameter === undefined ? "1" : "2" },
    paths: Object.fromEntries(entries),
  });
}

test("--format markdown is a comment: the verdict, what breaks as a table, what does not folded away", () => {
  const { status, stdout } = diffOf(
    queried(["/pets"]),
    queried(["/pets", "/cats"], "a|b`@octocat<b>"),
    "--format",
    "markdown",
  );
  expect(status).toBe(1);
  expect(stdout).toMatchInlineSnapshot(`
    "<!-- understudy diff -->
    ### ❌ 1 breaking, 1 harmless

    \`Pets 1 → Pets 2\`

    | where | what | why it breaks |
    | --- | --- | --- |
    | \`\` GET /pets query.a\\|b\`@octocat<b> \`\` | \`parameters\`: \`\` a\\|b\`@octocat<b> (required) \`\` is new | Clients of today do not send it. |

    <details>
    <summary>1 harmless change</summary>

    | where | what | why it does not break |
    | --- | --- | --- |
    | \`GET /cats\` | \`paths\`: \`GET /cats\` is new | No client calls it yet. |

    </details>
    "
  `);
});

test("--format markdown tells of a list what has come and gone, and of a requirement that it is there or not", () => {
  const pets = (name: object, required: readonly string[]) => {
    const content = { "application/json": { schema: { type: "object", required, properties: { name } } } };
    const post = { requestBody: { content }, responses: { 200: { description: "Yes." } } };
    return JSON.stringify({ openapi: "3.1.0", info: { title: "Pets", version: "1" }, paths: { "/pets": { post } } });
  };
  const [old, now] = [pets({ enum: ["a", "b"], maxLength: 9 }, []), pets({ enum: ["b", "c|d"] }, ["name"])];
  const { stdout } = diffOf(old, now, "--format", "markdown");
  expect(stdout).toContain("| now required |");
  expect(stdout).toContain("| `enum`: now also `c\\|d`, no longer `a` |");
  expect(diffOf(petsOf("string"), petsOf("integer"), "--format", "markdown").stdout).toContain(
    "| `type`: `string` → `integer` |",
  );
});

test("--format markdown fits into a comment of GitHub, and counts what it leaves out", () => {
  const paths = Array.from({ length: 2_000 }, (_, n) => `/pets-${n}-${"x".repeat(300)}`);
  const { status, stdout } = diffOf(queried(paths), queried([]), "--format", "markdown");
  expect(status).toBe(1);
  expect(stdout.length).toBeLessThanOrEqual(65_536);
  const [, left] = /And (\d+) more, for which there is no room here; `understudy diff` tells all\./.exec(stdout) ?? [];
  const rows = stdout.split("\n").filter((line) => line.startsWith("| `")).length;
  expect(rows).toBeGreaterThan(50);
  expect(rows + Number(left)).toBe(2_000);
});

test("another format is refused by name, before anything is read", () => {
  const { status, stderr } = diffOf("{}", "{}", "--format", "html");
  expect(status).toBe(2);
  expect(stderr).toContain("argument 'html' is invalid. Allowed choices are text, markdown, json.");
});

test("files beside a document are read, and what names nothing is passed over", () => {
  const folder = mkdtempSync(join(tmpdir(), "diff-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const named = (ref: string) => petsOf("string").replace('{"type":"string"}', `{"$ref":"${ref}"}`);
  const files = { old: named("pets.json#/Old"), new: named("pets.json#/New"), none: named("#/components/schemas/No") };
  writeFileSync(join(folder, "pets.json"), JSON.stringify({ Old: { type: "string" }, New: { type: "integer" } }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.yaml`), text);
  const codeOf = (...names: readonly string[]) =>
    spawnSync(process.execPath, [cli, "diff", ...names.map((name) => join(folder, `${name}.yaml`))]).status;
  expect([codeOf("old", "old"), codeOf("old", "new"), codeOf("none", "none")]).toEqual([0, 1, 0]);
});
