import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = [...filesIn("src"), ...filesIn("contracts")];
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** Every TypeScript file of a folder, with slashes on every system. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return entries.filter((name) => /\.tsx?$/.test(name)).map((name) => slashed(join(folder, name)));
}

/** Every module that a file names: imported or exported, at once or later, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const named = [
    ...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm),
  ];
  return named.map(([, from, bare, later]) => {
    const name = (from ?? bare ?? later)!;
    return name.startsWith(".") ? slashed(relative(root, join(root, dirname(file), name))) : name;
  });
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

function inFolder(...folders: string[]): string[] {
  return files.filter((file) => folders.some((folder) => file.startsWith(folder)));
}

/** What the files of a folder import of `src` and `contracts` beyond themselves and what they may. */
function beyond(folder: string, allowed: readonly string[]): string[] {
  return inFolder(folder).flatMap((file) =>
    imports
      .get(file)!
      .filter((name) => /^(src|contracts)\//.test(name) && !name.startsWith(folder))
      .filter((name) => !allowed.some((one) => name === one || (one.endsWith("/") && name.startsWith(one))))
      .map((name) => `${file} imports ${name}`),
  );
}

test("there is something to look at", () => {
  expect(imports.get("src/mock/app.ts")).toContain("src/mock/middleware/idempotency.ts");
  expect(imports.get("src/cli.ts")).toContain("src/commands/start.ts");
  expect(inFolder("contracts/").length).toBeGreaterThan(0);
});

test("no file imports itself by a detour", () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) throw new Error([...path.slice(path.indexOf(file)), file].join(" -> "));
    if (done.has(file)) return;
    for (const name of imports.get(file) ?? []) visit(name, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

/** Who may import whom, beside packages and itself. `src/platform.ts` is what a runtime gives, under the name `#platform`; `src/api.ts` holds types only. */
const table: Readonly<Record<string, readonly string[]>> = {
  "src/document/": [],
  "src/control/": [],
  "src/mock/": ["src/document/", "src/control/"],
  "src/reference/": ["src/document/"],
  "src/inspector/": ["src/control/", "src/reference/page/", "src/contract/report/line-diff.ts"],
  "src/contract/": ["src/document/"],
  "src/proxy/": [
    "src/document/",
    "src/contract/findings.ts",
    "src/contract/report/",
    "src/contract/wire/",
    "src/mock/context.ts",
    "src/mock/listening.ts",
    "src/mock/server.ts",
  ],
  "src/connect/": ["src/document/", "src/mock/", "src/api.ts"],
  "src/adapters/": [
    "src/commands/connect-mock.ts",
    "src/commands/connect-verify.ts",
    "src/contract/",
    "src/control/",
    "src/mock/",
  ],
  "src/commands/": ["src/", "contracts/"],
  "contracts/": ["src/contract/kit.ts"],
};

describe("imports lead one way", () => {
  test.each(Object.entries(table))("%s imports what it may", (folder, allowed) => {
    expect(inFolder(folder).length).toBeGreaterThan(0);
    expect(beyond(folder, allowed)).toEqual([]);
  });

  test("nobody in src imports an entry", () => {
    const entries = ["src/cli.ts", "src/index.ts", "src/client.ts", "src/contract.ts"];
    const found = inFolder("src/").filter((file) => !entries.includes(file) && !file.startsWith("src/commands/"));
    expect(found.filter((file) => imports.get(file)!.some((name) => entries.includes(name)))).toEqual([]);
  });

  test("rules are pure: types, and what follows from a seed", () => {
    expect(
      beyond("src/connect/rules/", ["src/api.ts", "src/document/validator.ts", "src/document/sample/random.ts"]),
    ).toEqual([]);
    for (const file of inFolder("src/connect/rules/")) {
      expect(readFileSync(join(root, file), "utf8")).not.toMatch(
        /\b(Date\.now|new Date\(\)|Math\.random|performance|process|fetch)\b/,
      );
    }
  });

  test("the Connect API takes types of the mock, and nothing else", () => {
    for (const file of inFolder("src/connect/"))
      expect(readFileSync(join(root, file), "utf8")).not.toMatch(/^import (?!type\b)[^;]*"\.\.\/(\.\.\/)?mock\//m);
  });

  test("only the mock and the proxy know Hono", () => {
    const others = files.filter((file) => !/^src\/(mock|proxy)\//.test(file));
    expect(others.filter((file) => imports.get(file)!.some((name) => /^(@hono\/|hono)/.test(name)))).toEqual([]);
  });

  test("files lie in folders: at most seven are loose in src", () => {
    expect(files.filter((file) => /^src\/[^/]+$/.test(file)).length).toBeLessThanOrEqual(7);
  });
});
