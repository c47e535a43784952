import { readBytes, referenceFile } from "#platform";
import { idempotencyObject } from "../document/idempotency.ts";
import { isObject, type JsonObject, lookup, valueAt } from "../document/pointer.ts";
import type { Operation, Spec } from "../document/spec.ts";

/** The key that a mock knows from its start; the page fills it in, so that a first request needs no set-up. */
const knownKey = "test_key";

/** The files beside the page, by name, with their media types. */
const files: Readonly<Record<string, string>> = {
  "page.css": "text/css; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "standalone.js": "text/javascript; charset=utf-8",
  "standalone.LICENSE.txt": "text/plain; charset=utf-8",
};

/** The names of the files beside the page. */
export const docsFiles = Object.keys(files);

/** The reference page that a running mock serves at `/docs`; its files are at `/docs/<name>`. */
export function docsPage(spec: Spec): string {
  return page(documentForReaders(spec), "docs/");
}

/** A file of the reference page, served at `/docs/<name>`; `undefined` when there is none of that name. */
export function docsFile(name: string): { body: Uint8Array<ArrayBuffer>; type: string } | undefined {
  const type = Object.hasOwn(files, name) ? files[name] : undefined;
  const file = type && referenceFile(name);
  return file ? { body: readBytes(file), type } : undefined;
}

/**
 * The files, by name, of the reference as a static page that opens from the disk or any web server and needs no network; requests
 * tried out on it go to a mock on this machine, or to a server of the document.
 */
export function docsSite(spec: Spec): ReadonlyMap<string, string | Uint8Array> {
  const document = documentForReaders(spec);
  // A relative address would mean wherever the page lies, which is no API.
  const servers = (Array.isArray(document.servers) ? document.servers : []).filter(
    (server) => isObject(server) && /^https?:/.test(String(server.url)),
  );
  const html = page({ ...document, servers: [localMock, ...servers] }, "");
  const beside = Object.keys(files).flatMap((name) => {
    const file = docsFile(name);
    return file ? [[name, file.body] as const] : [];
  });
  return new Map<string, string | Uint8Array>([["index.html", html], ["openapi.yaml", spec.text], ...beside]);
}

const localMock = {
  url: "http://127.0.0.1:{port}",
  description: "A mock on this machine, started with `understudy start`.",
  variables: { port: { default: "4010", description: "The mock's port." } },
};

/**
 * The document with everything that its extensions say written out in descriptions, for renderers that do not know them:
 * how surely a statement is known (`x-basis`, `x-basis-of`), and the idempotency rules (`x-idempotency`). Alternatives of a
 * schema are written out whole, because renderers show them in place of what they have in common.
 */
export function documentForReaders(spec: Spec): JsonObject {
  const document = forReaders(spec.document, "object", spec.document) as JsonObject;
  const info = isObject(document.info) ? document.info : {};
  const written = "[The document as it was written](openapi.yaml)";
  const description = [info.summary, info.description, written, idempotencySection(spec)].filter(Boolean).join("\n\n");
  return { ...document, info: { ...info, description } };
}

/** Members that map names of the author's choice to objects; such a name is no keyword. https://spec.openapis.org/oas/v3.1.0#schema */
const maps = new Set(
  "paths webhooks responses headers content callbacks schemas properties patternProperties $defs dependentSchemas requestBodies securitySchemes pathItems parameters".split(
    " ",
  ),
);

/** Members that hold values of the API; nothing in them speaks of the document. */
const values = new Set(["example", "examples", "default", "enum", "const", "mapping", "x-idempotency"]);

function forReaders(value: unknown, kind: "object" | "map", document: JsonObject): unknown {
  if (Array.isArray(value)) return value.map((item) => forReaders(item, "object", document));
  if (!isObject(value)) return value;
  const given = kind === "map" ? value : withWholeAlternatives(withConditionsAsAlternatives(value, document), document);
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(given)) {
    const inner = kind === "object" && maps.has(name) ? "map" : "object";
    copy[name] = kind === "object" && values.has(name) ? member : forReaders(member, inner, document);
  }
  if (kind === "map") return copy;
  if (typeof copy.const === "string") copy.type ??= "string";
  // A renderer shows a parameter's own description and not that of its schema.
  const schema = "in" in given && isObject(given.schema) ? given.schema : {};
  const notes = [basisNote(given), basisNote(schema)].filter(Boolean);
  if (notes.length > 0) copy.description = [String(given.description ?? "").trimEnd(), ...notes].join(" ").trim();
  return copy;
}

