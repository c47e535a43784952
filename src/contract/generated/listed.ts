import { pagingRoleOf } from "../../document/paging.ts";
import { valueAt } from "../../document/pointer.ts";
import { listOf, type Resource, squeezed } from "../../document/resources.ts";
import { simplest } from "../../document/sample/sample.ts";
import type { Operation, Parameter } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import type { Scene } from "../scene.ts";
import { type Exchange, isSuccess } from "../wire/exchange.ts";
import { withAt } from "./places.ts";
import type { RequestValue } from "./request.ts";
import type { Session } from "./session.ts";
import { operationFor } from "./stock.ts";

/** What a list of items shows. */
export type Listed = {
  readonly operation: Operation;
  readonly exchange: Exchange;
  readonly items: readonly JsonObject[];
  /** Whether nothing says that there is more than this page. */
  readonly isWhole: boolean;
};

/** The parameter of a list that says how many items a page has. */
export function sizeOf({ parameters }: Operation): Parameter | undefined {
  return parameters.find((one) => one.in === "query" && pagingRoleOf(one.name) === "limit");
}

/**
 * Reads the items that stand beside what a request makes, as `query` asks for them, and as many as one page has where it does not
 * say; `undefined` where the document or the target has no such list.
 */
export async function listed(
  { spec, shape: shapeOf }: Session,
  resource: Resource,
  { path }: RequestValue,
  scene: Scene,
  query: JsonObject = {},
): Promise<Listed | undefined> {
  const operation = operationFor(resource, "list");
  const held = operation && listOf(spec, operation, resource.id);
  if (!operation || !held) return undefined;
  const shape = shapeOf(operation);
  const known = (name: string) => (isObject(path) && name in path ? [path[name]] : undefined);
  const least = simplest(shape.schema, { schemas: shape.schemas, known, view: "request" });
  if (!isObject(least)) return undefined;
  const size = sizeOf(operation);
  const asking = (asked: JsonObject) =>
    Object.entries(asked).reduce((request, [name, value]) => withAt(request, ["query", name], value), least);
  const most = size ? largestOf(size).map((largest) => ({ [size.name]: largest, ...query })) : [];
  const asked = [...most, query].find((one) => shape.check(asking(one)).length === 0);
  if (!asked) return undefined;
  const exchange = await scene.send(shape.plan(asking(asked), scene.freshKey));
  if (!isSuccess(exchange)) return undefined;
  const list = valueAt(exchange.json, held.path);
  if (!Array.isArray(list)) return undefined;
  const items = list.map((one: unknown) => valueAt(one, held.item.path));
  const isPaged = operation.parameters.some(
    (one) => one.in === "query" && /page|offset|cursor|after|skip|start|limit/i.test(one.name),
  );
  const full = Number((size && asked[size.name]) ?? fewest);
  return {
    operation,
    exchange,
    items: items.filter(isObject),
    isWhole: !saysMore(exchange, items.length) && (!isPaged || items.length < full),
  };
}

/** The member by whose values a parameter of a list asks for items; `undefined` where it asks for anything else. */
export function memberAskedFor({ in: part, name }: Parameter, members: Iterable<string>): string | undefined {
  if (part !== "query" || pagingRoleOf(name) !== undefined) return undefined;
  return [...members].find((one) => squeezed(one) === squeezed(name));
}

/** The identifiers of the items that a list shows. */
export function idsOf({ items }: Listed, id: string): readonly string[] {
  return items.map((item) => String(item[id]));
}

/** The items of a list, or none where there is no such list. */
export async function listOfAll(
  session: Session,
  resource: Resource,
  sent: RequestValue,
  scene: Scene,
): Promise<readonly JsonObject[]> {
  return (await listed(session, resource, sent, scene))?.items ?? [];
}

function largestOf({ check }: Parameter): readonly number[] {
  return [1000, 500, 250, 200, 100, 50, 30, 25, 20, 10].filter((value) => check(value).length === 0).slice(0, 1);
}

/** So many items fill no page, whatever its size is. */
const fewest = 5;

/** Whether an answer says that there is more. */
function saysMore({ json, headers }: Exchange, count: number): boolean {
  if (/rel="?next/i.test(headers.link ?? "")) return true;
  return toldBeside(json).some(([name, value]) => {
    if (/more|next|cursor|continu/i.test(name))
      return value !== null && value !== false && value !== "" && value !== undefined;
    return /total|count/i.test(name) && typeof value === "number" && value > count;
  });
}

/** What an answer tells beside the items of a list, or one level deeper. */
export function toldBeside(json: unknown): readonly (readonly [string, unknown])[] {
  const members = isObject(json) ? Object.entries(json) : [];
  return members.flatMap(([name, value]) => (isObject(value) ? Object.entries(value) : [[name, value] as const]));
}
