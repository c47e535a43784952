import { randomUUID } from "node:crypto";
import { createPathReader } from "../document/path.ts";
import { decoded, isObject } from "../document/pointer.ts";
import { type Resource, resourcesOf } from "../document/resources.ts";
import { simplest } from "../document/sample/sample.ts";
import type { Operation, Spec } from "../document/spec.ts";
import { createShapes } from "./generated/request.ts";
import { creatorOf, identifierIn, namesItself, operationFor } from "./generated/stock.ts";
import type { LeftBehind, Visit } from "./guest.ts";
import { isOfTheRun } from "./ledger.ts";
import { type Exchange, isGone, isSuccess, type RequestPlan } from "./wire/exchange.ts";

/** What a run has made in a target of which it knows nothing but the document, to be removed by the document's own operations. */
export type Made = {
  /** Takes note of what a request has made, or removed. */
  observe(exchange: Exchange): void;
  /** Leaves what this request has made until the end of the run, for others go on with it. */
  keep(exchange: Exchange): void;
  /** Removes what was made and is not to be kept, the last first; `all` of it at the end. */
  sweep(visit: Visit, all?: boolean): Promise<void>;
  /** What stays there. */
  left(): LeftBehind | undefined;
};

type Thing = { readonly exchange: Exchange; readonly removal: RequestPlan };

/** The most addresses that are told of what stays. */
const mostTold = 5;

/** Makes the keeper of what a run has made. */
export function createMade(spec: Spec): Made {
  const creators = new Map<Operation, Resource>();
  for (const resource of resourcesOf(spec)) {
    const operation = creatorOf(resource);
    if (operation && !creators.has(operation)) creators.set(operation, resource);
  }
  const removalOf = createRemovals(spec);
  const things = new Map<string, Thing>();
  const kept = new WeakSet<Exchange>();
  // An item that a client names itself may be made again and again.
  const keptPaths = new Set<string>();
  const stuck = new Map<string, string>();
  const endless = new Map<string, number>();

  return {
    observe(exchange) {
      const { operation } = exchange;
      if (!operation || !isSuccess(exchange)) return;
      if (operation.method === "DELETE") {
        const { pathname } = new URL(exchange.request.url);
        for (const path of things.keys()) if (pathname.endsWith(path)) things.delete(path);
        for (const path of keptPaths) if (pathname.endsWith(path)) keptPaths.delete(path);
      }
      const resource = creators.get(operation);
      // What was there before is not for the run to remove.
      if (!resource || (namesItself(resource, operation) && exchange.status !== 201)) return;
      const removal = removalOf(resource, operation, exchange);
      const what = `${operation.method} ${operation.path}`;
      if (removal) things.set(removal.path.split("?")[0]!, { exchange, removal });
      else endless.set(what, (endless.get(what) ?? 0) + 1);
    },
    keep(exchange) {
      kept.add(exchange);
      for (const [path, thing] of things) if (thing.exchange === exchange) keptPaths.add(path);
    },
    async sweep(visit, all = false) {
      for (const [address, { exchange, removal }] of [...things].reverse()) {
        if (!all && (kept.has(exchange) || keptPaths.has(address))) continue;
        try {
          const answer = await visit.send(removal);
          things.delete(address);
          if (answer.status >= 400 && !isGone(answer))
            stuck.set(`${removal.method} ${removal.path}`, `answered ${answer.status}`);
        } catch (error) {
          if (!all || !isOfTheRun(error)) throw error;
          things.delete(address);
          stuck.set(`${removal.method} ${removal.path}`, (error as Error).message);
        }
      }
    },
    left() {
      const told = [...stuck].slice(0, mostTold).map(([what, why]) => `${what} (${why})`);
      const more = stuck.size > told.length ? ` and ${stuck.size - told.length} more` : "";
      const message = [
        ...(told.length > 0 ? [`What could not be removed again stays there: ${told.join(", ")}${more}.`] : []),
        ...(endless.size > 0
          ? [
              `What these have made stays there, for the document has nothing that removes it: ${[...endless].map(([what, count]) => `${what} (accepted ${count} times)`).join(", ")}.`,
            ]
          : []),
      ].join(" ");
      return message === "" ? undefined : { message, irremovable: true };
    },
  };
}

/** Makes what answers the request that removes an item; `undefined` where the document has none. */
function createRemovals(spec: Spec) {
  const shapeOf = createShapes(spec);
  return (resource: Resource, creator: Operation, exchange: Exchange): RequestPlan | undefined => {
    const remover = operationFor(resource, "remove");
    const id = remover && identifierIn(spec, resource, creator, exchange);
    if (!remover || id === undefined) return undefined;
    const around = createPathReader(creator.path)(new URL(exchange.request.url).pathname);
    const values: Record<string, unknown> = { [resource.parameter]: id };
    for (const [name, value] of Object.entries(around)) values[name] = decoded(value);
    const shape = shapeOf(remover);
    const known = (name: string) => (name in values ? [values[name]] : undefined);
    const request = simplest(shape.schema, { schemas: shape.schemas, known, view: "request" });
    return isObject(request) ? shape.plan(request, randomUUID) : undefined;
  };
}
