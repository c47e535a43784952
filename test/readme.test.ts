import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { lacking } from "./needs.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const [readme, suite, ...others] = await Promise.all(
  ["README.md", "contracts/README.md", "test/documents/README.md", "test/mutants/README.md", "test/wishes.md"].map(
    async (name) => ({ name, text: await readFile(join(root, name), "utf8") }),
  ),
);
const blocks = (language: string, { text } = readme!) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, block]) => block!);
const commands = blocks("sh").flatMap((block) => block.trim().split("\n"));

/** The first command of the README serves a mock; the test serves one like it, of this repository, on a port that is free. */
const install = "npm i -D connect-understudy && npx understudy start";
let port: number;
let mock: ReturnType<typeof spawn> | undefined;
const noShell = lacking("curl", "signals");

beforeAll(async () => {
  if (noShell) return;
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  port = (probe.address() as { port: number }).port;
  probe.close();
  mock = spawn("npm", ["start", "--", "--port", `${port}`], { cwd: root, detached: true });
  let screen = "";
  for await (const chunk of mock.stdout!) {
    screen += chunk;
    if (screen.includes("Ctrl-C")) break;
  }
  // Where the README finds the docs, they are.
  const [docs] = /http:\/\/\S+\/docs/.exec(readme!.text)!;
  expect(screen).toContain(docs.replace("4010", `${port}`));
}, 30_000);

afterAll(() => {
  if (mock) process.kill(-mock.pid!, "SIGINT");
});

test("begins with the two commands that do all the set-up", () => {
  expect(commands[0]).toBe(install);
  for (const command of ["npm ci && npm start", "npm cit"]) expect(readme!.text).toContain(`\`${command}\``);
});

test.skipIf(noShell).each(commands.filter((command) => command !== install))(
  `%s${noShell}`,
  async (command) => {
    const here = command.replaceAll("4010", `${port}`).replace("npx understudy", "node dist/cli.js");
    const { stdout } = await run("sh", ["-c", here], { cwd: root });
    if (command.includes("X-Idempotency-Key")) expect(stdout).toContain("X-Mock-Idempotency: stored");
    else if (command.includes("verify")) expect(stdout).toContain("conforms to");
    else if (command.includes(" diff ")) expect(stdout).toMatch(/\S/);
    else expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/m);
  },
  180_000,
);

/** The recipes that call the command, and how a CI would name the variables that they rely on. */
const recipes = blocks("yaml", suite).filter((block) => block.includes("npx connect-understudy"));

test("has recipes for GitHub Actions, GitLab and a nightly run", () => {
  expect(recipes).toHaveLength(3);
});

test.skipIf(noShell).each(recipes)(
  `a recipe's command does what it says, twice: %s${noShell}`,
  async (recipe) => {
    const folder = await mkdtemp(join(tmpdir(), "understudy-recipe-"));
    try {
      await writeFile(join(folder, "known.yaml"), "[]\n");
      const env = {
        ...process.env,
        GITHUB_ACTIONS: "true",
        STAGING_URL: `http://127.0.0.1:${port}`,
        CONNECT_API_KEY: "test_recipe",
        CONNECT_CUSTOMER_ID: "cus-0001-business-email",
      };
      const command = commandIn(parse(recipe))
        .replace("npx connect-understudy", `node ${root}dist/cli.js`)
        .replace("8080", `${port}`);
      // A whole run at the nightly pace takes minutes; one case shows that the command is right.
      const short = `${command} --no-generated --filter billing/currency-usd`;
      for (const round of ["first", "second"]) {
        const { stdout } = await run("sh", ["-c", short], { cwd: folder, env });
        expect(stdout).toContain("conforms to");
        if (command.includes("--compare") && round === "second") expect(stdout).toMatch(/earlier|since|same|changed/i);
      }
      for (const file of ["report.html", "report.json", "junit.xml"])
        expect(existsSync(join(folder, "understudy", file)), file).toBe(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  180_000,
);

/** The shell command of a step or a job. */
function commandIn(recipe: unknown): string {
  const found = Object.values(recipe as object).flatMap((value) => (typeof value === "object" ? [value] : []));
  const command = [recipe, ...found].flat().find((value) => value?.run ?? value?.script);
  return command.run ?? command.script;
}

test("names only files that are there", () => {
  const missing = [readme!, suite!, ...others].flatMap(({ name, text }) => {
    const files = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, file]) => file!);
    return files.filter((file) => !file.startsWith("https://") && !existsSync(join(root, dirname(name), file)));
  });
  expect(missing).toEqual([]);
});

