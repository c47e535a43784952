import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file of the package. This file lies one folder below its root, in the source tree as in the build. */
const inPackage = (path: string) => new URL(`../${path}`, import.meta.url);

/** The document that the package ships. */
export const connectSpecUrl = inPackage("spec/connect.openapi.yaml");

/** The control plane's own document. */
export const controlSpecUrl = inPackage("spec/control.openapi.yaml");

/** The seed worlds that the package ships. */
export const shippedFixturesUrl = inPackage("fixtures/");

/** The version of this package, as its `package.json` says it. */
export const version: string = JSON.parse(readFileSync(inPackage("package.json"), "utf8")).version;

/**
 * The value of a shipped text by its SHA-256, where the build has put it beside this program as JSON, which is read many times
 * faster than YAML; `undefined` of any other text.
 */
export function builtValue(sha256: string): unknown {
  const file = new URL(`./${sha256}.json`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** Where a file of the reference page lies: beside the built program, or in the source tree with the renderer in its own package. */
export function referenceFile(name: string): string {
  for (const folder of ["reference", "reference/page"]) {
    const beside = fileURLToPath(new URL(`./${folder}/${name}`, import.meta.url));
    if (existsSync(beside)) return beside;
  }
  const renderer = dirname(createRequire(import.meta.url).resolve("@scalar/fastify-api-reference"));
  return name === "standalone.js" ? join(renderer, "js", name) : join(renderer, "..", "LICENSE");
}
