import { methods } from "../operations.ts";
import { isObject, type JsonObject } from "../pointer.ts";
import { compareContent } from "./content.ts";
import { compareIdempotency } from "./idempotency.ts";
import { type Change, createWalk, type Direction, type Note, resolve, type Side, sideOf, verdictOf } from "./schema.ts";
import { compareSecurity } from "./security.ts";
import { compareOwnServers, compareServers } from "./servers.ts";
import { type Both, breaks, type Comparison, harmless, type OperationSide, tell } from "./tell.ts";

export type { Change, Effect } from "./schema.ts";

/** A change, and every place where a client meets it. */
export type Difference = Change & { readonly also: readonly string[] };

/** Every change from one document to another, in the order of the documents. Throws where a `$ref` cannot be followed. */
export function compare(oldDocument: JsonObject, newDocument: JsonObject): Difference[] {
  const [old, now] = [sideOf(oldDocument), sideOf(newDocument)];
  const found = new Map<string, Change & { also: string[] }>();
  const note: Note = (change) => {
    const { at, ...rest } = change;
    const key = JSON.stringify(rest);
    const before = found.get(key);
    if (!before) found.set(key, { ...change, also: [] });
    else if (before.at !== at && !before.also.includes(at)) before.also.push(at);
  };
  const comparison: Comparison = { old, now, note, walk: createWalk(old, now, note) };
  const documents = { was: oldDocument, is: newDocument };
  compareServers(comparison);
  compareOperations(comparison, documents, "paths");
  compareOperations(comparison, documents, "webhooks");
  return [...found.values()];
}

/**
 * Operations by path and method. The names of path parameters never go over the wire, so that two templates that differ only
 * in them are one path. In a webhook or callback the API is the client: everything in it runs the other way.
 */
function compareOperations(
  comparison: Comparison,
  owner: Both,
  keyword: "paths" | "webhooks" | "callbacks",
  around = "",
): void {
  const [before, after] = [
    operationsOf(comparison.old, owner.was?.[keyword]),
    operationsOf(comparison.now, owner.is?.[keyword]),
  ];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(key), after.get(key)];
    const at = around + (was ?? is)!.name;
    if (was && is) compareOperation(comparison, at, was, is, keyword === "paths" ? "request" : "answer");
    else if (was) {
      const why =
        keyword === "paths" ? "Clients that call it are refused." : "Clients that wait for it are not called.";
      tell(comparison, at, owner, keyword, { was: at, is: undefined }, breaks(why));
    } else {
      const why = keyword === "paths" ? "No client calls it yet." : "No client waits for it yet.";
      tell(comparison, at, owner, keyword, { was: undefined, is: at }, harmless(why));
    }
  }
}

/** The operations of a map of path items; those of callbacks lie one level deeper. */
function operationsOf(side: Side, given: unknown, around = ""): Map<string, OperationSide> {
  const items = Object.entries(isObject(given) ? given : {}).filter(([name]) => !name.startsWith("x-"));
  const found = items.flatMap(([name, value]): (readonly [string, OperationSide])[] => {
    const item = resolve(side, value);
    const path = around + name;
    const own = methods.filter((method) => isObject(item[method.toLowerCase()]));
    if (own.length === 0 && around === "" && !name.startsWith("/")) return [...operationsOf(side, item, `${name} `)];
    return own.map((method) => {
      const value = item[method.toLowerCase()] as JsonObject;
      const key = `${method} ${path.startsWith("/") ? path.replace(/\{[^}]*\}/g, "{}") : path}`;
      return [key, { name: `${method} ${path}`, path, method, item, value }];
    });
  });
  return new Map(found);
}

function compareOperation(
  comparison: Comparison,
  at: string,
  was: OperationSide,
  is: OperationSide,
  asks: Direction,
): void {
  const answers = asks === "request" ? "answer" : "request";
  const owner: Both = { was: was.value, is: is.value };
  const flag = (keyword: string, why: string) => {
    const [before, after] = [was.value[keyword], is.value[keyword]];
    if (before !== after) tell(comparison, at, owner, keyword, { was: before, is: after }, harmless(why));
  };
  flag("operationId", "It does not go over the wire; generated clients may call it otherwise.");
  flag("deprecated", "It works as before.");
  if (asks === "request") compareOwnServers(comparison, at, was, is);
  compareSecurity(comparison, at, was, is);
  compareIdempotency(comparison, at, was, is);
  compareParameters(comparison, at, was, is, asks);
  compareRequestBody(comparison, `${at} request`, owner, asks);
  compareResponses(comparison, at, owner, answers);
  compareOperations(comparison, owner, "callbacks", `${at}, callback `);
}

