import { isObject, type JsonObject } from "../pointer.ts";
import {
  type Base,
  breaks,
  byFirst,
  type Call,
  type Comparison,
  type Counterparts,
  harmless,
  type OperationSide,
  tell,
} from "./tell.ts";

/** Says which ways to call an operation come and go: a part of the base URL may as well stand in the path, and the other way round. */
export function compareServers(comparison: Comparison, pairs: readonly Counterparts[]): void {
  const { old, now } = comparison;
  const turned = pairs.map(({ was, is }) => ({ was: is, is: was }));
  for (const { at, mine, theirs, base } of missing(pairs, old.document, now.document)) {
    const verdict = breaks("Clients that call it find nothing.");
    tell(comparison, at, { was: mine, is: theirs }, "servers", { was: base.shown, is: undefined }, verdict);
  }
  for (const { at, mine, theirs, base } of missing(turned, now.document, old.document)) {
    const verdict = harmless("No client calls it yet.");
    tell(comparison, at, { was: theirs, is: mine }, "servers", { was: undefined, is: base.shown }, verdict);
  }
}

type Missing = { readonly at: string; readonly mine: JsonObject; readonly theirs: JsonObject; readonly base: Base };

/** The ways to call the first operations of pairs that none of their seconds has. */
function missing(pairs: readonly Counterparts[], document: JsonObject, other: JsonObject): readonly Missing[] {
  return [...byFirst(pairs)].flatMap(([operation, list]) => {
    const calls = list.flatMap((one) => one.calls);
    const [mine, theirs] = [speakerOf(operation, document), speakerOf(list[0]!, other)];
    return operation.calls.flatMap(({ base, ...call }): readonly Missing[] => {
      if (base === implied || calls.some((one) => areOne({ base, ...call }, one))) return [];
      // What all operations have lost or won is told once.
      const once = mine === document && theirs === other && !calls.some((one) => one.base.url === base.url);
      return [{ at: once ? "servers" : operation.name, mine, theirs, base }];
    });
  });
}

/** Whether who calls the one calls the other. */
export function areOne(one: Call, other: Call): boolean {
  return one.url === other.url || one.url === other.open || one.open === other.url;
}

/** What a URL says behind its host. */
export function pathOf(url: string): string {
  return url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "");
}

/** Makes the reader of the ways to call an operation of a document. */
export function createCalls(document: JsonObject): (operation: Omit<OperationSide, "calls">) => readonly Call[] {
  const bases = new Map<JsonObject, readonly Base[]>();
  return (operation) => {
    const owner = speakerOf(operation, document);
    const known = bases.get(owner) ?? basesIn(owner);
    bases.set(owner, known);
    const path = operation.path.replace(/\{[^}]*\}/g, "{}");
    return known.map((base) => ({ base, url: base.url + path, open: base.open && base.open.url + path }));
  };
}

/** Where the servers of an operation are said: beside it, beside its path, or for the whole document. */
function speakerOf({ value, item }: Pick<OperationSide, "value" | "item">, document: JsonObject): JsonObject {
  return [value, item].find(({ servers }) => Array.isArray(servers) && servers.length > 0) ?? document;
}

/** Where a document names no server, a client knows its own. */
const implied: Base = { url: "", shown: "/", open: undefined };

/** More combinations of values than these are not written out. */
const mostUrls = 256;

function basesIn(owner: JsonObject): readonly Base[] {
  const servers = Array.isArray(owner.servers) ? owner.servers.filter(isObject) : [];
  const all = servers.flatMap((server): readonly Base[] => {
    const written = String(server.url);
    const variables = isObject(server.variables) ? server.variables : {};
    const urls = writtenOut(written, variables);
    const open = openBase(written, variables);
    return urls.map((url) => ({ url: plainUrl(url), shown: urls.length > 1 ? url : written, open }));
  });
  const found = new Map(all.map((base) => [base.url, base]));
  return found.size > 0 ? [...found.values()] : [implied];
}

/** A base URL that has variables in its path, with those of its host written out as they usually are. */
function openBase(written: string, variables: JsonObject): Base["open"] {
  const [, origin = "", path = ""] = /^((?:[^/]*:)?\/\/[^/]*)?(.*)$/.exec(written) ?? [];
  const names = Object.keys(variables).filter((name) => path.includes(`{${name}}`));
  const usual = Object.entries(variables).map(([name, given]) => [
    name,
    isObject(given) ? { default: given.default } : {},
  ]);
  const host = writtenOut(origin, Object.fromEntries(usual))[0]!;
  if (names.length === 0) return undefined;
  return {
    url: plainUrl(host + path.replace(/\{[^}]*\}/g, "{}")),
    path: path.replace(/\/$/, ""),
    variables: Object.fromEntries(names.map((name) => [name, variables[name]])),
  };
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
export function plainUrl(url: string): string {
  const [, origin, path = ""] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(.*)$/i.exec(url) ?? [];
  const plain = origin !== undefined && URL.canParse(origin) ? new URL(origin).origin + path : url;
  return plain.replace(/\/$/, "");
}
