import { isDeepStrictEqual } from "node:util";
import { leavesOut } from "../../document/paging.ts";
import { membersAt } from "../../document/resources.ts";
import { random } from "../../document/sample/sample.ts";
import { propertiesOf } from "../../document/schema.ts";
import type { Operation } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import { difference, Mismatch } from "../findings.ts";
import { type Exchange, isGone, isSuccess } from "../wire/exchange.ts";
import { notBelowNothing, notElsewhere, notReadElsewhere } from "./below.ts";
import { isPlain } from "./kept.ts";
import { listed, listOfAll, memberAskedFor } from "./listed.ts";
import { bodyPlaces, memberAt, pathIn, schemaWithin, textPlaces, withAt } from "./places.ts";
import { ownsWhatIsReadOnly } from "./read-only.ts";
import type { RequestShape, RequestValue } from "./request.ts";
import { tried } from "./session.ts";
import { forAnother, type Item, identifierIn, makeItem, namesItself, operationFor } from "./stock.ts";
import {
  bodySchema,
  holdBeginning,
  holdKept,
  isAsSent,
  patience,
  readItem,
  recordIn,
  type Subject,
} from "./subject.ts";

/** How many requests show that a target keeps what it is sent. */
const mostSent = 8;

/** Requests that a target may be expected to keep word by word, those that it accepts anyway first. */
async function* plainRequests({ session, scene }: Subject, operation: Operation): AsyncGenerator<RequestValue> {
  const shape = session.shape(operation);
  const making = await session.making(operation, scene);
  const { accepted } = await session.bases(operation, scene);
  yield* accepted.filter(({ body }) => isPlain(body));
  const [base] = accepted;
  if (!base) return;
  for (const said of [
    ...spoken.map((text) => withTexts(shape, base, text)),
    withFractions(shape, base),
    withNulls(shape, base),
  ])
    if (!isDeepStrictEqual(said, base)) yield said;
  for (let count = 0; count < mostSent * 4; count++) {
    const value = random(shape.schema, making, session.options.seed * 1000 + count);
    if (!isObject(value) || !isPlain(value.body)) continue;
    const whole = {
      ...value,
      ...(base.path ? { path: base.path } : {}),
      ...(base.header ? { header: base.header } : {}),
    };
    if (shape.check(whole).length === 0) yield whole;
  }
}

/** Texts as people write them: letters of both cases, and those of other languages. */
const spoken = ["Zoe Understudy-Smith 7th", "Zoë Ünderstudy 東京"];

/** Numbers as people write them: with decimals, which a target may round away. */
const fractions = [12.34, 2.5, 1234.25];

/** The request with a text wherever it has one, as much of it as is valid there. */
function withTexts(shape: RequestShape, base: RequestValue, text: string): RequestValue {
  return textPlaces(base).reduce((request, place) => {
    const isAnyText = shape.schemas
      .alternatives(schemaWithin(shape, place))
      .every((form) => !("enum" in form || "const" in form || "format" in form || "pattern" in form));
    const lengths = isAnyText ? [text.length, 8, 3] : [];
    const texts = lengths.map((length) => text.slice(0, length).trim());
    return withFirstValid(shape, request, place, texts);
  }, base);
}

/** The request with a fraction wherever it has a number and may have one. */
function withFractions(shape: RequestShape, base: RequestValue): RequestValue {
  const places = bodyPlaces(base).filter((place) => typeof memberAt(base, place) === "number");
  return places.reduce((request, place) => withFirstValid(shape, request, place, fractions), base);
}

/** The request with nothing wherever it may say so; what is inside goes before what is around. */
function withNulls(shape: RequestShape, base: RequestValue): RequestValue {
  return bodyPlaces(base).reduceRight((request, place) => withFirstValid(shape, request, place, [null]), base);
}

/** The request with the first of some values at a place that is valid there; as it was where none is. */
function withFirstValid(
  shape: RequestShape,
  request: RequestValue,
  place: readonly string[],
  values: readonly unknown[],
): RequestValue {
  const candidates = values.map((value) => withAt(request, place, value));
  return candidates.find((one) => shape.check(one).length === 0) ?? request;
}