/** https://spec.openapis.org/oas/v3.1.0#parameter-object */
function compareParameters(
  comparison: Comparison,
  at: string,
  was: OperationSide,
  is: OperationSide,
  direction: Direction,
): void {
  const [before, after] = [parametersOf(comparison.old, was), parametersOf(comparison.now, is)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const owner: Both = { was: before.get(key), is: after.get(key) };
    const given = (owner.was ?? owner.is)!;
    const where = `${at} ${given.in}.${given.name}`;
    if (owner.was && owner.is) {
      compareRequired(comparison, where, owner, direction);
      for (const [keyword, usual] of Object.entries(parameterForms)) {
        const [a, b] = [owner.was[keyword] ?? usual(owner.was), owner.is[keyword] ?? usual(owner.is)];
        if (a !== b && !(keyword === "explode" && areSingle(comparison, owner)))
          tell(
            comparison,
            where,
            owner,
            keyword,
            { was: a, is: b },
            breaks("The same value is written in another way."),
          );
      }
      compareValues(comparison, where, owner, direction);
    } else if (owner.was) {
      const why = "Clients that send it are refused or not understood.";
      tell(
        comparison,
        where,
        { was: was.value, is: is.value },
        "parameters",
        { was: given.name, is: undefined },
        breaks(why),
      );
    } else {
      const required = given.required === true;
      const verdict = required ? breaks("Clients of today do not send it.") : harmless("It may be left out.");
      const value = required ? `${given.name} (required)` : given.name;
      tell(comparison, where, { was: was.value, is: is.value }, "parameters", { was: undefined, is: value }, verdict);
    }
  }
}

/** What a parameter or header holds. Where any text will do, that of a number or a truth does. */
function compareValues(comparison: Comparison, at: string, owner: Both, direction: Direction): void {
  const { was, is } = schemasOf(comparison, owner);
  const single = singleTypes.includes(String(was?.type)) && was?.nullable !== true;
  const anyText = is?.type === "string" && Object.keys(is).every((name) => textOnly.has(name));
  if (direction === "request" && single && anyText && was?.type !== "string") {
    const values = { was: was?.type, is: "string" };
    tell(comparison, at, { was, is }, "type", values, verdictOf("wider", direction));
  } else comparison.walk(owner.was?.schema ?? true, owner.is?.schema ?? true, direction, at);
  if (owner.was?.content ?? owner.is?.content) compareContent(comparison, at, owner, direction);
}

const singleTypes = ["boolean", "integer", "number", "string"];
const textOnly = new Set(["type", "title", "description", "example", "examples", "deprecated", "nullable"]);

/** Whether both are one value and no list, so that nothing can be exploded. */
function areSingle(comparison: Comparison, owner: Both): boolean {
  const { was, is } = schemasOf(comparison, owner);
  return [was, is].every((schema) => singleTypes.includes(String(schema?.type)));
}

function schemasOf(comparison: Comparison, owner: Both): Both {
  return resolvedIn(comparison, owner, "schema");
}

/** How a parameter is written, and what holds where nothing is said. https://spec.openapis.org/oas/v3.1.0#style-values */
const parameterForms: Readonly<Record<string, (parameter: JsonObject) => unknown>> = {
  style: styleOf,
  explode: (parameter) => (parameter.style ?? styleOf(parameter)) === "form",
  allowReserved: () => false,
};

function styleOf(parameter: JsonObject): string {
  return parameter.in === "query" || parameter.in === "cookie" ? "form" : "simple";
}

/** Header parameters that shall be ignored. https://spec.openapis.org/oas/v3.1.0#parameter-name */
const ignoredHeaders = new Set(["accept", "content-type", "authorization"]);

/** An operation's parameters and those of its path, by place and name; those of the path by their order in it. */
function parametersOf(side: Side, { item, value, path }: OperationSide): Map<string, JsonObject> {
  const inPath = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name);
  const list = [item.parameters, value.parameters].flatMap((given) => (Array.isArray(given) ? given : []));
  return new Map(
    list.flatMap((given): (readonly [string, JsonObject])[] => {
      const parameter = resolve(side, given);
      const name = String(parameter.name);
      if (parameter.in === "header" && ignoredHeaders.has(name.toLowerCase())) return [];
      const key =
        parameter.in === "path" ? inPath.indexOf(name) : parameter.in === "header" ? name.toLowerCase() : name;
      return [[`${parameter.in} ${key}`, parameter]];
    }),
  );
}