/** Writes a chain of conditions as the alternatives that they come to: a renderer shows no `if`. */
function withConditionsAsAlternatives(schema: JsonObject, document: JsonObject): JsonObject {
  const oneOf = [...conditionalParts(schema, document)];
  if (oneOf.length === 0) return schema;
  const { if: _, then: __, else: ___, ...rest } = schema;
  return { ...resolved(rest, document), oneOf };
}

function* conditionalParts(schema: JsonObject, document: JsonObject): Generator<JsonObject> {
  if (!isObject(schema.if) || !isObject(schema.then)) return;
  const own = resolved(schema.then, document);
  yield { ...own, properties: { ...membersOf(schema.if), ...membersOf(own) } };
  if (isObject(schema.else)) yield* conditionalParts(schema.else, document);
}

function membersOf(schema: unknown): JsonObject {
  return isObject(schema) && isObject(schema.properties) ? schema.properties : {};
}

/** Lays what a schema's alternatives have in common over each of them. */
function withWholeAlternatives(schema: JsonObject, document: JsonObject): JsonObject {
  const keyword = Array.isArray(schema.oneOf) ? "oneOf" : "anyOf";
  const alternatives = schema[keyword];
  if (!isObject(schema.properties) || !Array.isArray(alternatives)) return schema;
  const { properties, required, discriminator: _, ...rest } = schema;
  const whole = alternatives.map((given: unknown) => {
    const own = resolved(given, document);
    const members: Record<string, unknown> = { ...(properties as JsonObject) };
    for (const [name, member] of Object.entries(isObject(own.properties) ? own.properties : {})) {
      members[name] = laidOver(members[name], member, document);
    }
    const needed = [required, own.required].flatMap((names) => (Array.isArray(names) ? names : []));
    return { ...own, properties: members, required: [...new Set(needed)] };
  });
  return { ...rest, [keyword]: whole };
}

function laidOver(common: unknown, own: unknown, document: JsonObject): unknown {
  if (!isObject(common) || !isObject(own)) return own;
  if (!("const" in own)) return { ...common, ...own };
  // One value is left of the list that the common schema may have.
  const { type, description } = resolved(common, document);
  return { ...(type === undefined ? {} : { type }), ...(description === undefined ? {} : { description }), ...own };
}

function resolved(value: unknown, document: JsonObject): JsonObject {
  let found = isObject(value) ? value : {};
  for (let hops = 0; typeof found.$ref === "string" && found.$ref.startsWith("#") && hops < 20; hops++) {
    const { $ref, ...beside } = found;
    found = { ...(lookup(document, $ref as string) as JsonObject), ...beside };
  }
  return found;
}

/** `(inferred; assumed: minLength)`, from the marks of one object; empty where all of it is documented. */
function basisNote(value: JsonObject): string {
  const whole = value["x-basis"];
  const byBasis = new Map<string, string[]>();
  for (const [keyword, basis] of Object.entries(isObject(value["x-basis-of"]) ? value["x-basis-of"] : {})) {
    const [name, member] = keyword.split("/", 2) as [string, string?];
    const text =
      member === undefined
        ? `\`${name}\``
        : name === "required"
          ? `\`${member}\` is required`
          : `\`${name}\` of \`${member}\``;
    byBasis.set(String(basis), [...(byBasis.get(String(basis)) ?? []), text]);
  }
  const parts = [...byBasis].map(([basis, keywords]) => `${basis}: ${keywords.join(", ")}`);
  if (whole !== undefined && whole !== "documented") parts.unshift(String(whole));
  return parts.length > 0 ? `*(${parts.join("; ")})*` : "";
}

/** The idempotency rules in words, once for all operations that share them; empty where the document states none. */
function idempotencySection(spec: Spec): string {
  const groups = new Map<string, { rules: JsonObject; operations: Operation[] }>();
  for (const operation of [...spec.operations, ...spec.webhooks].filter(({ idempotency }) => idempotency)) {
    const written = valueAt(spec.document, operation.place) as JsonObject;
    const rules = idempotencyObject(spec.document, operation.method, written) ?? {};
    const group = groups.get(JSON.stringify(rules)) ?? { rules, operations: [] };
    group.operations.push(operation);
    groups.set(JSON.stringify(rules), group);
  }
  if (groups.size === 0) return "";
  return ["## Idempotency", ...[...groups.values()].map(({ rules, operations }) => rulesText(rules, operations))].join(
    "\n\n",
  );
}

