import { dirname, fileURLToPath, sha256Of } from "#platform";
import { applyOverlay } from "./apply-overlay.ts";
import { bundle } from "./bundle.ts";
import { createKinds } from "./kind.ts";
import { once } from "./late.ts";
import { parseText, readText } from "./load.ts";
import { type Operation, type ResponseDescription, readOperations } from "./operations.ts";
import { isObject, type JsonObject, lookup, refTo, resolvedAt, valueAt } from "./pointer.ts";
import { createRemarks, type Remark, sayRemarks } from "./remarks.ts";
import { createMatcher, inOrder, type Matcher } from "./routes.ts";
import { createAlternatives } from "./schema.ts";
import { type SecurityScheme, securitySchemeOf } from "./security.ts";
import { SpecError } from "./spec-error.ts";
import { upgrade, versionOf } from "./upgrade.ts";
import { createValidators, type Validators } from "./validator.ts";
import type { Check } from "./violation.ts";

export { durationMs, type IdempotencyRules } from "./idempotency.ts";
export { readText } from "./load.ts";
export {
  type Header,
  type MediaType,
  type Method,
  methods,
  type Operation,
  type Parameter,
  type ResponseDescription,
} from "./operations.ts";
export { isObject, type JsonObject } from "./pointer.ts";
export type { Remark, RemarkKind } from "./remarks.ts";
export type { Match, Matcher } from "./routes.ts";
export type { SecurityScheme } from "./security.ts";
export { SpecError } from "./spec-error.ts";
export type { Basis, Check, Violation } from "./violation.ts";

/** An OpenAPI document as this program uses it; the one reader at run time. */
export type Spec = {
  readonly title: string;
  readonly version: string;
  /** The document as it was written, for `/openapi.yaml`. */
  readonly text: string;
  /** SHA-256 of `text`, in hexadecimal. */
  readonly sha256: string;
  readonly document: JsonObject;
  /** The files that it was read from, its own first, and those that it names and that are not there; none where it was a text. */
  readonly files: readonly string[];
  /** Concrete paths before templated ones. */
  readonly operations: readonly Operation[];
  readonly webhooks: readonly Operation[];
  readonly securitySchemes: readonly SecurityScheme[];
  /** What of the document goes unread or unchecked. A schema that turns out to be none at its first use is added then. */
  readonly remarks: readonly Remark[];
  readonly validators: Validators;
  /**
   * The operation that answers a request, with the values of its path parameters; or the methods that its path knows. Of a path
   * behind the base path of a server too; with the query behind it, where one may tell operations apart.
   */
  readonly match: Matcher;
  /** The check of a schema under `components`. Throws when there is none of that name. */
  schema(name: string): Check;
};

export type SpecOptions = {
  /** What to do about schema keywords that no validator here knows: `list` them as remarks, the default, or `refuse`. */
  readonly unknownKeywords?: "refuse" | "list";
  /** The folder whose files the document may name; its own by default, and none without a file. Nothing is read from the network. */
  readonly folder?: string | URL;
  /** A file of changes to the document, by the OpenAPI Overlay Specification. */
  readonly overlay?: string | URL;
  /** The value of the text, where somebody has parsed it before; asked by the SHA-256 of the text. */
  readonly parsed?: (sha256: string) => unknown;
};

/** Reads a document from a file. Throws a `SpecError` when it is none that this program can serve. */
export function loadSpec(file: string | URL, options: SpecOptions = {}): Spec {
  return createSpec(readText(file), `${file}`, pathOf(file), options);
}

/** Reads a document from its text, YAML or JSON; `name` stands for it in messages. */
export function parseSpec(text: string, name = "document", options: SpecOptions = {}): Spec {
  return createSpec(text, name, undefined, options);
}

/** Says what of a document goes unread or unchecked; `undefined` where nothing does. */
export function uncheckedIn({ remarks }: Pick<Spec, "remarks">): string | undefined {
  return sayRemarks(remarks);
}

/** Judges the examples of a document by their schemas, an operation a step; those that are refused become remarks. */
export function* judgeExamples({ operations, webhooks }: Spec): Generator<void> {
  for (const { requestBody, responses } of [...operations, ...webhooks]) {
    for (const { content } of [...(requestBody ? [requestBody] : []), ...responses.values()])
      for (const media of content.values()) void media.examples;
    yield;
  }
}

