import { isDeepStrictEqual } from "node:util";
import { keyHeaderOf } from "../../document/idempotency.ts";
import { resourcesOf } from "../../document/resources.ts";
import { propertiesOf, typesOf } from "../../document/schema.ts";
import type { Operation } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import type { Finding } from "../findings.ts";
import { shortened } from "../report/text.ts";
import type { Scene } from "../scene.ts";
import { type Exchange, isSuccess } from "../wire/exchange.ts";
import { isPlain } from "./kept.ts";
import { memberAt } from "./places.ts";
import type { RequestValue } from "./request.ts";
import { type Session, tried } from "./session.ts";

/** Finds lawful requests that are refused though others are accepted that differ from them in one place alone. */
export type Pairs = {
  note(value: RequestValue, exchange: Exchange): void;
  /** Looks again at what was noted, each request and its twin, and tells what is refused for certain. */
  judge(scene: Scene): Promise<void>;
};

type Difference = { readonly place: readonly string[]; readonly own: unknown; readonly other: unknown };
type Pair = Difference & { readonly refused: RequestValue; readonly accepted: RequestValue };

/** The most places that are looked at again. */
const mostPlaces = 12;

/** Makes the finder of one operation. */
export function createPairs(session: Session, operation: Operation): Pairs {
  const accepted: RequestValue[] = [];
  const refused: RequestValue[] = [];
  const refusals = new Map<RequestValue, Exchange>();
  const keyHeader = keyHeaderOf(operation);

  function* pairs(): Generator<Pair> {
    const done = new Set<string>();
    // What says nothing else that a server may be at odds with comes first.
    const plainFirst = [...refused].sort((one, other) => Number(isPlain(other.body)) - Number(isPlain(one.body)));
    for (const value of plainFirst) {
      const found = accepted.flatMap((other) => {
        const difference = onlyDifference(value, other);
        return difference ? [{ ...difference, refused: value, accepted: other }] : [];
      });
      for (const pair of found) {
        const [part, name] = pair.place;
        const key = JSON.stringify([pair.place, kindOf(pair.own)]);
        // A guest is told what no schema says, and knows of more rules than that.
        if (session.options.identifiers || !isCertain(session, operation, accepted, pair)) continue;
        if (part === "path" || (part === "header" && name === keyHeader) || done.has(key) || done.size >= mostPlaces)
          continue;
        done.add(key);
        yield pair;
      }
    }
  }

  return {
    note(value, exchange) {
      if (isSuccess(exchange)) accepted.push(value);
      else if (exchange.status === 400 || exchange.status === 422) {
        refused.push(value);
        refusals.set(value, exchange);
      }
    },
    async judge(scene) {
      const again = async (value: RequestValue) =>
        (
          await tried(
            scene,
            session.shape(operation).plan(await session.ready(operation, value, scene), scene.freshKey),
          )
        )?.exchange;
      for (const pair of pairs()) {
        const refusal = await again(pair.refused);
        const twin = await again(pair.accepted);
        if (!refusal || !twin || isSuccess(refusal) || !isSuccess(twin)) continue;
        const at = pair.place.join(".");
        scene.find({
          message: `a lawful request is refused for ${at}, and one that differs in that alone is accepted`,
          at,
          expected: `2xx, as with ${excerpt(pair.other)}`,
          received: `${refusal.status} with ${excerpt(pair.own)}: ${refusal.text}`,
          curl: refusal.curl,
          weight: "broken",
        });
      }
      for (const finding of refusedForms(session, operation, accepted, refusals)) scene.find(finding);
    },
  };
}

/** So many refusals and no success of one form of a body tell that it is refused as such. */
const manyRefusals = 3;

/** The forms of a body that are refused whatever they hold, beside others that are accepted. */
function* refusedForms(
  session: Session,
  operation: Operation,
  accepted: readonly RequestValue[],
  refused: ReadonlyMap<RequestValue, Exchange>,
): Generator<Finding> {
  const { schema, schemas } = session.shape(operation);
  const forms = schemas.alternatives(propertiesOf(schema).body ?? true);
  const fits = (form: JsonObject, { body }: RequestValue) => schemas.fits(form, body, "request");
  if (forms.length < 2 || accepted.length === 0 || session.options.identifiers) return;
  for (const form of forms) {
    const own = [...refused].filter(([value]) => forms.every((one) => fits(one, value) === (one === form)));
    const [last] = own.slice(-1);
    if (own.length < manyRefusals || !last || accepted.some((value) => fits(form, value))) continue;
    const [{ body }, { status, text, curl }] = last;
    yield {
      message: "one form of the body is always refused",
      at: "body",
      expected: `2xx, as with ${excerpt(accepted[0]!.body)}`,
      received: `${status} with ${excerpt(body)}: ${text}`,
      curl,
      weight: "differs",
    };
  }
}

/**
 * Whether what is refused is what the document sets as the edge itself, and is never accepted there: what other members say may
 * count as well.
 */
function isCertain(
  session: Session,
  operation: Operation,
  accepted: readonly RequestValue[],
  { place, own, accepted: twin }: Pair,
): boolean {
  if (own === undefined) {
    const around = place.slice(0, -1);
    return accepted.every(
      (one) => memberAt(one, place) !== undefined || (around.length > 1 && !isObject(memberAt(one, around))),
    );
  }
  if (accepted.some((one) => isDeepStrictEqual(memberAt(one, place), own))) return false;
  const forms = formsAt(session, operation, place);
  const isUpdate = resourcesOf(session.spec).some(({ uses }) =>
    ["replace", "change"].includes(uses.get(operation) ?? ""),
  );
  // From one state there may be no way to another.
  if (isUpdate && forms.some((form) => "enum" in form) && memberAt(twin, place) !== undefined) return false;
  return forms.some((form) => isEdge(form, own));
}

/** The one place where two requests differ; `undefined` where they differ in several, or in none. */
function onlyDifference(one: unknown, other: unknown, place: readonly string[] = []): Difference | undefined {
  if (!isObject(one) || !isObject(other)) return { place, own: one, other };
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const different = names.filter((name) => !isDeepStrictEqual(one[name], other[name]));
  const [name] = different;
  if (name === undefined || different.length > 1) return undefined;
  return onlyDifference(one[name], other[name], [...place, name]);
}

function kindOf(value: unknown): string {
  return value === undefined ? "absent" : value === null ? "null" : "value";
}

function formsAt(session: Session, operation: Operation, place: readonly string[]): readonly JsonObject[] {
  const { schema, schemas } = session.shape(operation);
  let forms = schemas.alternatives(schema);
  for (const name of place)
    forms = forms.flatMap((plain) =>
      name in propertiesOf(plain) ? schemas.alternatives(propertiesOf(plain)[name]) : [],
    );
  return forms;
}

/** Whether a schema names a value, or sets its size as the least or the most. */
function isEdge(plain: JsonObject, value: unknown): boolean {
  if (value === null || typeof value === "boolean") return typesOf(plain).includes(value === null ? "null" : "boolean");
  if (Array.isArray(plain.enum)) return plain.enum.some((one) => isDeepStrictEqual(one, value));
  if (typeof value === "number") return [plain.minimum, plain.maximum].includes(value);
  if (typeof value === "string") return isPlain(value) && isSize(value.length, plain.minLength, plain.maxLength);
  return Array.isArray(value) && isSize(value.length, plain.minItems, plain.maxItems);
}

function isSize(size: number, least: unknown, most: unknown): boolean {
  return size > 0 && (size === least || size === most);
}

function excerpt(value: unknown): string {
  return shortened(JSON.stringify(value) ?? "none", 120);
}
