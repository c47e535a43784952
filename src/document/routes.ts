import type { Operation } from "./operations.ts";
import {
  basePathsOf,
  compareTemplates,
  type PathTemplate,
  readTemplate,
  withoutNeedlessEncoding,
} from "./path-template.ts";
import { decoded, isObject, type JsonObject, valueAt } from "./pointer.ts";
import { judgeReading } from "./reading.ts";
import { createParameterCodec } from "./wire.ts";

/** The operation that answers a request, with the values of its path parameters; or the methods that its path knows. */
export type Match =
  | {
      readonly operation: Operation;
      /** The values of the path parameters, decoded. */
      readonly path: Readonly<Record<string, string>>;
      /** The same values as they were sent. */
      readonly raw: Readonly<Record<string, string>>;
    }
  | { readonly operation?: undefined; readonly allowed: readonly string[] };

type Taken = Extract<Match, { readonly raw: unknown }>;

/** Finds the operation of a method and a path, with or without a query behind it. */
export type Matcher = (method: string, target: string) => Match;

type Route = { readonly operation: Operation; readonly template: PathTemplate; readonly pattern: RegExp };

/** Routes by the number of their segments, each list in the order in which they are tried. */
type Table = ReadonlyMap<number, readonly Route[]>;

/**
 * Sorts operations: concrete paths before templated ones. https://spec.openapis.org/oas/v3.1.0#path-templating-matching
 */
export function inOrder(operations: readonly Operation[]): Operation[] {
  const templates = new Map([...new Set(operations.map(({ path }) => path))].map((path) => [path, readTemplate(path)]));
  return operations
    .map((operation) => ({ operation, template: templates.get(operation.path)! }))
    .sort(inTurn)
    .map(({ operation }) => operation);
}

/** Of two templates that a path may have first the one with fewer parameters, then the one that begins more concretely. */
function inTurn(one: { readonly template: PathTemplate }, other: { readonly template: PathTemplate }): number {
  return weightOf(one.template) - weightOf(other.template) || compareTemplates(one.template, other.template);
}

function weightOf({ ranks }: PathTemplate): number {
  return ranks.filter((rank) => rank > 0).length;
}

/** Makes the matcher of operations, which are tried in turn: by their plain paths, then behind the base paths of their servers. */
export function createMatcher(document: JsonObject, operations: readonly Operation[]): Matcher {
  const routes = operations.map((operation): Route => {
    const template = readTemplate(operation.path);
    return { operation, template, pattern: new RegExp(`^${template.source}$`) };
  });
  const plain = tableOf(routes);
  const behind = new Map<string, Route[]>();
  for (const route of routes)
    for (const base of basePathsOf(serversOf(document, route.operation)))
      behind.set(base, [...(behind.get(base) ?? []), route]);
  const bases = [...behind].map(([source, list]) => ({ base: new RegExp(`^${source}(?=/|$)`), table: tableOf(list) }));

  return (method, target) => {
    const cut = target.indexOf("?");
    const pathname = withoutNeedlessEncoding(cut < 0 ? target : target.slice(0, cut));
    const query = new URLSearchParams(cut < 0 ? "" : target.slice(cut + 1));
    const fitting = [...fits(plain, pathname, query)];
    const at = chosen(fitting, method, pathname);
    if (at) return at;
    for (const { base, table } of bases) {
      const found = base.exec(pathname);
      if (!found || found[0] === "") continue;
      const rest = pathname.slice(found[0].length) || "/";
      const more = fits(table, rest, query);
      const there = chosen(more, method, rest);
      if (there) return there;
      fitting.push(...more);
    }
    return { allowed: [...new Set(fitting.map(({ operation }) => operation.method))] };
  };
}

function tableOf(routes: readonly Route[]): Table {
  const table = new Map<number, Route[]>();
  for (const route of routes) {
    const count = route.template.ranks.length;
    table.set(count, [...(table.get(count) ?? []), route]);
  }
  for (const list of table.values()) list.sort(inTurn);
  return table;
}

function fits(table: Table, pathname: string, query: URLSearchParams): readonly Route[] {
  const routes = table.get(pathname.split("/").length) ?? [];
  return routes.filter(
    ({ pattern, template }) =>
      pattern.test(pathname) && template.query.every(([name, value]) => query.getAll(name).includes(value)),
  );
}

/**
 * Of several operations the first whose parameters take what was sent; among templates that only the names of their parameters tell
 * apart, before others one that knows it for a default or an example.
 */
function chosen(fitting: readonly Route[], method: string, pathname: string): Match | undefined {
  const routes = fitting.filter(({ operation }) => operation.method === method);
  if (routes.length < 2) return routes[0] && matchOf(routes[0], pathname).match;
  const matches = routes.map((route) => matchOf(route, pathname));
  const taking = matches.filter(({ match }) => takes(match));
  const [first = matches[0]!] = taking;
  return (taking.find(({ shape, match }) => shape === first.shape && isKnown(match)) ?? first).match;
}

function matchOf({ operation, template, pattern }: Route, pathname: string): { shape: string; match: Taken } {
  const values = pattern.exec(pathname)!.slice(1);
  const raw = Object.fromEntries(template.names.map((name, index) => [name, values[index]!]));
  const path = Object.fromEntries(template.names.map((name, index) => [name, decoded(values[index]!)]));
  return { shape: template.source, match: { operation, path, raw } };
}

/** Whether what was sent for a path parameter is its default or its example. */
function isKnown({ operation, path }: Taken): boolean {
  return operation.parameters.some(
    (parameter) =>
      parameter.in === "path" &&
      [parameter.default, parameter.example].some(
        (value) => value !== undefined && `${value}` === path[parameter.name],
      ),
  );
}

function takes({ operation: { parameters }, raw }: Taken): boolean {
  const source = { message: { path: (name: string) => raw[name], header: () => undefined }, query: [], cookies: [] };
  return parameters.every((parameter) => {
    const read = parameter.in === "path" ? createParameterCodec(parameter).read(source) : undefined;
    return read === undefined || judgeReading(read, parameter.check, parameter.name).wrong.length === 0;
  });
}

/** Those of the operation, else of its path, else of the document. https://spec.openapis.org/oas/v3.1.0#operation-object */
function serversOf(document: JsonObject, { place }: Operation): unknown {
  const [operation, item] = [valueAt(document, place), valueAt(document, place.slice(0, 2))];
  for (const owner of [operation, item, document]) {
    const servers = isObject(owner) ? owner.servers : undefined;
    if (Array.isArray(servers) && servers.length > 0) return servers;
  }
  return undefined;
}