export async function createdIsThere(subject: Subject): Promise<void> {
  const { session, resource, creator, scene } = subject;
  const shape = session.shape(creator);
  let made = 0;
  for await (const request of plainRequests(subject, creator)) {
    if (made >= mostSent) break;
    const sent = namesItself(resource, creator)
      ? forAnother(session.anew, resource, shape, request, scene)
      : session.anew.renewed(shape, request, scene);
    const before = made < 2 ? await listOfAll(session, resource, sent, scene) : undefined;
    const probed = await tried(scene, shape.plan(sent, scene.freshKey));
    if (!probed || !isSuccess(probed.exchange)) continue;
    const { exchange } = probed;
    if (exchange.status === 202) {
      await monitorIsThere(subject, exchange);
      continue;
    }
    made++;
    holdKept(subject, sent, creator, creator, exchange);
    const id = identifierIn(session.spec, resource, creator, exchange);
    if (id === undefined) continue;
    const item: Item = {
      resource,
      id,
      sent,
      exchange,
      path: { ...pathIn(sent), [resource.parameter]: id },
    };
    await readAsSent(subject, item);
    if (made === 1) {
      await notReadElsewhere(subject, item);
      await notBelowNothing(subject, item);
    }
    if (before) await listedOnce(subject, item, before);
  }
  await createsWithReadOnly(subject);
  if (made === 0) scene.skip(`no request of ${creator.id} is accepted and carried out at once`);
}

async function readAsSent(subject: Subject, { path, sent, exchange: creation }: Item): Promise<void> {
  const { creator, resource } = subject;
  const reader = operationFor(resource, "read");
  const read = await readItem(subject, path);
  if (reader && read && isGone(read))
    throw new Mismatch(`what ${creator.id} has made is not there`, read, {
      at: "status",
      expected: "2xx",
      received: read.status,
    });
  if (reader && read && isSuccess(read)) {
    holdKept(subject, sent, creator, reader, read);
    holdDefaults(subject, sent, reader, read);
    holdBeginning(subject, read, await readItem(subject, path, false));
  }
  const { location } = creation.headers;
  if (location !== undefined && (!read || isSuccess(read))) await followed(subject, creation, location);
}

/** What was left out is what the document says that it is then. https://spec.openapis.org/oas/v3.0.3#properties */
function holdDefaults(subject: Subject, { body }: RequestValue, reader: Operation, read: Exchange): void {
  const { session, creator } = subject;
  const shown = recordIn(subject, reader, read)?.value;
  const { alternatives } = session.shape(creator).schemas;
  // Of several forms each may have defaults of its own.
  const [form, ...others] = alternatives(bodySchema(session.shape(creator)));
  if (!shown || !form || others.length > 0 || !isObject(body)) return;
  for (const [name, schema] of Object.entries(propertiesOf(form))) {
    const [usual] = alternatives(schema).flatMap((plain) => ("default" in plain ? [plain.default] : []));
    const value = shown[name];
    if (usual === undefined || name in body || value === undefined || value === null || isDeepStrictEqual(value, usual))
      continue;
    throw new Mismatch(`what ${creator.id} was not sent is not what the document says that it is then`, read, {
      at: `body.${name}`,
      expected: usual,
      received: value,
    });
  }
}

/** Creates with what is read-only, which the target gives itself. */
async function createsWithReadOnly(subject: Subject): Promise<void> {
  const { session, resource, creator, scene } = subject;
  const shape = session.shape(creator);
  const [base] = (await session.bases(creator, scene)).accepted;
  const usual = base && (await makeItem(session, resource, pathIn(base), scene, base));
  if (!usual) return;
  const own = recordIn(subject, creator, usual.exchange)?.value ?? {};
  await ownsWhatIsReadOnly(subject, { own, base }, async (request) => {
    const sent = forAnother(session.anew, resource, shape, request, scene);
    const probed = await tried(scene, shape.plan(sent, scene.freshKey));
    return probed && isSuccess(probed.exchange) ? { sent, exchange: probed.exchange, shownBy: creator } : undefined;
  });
}