/** The document of a text as it was written. Throws a `SpecError` when it is no OpenAPI 3.0, 3.1 or 3.2. */
export function parseDocument(text: string, name: string): JsonObject {
  return checked(parseText(text, name), name);
}

/**
 * The document of a file, what it names beside it laid in; what names nothing is left out, and a remark. Throws a `SpecError` as
 * `loadSpec` does.
 */
export function readBundled(file: string): { readonly document: JsonObject; readonly remarks: readonly Remark[] } {
  const remarks = createRemarks();
  const document = bundle(parseDocument(readText(file), file), { file, folder: dirname(file), remarks });
  return { document, remarks: remarks.list };
}

function checked(document: unknown, name: string): JsonObject {
  if (!isObject(document)) throw new SpecError(`${name} holds no OpenAPI document.`);
  versionOf(document, name);
  return document;
}

function pathOf(file: string | URL): string {
  return file instanceof URL ? fileURLToPath(file) : file;
}

function createSpec(text: string, name: string, file: string | undefined, options: SpecOptions): Spec {
  const sha256 = sha256Of(text);
  try {
    const written = checked(options.parsed?.(sha256) ?? parseText(text, name), name);
    if (options.overlay === undefined) return specOf(written, { text, sha256, name, file, options });
    const changes = `${options.overlay}`;
    const changed = checked(applyOverlay(written, parseText(readText(options.overlay), changes), changes), name);
    const shown = `${JSON.stringify(changed, undefined, 2)}\n`;
    return specOf(changed, { text: shown, sha256: sha256Of(shown), name, file, options });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SpecError(`${name} is nested too deep to be read.`);
  }
}

type Given = {
  readonly text: string;
  readonly sha256: string;
  readonly name: string;
  readonly file: string | undefined;
  readonly options: SpecOptions;
};

function specOf(written: JsonObject, { text, sha256, name, file, options }: Given): Spec {
  const remarks = createRemarks();
  const folder = options.folder === undefined ? file && dirname(file) : pathOf(options.folder);
  const files = new Set([file, options.overlay].flatMap((one) => (one === undefined ? [] : [pathOf(one)])));
  const document = bundle(written, { file, folder, remarks, onFile: (path) => files.add(path) });
  const validators = createValidators(upgrade(document, versionOf(document, name), remarks), remarks);
  const unknown = remarks.list.filter(({ kind }) => kind === "keyword").map((remark) => remark.text);
  if (unknown.length > 0 && options.unknownKeywords === "refuse")
    throw new SpecError(`${name} uses schema keywords that no validator here knows: ${unknown.join("; ")}.`);
  const schemes = valueAt(document, ["components", "securitySchemes"]);
  const securitySchemes = Object.entries(isObject(schemes) ? schemes : {}).map(([id, value]) =>
    securitySchemeOf(id, resolvedAt(document, value, [])[0]),
  );
  const reader = {
    document,
    validators,
    kinds: createKinds(createAlternatives(validators.document)),
    securitySchemes,
    remarks,
    shared: { parameters: new Map(), responses: new Map() },
  };
  const operations = inOrder(readOperations(reader, "paths"));
  const matcher = once(() => createMatcher(document, operations));
  const info = isObject(document.info) ? document.info : {};
  return {
    title: String(info.title),
    version: String(info.version),
    text,
    sha256,
    document,
    files: [...files],
    operations,
    webhooks: readOperations(reader, "webhooks"),
    securitySchemes,
    remarks: remarks.list,
    validators,
    match: (method, target) => matcher()(method, target),
    schema(schema) {
      const place = ["components", "schemas", schema];
      lookup(document, refTo(place));
      return validators.at(place, schema);
    },
  };
}

/** The declared answer that a status falls under: its own, its class's (`4XX`), else the default. */
export function declaredResponse(operation: Operation, status: number): ResponseDescription | undefined {
  return (
    operation.responses.get(String(status)) ??
    operation.responses.get(`${Math.floor(status / 100)}XX`) ??
    operation.responses.get("default")
  );
}

/** Whether an operation declares anything but refusals and failures: one that does not is there to refuse, or to fail. */
export function mayServe({ responses }: Operation): boolean {
  return [...responses.keys()].some((status) => /^[23d]/.test(status));
}
