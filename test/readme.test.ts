import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { lacking } from "./needs.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const readme = await readFile(join(root, "README.md"), "utf8");
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, text]) => text!);
const commands = blocks("sh").flatMap((block) => block.trim().split("\n"));

/** The first command of the README serves a mock; the test serves one like it, on a port that is free. */
const install = "npm ci && npm start";
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
  // What the README shows of the first screen is what the first screen shows.
  for (const line of blocks("text")[0]!.trim().split("\n")) expect(screen).toContain(line.replace("4010", `${port}`));
}, 30_000);

afterAll(() => {
  if (mock) process.kill(-mock.pid!, "SIGINT");
});

test("begins with the two commands that do all the set-up", () => {
  expect(commands[0]).toBe(install);
  expect(readme).toContain("`npm cit`");
});

test.skipIf(noShell).each(commands.filter((command) => command !== install))(
  `%s${noShell}`,
  async (command) => {
    const { stdout } = await run("sh", ["-c", command.replaceAll("4010", `${port}`)], { cwd: root });
    if (command.includes("X-Idempotency-Key")) expect(stdout).toContain("X-Mock-Idempotency: stored");
    else if (command.includes("verify")) expect(stdout).toContain("conforms to");
    else if (command.includes(" diff ")) expect(stdout).toMatch(/\S/);
    else expect(stdout).toContain('"now"');
  },
  60_000,
);

/** The recipes that call the command, and how a CI would name the variables that they rely on. */
const recipes = blocks("yaml").filter((block) => block.includes("npx connect-understudy"));

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
  60_000,
);

/** The shell command of a step or a job. */
function commandIn(recipe: unknown): string {
  const found = Object.values(recipe as object).flatMap((value) => (typeof value === "object" ? [value] : []));
  const command = [recipe, ...found].flat().find((value) => value?.run ?? value?.script);
  return command.run ?? command.script;
}

test("names only files that are there", () => {
  const files = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, file]) => file!);
  expect(files.filter((file) => !file.startsWith("https://") && !existsSync(join(root, file)))).toEqual([]);
});

test("shows all options of the commands", async () => {
  for (const command of ["start", "verify", "proxy"]) {
    const { stdout } = await run("node", ["dist/cli.js", command, "--help"], { cwd: root });
    const usage = readme.split("\n").find((line) => line.startsWith(`\`understudy ${command} `));
    const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option!);
    expect(options.filter((option) => option !== "--help" && !usage?.includes(option))).toEqual([]);
  }
});
