import { existsSync, readFileSync } from "node:fs";
import { loadSpec as loadAnySpec, type Spec, type SpecOptions } from "../document/spec.ts";
import { builtJsonUrl, connectSpecUrl } from "../paths.ts";

/** Reads a document from a file; the one that the package ships by default. Throws a `SpecError` when it cannot be served. */
export function loadSpec(file: string | URL = connectSpecUrl, options: SpecOptions = {}): Spec {
  return loadAnySpec(file, { parsed: parsedAtBuild, ...options });
}

/** The document of this hash, if the build has put it beside this program as JSON: the shipped one, unless it was edited. */
function parsedAtBuild(sha256: string): unknown {
  const file = builtJsonUrl(sha256);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** Whether a document is the one that the package ships, and not another in its place. */
export function isShipped(spec: Spec): boolean {
  return spec.text === readFileSync(connectSpecUrl, "utf8");
}
