import { controlSpecUrl, pageFile, readBytes } from "#platform";
import { isShipped } from "../connect/spec.ts";
import type { PageFile, Pages } from "../mock/app.ts";
import { docsFile, docsFiles, docsPage, type Results } from "../reference/reference.ts";

const types = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  html: "text/html; charset=UTF-8",
};

/** A file of a page, as it is served. */
function file(name: string, headers: PageFile["headers"] = {}): () => PageFile {
  const type = types[name.split(".").at(-1) as keyof typeof types];
  // Whoever updates the package sees the new page at once.
  return () => ({ type, body: readBytes(pageFile(name)), headers: { "Cache-Control": "no-cache", ...headers } });
}

/** Scripts and styles come with the page, which asks nobody but its mock, and no other page may show it in a frame. */
const inspectorPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * The reference and the inspector, with their files, and the document of the control plane. `results` is asked whenever the
 * reference is opened for what the last contract run has found.
 */
export const pagesOf = (results: () => Promise<Results | undefined>): Pages => ({
  "/docs": async (spec) => ({
    type: types.html,
    body: docsPage(spec, { hasClient: isShipped(spec), results: await results() }),
  }),
  ...Object.fromEntries(docsFiles.map((name) => [`/docs/${name}`, () => docsFile(name)])),
  "/_understudy/openapi.yaml": () => ({ type: "application/yaml", body: readBytes(controlSpecUrl) }),
  "/_understudy/": file("inspector.html", { "Content-Security-Policy": inspectorPolicy }),
  "/_understudy/inspector.js": file("inspector.js"),
  "/_understudy/inspector.css": file("inspector.css"),
});
