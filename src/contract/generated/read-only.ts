import { isHidden } from "../../document/sample/fits.ts";
import type { Making } from "../../document/sample/run.ts";
import { randoms } from "../../document/sample/sample.ts";
import { propertiesOf } from "../../document/schema.ts";
import type { Operation } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import { Mismatch } from "../findings.ts";
import { type Exchange, isGone, isSuccess } from "../wire/exchange.ts";
import { isScalar } from "./kept.ts";
import { memberAt, withAt } from "./places.ts";
import { type RequestValue, schemaAt } from "./request.ts";
import { tried } from "./session.ts";
import { type Item, operationFor } from "./stock.ts";
import { readItem, recordIn, type Subject } from "./subject.ts";

/** How many values are drawn to find some that the target would not give itself. */
const draws = 16;

/** What a record is without a client's doing, and a request that is accepted. */
type Usual = { readonly own: JsonObject; readonly base: RequestValue };

/** A request as it was sent, an answer that shows the record then, and the operation that this is of. */
type Shown = { readonly sent: RequestValue; readonly exchange: Exchange; readonly shownBy: Operation };

/**
 * A member that only the target writes keeps what the target gives it: whoever sends it is refused, or not listened to.
 * `send` answers what shows the record then; nothing where the request was refused.
 * https://json-schema.org/draft/2020-12/json-schema-validation#section-9.4
 */
export async function ownsWhatIsReadOnly(
  subject: Subject,
  { own, base }: Usual,
  send: (request: RequestValue) => Promise<Shown | undefined>,
): Promise<void> {
  const { session, resource, operation } = subject;
  const shape = session.shape(operation);
  const { alternatives } = shape.schemas;
  const making: Making = { schemas: shape.schemas, known: () => undefined };
  if (!isObject(base.body)) return;
  const members = new Map(alternatives(schemaAt(resource.place)).flatMap((form) => Object.entries(propertiesOf(form))));
  for (const [name, schema] of members) {
    if (!isHidden(schema, alternatives, "request") || !(name in own)) continue;
    let taken: Shown | undefined;
    for (const value of telling(schema, making, own[name], session.options.seed)) {
      const request = withAt(base, ["body", name], value);
      const shown = shape.check(request).length === 0 ? await send(request) : undefined;
      taken = shown && isTaken(subject, name, shown) ? shown : undefined;
      if (!taken || isGone(taken.exchange)) break;
    }
    if (!taken) continue;
    throw new Mismatch(`${operation.id} takes ${name} from a client, which is read-only`, taken.exchange, {
      at: `body.${name}`,
      expected: own[name],
      received: isGone(taken.exchange) ? `${taken.exchange.status}` : memberAt(taken.sent, ["body", name]),
    });
  }
}

/**
 * Values of a member that show whose it is: a text that no target makes up, or two others, for one may be what the target gives
 * next by itself, such as a count. None where there are no such values.
 */
function telling(schema: unknown, making: Making, own: unknown, seed: number): readonly unknown[] {
  const values = randoms(schema, making, seed, draws).filter(isScalar);
  const first = values.find((value) => value !== own);
  const isFree = making.schemas.alternatives(schema).every((form) => !("enum" in form || "const" in form));
  if (typeof first === "string" && isFree) return [first];
  const second = values.find((value) => value !== first && value !== Number(first) + 1);
  return first === undefined || second === undefined ? [] : [first, second];
}

/** Whether the record shows what was sent, or is another one by now. */
function isTaken(subject: Subject, name: string, { sent, exchange, shownBy }: Shown): boolean {
  return isGone(exchange) || recordIn(subject, shownBy, exchange)?.value[name] === memberAt(sent, ["body", name]);
}

/** The same of a request for an item that there is, which a read shows as it was. */
export async function keepsWhatIsReadOnly(subject: Subject, base: RequestValue, { path }: Item): Promise<void> {
  const { session, resource, operation, scene } = subject;
  const reader = operationFor(resource, "read");
  const before = reader && (await readItem(subject, path));
  const own = before && isSuccess(before) ? recordIn(subject, reader, before)?.value : undefined;
  if (!reader || !own) return;
  await ownsWhatIsReadOnly(subject, { own, base }, async (request) => {
    const sent = await session.ready(operation, request, scene);
    const written = (await tried(scene, session.shape(operation).plan(sent, scene.freshKey)))?.exchange;
    if (!written || !isSuccess(written) || written.status === 202) return undefined;
    const exchange = await readItem(subject, path);
    return exchange && (isSuccess(exchange) || isGone(exchange)) ? { sent, exchange, shownBy: reader } : undefined;
  });
}
