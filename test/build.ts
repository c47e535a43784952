import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Builds what the tests of commands and of the package run, where a source is newer than what is there. */
export default function build(): void {
  const sources = [".ci", "src", "spec"].flatMap(everythingIn);
  const builtAt = statSync(join(root, "dist", "types", "src", "index.d.ts"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (sources.every((path) => statSync(path).mtimeMs < builtAt)) return;
  execFileSync(process.execPath, [join(root, ".ci", "build.mjs")], { stdio: "inherit" });
}

/** The folder, its files and its folders, which change when a file of theirs goes. */
function everythingIn(folder: string): string[] {
  const top = join(root, folder);
  return [top, ...readdirSync(top, { recursive: true, encoding: "utf8" }).map((name) => join(top, name))];
}
