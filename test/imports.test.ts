import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = [...filesIn("src"), ...filesIn("contracts")];
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function filesIn(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return entries.filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
}

/** Every module that a file names: imported or exported, at once or later, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const named = [
    ...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm),
  ];
  return named.map(([, from, bare, later]) => {
    const name = (from ?? bare ?? later)!;
    return name.startsWith(".") ? relative(root, join(root, dirname(file), name)) : name;
  });
}

function inFolder(...folders: string[]): string[] {
  return files.filter((file) => folders.some((folder) => file.startsWith(folder)));
}

/** What a group of files imports beyond itself and what it may. */
function beyond(group: readonly string[], allowed: readonly (string | RegExp)[]): string[] {
  return group.flatMap((file) =>
    imports
      .get(file)!
      .filter((name) => !group.includes(name))
      .filter((name) => !allowed.some((one) => (typeof one === "string" ? name === one : one.test(name))))
      .map((name) => `${file} imports ${name}`),
  );
}

test("there is something to look at", () => {
  expect(imports.get("src/app.ts")).toContain("src/middleware/idempotency.ts");
  expect(imports.get("src/cli.ts")).toContain("src/start.ts");
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

describe("imports lead one way", () => {
  const spec = ["src/spec.ts", "src/validator.ts"];
  const problem = ["src/answer.ts", "src/problem.ts"];

  test("rules are pure: types and nothing else", () => {
    expect(beyond(inFolder("src/rules/"), ["src/api.ts", "src/validator.ts"])).toEqual([]);
    for (const file of inFolder("src/rules/")) {
      expect(readFileSync(join(root, file), "utf8")).not.toMatch(/\b(Date|Math\.random|performance|process|fetch)\b/);
    }
  });

  test("the store knows answers and types", () => {
    expect(beyond(inFolder("src/store/"), ["src/answer.ts", "src/api.ts"])).toEqual([]);
  });

  test("handlers know rules, the store and refusals, and no HTTP", () => {
    expect(
      beyond(inFolder("src/handlers/"), ["src/handler.ts", "src/store/store.ts", /^src\/rules\//, ...problem]),
    ).toEqual([]);
  });

  test("middleware know no handlers", () => {
    const known = [
      "hono",
      /^node:/,
      "src/context.ts",
      "src/judge-request.ts",
      "src/store/store.ts",
      ...spec,
      ...problem,
    ];
    expect(beyond(inFolder("src/middleware/"), known)).toEqual([]);
  });

  test("refusals know answers and types", () => {
    expect(beyond(problem, ["src/api.ts", "src/validator.ts"])).toEqual([]);
  });

  test("only the HTTP layer knows Hono", () => {
    const rooms = ["src/app.ts", "src/context.ts", "src/control.ts", "src/proxy-app.ts", "src/server.ts"];
    const http = [...rooms, ...inFolder("src/middleware/")];
    const others = files.filter((file) => !http.includes(file));
    expect(others.filter((file) => imports.get(file)!.some((name) => /^(@hono\/|hono)/.test(name)))).toEqual([]);
  });

  test("the contract half knows the document, and nothing of the mock", () => {
    const half = [...inFolder("src/contract/"), "src/contract.ts"];
    expect(beyond(half, ["src/api.ts", "src/client.ts", ...spec, /^(?!src\/)/])).toEqual([]);
  });

  test("contract cases know the contract engine, and nothing else of src", () => {
    expect(beyond(inFolder("contracts/"), ["src/contract.ts", /^(?!src\/)/])).toEqual([]);
  });
});
