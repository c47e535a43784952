import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import * as ajv2020 from "ajv/dist/2020.js";
import * as ajvCompile from "ajv/dist/compile/index.js";
import * as ajvUtil from "ajv/dist/compile/util.js";
import * as ajvCode from "ajv/dist/vocabularies/code.js";
import * as ajvFormats from "ajv-formats/dist/formats.js";
import * as fastCheck from "fast-check";
import * as jsonPath from "jsonpath-rfc9535";
import * as yaml from "yaml";

/* What `platform.ts` exports, in a browser, where the only files are those that the package ships. */

/** Those files by their paths in the package; the build puts them in the place of this name. */
declare const packageFiles: Readonly<Record<string, string>>;

const root = "/connect-understudy/";
const inPackage = (path: string) => new URL(`file://${root}${path}`);

export const connectSpecUrl = inPackage("spec/connect.openapi.yaml");
export const controlSpecUrl = inPackage("spec/control.openapi.yaml");
export const shippedFixturesUrl = inPackage("fixtures/");
export const version: string = JSON.parse(packageFiles["package.json"]!).version;

export function builtValue(): undefined {}

export function pageFile(name: string): URL {
  return inPackage(`dist/pages/${name}`);
}

export function readFile(file: string | URL): string {
  const path = `${file}`.replace(/^file:\/\//, "");
  const text = path.startsWith(root) ? packageFiles[path.slice(root.length)] : undefined;
  if (text === undefined) throw new Error("a browser has no files; give what it holds, a document by parseSpec");
  return text;
}

export function readBytes(file: string | URL): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(readFile(file));
}

export function namesIn(path: string): string[] | undefined {
  if (!path.endsWith("/")) return void readFile(path);
  const folder = path.slice(root.length);
  return Object.keys(packageFiles).flatMap((name) => (name.startsWith(folder) ? [name.slice(folder.length)] : []));
}

export function realPathOf(path: string): string {
  return path;
}

export const sep = "/";

export function join(...parts: readonly string[]): string {
  return parts.join("/").replace(/\/{2,}/g, "/");
}

export function resolve(from: string, name = ""): string {
  return new URL(name, `file://${join("/", from, "/")}`).pathname.replace(/(?<=.)\/$/, "");
}

export function dirname(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

export function extname(path: string): string {
  return /\.[^./]+$/.exec(path)?.[0] ?? "";
}

export function relative(from: string, to: string): string {
  return to.startsWith(join(from, "/")) ? to.slice(join(from, "/").length) : to;
}

export function fileURLToPath(url: string | URL): string {
  return decodeURIComponent(new URL(url).pathname);
}

export function pathToFileURL(path: string): URL {
  return new URL(`file://${path}`);
}

const libraries: Readonly<Record<string, unknown>> = {
  yaml,
  "fast-check": fastCheck,
  "jsonpath-rfc9535": jsonPath,
  "ajv/dist/2020.js": ajv2020,
  "ajv/dist/compile/index.js": ajvCompile,
  "ajv/dist/compile/util.js": ajvUtil,
  "ajv/dist/vocabularies/code.js": ajvCode,
  "ajv-formats/dist/formats.js": ajvFormats,
};

export function library(name: string): unknown {
  return libraries[name];
}

export function sha256Of(text: string, encoding: "hex" | "base64url" = "hex"): string {
  const digest = sha256(new TextEncoder().encode(text));
  if (encoding === "hex") return bytesToHex(digest);
  return btoa(lettersOf(digest)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) throw new RangeError("the bytes should be of one length");
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= one[at]! ^ other[at]!;
  return difference === 0;
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

export function lettersOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** The browser itself sees to content codings. */
export const codings = {};

/** A browser packs nothing while somebody waits. */
export function packed(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function unpacked(bytes: Uint8Array): string {
  return textOf(bytes);
}

/** Nothing here can be stopped: a document is trusted by whoever opens it in a browser. */
export function createStopper() {
  return <T>(work: () => T): T | undefined => work();
}