/** `required` of a parameter, a body or a header. */
function compareRequired(comparison: Comparison, at: string, owner: Both, direction: Direction): void {
  const [was, is] = [owner.was?.required === true, owner.is?.required === true];
  if (was === is) return;
  tell(comparison, at, owner, "required", { was, is }, verdictOf(is ? "narrower" : "wider", direction));
}

function compareRequestBody(comparison: Comparison, at: string, operation: Both, direction: Direction): void {
  const owner = resolvedIn(comparison, operation, "requestBody");
  if (owner.was && owner.is) {
    compareRequired(comparison, at, owner, direction);
    compareContent(comparison, at, owner, direction);
  } else if (owner.was) {
    const why = "Clients that send it are refused or not understood.";
    tell(comparison, at, operation, "requestBody", { was: "a body", is: undefined }, breaks(why));
  } else if (owner.is) {
    const required = owner.is.required === true;
    const verdict = required ? breaks("Clients of today do not send it.") : harmless("It may be left out.");
    tell(
      comparison,
      at,
      operation,
      "requestBody",
      { was: undefined, is: required ? "a required body" : "a body" },
      verdict,
    );
  }
}

/** Answers by status. A status that a class or the default covers is still promised, if only as that. */
function compareResponses(comparison: Comparison, at: string, operation: Both, direction: Direction): void {
  const [before, after] = [responsesOf(comparison.old, operation.was), responsesOf(comparison.now, operation.is)];
  for (const status of new Set([...before.keys(), ...after.keys()])) {
    const owner: Both = { was: covering(before, status), is: covering(after, status) };
    const where = `${at} ${status}`;
    if (owner.was && owner.is) {
      compareContent(comparison, where, owner, direction);
      compareHeaders(comparison, where, owner, direction);
    } else if (owner.was) {
      // A class that is now told by its statuses is met at each of them.
      if (/^\dXX$/.test(status) && [...after.keys()].some((other) => other[0] === status[0])) continue;
      const why = "Clients that tell this answer from others get another in its place.";
      tell(comparison, where, operation, "responses", { was: status, is: undefined }, breaks(why));
    } else {
      const verdict = /^[123]/.test(status)
        ? breaks("Clients take it for none of the successes that they were promised.")
        : harmless("Clients meet refusals that they do not know as it is.");
      tell(comparison, where, operation, "responses", { was: undefined, is: status }, verdict);
    }
  }
}

function responsesOf(side: Side, operation: JsonObject | undefined): Map<string, JsonObject> {
  const responses = isObject(operation?.responses) ? operation.responses : {};
  return new Map(Object.entries(responses).map(([status, given]) => [status.toUpperCase(), resolve(side, given)]));
}

function covering(responses: ReadonlyMap<string, JsonObject>, status: string): JsonObject | undefined {
  return responses.get(status) ?? responses.get(`${status[0]}XX`) ?? responses.get("DEFAULT");
}

function compareHeaders(comparison: Comparison, at: string, response: Both, direction: Direction): void {
  const [before, after] = [declaredHeaders(comparison.old, response.was), declaredHeaders(comparison.now, response.is)];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const owner: Both = { was: before.get(name), is: after.get(name) };
    const where = `${at} header.${name}`;
    if (owner.was && owner.is) {
      compareRequired(comparison, where, owner, direction);
      compareValues(comparison, where, owner, direction);
    } else if (owner.was) {
      const why = "Clients that read it find it no more.";
      tell(comparison, where, response, "headers", { was: name, is: undefined }, breaks(why));
    } else {
      const why = "Clients pass over headers that they do not know.";
      tell(comparison, where, response, "headers", { was: undefined, is: name }, harmless(why));
    }
  }
}

function declaredHeaders(side: Side, response: JsonObject | undefined): Map<string, JsonObject> {
  const headers = isObject(response?.headers) ? response.headers : {};
  // A header of this name shall be ignored: https://spec.openapis.org/oas/v3.1.0#response-object
  const named = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "content-type");
  return new Map(named.map(([name, given]) => [name.toLowerCase(), resolve(side, given)]));
}

function resolvedIn({ old, now }: Comparison, owner: Both, member: string): Both {
  const of = (side: Side, value: JsonObject | undefined) =>
    value?.[member] === undefined ? undefined : resolve(side, value[member]);
  return { was: of(old, owner.was), is: of(now, owner.is) };
}
