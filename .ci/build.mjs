// Builds dist/: the bundled entries, their types, the pages, and the shipped document as JSON.
// `--no-types` leaves the types out, which take by far the longest and which only a package needs.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { parse } from "yaml";

const root = fileURLToPath(new URL("..", import.meta.url));
const inRoot = (...path) => join(root, ...path);
const namesIn = (folder) => readdirSync(inRoot(folder)).map((name) => `${folder}/${name}`);
const { resolve } = createRequire(import.meta.url);

rmSync(inRoot("dist"), { recursive: true, force: true });

const modules = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  logLevel: "warning",
};
await build({
  ...modules,
  entryPoints: {
    ...Object.fromEntries(["cli", "index", "client", "contract"].map((name) => [name, `src/${name}.ts`])),
    contracts: "contracts/index.ts",
    ...Object.fromEntries(["msw", "playwright", "vite", "vitest"].map((name) => [name, `src/adapters/${name}.ts`])),
  },
  outdir: "dist",
  platform: "node",
  target: "node20",
});

// What runs in a browser too; the files that the package ships are part of it.
const { version, dependencies } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
const shipped = ["spec/connect.openapi.yaml", "spec/control.openapi.yaml", ...namesIn("fixtures")];
const packageFiles = Object.fromEntries(shipped.map((name) => [name, readFileSync(inRoot(name), "utf8")]));
packageFiles["package.json"] = JSON.stringify({ version });
const forBrowsers = await build({
  ...modules,
  // What Node does by itself and a browser does not comes with it.
  packages: "bundle",
  external: Object.keys(dependencies),
  metafile: true,
  entryPoints: { index: "src/index.ts" },
  outdir: "dist/browser",
  platform: "browser",
  target: "es2022",
  define: { packageFiles: JSON.stringify(packageFiles) },
});

// Where a file has no such bit, npm makes the command's wrapper.
chmodSync(inRoot("dist", "cli.js"), 0o755);

// The pages, each a script and a style without anything to load beside them; a script of another form would not run from the disk.
const pages = await build({
  absWorkingDir: root,
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  platform: "browser",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
  entryPoints: [
    { in: "src/inspector/main.tsx", out: "inspector" },
    { in: "src/inspector/inspector.css", out: "inspector" },
    { in: "src/reference/page/main.tsx", out: "reference" },
    { in: "src/reference/page/page.css", out: "reference" },
  ],
  outdir: "dist/pages",
});
// What is bundled goes with its licence, wherever the script goes.
const outputs = [forBrowsers, pages].flatMap(({ metafile }) => Object.entries(metafile.outputs));
for (const [output, { inputs }] of outputs.filter(([name]) => name.endsWith(".js"))) {
  const packages = Object.keys(inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  const licences = [...new Set(packages)].map((folder) => readFileSync(inRoot(folder, "LICENSE"), "utf8").trim());
  if (licences.length === 0) continue;
  appendFileSync(inRoot(output), `/*\n${[...new Set(licences)].join("\n\n").replaceAll("*/", "")}\n*/\n`);
}
cpSync(inRoot("src", "inspector", "index.html"), inRoot("dist", "pages", "inspector.html"));

// JSON is read many times faster than YAML. Its name is the hash of the text that it was made of, so an edited file never meets a
// stale copy.
for (const name of shipped) {
  const text = packageFiles[name];
  const hash = createHash("sha256").update(text).digest("hex");
  writeFileSync(inRoot("dist", `${hash}.json`), JSON.stringify(parse(text)));
}

if (!process.argv.includes("--no-types")) {
  const tsc = join(dirname(dirname(resolve("typescript"))), "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", inRoot("src")], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
