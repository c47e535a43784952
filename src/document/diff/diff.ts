import { durationMs, idempotencyObject } from "../idempotency.ts";
import { methods } from "../operations.ts";
import { isObject, type JsonObject } from "../pointer.ts";
import {
  type Change,
  createWalk,
  type Direction,
  type Effect,
  type Note,
  resolve,
  type Side,
  sideOf,
  verdictOf,
  type Walk,
} from "./schema.ts";

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

/** Two documents on the way through them. */
type Comparison = { readonly old: Side; readonly now: Side; readonly note: Note; readonly walk: Walk };

/** An object of the document in both its states; `undefined` where there is none. */
type Both = { readonly was: JsonObject | undefined; readonly is: JsonObject | undefined };

/** Notes a change of the member `keyword` of an object. */
function tell(
  comparison: Comparison,
  at: string,
  owner: Both,
  keyword: string,
  values: Values,
  verdict: Verdict,
): void {
  const { old, now, note } = comparison;
  const place =
    (values.is === undefined || !owner.is ? owner.was && old.places.get(owner.was) : now.places.get(owner.is)) ?? "#";
  note({ effect: verdict.breaking ? "different" : "harmless", ...verdict, at, place, keyword, ...values });
}

type Values = { readonly was: unknown; readonly is: unknown };
type Verdict = { readonly breaking: boolean; readonly why: string; readonly effect?: Effect };

const breaks = (why: string): Verdict => ({ breaking: true, why });
const harmless = (why: string): Verdict => ({ breaking: false, why });

/** Base URLs, as the document writes them; where a document names none, a client knows its own. */
function compareServers(comparison: Comparison): void {
  const owner: Both = { was: comparison.old.document, is: comparison.now.document };
  const urls = (document: JsonObject | undefined) =>
    Array.isArray(document?.servers)
      ? document.servers.flatMap((server) => (isObject(server) ? [server.url] : []))
      : [];
  const [before, after] = [urls(owner.was), urls(owner.is)];
  for (const url of before.filter((url) => !after.includes(url)))
    tell(
      comparison,
      "servers",
      owner,
      "servers",
      { was: url, is: undefined },
      breaks("Clients that call it find nothing."),
    );
  for (const url of after.filter((url) => !before.includes(url)))
    tell(comparison, "servers", owner, "servers", { was: undefined, is: url }, harmless("No client calls it yet."));
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

type OperationSide = {
  /** Method and path, or method and name. */
  readonly name: string;
  readonly path: string;
  readonly method: string;
  /** The path item around it. */
  readonly item: JsonObject;
  readonly value: JsonObject;
};

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
        if (a !== b)
          tell(
            comparison,
            where,
            owner,
            keyword,
            { was: a, is: b },
            breaks("The same value is written in another way."),
          );
      }
      comparison.walk(owner.was.schema ?? true, owner.is.schema ?? true, direction, where);
      if (owner.was.content ?? owner.is.content) compareContent(comparison, where, owner, direction);
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

/** How a parameter is written, and what holds where nothing is said. https://spec.openapis.org/oas/v3.1.0#style-values */
const parameterForms: Readonly<Record<string, (parameter: JsonObject) => unknown>> = {
  style: styleOf,
  explode: (parameter) => (parameter.style ?? styleOf(parameter)) === "form",
  allowReserved: () => false,
};

function styleOf(parameter: JsonObject): string {
  return parameter.in === "query" || parameter.in === "cookie" ? "form" : "simple";
}

