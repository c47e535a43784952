import { methods } from "../operations.ts";
import { isObject, type JsonObject } from "../pointer.ts";
import { compareContent } from "./content.ts";
import { counterpartsOf, inOnePath } from "./counterparts.ts";
import { compareIdempotency } from "./idempotency.ts";
import { compareDeprecated, compareParameters, compareRequired } from "./parameters.ts";
import { compareResponses } from "./responses.ts";
import { createWalk } from "./schema/walk.ts";
import { compareSecurity } from "./security.ts";
import { compareServers, createCalls } from "./servers.ts";
import { type Change, type Direction, type Note, objectOf, resolve, type Side, sideOf } from "./side.ts";
import {
  type Both,
  breaks,
  byFirst,
  type Call,
  type Comparison,
  goneFrom,
  harmless,
  newIn,
  type OperationSide,
  resolvedIn,
  tell,
} from "./tell.ts";

export type { Change, Effect } from "./side.ts";

/** A change, and every place where a client meets it. */
export type Difference = Change & { readonly also: readonly string[] };

/** Every change from one document to another, in the order of the documents. Throws where a `$ref` cannot be followed. */
export function compare(oldDocument: JsonObject, newDocument: JsonObject): Difference[] {
  const [old, now] = [sideOf(oldDocument), sideOf(newDocument)];
  type Found = { readonly change: Change; readonly also: Set<string> };
  const [found, known] = [new Map<string, Found>(), new WeakMap<Change, Found>()];
  const note: Note = (change, at = change.at) => {
    const one = known.get(change) ?? entryOf(change, at);
    known.set(change, one);
    one.also.add(at);
  };
  const entryOf = (change: Change, at: string) => {
    const key = JSON.stringify({ ...change, at: "" });
    const one = found.get(key) ?? { change: { ...change, at }, also: new Set() };
    found.set(key, one);
    return one;
  };
  const comparison: Comparison = { old, now, note, walk: createWalk(old, now, note) };
  const documents = { was: oldDocument, is: newDocument };
  compareOperations(comparison, documents, "paths");
  compareOperations(comparison, documents, "webhooks");
  return [...found.values()].map(({ change, also }) => ({ ...change, also: [...also].slice(1) }));
}

/** Operations by path and method. In a webhook or callback the API is the client: everything in it runs the other way. */
function compareOperations(
  comparison: Comparison,
  owner: Both,
  keyword: "paths" | "webhooks" | "callbacks",
  around = "",
): void {
  const { old, now } = comparison;
  const served = keyword === "paths";
  const [before, after] = [
    operationsOf(old, owner.was?.[keyword], served ? createCalls(old.document) : () => []),
    operationsOf(now, owner.is?.[keyword], served ? createCalls(now.document) : () => []),
  ];
  const pairs = counterpartsOf(before, after);
  if (served) compareServers(comparison, pairs);
  const [kept, known] = [byFirst(pairs), new Set(pairs.map(({ is }) => is))];
  for (const operation of before) {
    const at = around + operation.name;
    for (const counterpart of kept.get(operation) ?? []) {
      const { was, is } = inOnePath({ was: operation, is: counterpart });
      compareOperation(comparison, at, was, is, served ? "request" : "answer");
    }
    if (kept.has(operation)) continue;
    const why = served ? "Clients that call it are refused." : "Clients that wait for it are not called.";
    tell(comparison, at, owner, keyword, { was: at, is: undefined }, breaks(why));
  }
  for (const operation of after.filter((one) => !known.has(one))) {
    const at = around + operation.name;
    const why = served ? "No client calls it yet." : "No client waits for it yet.";
    tell(comparison, at, owner, keyword, { was: undefined, is: at }, harmless(why));
  }
}

/** The operations of a map of path items; those of callbacks lie one level deeper. */
function operationsOf(
  side: Side,
  given: unknown,
  callsOf: (operation: Omit<OperationSide, "calls">) => readonly Call[],
  around = "",
): readonly OperationSide[] {
  const items = Object.entries(isObject(given) ? given : {}).filter(([name]) => !name.startsWith("x-"));
  const found = items.flatMap(([name, value]): readonly OperationSide[] => {
    const item = resolve(side, value);
    const path = around + name;
    const others = Object.entries(objectOf(item.additionalOperations));
    const own = [...methods.map((method) => [method, item[method.toLowerCase()]] as const), ...others].flatMap(
      ([method, value]) => (isObject(value) ? [[method, value] as const] : []),
    );
    if (own.length === 0 && around === "" && !name.startsWith("/"))
      return operationsOf(side, item, callsOf, `${name} `);
    return own.map(([method, value]) => {
      const key = `${method} ${path.startsWith("/") ? path.replace(/\{[^}]*\}/g, "{}") : path}`;
      const operation = { key, name: `${method} ${path}`, path, method, item, value };
      return { ...operation, calls: callsOf(operation) };
    });
  });
  return [...new Map(found.map((operation) => [operation.key, operation])).values()];
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
  const ids = { was: was.value.operationId, is: is.value.operationId };
  const called = harmless("It does not go over the wire; generated clients may call it otherwise.");
  if (ids.was !== ids.is) tell(comparison, at, owner, "operationId", ids, called);
  compareDeprecated(comparison, at, owner);
  compareSecurity(comparison, at, was, is, asks);
  compareIdempotency(comparison, at, was, is);
  compareParameters(comparison, at, was, is, asks);
  compareRequestBody(comparison, `${at} request`, owner, asks);
  compareResponses(comparison, at, owner, answers);
  compareOperations(comparison, owner, "callbacks", `${at}, callback `);
}

function compareRequestBody(comparison: Comparison, at: string, operation: Both, direction: Direction): void {
  const owner = resolvedIn(comparison, operation, "requestBody");
  if (owner.was && owner.is) {
    compareRequired(comparison, at, owner, direction);
    compareContent(comparison, at, owner, direction);
  } else if (owner.was ?? owner.is) {
    const body = owner.is?.required === true ? "a required body" : "a body";
    const values = { was: owner.was && "a body", is: owner.is && body };
    const verdict = owner.was ? goneFrom(direction) : newIn(direction, owner.is?.required === true);
    tell(comparison, at, operation, "requestBody", values, verdict);
  }
}