function rulesText(raw: JsonObject, operations: readonly Operation[]): string {
  const rules = operations[0]!.idempotency!;
  const bases = isObject(raw["x-basis-of"]) ? raw["x-basis-of"] : {};
  const basis = (...members: string[]) => {
    const marks = new Set(members.map((member) => bases[member] ?? raw["x-basis"] ?? "documented"));
    return [...marks]
      .filter((mark) => mark !== "documented")
      .map((mark) => ` *(${mark})*`)
      .join("");
  };
  const { min, max } = rules.locked.retryAfterMs;
  const where = operations.map(({ method, path }) => `\`${method} ${path}\``);
  const compared = rules.compares.map((item) =>
    item.startsWith("header:") ? `the header \`${item.slice(7)}\`` : `the ${item}`,
  );
  const keeps = (raw.keeps as string[]).map((status) => `\`${status}\``);
  return [
    `${list(where, "and")} may be repeated safely when the request carries a key of the caller's choice:`,
    `- **Key.** The header \`${rules.header}\`, at most ${rules.maxLength} characters.${basis("header", "maxLength")}`,
    rules.scope.length === 0
      ? `- **Whose.** All callers share the keys.${basis("scope")}`
      : `- **Whose.** Each credential of ${list(rules.scope, "and")} has keys of its own.${basis("scope")}`,
    `- **The same request again.** It gets the first answer, and is not executed a second time. What makes two requests the same: ${list(compared, "and")}.${basis("compares")}`,
    `- **Another request under a used key.** It is refused with ${refusal(rules.mismatch)}; repeating it does not help.${basis("mismatch")}`,
    `- **While the first request runs.** A repeated one is refused with ${refusal(rules.locked)}; repeat it after ${min} to ${max} ms.${basis("locked")}`,
    `- **What is kept.** Answers with the status ${list(keeps, "or")}; any other answer frees the key.${basis("keeps")}`,
    `- **How long.** A key is remembered for ${duration(rules.lifetimeMs)} from its first use.${basis("lifetime")}`,
  ].join("\n");
}

function refusal({ status, code }: { status: number; code: string }): string {
  return `${status} \`${code}\``;
}

function list(items: readonly string[], word: string): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1)}`;
}

function duration(ms: number): string {
  const [size, unit] = (
    [
      [3_600_000, "hour"],
      [60_000, "minute"],
      [1000, "second"],
    ] as const
  ).find(([candidate]) => ms >= candidate && ms % candidate === 0) ?? [1, "millisecond"];
  return `${ms / size} ${unit}${ms === size ? "" : "s"}`;
}

/** The page around a document; `base` is where its files lie, as seen from the page. */
function page(document: JsonObject, base: string): string {
  const info = isObject(document.info) ? document.info : {};
  const settings = { ...settingsOf(document), content: document };
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="${attribute(contentSecurityPolicy(document))}">
    <meta name="referrer" content="no-referrer">
    <title>${attribute(String(info.title))}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${base}page.css">
  </head>
  <body>
    <noscript>This page is drawn by a script. The document itself is in <a href="openapi.yaml">openapi.yaml</a>.</noscript>
    <div id="reference"></div>
    <script id="settings" type="application/json">${JSON.stringify(settings).replaceAll("<", "\\u003c")}</script>
    <script src="${base}standalone.js"></script>
    <script src="${base}page.js"></script>
  </body>
</html>
`;
}

/** The renderer's settings: all that would call another host, or that needs its maker's services, is off. */
function settingsOf(document: JsonObject): JsonObject {
  const components = isObject(document.components) ? document.components : {};
  const schemes = Object.entries(isObject(components.securitySchemes) ? components.securitySchemes : {});
  const keyed = schemes.filter(([, scheme]) => isObject(scheme) && scheme.type === "apiKey").map(([id]) => id);
  return {
    telemetry: false,
    withDefaultFonts: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: "never",
    documentDownloadType: "none",
    persistAuth: false,
    orderSchemaPropertiesBy: "preserve",
    orderRequiredPropertiesFirst: false,
    defaultOpenAllTags: true,
    authentication: {
      preferredSecurityScheme: keyed[0],
      securitySchemes: Object.fromEntries(keyed.map((id) => [id, { value: knownKey }])),
    },
  };
}

/** Scripts, styles and fonts come with the page; requests go to this machine and the document's servers. */
function contentSecurityPolicy(document: JsonObject): string {
  const servers = (Array.isArray(document.servers) ? document.servers : []).flatMap((server) => {
    const [, scheme, host] = /^(https?:)\/\/([^/]*)/.exec(isObject(server) ? String(server.url) : "") ?? [];
    if (scheme === undefined || host === undefined) return [];
    return [host.includes("{") ? scheme : `${scheme}//${host}`];
  });
  const connect = ["'self'", "http://127.0.0.1:*", "http://localhost:*", ...servers];
  return [
    "default-src 'none'",
    // A page opened from the disk is not its own neighbours' origin in every browser; `file:` names them.
    "script-src 'self' file:",
    "style-src 'self' file: 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src ${[...new Set(connect)].join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
