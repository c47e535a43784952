import { isHidden } from "../../document/sample/fits.ts";
import { random } from "../../document/sample/sample.ts";
import { propertiesOf } from "../../document/schema.ts";
import type { Operation } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import { Mismatch } from "../findings.ts";
import { type Exchange, isGone, isSuccess } from "../wire/exchange.ts";
import { memberAt, withAt } from "./places.ts";
import { type RequestValue, schemaAt } from "./request.ts";
import { tried } from "./session.ts";
import { type Item, operationFor } from "./stock.ts";
import { readItem, recordIn, type Subject } from "./subject.ts";

/** How many values are drawn to find one that the target would not give itself. */
const draws = 8;

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
  const making = { schemas: shape.schemas, known: () => undefined } as const;
  if (!isObject(base.body)) return;
  const members = new Map(alternatives(schemaAt(resource.place)).flatMap((form) => Object.entries(propertiesOf(form))));
  for (const [name, schema] of members) {
    if (!isHidden(schema, alternatives, "request") || !(name in own)) continue;
    // What the target gives anyway tells nothing.
    const value = Array.from({ length: draws }, (_, more) => random(schema, making, session.options.seed + more)).find(
      (drawn) => ["string", "number", "boolean"].includes(typeof drawn) && drawn !== own[name],
    );
    const request = withAt(base, ["body", name], value);
    if (value === undefined || shape.check(request).length > 0) continue;
    const shown = await send(request);
    if (!shown) continue;
    const received = isGone(shown.exchange)
      ? `${shown.exchange.status}`
      : recordIn(subject, shown.shownBy, shown.exchange)?.value[name];
    if (!isGone(shown.exchange) && received !== memberAt(shown.sent, ["body", name])) continue;
    throw new Mismatch(`${operation.id} takes ${name} from a client, which is read-only`, shown.exchange, {
      at: `body.${name}`,
      expected: own[name],
      received,
    });
  }
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
