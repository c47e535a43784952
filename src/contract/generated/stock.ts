import { createPathReader } from "../../document/path.ts";
import { decoded, isObject, valueAt } from "../../document/pointer.ts";
import { type Resource, recordOf, resourcesOf, type Use } from "../../document/resources.ts";
import type { Operation, Spec } from "../../document/spec.ts";
import { Skip } from "../findings.ts";
import type { Scene } from "../scene.ts";
import { type Exchange, isSuccess } from "../wire/exchange.ts";
import { type Anew, elsewhere } from "./anew.ts";
import { pathIn, withAt } from "./places.ts";
import { type RequestShape, type RequestValue, schemaAt } from "./request.ts";

/** What items of a target are made with. */
export type Maker = {
  readonly spec: Spec;
  shape(operation: Operation): RequestShape;
  readonly anew: Anew;
  bases(operation: Operation, scene: Scene): Promise<{ readonly accepted: readonly RequestValue[] }>;
};

/** An item that was made in the target. */
export type Item = {
  readonly resource: Resource;
  /** What stands for it in a path: a text or a number, as its parameter is. */
  readonly id: unknown;
  /** All parameters of its path. */
  readonly path: Readonly<Record<string, unknown>>;
  readonly sent: RequestValue;
  readonly exchange: Exchange;
};

/** The operation that uses a resource in one way; `undefined` where none does. */
export function operationFor({ uses }: Resource, wanted: Use): Operation | undefined {
  return [...uses].find(([, use]) => use === wanted)?.[0];
}

/**
 * The operation that makes the items of a resource: POST to where they stand or, where none does, PUT to the path of one that the
 * document says may be new. https://www.rfc-editor.org/rfc/rfc9110#section-9.3.4
 */
export function creatorOf(resource: Resource): Operation | undefined {
  const own = operationFor(resource, "create");
  if (own) return own;
  const put = operationFor(resource, "replace");
  return put?.path === resource.itemPath && put.responses.has("201") ? put : undefined;
}

/** Whether what an operation makes is named by its own path. */
export function namesItself({ itemPath }: Resource, { path }: Operation): boolean {
  return path === itemPath;
}

/** The resource whose item a parameter of an operation's path names. */
export function resourceNamed(spec: Spec, { path }: Operation, name: string): Resource | undefined {
  const end = path.indexOf(`{${name}}`) + name.length + 2;
  return resourcesOf(spec).find(
    ({ itemPath, parameter }) => parameter === name && (itemPath === path || itemPath === path.slice(0, end)),
  );
}

/** The resource that an operation is for, and what it does with it. */
export function resourceFor(spec: Spec, operation: Operation): Resource | undefined {
  return resourcesOf(spec).find(({ uses }) => uses.has(operation));
}

/** The record in an answer of an operation, and its schema; `undefined` where it shows none. */
export function recordShown(spec: Spec, { id }: Resource, operation: Operation, { json }: Exchange) {
  const held = recordOf(spec, operation, [id]);
  const value = held && valueAt(json, held.path);
  return held && isObject(value) ? { value, schema: schemaAt(held.place) } : undefined;
}

/** The identifier of what a request has made: told by the answer's content, else by its `Location`; `undefined` where neither tells. */
export function identifierIn(spec: Spec, resource: Resource, operation: Operation, exchange: Exchange): unknown {
  if (namesItself(resource, operation)) return namedBy(resource, exchange.request.url);
  const held = recordOf(spec, operation, [resource.id]);
  const own = valueAt(exchange.json, [...(held?.path ?? []), resource.id]);
  if ((typeof own === "string" && own !== "") || typeof own === "number") return own;
  const { location } = exchange.headers;
  if (location === undefined || !URL.canParse(location, exchange.request.url)) return undefined;
  return namedBy(resource, new URL(location, exchange.request.url).href);
}

function namedBy({ itemPath, parameter }: Resource, url: string): string | undefined {
  const told = createPathReader(itemPath)(new URL(url).pathname)[parameter];
  return told === undefined ? undefined : decoded(told);
}

/**
 * Makes an item by the document's own operation for that, below the items that `around` names; `undefined` where there is none, or
 * the target accepts no such request.
 */
export async function makeItem(
  maker: Maker,
  resource: Resource,
  around: Readonly<Record<string, unknown>>,
  scene: Scene,
  wanted?: RequestValue,
): Promise<Item | undefined> {
  const operation = creatorOf(resource);
  if (!operation) return undefined;
  try {
    const given = wanted ?? (await maker.bases(operation, scene)).accepted[0];
    if (!given) return undefined;
    const below = isObject(given.path) ? { ...given, path: pathOf(operation, given.path, around) } : given;
    const shape = maker.shape(operation);
    const { sent, exchange } = await maker.anew.sent(
      shape,
      forAnother(maker.anew, resource, shape, below, scene),
      scene,
    );
    if (!isSuccess(exchange)) return undefined;
    const told = identifierIn(maker.spec, resource, operation, exchange);
    if (told === undefined) return undefined;
    if (!wanted) scene.keep(exchange);
    const id = fitting(maker.spec, resource, told);
    return {
      resource,
      id,
      path: { ...pathIn(sent), [resource.parameter]: id },
      sent,
      exchange,
    };
  } catch (error) {
    // Nothing may be written here.
    if (error instanceof Skip) return undefined;
    throw error;
  }
}

/** The request for another item than those that were made before. */
export function forAnother(
  anew: Anew,
  resource: Resource,
  shape: RequestShape,
  request: RequestValue,
  scene: Scene,
): RequestValue {
  const named = renamed(anew.renewed(shape, request, scene), resource, shape, scene);
  if (!namesItself(resource, shape.operation)) return named;
  const other = elsewhere(shape, named, resource.parameter, scene) ?? named;
  const own = isObject(other.path) ? other.path[resource.parameter] : undefined;
  if (!isObject(other.body) || !(resource.id in other.body)) return other;
  return withAt(other, ["body", resource.id], own);
}

/** The request with a name of its own for what a client names itself: two items of one name are one, or none. */
function renamed(request: RequestValue, { id }: Resource, shape: RequestShape, scene: Scene): RequestValue {
  if (!isObject(request.body) || typeof request.body[id] !== "string") return request;
  const other = { ...request, body: { ...request.body, [id]: scene.freshKey() } };
  return shape.check(other).length === 0 ? other : request;
}

/** The parameters of a path, those of the items around taken from there. */
function pathOf({ parameters }: Operation, own: RequestValue, around: Readonly<Record<string, unknown>>): RequestValue {
  const names = parameters.filter((one) => one.in === "path").map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, around[name] ?? own[name]]));
}

/** An identifier as the parameter of the path takes it: some tell a text and want a number there, or the other way round. */
function fitting({ operations }: Spec, { itemPath, parameter }: Resource, id: unknown): unknown {
  const declared = operations
    .find(({ path }) => path === itemPath)
    ?.parameters.find((one) => one.in === "path" && one.name === parameter);
  if (!declared || declared.check(id).length === 0) return id;
  const other = typeof id === "number" ? `${id}` : Number(id);
  return declared.check(other).length === 0 ? other : id;
}
