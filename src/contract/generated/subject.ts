import { isDeepStrictEqual } from "node:util";
import { type Resource, squeezed } from "../../document/resources.ts";
import { isHidden } from "../../document/sample/fits.ts";
import type { Operation } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import { difference, Mismatch } from "../findings.ts";
import type { Scene } from "../scene.ts";
import { type Exchange, isGone, isSuccess } from "../wire/exchange.ts";
import { memberNamed, type Sides, type Unkept, unkept, writable } from "./kept.ts";
import { placesWithin, schemaWithin } from "./places.ts";
import { type RequestShape, type RequestValue, schemaAt } from "./request.ts";
import { leastOf, type Session } from "./session.ts";
import { type Item, makeItem, operationFor, recordShown } from "./stock.ts";

/** Waits of a target that shows a little later what was written, in milliseconds. */
export const patience = [0, 100, 400];

/** An operation of a resource that is looked at, and the one that makes the items for that. */
export type Subject = {
  readonly session: Session;
  readonly resource: Resource;
  readonly creator: Operation;
  readonly operation: Operation;
  readonly scene: Scene;
};

/** What is looked at in the operations that use a resource in one way. */
export type Check = {
  readonly what: string;
  readonly title: string;
  readonly claim: string;
  /** Whether there is something to look at; there is unless it says so. */
  readonly applies?: (subject: Omit<Subject, "scene">) => boolean;
  readonly run: (subject: Subject) => Promise<void>;
};

/** The items around those of a resource, as its operations name them. */
export async function aroundOf({ session, operation, scene }: Subject): Promise<Readonly<Record<string, unknown>>> {
  const { made } = await session.making(operation, scene);
  return Object.assign({}, ...[...made.values()].map(({ path }) => path));
}

/** Reads an item; waits for one that is not there yet. `undefined` where the document has no such read. */
export async function readItem(
  { session, resource, scene }: Subject,
  path: RequestValue,
  wait = true,
): Promise<Exchange | undefined> {
  const reader = operationFor(resource, "read");
  const shape = reader && session.shape(reader);
  if (!reader || !shape || shape.check({ path }).length > 0) return undefined;
  let exchange: Exchange | undefined;
  for (const ms of wait ? patience : [0]) {
    if (ms > 0) await scene.wait(ms);
    exchange = await scene.send(shape.plan({ path }, scene.freshKey));
    if (!isGone(exchange)) break;
  }
  return exchange;
}

/** The record in an answer of an operation of the resource that is looked at. */
export function recordIn({ session, resource }: Subject, operation: Operation, exchange: Exchange) {
  return recordShown(session.spec, resource, operation, exchange);
}

export function bodySchema(shape: RequestShape): unknown {
  const { properties } = shape.schema;
  return isObject(properties) ? properties.body : undefined;
}

/** Holds what an answer shows against what a request sent. */
export function holdKept(
  subject: Subject,
  sent: RequestValue,
  by: Operation,
  shownBy: Operation,
  exchange: Exchange,
): void {
  const record = recordIn(subject, shownBy, exchange);
  const shape = subject.session.shape(by);
  if (!record || !isObject(sent.body)) return;
  holdSecrets(shape, sent.body, record, shownBy, exchange);
  // Which item it is, its path says.
  const { [subject.resource.id]: _, ...body } = sent.body;
  const [first] = unkept({
    schemas: shape.schemas,
    sent: { value: body, schema: bodySchema(shape) },
    shown: record,
  });
  if (!first) return;
  const where = shownBy === by ? "its answer" : shownBy.id;
  const message = `${where} does not show what ${by.id} was sent, and has accepted, at ${first.at}`;
  const texts = [first.sent, first.shown].map((value) => (typeof value === "string" ? value.toLowerCase() : value));
  const isCaseAlone = typeof texts[0] === "string" && texts[0] === texts[1];
  if (!isCaseAlone) throw new Mismatch(message, exchange, detailOf(first));
  // Some names are the same in all letters.
  subject.scene.find(difference(message, exchange, detailOf(first)));
}

/** What a document lets clients only write, no answer shows, unless its own schema has it there. */
function holdSecrets(
  shape: RequestShape,
  sent: JsonObject,
  shown: Sides["shown"] & { readonly value: JsonObject },
  by: Operation,
  exchange: Exchange,
): void {
  const { schemas } = shape;
  const isSecret = (schema: unknown) => isHidden(schema, schemas.alternatives, "answer");
  for (const [name, value] of Object.entries(sent)) {
    if (!isSecret(schemaWithin(shape, ["body", name]))) continue;
    const declared = memberNamed(schemas, shown.schema, name);
    const isMeant = declared !== undefined && !isSecret(declared);
    if (isMeant || !isDeepStrictEqual(shown.value[name], value)) continue;
    throw new Mismatch(`the answer of ${by.id} shows ${name}, which is write-only`, exchange, {
      at: `body.${name}`,
      expected: "(absent)",
      received: "what was sent",
    });
  }
}

