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

/** What the page is made of, by its document: a large one takes its time, and is the same for every reader. */
const made = new WeakMap<Spec, Read>();

/** The reference page that a running mock serves at `/docs`; its files are at `/docs/<name>`. */
export function docsPage(spec: Spec, { hasClient, results }: DocsOptions = {}): string {
  const known = made.get(spec) ?? read(spec, { hasClient, isServed: true });
  made.set(spec, known);
  return page(known, results, "docs/");
}

/** A file of the reference page, served at `/docs/<name>`. */
export function docsFile(name: keyof typeof files): { body: Uint8Array<ArrayBuffer>; type: string } {
  return { body: readBytes(pageFile(name)), type: files[name] };
}

/**
 * The files, by name, of the reference as a static page that opens from the disk or any web server and needs no network; requests
 * tried out on it go to a mock on this machine, or to a server of the document.
 */
export function docsSite(
  spec: Spec,
  { hasClient, results }: DocsOptions = {},
): ReadonlyMap<string, string | Uint8Array> {
  return new Map<string, string | Uint8Array>([
    ["index.html", page(read(spec, { hasClient, isServed: false }), results, "")],
    ["openapi.yaml", spec.text],
    ...docsFiles.map((name) => [name, docsFile(name).body] as const),
  ]);
}

/** A document as the page needs it; the model as JSON. */
type Read = { readonly title: string; readonly policy: string; readonly model: string };

function read(spec: Spec, told: Told): Read {
  const model = modelOf(spec, told);
  return { title: model.title, policy: contentSecurityPolicy(model), model: inScript(model) };
}

/** The page around a document; `base` is where its files lie, as seen from the page. */
function page({ title, policy, model }: Read, results: Results | undefined, base: string): string {
  // The title stands there before the script runs, and is put away by it.
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
    <meta name="referrer" content="no-referrer">
    <title>${escaped(title)}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${base}reference.css">
    <script defer src="${base}reference.js"></script>
  </head>
  <body>
    <main class="waiting"><h1>${escaped(title)}</h1></main>
    <noscript>This page is drawn by a script. The document itself is in <a href="openapi.yaml">openapi.yaml</a>.</noscript>
    <script id="model" type="application/json">${model}</script>
    <script id="results" type="application/json">${inScript(results ?? null)}</script>
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

/** A value as JSON that ends no script. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/** What a report has found, by operation. */
export function resultsOf({ target, startedAt, cases }: Reported): Results {
  const found = new Map<string, Result[]>();
  for (const one of cases) {
    const result = { id: one.id, title: one.title, outcome: one.outcome };
    for (const operation of operationsOf(one)) found.set(operation, [...(found.get(operation) ?? []), result]);
  }
  return { target: target.baseUrl, startedAt, cases: Object.fromEntries(found) };
}

/** What the page takes of a `report.json`; what else a case says may be anything. */
type Reported = {
  readonly target: { readonly baseUrl: string };
  readonly startedAt: string;
  readonly cases: readonly Result[];
};

/** The operation that a case follows from; else those that it has changed something by, or has called at all. */
function operationsOf(one: object): readonly string[] {
  const { operation, exchanges } = one as JsonObject;
  if (typeof operation === "string") return [operation];
  const called = (Array.isArray(exchanges) ? exchanges : []).filter(isObject);
  const writes = called.filter(
    ({ request }) => isObject(request) && !/^(GET|HEAD|OPTIONS)$/.test(String(request.method)),
  );
  const ids = (writes.length > 0 ? writes : called).map(({ operationId }) => operationId);
  return [...new Set(ids.filter((id) => typeof id === "string"))];
}
