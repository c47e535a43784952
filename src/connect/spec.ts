import { builtValue, connectSpecUrl, readFile } from "#platform";
import { loadSpec as loadAnySpec, type Spec, type SpecOptions } from "../document/spec.ts";

/** Reads a document from a file; the one that the package ships by default. Throws a `SpecError` when it cannot be served. */
export function loadSpec(file: string | URL = connectSpecUrl, options: SpecOptions = {}): Spec {
  return loadAnySpec(file, { parsed: builtValue, ...options });
}

/** Whether a document is the one that the package ships, and not another in its place. */
export function isShipped(spec: Spec): boolean {
  return spec.text === readFile(connectSpecUrl);
}