/** Whether one of a list shows all that an item was made with. */
export function isAsSent({ session, resource, creator }: Subject, { sent }: Item, one: JsonObject): boolean {
  const shape = session.shape(creator);
  const given = { value: sent.body, schema: bodySchema(shape) };
  const shown = { value: one, schema: schemaAt(resource.place) };
  return unkept({ schemas: shape.schemas, sent: given, shown }).length === 0;
}

/** Names of members that tell when something began to be, in small letters and nothing else. */
const beginnings =
  /^(created|opened|added|joined|issued|registered|inserted)(at|on|date|time|timestamp)?$|^date(created|added|joined)$/;

/** When something began to be is the same whenever and after whatever it is read. */
export function holdBeginning(subject: Subject, was: Exchange | undefined, is: Exchange | undefined): void {
  const reader = operationFor(subject.resource, "read");
  const [before, after] = [was, is].map((one) => reader && one && isSuccess(one) && recordIn(subject, reader, one));
  if (!before || !after || !is) return;
  for (const [name, value] of Object.entries(before.value)) {
    const now = after.value[name];
    if (!beginnings.test(squeezed(name)) || now === undefined || value === null || isDeepStrictEqual(now, value))
      continue;
    const detail = { at: `body.${name}`, expected: value, received: now };
    subject.scene.find(difference(`${name} has become another one`, is, detail));
  }
}

/** The members that are not one of few for all items, as the first of them, their number and their order are. */
function worded(members: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => !["boolean", "number"].includes(typeof value)),
  );
}

/** Another item beside one that is worked on, and what looks whether it is as it was. */
export async function beside(subject: Subject): Promise<() => Promise<void>> {
  const { session, resource, creator, operation, scene } = subject;
  const [wanted] = (await session.bases(creator, scene)).accepted;
  const other = wanted && (await makeItem(session, resource, await aroundOf(subject), scene, wanted));
  const before = other && (await readItem(subject, other.path));
  const was = shownMembers(subject, creator, before);
  return async () => {
    const after = was && (await readItem(subject, other!.path));
    const isGoneNow = after !== undefined && isGone(after);
    const is = shownMembers(subject, creator, after);
    if (!was || (!isGoneNow && (!is || isDeepStrictEqual(worded(was), worded(is))))) return;
    throw new Mismatch(`${operation.id} has changed another item as well`, after, {
      at: "body",
      expected: was,
      received: is ?? after?.status,
    });
  };
}

function detailOf({ at, sent, shown }: Unkept) {
  return { at, expected: sent ?? "(absent)", received: shown ?? "(absent)" };
}

/** The item is still the one that its path names. */
export function sameItem(subject: Subject, { id }: Item, read: Exchange): void {
  const { resource, operation } = subject;
  const reader = operationFor(resource, "read");
  const shown = reader && recordIn(subject, reader, read)?.value[resource.id];
  if (shown === undefined || String(shown) === String(id)) return;
  throw new Mismatch(`after ${operation.id} the item has another ${resource.id} than its path`, read, {
    at: `body.${resource.id}`,
    expected: id,
    received: shown,
  });
}

/** The members that a read shows and that a request of an operation may carry. */
export function shownMembers(
  subject: Subject,
  operation: Operation,
  read: Exchange | undefined,
): RequestValue | undefined {
  const reader = operationFor(subject.resource, "read");
  const record = reader && read && isSuccess(read) ? recordIn(subject, reader, read) : undefined;
  if (!record) return undefined;
  const shape = subject.session.shape(operation);
  const names = writable(shape.schemas, bodySchema(shape));
  return Object.fromEntries(Object.entries(record.value).filter(([name]) => names.includes(name)));
}

/** A request whose body has no more than it has to. */
export function bareOf(shape: RequestShape, full: RequestValue): RequestValue {
  return leastOf(shape, full, placesWithin(full, ["body"])).least;
}

/** A new item of which no more is known than has to be. */
export async function bareItem(subject: Subject): Promise<Item | undefined> {
  const { session, resource, creator, scene } = subject;
  const [base] = (await session.bases(creator, scene)).accepted;
  if (!base) return undefined;
  const around = await aroundOf(subject);
  return (
    (await makeItem(session, resource, around, scene, bareOf(session.shape(creator), base))) ??
    makeItem(session, resource, around, scene, base)
  );
}