/** An operation's parameters and those of its path, by place and name; those of the path by their order in it. */
function parametersOf(side: Side, { item, value, path }: OperationSide): Map<string, JsonObject> {
  const inPath = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name);
  const list = [item.parameters, value.parameters].flatMap((given) => (Array.isArray(given) ? given : []));
  return new Map(
    list.map((given) => {
      const parameter = resolve(side, given);
      const name = String(parameter.name);
      const key =
        parameter.in === "path" ? inPath.indexOf(name) : parameter.in === "header" ? name.toLowerCase() : name;
      return [`${parameter.in} ${key}`, parameter];
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

/** Media types. https://spec.openapis.org/oas/v3.1.0#media-type-object */
function compareContent(comparison: Comparison, at: string, owner: Both, direction: Direction): void {
  const [before, after] = [contentOf(owner.was), contentOf(owner.is)];
  for (const type of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(type), after.get(type)];
    if (was && is) {
      const where = `${at} body${before.size > 1 ? ` (${type})` : ""}`;
      comparison.walk(was.schema ?? true, is.schema ?? true, direction, where);
      if (JSON.stringify(was.encoding) !== JSON.stringify(is.encoding))
        tell(
          comparison,
          where,
          { was, is },
          "encoding",
          { was: was.encoding, is: is.encoding },
          {
            ...verdictOf("unknown", direction),
          },
        );
    } else if (was) {
      const why = direction === "request" ? "Clients that send it are refused." : "Clients that ask for it get none.";
      tell(comparison, at, owner, "content", { was: type, is: undefined }, breaks(why));
    } else {
      tell(comparison, at, owner, "content", { was: undefined, is: type }, harmless("Clients of today use another."));
    }
  }
}

function contentOf(owner: JsonObject | undefined): Map<string, JsonObject> {
  const content = isObject(owner?.content) ? owner.content : {};
  return new Map(
    Object.entries(content).flatMap(([type, media]) => (isObject(media) ? [[type.toLowerCase(), media]] : [])),
  );
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
      comparison.walk(owner.was.schema ?? true, owner.is.schema ?? true, direction, where);
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
  return new Map(Object.entries(headers).map(([name, given]) => [name.toLowerCase(), resolve(side, given)]));
}

/** Whoever was let in must still be: each old alternative has to hold all that some new one asks for. */
function compareSecurity(comparison: Comparison, at: string, was: OperationSide, is: OperationSide): void {
  const [before, after] = [securityOf(comparison.old, was.value), securityOf(comparison.now, is.value)];
  const lets = (mine: readonly Needs[], theirs: readonly Needs[]) =>
    theirs.every((given) => mine.some((needs) => [...needs.keys()].every((need) => given.has(need))));
  const values = { was: alternatives(before), is: alternatives(after) };
  const owner = speaking(comparison, was, is, "security");
  if (!lets(after, before)) {
    const why = "Clients with the credentials of today are refused.";
    tell(comparison, at, owner, "security", values, breaks(why));
  } else if (!lets(before, after))
    tell(comparison, at, owner, "security", values, harmless("The credentials of today are still let in."));
}

/** What one alternative asks for: a scheme as a client sees it, and each scope of it, to the name for a reader. */
type Needs = ReadonlyMap<string, string>;

function securityOf(side: Side, operation: JsonObject): Needs[] {
  const { document } = side;
  const components = isObject(document.components) ? document.components : {};
  const schemes = isObject(components.securitySchemes) ? components.securitySchemes : {};
  const given = operation.security ?? document.security;
  const list = Array.isArray(given) ? given.filter(isObject) : [];
  if (list.length === 0) return [new Map()];
  return list.map((alternative) => {
    const needs = Object.entries(alternative).flatMap(([name, scopes]) => {
      const signature = signatureOf(resolve(side, schemes[name]));
      const asked = Array.isArray(scopes) ? scopes.map(String) : [];
      return [[signature, name], ...asked.map((scope) => [`${signature} ${scope}`, scope])] as [string, string][];
    });
    return new Map(needs);
  });
}

/** A security scheme as it shows on the wire: its own name and what is said about it do not. */
function signatureOf(scheme: JsonObject): string {
  const { type, in: where, name, scheme: kind, openIdConnectUrl, flows } = scheme;
  const addresses = Object.entries(isObject(flows) ? flows : {}).map(([flow, value]) => {
    const { authorizationUrl, tokenUrl, refreshUrl } = isObject(value) ? value : {};
    return [flow, authorizationUrl, tokenUrl, refreshUrl];
  });
  const header = where === "header" ? String(name).toLowerCase() : name;
  return JSON.stringify([type, where, header, String(kind).toLowerCase(), openIdConnectUrl, addresses]);
}

function alternatives(list: readonly Needs[]): string {
  return list.map((needs) => [...needs.values()].join(" + ") || "nothing").join(", or ");
}

/** What a change of each member of `x-idempotency` does to clients that repeat their requests. */
const idempotencyRules: Readonly<Record<string, (was: unknown, is: unknown) => Verdict>> = {
  header: () => breaks("Keys of clients of today are passed over, and a repeated request is executed again."),
  maxLength: (was, is) =>
    Number(is) < Number(was) ? breaks("Longer keys are refused.") : harmless("Keys of today still fit."),
  lifetime: (was, is) => {
    const [before, after] = [durationMs(was), durationMs(is)];
    if (before === undefined || after === undefined) return { ...verdictOf("unknown", "request") };
    return after < before
      ? breaks("A late repetition is executed a second time.")
      : harmless("Keys are remembered at least as long.");
  },
  compares: () => breaks("A repetition that was one may now be refused, or the other way round."),
  scope: () => breaks("The same key of other credentials may now be another one, or the same."),
  mismatch: () => breaks("Clients that know the refusal do not know it again."),
  keeps: () => breaks("A repetition may be executed where it was answered from memory, or the other way round."),
  locked: (was, is) => {
    const known = (value: unknown) => isObject(value) && JSON.stringify([value.status, value.code]);
    return known(was) === known(is)
      ? harmless("Only the time to wait is another.")
      : breaks("Clients that know the refusal do not know it again.");
  },
};

function compareIdempotency(comparison: Comparison, at: string, was: OperationSide, is: OperationSide): void {
  const [before, after] = [
    idempotencyObject(comparison.old.document, was.method, was.value),
    idempotencyObject(comparison.now.document, is.method, is.value),
  ];
  const keyword = "x-idempotency";
  const owner = speaking(comparison, was, is, keyword);
  if (!before || !after) {
    if (before)
      tell(
        comparison,
        at,
        owner,
        keyword,
        { was: before.header, is: undefined },
        breaks("A repeated request is executed again."),
      );
    else if (after)
      tell(
        comparison,
        at,
        owner,
        keyword,
        { was: undefined, is: after.header },
        harmless("Requests can be repeated safely."),
      );
    return;
  }
  for (const [member, rule] of Object.entries(idempotencyRules)) {
    const values = { was: before[member], is: after[member] };
    if (JSON.stringify(values.was) === JSON.stringify(values.is)) continue;
    tell(comparison, at, owner, `${keyword}.${member}`, values, rule(values.was, values.is));
  }
}

/** Where a member stands that an operation may leave to the whole document. */
function speaking({ old, now }: Comparison, was: OperationSide, is: OperationSide, member: string): Both {
  const of = (side: Side, { value }: OperationSide) => (member in value ? value : side.document);
  return { was: of(old, was), is: of(now, is) };
}

function resolvedIn({ old, now }: Comparison, owner: Both, member: string): Both {
  const of = (side: Side, value: JsonObject | undefined) =>
    value?.[member] === undefined ? undefined : resolve(side, value[member]);
  return { was: of(old, owner.was), is: of(now, owner.is) };
}