test("each wish is the title of a test, or has a file of tests of its own", async () => {
  const wishes = [...readme!.text.matchAll(/^\| \[(.+)\]\((.+?)\) \| (.+) \|$/gm)];
  expect(wishes.length).toBeGreaterThan(20);
  for (const [, wish, file, cells] of wishes) {
    expect(cells!.split(" | "), wish).toHaveLength(12);
    const tests = await readFile(join(root, file!), "utf8");
    if (file === "test/wishes.test.ts") expect(tests).toContain(`test("${wish}"`);
  }
});

test("shows all options of the commands", async () => {
  const lines = `${readme!.text}\n${suite!.text}`.split("\n");
  for (const command of ["start", "verify", "proxy"]) {
    const { stdout } = await run("node", ["dist/cli.js", command, "--help"], { cwd: root });
    const usage = lines.find((line) => line.startsWith(`\`understudy ${command} `));
    const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option!);
    expect(options.filter((option) => option !== "--help" && !usage?.includes(option))).toEqual([]);
  }
});

/** A block without an import goes on with the names of the one before. */
const modules = [readme!, suite!].flatMap((page) => {
  const found: string[] = [];
  for (const block of blocks("ts", page)) {
    if (block.includes("import ")) found.push(block);
    else found[found.length - 1] += block;
  }
  return found;
});

test("its modules compile against the sources", () => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const entries = ["index", "client", "contract"].map((name) => [name, `src/${name}.ts`]);
  const adapters = ["msw", "playwright", "vite", "vitest"].map((name) => [name, `src/adapters/${name}.ts`]);
  const paths = Object.fromEntries(
    [...entries, ...adapters, ["contracts", "contracts/index.ts"]].map(([name, file]) => [
      `connect-understudy${name === "index" ? "" : `/${name}`}`,
      [join(root, file!)],
    ]),
  );
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const named = new Map(modules.map((text, index) => [join(root, "test", `readme-${index}.ts`), text]));
  const host = ts.createCompilerHost({ ...options, paths });
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => named.has(file) || fileExists(file);
  host.readFile = (file) => named.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...more) =>
    named.has(file) ? ts.createSourceFile(file, named.get(file)!, version) : getSourceFile(file, version, ...more);
  const program = ts.createProgram([...named.keys()], { ...options, paths }, host);
  const found = [...named.keys()].flatMap((file) => program.getSemanticDiagnostics(program.getSourceFile(file)));
  const said = found.map(({ file, start = 0, messageText }) => {
    const { line } = file!.getLineAndCharacterOfPosition(start);
    return `${file!.text.split("\n")[line]}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
  expect(said).toEqual([]);
}, 60_000);

/** A folder in which the package, and what it is used with, can be imported by their names. */
async function project(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-readme-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const name of ["msw", "vite", "vitest"])
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name));
  await symlink(root, join(folder, "node_modules/connect-understudy"));
  return folder;
}

const using = (...names: string[]) => modules.filter((text) => names.some((name) => text.includes(`"${name}"`)));

test.skipIf(noShell)(
  `its tests of Vitest pass${noShell}`,
  async () => {
    const folder = await project();
    const tests = using("connect-understudy/msw", "connect-understudy/vitest");
    for (const [index, text] of tests.entries()) await writeFile(join(folder, `${index}.test.ts`), text);
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    // Of the whole contract, which has a project of its own, a topic will do.
    const filter = ["-t", "an invoice goes|the application fetches|authentication/"];
    const { stdout } = await run(process.execPath, [vitest, "run", "--root", folder, "--reporter", "json", ...filter], {
      cwd: folder,
    });
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ numFailedTests: 0, success: true });
    expect(told.numPassedTests).toBeGreaterThan(20);
  },
  180_000,
);

test.skipIf(noShell)(
  `its other modules run${noShell}`,
  async () => {
    const folder = await project();
    const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
    // Those of the suite take a whole run.
    const plain = using("connect-understudy", "connect-understudy/client").filter(
      (text) => !/test\(|connect-understudy\/contract"/.test(text),
    );
    expect(plain).toHaveLength(2);
    for (const [index, text] of plain.entries()) {
      await writeFile(join(folder, `${index}.ts`), text.replaceAll("4010", `${port}`));
      await run(process.execPath, [tsx, `${index}.ts`], { cwd: folder });
    }
  },
  180_000,
);
