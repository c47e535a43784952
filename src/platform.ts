import { isUtf8 as isUtf8Here } from "node:buffer";
import { hash, timingSafeEqual } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import vm from "node:vm";
import {
  brotliDecompressSync,
  deflateRawSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
} from "node:zlib";

/*
 * What a runtime gives beside the standards of the web, here by Node; in a browser, by `platform.browser.ts`, which exports the same
 * names. `imports` of the package says which of them `#platform` is. This file lies one folder below the package's root, in the
 * source tree as in the build: all that lies in the package is found from here.
 */

export { dirname, extname, join, relative, resolve, sep } from "node:path";
export { fileURLToPath, pathToFileURL } from "node:url";

/** The file of the package at a path. */
const inPackage = (path: string) => new URL(`../${path}`, import.meta.url);

/** The document that the package ships. */
export const connectSpecUrl = inPackage("spec/connect.openapi.yaml");

/** The control plane's own document. */
export const controlSpecUrl = inPackage("spec/control.openapi.yaml");

/** The seed worlds that the package ships. */
export const shippedFixturesUrl = inPackage("fixtures/");

/** The version of this package, as its `package.json` says it. */
export const version: string = JSON.parse(readFile(inPackage("package.json"))).version;

/**
 * The value of a shipped text by its SHA-256, where the build has put it beside this program as JSON, which is read many times
 * faster than YAML; `undefined` of any other text.
 */
export function builtValue(sha256: string): unknown {
  const file = new URL(`./${sha256}.json`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFile(file)) : undefined;
}

/** Where a file of a page lies that the build has made of its sources; the source tree has it after a build. */
export function pageFile(name: string): URL {
  return inPackage(`dist/pages/${name}`);
}

/** The text of a file. Throws where it cannot be read. */
export function readFile(file: string | URL): string {
  return readFileSync(file, "utf8");
}

/** The bytes of a file. Throws where it cannot be read. */
export function readBytes(file: string | URL): Uint8Array<ArrayBuffer> {
  return readFileSync(file);
}

/** The names in a folder; `undefined` where it is a file. Throws where there is neither. */
export function namesIn(path: string): string[] | undefined {
  return statSync(path).isDirectory() ? readdirSync(path) : undefined;
}

/** The path of a file without links; `undefined` where there is none. */
export function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** A library of CommonJS, read at once: a module of the other kind cannot be had without a wait. */
export const library: (name: string) => unknown = createRequire(import.meta.url);

/** The SHA-256 of a text. */
export function sha256Of(text: string, encoding: "hex" | "base64url" = "hex"): string {
  return hash("sha256", text, encoding);
}

/** Whether bytes of one length are the same, in a time that does not depend on where they differ. Throws where the lengths differ. */
export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return timingSafeEqual(one, other);
}

/** Whether bytes are text in UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  return isUtf8Here(bytes);
}

/** Bytes as text in UTF-8, with U+FFFD for what is none. */
export function textOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString();
}

/** Bytes as text, a letter a byte. */
export function lettersOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("latin1");
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

type Unpack = (bytes: Uint8Array, most: number) => Uint8Array;

const unpack =
  (how: (bytes: Uint8Array, options: ZlibOptions) => Uint8Array): Unpack =>
  (bytes, most) =>
    how(bytes, { maxOutputLength: most });

/** What takes a content coding off, by its name. https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 */
export const codings: Readonly<Record<string, Unpack>> = {
  gzip: unpack(gunzipSync),
  "x-gzip": unpack(gunzipSync),
  br: unpack(brotliDecompressSync),
  // Some servers send it without the frame that it should have.
  deflate: unpack((bytes, options) => {
    try {
      return inflateSync(bytes, options);
    } catch {
      return inflateRawSync(bytes, options);
    }
  }),
};

/** A text in less room; `unpacked` gives it back. */
export function packed(text: string): Uint8Array {
  // In bytes of its own: what comes lies at the beginning of a much larger buffer.
  return new Uint8Array(deflateRawSync(text, { level: 1 }));
}

export function unpacked(bytes: Uint8Array): string {
  return inflateRawSync(bytes).toString();
}

/** Makes what runs some work and stops it after so many milliseconds; it answers `undefined` then. */
export function createStopper(): <T>(work: () => T, ms: number) => T | undefined {
  let context: vm.Context | undefined;
  const script = new vm.Script("run()");
  return (work, ms) => {
    context ??= vm.createContext({});
    context.run = work;
    try {
      return script.runInContext(context, { timeout: Math.ceil(ms) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
      throw error;
    } finally {
      context.run = undefined;
    }
  };
}