/** Where an answer of 202 says that something is, it is a little later at the latest. */
async function monitorIsThere(subject: Subject, exchange: Exchange): Promise<void> {
  const { location } = exchange.headers;
  if (location === undefined) return;
  try {
    await followed(subject, exchange, location);
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    subject.scene.find(difference(error.message, exchange, error.detail));
  }
}

/** Follows a `Location`, on this target, whatever address it has for others; behind its base path or without it. */
async function followed(
  { scene, creator }: Subject,
  { request, operation }: Exchange,
  location: string,
): Promise<void> {
  const wrong = (received: unknown, exchange?: Exchange) =>
    new Mismatch(`the Location that ${creator.id} answers leads to nothing`, exchange, {
      at: "header.Location",
      expected: "an address of what was made",
      received,
    });
  if (!operation || !URL.canParse(location, request.url)) throw wrong(location);
  const base = basePathOf(request.url, operation);
  const { pathname, search } = new URL(location, request.url);
  const paths = [...new Set([pathname.startsWith(base) ? pathname.slice(base.length) : pathname, pathname])];
  let last: Exchange | undefined;
  for (const path of paths) {
    last = (await scene.probe({ method: "GET", path: path + search })).exchange;
    if (!isGone(last)) return;
  }
  throw wrong(`${location} (${last?.status})`, last);
}

/** The path of a target before that of its operations. */
function basePathOf(url: string, { path }: Operation): string {
  const { pathname } = new URL(url);
  const segments = path.split("/").length - 1;
  return pathname.split("/").slice(0, -segments).join("/");
}

/** Holds the list against what was made: it is there, once, and in no other place. */
async function listedOnce(subject: Subject, item: Item, before: readonly JsonObject[]): Promise<void> {
  const { session, resource, creator, scene } = subject;
  const isIt = (one: JsonObject) => String(one[resource.id]) === String(item.id);
  let after: Awaited<ReturnType<typeof listed>>;
  for (const ms of patience) {
    if (ms > 0) await scene.wait(ms);
    after = await listed(session, resource, item.sent, scene);
    if (!after || after.items.some(isIt)) break;
  }
  if (!after) return;
  if (!after.items.some(isIt)) {
    const isShown = after.isWhole && !isLeftOut(subject, after.operation, item);
    if (isShown && after.items.every((one) => one[resource.id] !== undefined))
      throw new Mismatch(`${after.operation.id} does not list what ${creator.id} has made`, after.exchange, {
        at: "body",
        expected: `an item with ${resource.id} ${item.id}`,
        received: after.items.map((one) => one[resource.id]),
      });
    return;
  }
  const known = new Set(before.map((one) => String(one[resource.id])));
  const twins = after.items.filter(
    (one) => !known.has(String(one[resource.id])) && !isEmptyObject(item.sent.body) && isAsSent(subject, item, one),
  );
  if (twins.length > 1)
    throw new Mismatch(`one request of ${creator.id} has made ${twins.length} items`, after.exchange, {
      at: "body",
      expected: "one more item",
      received: twins.map((one) => one[resource.id]),
    });
  await notElsewhere(subject, item, isIt);
}

/** Whether a list that is asked for nothing leaves an item out: a filter has a default, and the item another value. */
function isLeftOut({ session, resource }: Subject, list: Operation, { sent: { body }, exchange }: Item): boolean {
  const members = membersAt(session.spec, resource.place);
  return list.parameters.some((parameter) => {
    const { default: usual } = parameter;
    const member = memberAskedFor(parameter, members.keys());
    if (member === undefined || !leavesOut(usual)) return false;
    const [own] = [exchange.json, body]
      .map((value) => memberAt(value, [member]))
      .filter((value) => value !== undefined);
    return String(own) !== String(usual);
  });
}

function isEmptyObject(value: unknown): boolean {
  return !isObject(value) || Object.keys(value).length === 0;
}
