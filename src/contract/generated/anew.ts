import { isDeepStrictEqual } from "node:util";
import { random } from "../../document/sample/sample.ts";
import type { Probed, Scene } from "../scene.ts";
import { type Exchange, isSuccess } from "../wire/exchange.ts";
import { isPlain } from "./kept.ts";
import { memberAt, schemaWithin, textPlaces, withAt } from "./places.ts";
import type { RequestShape, RequestValue } from "./request.ts";

type At = readonly string[];

/** Makes of a request one for another item: with other values where a target lets no two items have the same. */
export type Anew = {
  /** The request with a value of its own in each place that is known to want one, but for a value that nobody has used there. */
  renewed(shape: RequestShape, request: RequestValue, scene: Scene): RequestValue;
  /**
   * Sends a request that was accepted before and is refused now with other texts, and finds out which one it is that has to be
   * another; `undefined` where that is not why it is refused.
   */
  sought(shape: RequestShape, request: RequestValue, scene: Scene): Promise<Sought | undefined>;
  /** Sends a request; where it is refused for what another item has as well, with something else there. */
  sent(shape: RequestShape, request: RequestValue, scene: Scene): Promise<Sought>;
};

export type Sought = Probed & { readonly sent: RequestValue };

/** The most places that are tried alone. */
const mostPlaces = 8;

/** What a text is called that is likely to be unique, the likeliest first. */
const likelyUnique = [/e-?mail/i, /name|slug|login|handle/i, /code|key|number|reference|phone|sku/i];

/** Makes the memory of one run. */
export function createAnew(): Anew {
  /** The places that want other values, and the values that were used there. */
  const unique = new Map<RequestShape, { readonly place: At; readonly used: Set<unknown> }[]>();

  async function send(shape: RequestShape, sent: RequestValue, scene: Scene): Promise<Sought | undefined> {
    const probed = await scene.probe(shape.plan(sent, scene.freshKey));
    return isSuccess(probed.exchange) ? { ...probed, sent } : undefined;
  }

  const anew: Anew = {
    renewed(shape, request, scene) {
      let found = request;
      for (const { place, used } of unique.get(shape) ?? []) {
        const value = memberAt(found, place);
        if (value !== undefined && used.has(value)) found = changedAt(shape, found, place, scene) ?? found;
        used.add(memberAt(found, place));
      }
      return found;
    },
    async sought(shape, request, scene) {
      if (unique.has(shape)) return undefined;
      unique.set(shape, []);
      const places = textPlaces(request).sort((one, other) => rankOf(one) - rankOf(other));
      const changeable = places.filter((place) => changedAt(shape, request, place, scene) !== undefined);
      const all = changeable.reduce((sent, place) => changedAt(shape, sent, place, scene) ?? sent, request);
      if (isDeepStrictEqual(all, request)) return undefined;
      const found = await send(shape, all, scene);
      if (!found) return undefined;
      for (const place of changeable.slice(0, mostPlaces)) {
        const alone = await send(shape, changedAt(shape, request, place, scene) ?? request, scene);
        if (!alone) continue;
        unique.set(shape, [{ place, used: new Set([memberAt(request, place), memberAt(alone.sent, place)]) }]);
        return alone;
      }
      const each = changeable.map((place) => ({ place, used: new Set([memberAt(request, place)]) }));
      unique.set(shape, each);
      return found;
    },
    async sent(shape, request, scene) {
      const probed = await scene.probe(shape.plan(request, scene.freshKey));
      const found = mayBeTaken(probed.exchange) ? await anew.sought(shape, request, scene) : undefined;
      return found ?? { ...probed, sent: request };
    },
  };
  return anew;
}

/** Whether a request may be refused for what another item has as well. */
export function mayBeTaken({ status }: Exchange): boolean {
  return status === 400 || status === 409 || status === 422;
}

function rankOf(place: At): number {
  const rank = likelyUnique.findIndex((name) => name.test(place.at(-1)!));
  return rank < 0 ? likelyUnique.length : rank;
}

/** The request on a path that nobody has used, whose last parameter names an item that is to be made. */
export function elsewhere(
  shape: RequestShape,
  request: RequestValue,
  parameter: string,
  scene: Scene,
): RequestValue | undefined {
  return changedAt(shape, request, ["path", parameter], scene);
}

/** The request with a value at a place that nobody has used and with which it is valid; `undefined` where it has to be one of few. */
function changedAt(shape: RequestShape, request: RequestValue, place: At, scene: Scene): RequestValue | undefined {
  const schema = schemaWithin(shape, place);
  // Of few values another is soon the same again.
  if (!isFree(shape, schema)) return undefined;
  const key = scene.freshKey();
  const making = { schemas: shape.schemas, known: () => undefined, view: "request" } as const;
  const seed = Number.parseInt(key.replace(/[^0-9a-f]/gi, "").slice(0, 7), 16);
  const isEmail = shape.schemas.alternatives(schema).some(({ format }) => /email/.test(`${format}`));
  const texts = isEmail ? [`${key}@example.com`] : [key, key.replaceAll("-", ""), key.slice(0, 8)];
  const values = [...texts, ...[0, 1, 2].map((more) => random(schema, making, seed + more))];
  return values
    .filter((value) => value !== undefined && value !== null && isPlain(value))
    .map((value) => withAt(request, place, value))
    .find((one) => shape.check(one).length === 0);
}

function isFree({ schemas }: RequestShape, schema: unknown): boolean {
  return schemas
    .alternatives(schema)
    .every(({ type, format, ...plain }) => !("enum" in plain || "const" in plain || /^(date|time)/.test(`${format}`)));
}
