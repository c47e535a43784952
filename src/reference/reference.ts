import { pageFile, readBytes } from "#platform";
import { isObject, type JsonObject } from "../document/pointer.ts";
import type { Spec } from "../document/spec.ts";
import { modelOf, type Told } from "./make-model.ts";
import type { Model, Result, Results } from "./model.ts";

export type { Results } from "./model.ts";

/** What the caller knows beside the document. */
export type DocsOptions = {
  /** Whether the client of this package has the types of this API without being told. */
  readonly hasClient?: boolean | undefined;
  /** What the last contract run has found. */
  readonly results?: Results | undefined;
};

/** The files beside the page, by name, with their media types. */
const files = {
  "reference.css": "text/css; charset=utf-8",
  "reference.js": "text/javascript; charset=utf-8",
} as const;

/** The names of the files beside the page. */
export const docsFiles = Object.keys(files) as readonly (keyof typeof files)[];

/** Pages by their document: a large one takes its time, and is the same for every reader. */
const made = new WeakMap<Spec, string>();

/** The reference page that a running mock serves at `/docs`; its files are at `/docs/<name>`. */
export function docsPage(spec: Spec, options: DocsOptions = {}): string {
  const known = made.get(spec) ?? page(spec, { ...options, isServed: true }, "docs/");
  made.set(spec, known);
  return known;
}

/** A file of the reference page, served at `/docs/<name>`. */
export function docsFile(name: keyof typeof files): { body: Uint8Array<ArrayBuffer>; type: string } {
  return { body: readBytes(pageFile(name)), type: files[name] };
}

/**
 * The files, by name, of the reference as a static page that opens from the disk or any web server and needs no network; requests
 * tried out on it go to a mock on this machine, or to a server of the document.
 */
export function docsSite(spec: Spec, options: DocsOptions = {}): ReadonlyMap<string, string | Uint8Array> {
  return new Map<string, string | Uint8Array>([
    ["index.html", page(spec, { ...options, isServed: false }, "")],
    ["openapi.yaml", spec.text],
    ...docsFiles.map((name) => [name, docsFile(name).body] as const),
  ]);
}

/** The page around a document; `base` is where its files lie, as seen from the page. */
function page(spec: Spec, told: Told, base: string): string {
  const model = modelOf(spec, told);
  // The title stands there before the script runs, and is put away by it.
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="${escaped(contentSecurityPolicy(model))}">
    <meta name="referrer" content="no-referrer">
    <title>${escaped(model.title)}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${base}reference.css">
    <script defer src="${base}reference.js"></script>
  </head>
  <body>
    <main class="waiting"><h1>${escaped(model.title)}</h1></main>
    <noscript>This page is drawn by a script. The document itself is in <a href="openapi.yaml">openapi.yaml</a>.</noscript>
    <script id="model" type="application/json">${JSON.stringify(model).replaceAll("<", "\\u003c")}</script>
  </body>
</html>
`;
}

/** Scripts and styles come with the page; requests go to this machine and the document's servers. */
function contentSecurityPolicy({ servers }: Pick<Model, "servers">): string {
  const hosts = servers.flatMap(({ url }) => (URL.canParse(url) ? [new URL(url).origin] : []));
  const connect = ["'self'", "http://127.0.0.1:*", "http://localhost:*", ...hosts];
  return [
    "default-src 'none'",
    // A page opened from the disk is not its own neighbours' origin in every browser; `file:` names them.
    "script-src 'self' file:",
    "style-src 'self' file:",
    "img-src data:",
    `connect-src ${[...new Set(connect)].join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/** The results of a `report.json`, by operation; `undefined` where it is none. */
export function resultsOf(report: unknown): Results | undefined {
  if (!isObject(report) || !Array.isArray(report.cases)) return undefined;
  const cases = new Map<string, Result[]>();
  for (const one of report.cases.filter(isObject)) {
    const result = { id: String(one.id), title: String(one.title), outcome: String(one.outcome) };
    for (const operation of operationsOf(one)) cases.set(operation, [...(cases.get(operation) ?? []), result]);
  }
  return { cases: Object.fromEntries(cases) };
}

/** The operation that a case follows from; else those that it has changed something by, or has called at all. */
function operationsOf({ operation, exchanges }: JsonObject): readonly string[] {
  if (typeof operation === "string") return [operation];
  const called = (Array.isArray(exchanges) ? exchanges : []).filter(isObject);
  const writes = called.filter(
    ({ request }) => isObject(request) && !/^(GET|HEAD|OPTIONS)$/.test(String(request.method)),
  );
  const ids = (writes.length > 0 ? writes : called).map(({ operationId }) => operationId);
  return [...new Set(ids.filter((id) => typeof id === "string"))];
}
