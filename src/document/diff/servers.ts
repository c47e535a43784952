import { isObject, type JsonObject } from "../pointer.ts";
import { type Both, breaks, type Comparison, harmless, type OperationSide, tell } from "./tell.ts";

/** The base URLs of two documents; where a document names none, a client knows its own. */
export function compareServers(comparison: Comparison): void {
  compareUrls(comparison, "servers", { was: comparison.old.document, is: comparison.now.document });
}

/** The base URLs of an operation that has its own, or whose path has. */
export function compareOwnServers(comparison: Comparison, at: string, was: OperationSide, is: OperationSide): void {
  const own = ({ value, item }: OperationSide) => [value, item].find(({ servers }) => filled(servers));
  const [mine, theirs] = [own(was), own(is)];
  if (!mine && !theirs) return;
  compareUrls(comparison, at, { was: mine ?? comparison.old.document, is: theirs ?? comparison.now.document });
}

function filled(servers: unknown): boolean {
  return Array.isArray(servers) && servers.length > 0;
}

function compareUrls(comparison: Comparison, at: string, owner: Both): void {
  const [before, after] = [urlsOf(owner.was), urlsOf(owner.is)];
  for (const [url, was] of before) {
    if (after.has(url)) continue;
    tell(comparison, at, owner, "servers", { was, is: undefined }, breaks("Clients that call it find nothing."));
  }
  for (const [url, is] of after) {
    if (before.has(url)) continue;
    tell(comparison, at, owner, "servers", { was: undefined, is }, harmless("No client calls it yet."));
  }
}

/** More combinations of values than these are not written out. */
const mostUrls = 256;

/** Each URL that a client can call, as all write it, to what a reader knows it by. */
function urlsOf(owner: JsonObject | undefined): Map<string, string> {
  const servers = Array.isArray(owner?.servers) ? owner.servers.filter(isObject) : [];
  return new Map(
    servers.flatMap((server) => {
      const written = String(server.url);
      const urls = writtenOut(written, isObject(server.variables) ? server.variables : {});
      return urls.map((url) => [plainUrl(url), urls.length > 1 ? url : written] as const);
    }),
  );
}

/** A template with every value of its variables. https://spec.openapis.org/oas/v3.1.0#server-variable-object */
function writtenOut(template: string, variables: JsonObject): readonly string[] {
  return Object.entries(variables).reduce<readonly string[]>(
    (urls, [name, variable]) => {
      if (!isObject(variable)) return urls;
      const values = Array.isArray(variable.enum) && variable.enum.length > 0 ? variable.enum : [variable.default];
      const used = urls.length * values.length > mostUrls ? [variable.default] : values;
      const all = urls.flatMap((url) => used.map((value) => url.replaceAll(`{${name}}`, String(value))));
      return [...new Set(all)];
    },
    [template],
  );
}

/** A URL with the host in small letters, without the port that its scheme means anyway and a slash at its end. */
function plainUrl(url: string): string {
  const plain = URL.canParse(url) ? new URL(url).href : url;
  return plain.replace(/\/$/, "");
}
