import { isDeepStrictEqual } from "node:util";
import { allResourcesOf, type Resource, type Use } from "../../document/resources.ts";
import { boundaries } from "../../document/sample/edges.ts";
import { random } from "../../document/sample/sample.ts";
import type { Operation } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import type { Case } from "../case.ts";
import { Mismatch } from "../findings.ts";
import type { Scene } from "../scene.ts";
import { type Exchange, isGone, isSuccess } from "../wire/exchange.ts";
import { caseMaker } from "./cases.ts";
import { isPlain, type Unkept, unkept, writable } from "./kept.ts";
import { listed, listOfAll } from "./listed.ts";
import { placesWithin, withAt } from "./places.ts";
import { type RequestShape, type RequestValue, schemaAt } from "./request.ts";
import { leastOf, type Session, tried } from "./session.ts";
import {
  creatorOf,
  forAnother,
  type Item,
  identifierIn,
  makeItem,
  namesItself,
  operationFor,
  recordShown,
  resourceNamed,
} from "./stock.ts";

/** Waits of a target that shows a little later what was written, in milliseconds. */
const patience = [0, 100, 400];
/** How many requests show that a target keeps what it is sent. */
const mostSent = 8;
/** How often an item is replaced by all of its members and by the least of them. */
const rounds = 6;

/** Checks of what a target keeps, for each resource of a document whose items can be made by its own operations. */
export function stateCases(session: Session): readonly Case[] {
  // A guest makes nothing.
  if (session.options.identifiers) return [];
  return allResourcesOf(session.spec).flatMap((resource) => {
    const creator = creatorOf(resource);
    if (!creator || session.shape(creator).impossible !== undefined) return [];
    const subject = { session, resource, creator };
    return [...resource.uses].flatMap(([operation, use]) => {
      if (session.shape(operation).impossible !== undefined) return [];
      const asked = operation === creator ? [checks.create, checks[use]] : [checks[use]];
      return [...new Set(asked)].flatMap((check) => {
        if (!check) return [];
        const { what, title, claim, run } = check;
        const named = caseMaker(operation, true);
        return [named(what, title, "documented", claim, (scene) => run({ ...subject, operation, scene }))];
      });
    });
  });
}

/** An operation of a resource that is looked at, and the one that makes the items for that. */
type Subject = {
  readonly session: Session;
  readonly resource: Resource;
  readonly creator: Operation;
  readonly operation: Operation;
  readonly scene: Scene;
};

type Check = {
  readonly what: string;
  readonly title: string;
  readonly claim: string;
  readonly run: (subject: Subject) => Promise<void>;
};

const checks: Partial<Record<Use, Check>> = {
  create: {
    what: "is-read-back",
    title: "What was made is there, as it was sent, and is listed once",
    claim: "A success says that the request was carried out; Location leads to what was made.",
    run: createdIsThere,
  },
  replace: {
    what: "replaces-alike",
    title: "A replacement is read back, and treats what it leaves out alike each time",
    claim: "PUT replaces what is there by what is sent: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.4.",
    run: replacesAlike,
  },
  change: {
    what: "changes-alone",
    title: "A change is read back, and leaves all else as it was",
    claim: "PATCH changes what it is sent: https://www.rfc-editor.org/rfc/rfc5789.",
    run: changesAlone,
  },
  remove: {
    what: "is-gone",
    title: "What was removed is there no more, and is not listed",
    claim: "A success says that the request was carried out; a second one fails no server.",
    run: (subject) => removedIsGone(subject).finally(() => subject.session.forget(subject.operation, true)),
  },
};

/** Reads an item; waits for one that is not there yet. `undefined` where the document has no such read. */
async function readItem(
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
function recordIn({ session, resource }: Subject, operation: Operation, exchange: Exchange) {
  return recordShown(session.spec, resource, operation, exchange);
}

function bodySchema(shape: RequestShape): unknown {
  const { properties } = shape.schema;
  return isObject(properties) ? properties.body : undefined;
}

/** Holds what an answer shows against what a request sent. */
function holdKept(subject: Subject, sent: RequestValue, by: Operation, shownBy: Operation, exchange: Exchange): void {
  const record = recordIn(subject, shownBy, exchange);
  const shape = subject.session.shape(by);
  if (!record || !isObject(sent.body)) return;
  // Which item it is, its path says.
  const { [subject.resource.id]: _, ...body } = sent.body;
  const [first] = unkept({
    schemas: shape.schemas,
    sent: { value: body, schema: bodySchema(shape) },
    shown: record,
  });
  if (!first) return;
  const where = shownBy === by ? "its answer" : shownBy.id;
  throw new Mismatch(
    `${where} does not show what ${by.id} was sent, and has accepted, at ${first.at}`,
    exchange,
    detailOf(first),
  );
}

function detailOf({ at, sent, shown }: Unkept) {
  return { at, expected: sent ?? "(absent)", received: shown ?? "(absent)" };
}

/** Requests that a target may be expected to keep word by word, those that it accepts anyway first. */
async function* plainRequests({ session, scene }: Subject, operation: Operation): AsyncGenerator<RequestValue> {
  const shape = session.shape(operation);
  const making = await session.making(operation, scene);
  const { accepted } = await session.bases(operation, scene);
  yield* accepted.filter(({ body }) => isPlain(body));
  const [base] = accepted;
  if (!base) return;
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

async function createdIsThere(subject: Subject): Promise<void> {
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
    if (!probed || !isSuccess(probed.exchange) || probed.exchange.status === 202) continue;
    made++;
    const { exchange } = probed;
    holdKept(subject, sent, creator, creator, exchange);
    const id = identifierIn(session.spec, resource, creator, exchange);
    if (id === undefined) continue;
    const item: Item = {
      resource,
      id,
      sent,
      exchange,
      path: { ...(isObject(sent.path) ? sent.path : {}), [resource.parameter]: id },
    };
    await readAsSent(subject, item);
    if (before) await listedOnce(subject, item, before);
  }
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
  if (reader && read && isSuccess(read)) holdKept(subject, sent, creator, reader, read);
  const { location } = creation.headers;
  if (location !== undefined && (!read || isSuccess(read))) await followed(subject, creation, location);
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
    if (after.isWhole && after.items.every((one) => one[resource.id] !== undefined))
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

/** Whether one of a list shows all that an item was made with. */
function isAsSent({ session, resource, creator }: Subject, { sent }: Item, one: JsonObject): boolean {
  const shape = session.shape(creator);
  const given = { value: sent.body, schema: bodySchema(shape) };
  const shown = { value: one, schema: schemaAt(resource.place) };
  return unkept({ schemas: shape.schemas, sent: given, shown }).length === 0;
}

function isEmptyObject(value: unknown): boolean {
  return !isObject(value) || Object.keys(value).length === 0;
}

/** What was made below one item is not listed below another one, which is new. */
async function notElsewhere(subject: Subject, item: Item, isIt: (one: JsonObject) => boolean): Promise<void> {
  const { session, resource, creator, scene } = subject;
  const names = creator.parameters.filter((one) => one.in === "path").map(({ name }) => name);
  const name = names.filter((one) => one !== resource.parameter || !namesItself(resource, creator)).at(-1);
  const parent = name === undefined ? undefined : resourceNamed(session.spec, creator, name);
  if (!parent || name === undefined || !isObject(item.sent.path)) return;
  const other = await makeItem(session, parent, item.path, scene);
  if (!other || String(other.id) === String(item.sent.path[name])) return;
  const beside = () => listed(session, resource, withAt(item.sent, ["path", name], other.id), scene);
  const before = await beside();
  if (!before?.items.some((one) => isIt(one) && isAsSent(subject, item, one))) return;
  // It may be one of the same name that was there before; that of the next is not.
  const next = await makeItem(session, resource, item.path, scene, item.sent);
  const isNext = (one: JsonObject) => String(one[resource.id]) === String(next?.id);
  const there = await beside();
  const same = there?.items.find((one) => isNext(one) && isAsSent(subject, item, one));
  if (!next || !there || !same || before.items.some(isNext)) return;
  throw new Mismatch(`${there.operation.id} lists what ${creator.id} has made below another ${name}`, there.exchange, {
    at: "body",
    expected: `no item with ${resource.id} ${next.id}`,
    received: same,
  });
}

/** The members that a read shows and that a request of an operation may carry. */
function shownMembers(subject: Subject, operation: Operation, read: Exchange | undefined): RequestValue | undefined {
  const reader = operationFor(subject.resource, "read");
  const record = reader && read && isSuccess(read) ? recordIn(subject, reader, read) : undefined;
  if (!record) return undefined;
  const shape = subject.session.shape(operation);
  const names = writable(shape.schemas, bodySchema(shape));
  return Object.fromEntries(Object.entries(record.value).filter(([name]) => names.includes(name)));
}

/** A request for another item than it was made for: its path names that one, and so does its body where it names one. */
function forItem({ resource: { id } }: Subject, request: RequestValue, item: Item): RequestValue {
  const there: RequestValue = { ...request, path: item.path };
  return isObject(request.body) && id in request.body ? withAt(there, ["body", id], item.id) : there;
}

async function replacesAlike(subject: Subject): Promise<void> {
  const { session, resource, operation, scene } = subject;
  const reader = operationFor(resource, "read");
  const [base] = (await session.bases(operation, scene)).accepted.filter(({ body }) => isObject(body) && isPlain(body));
  const item = base && (await bareItem(subject));
  if (!reader || !item)
    return scene.skip(`no request of ${operation.id} is accepted for an item that the run has made`);
  const shape = session.shape(operation);
  const full = forItem(subject, base, item);
  const bare = bareOf(shape, full);
  const put = async (sent: RequestValue) => {
    const exchange = await scene.send(shape.plan(await session.ready(operation, sent, scene), scene.freshKey));
    if (!isSuccess(exchange) || exchange.status === 202) return undefined;
    const read = await readItem(subject, item.path);
    if (!read || !isSuccess(read)) return undefined;
    holdKept(subject, sent, operation, operation, exchange);
    holdKept(subject, sent, operation, reader, read);
    sameItem(subject, item, read);
    return shownMembers(subject, operation, read);
  };
  const seen = new Map<string, Set<"kept" | "dropped">>();
  const usual = await put(bare);
  for (let round = 0; usual && round < rounds; round++) {
    const whole = await put(full);
    const left = whole && (await put(bare));
    if (!whole || !left) break;
    for (const name of Object.keys(isObject(full.body) ? full.body : {})) {
      const isLeft = isObject(bare.body) && name in bare.body;
      // What it is anyway tells nothing.
      if (
        isLeft ||
        !(name in whole) ||
        isNothing(whole[name]) ||
        (round === 0 && isDeepStrictEqual(whole[name], usual[name]))
      )
        continue;
      const ways = seen.get(name) ?? new Set();
      if (round > 0 && !seen.has(name)) continue;
      seen.set(name, ways.add(isDeepStrictEqual(left[name], whole[name]) ? "kept" : "dropped"));
    }
  }
  alike(operation, seen);
}

function isNothing(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    isDeepStrictEqual(value, []) ||
    isDeepStrictEqual(value, {})
  );
}

/** A new item of which no more is known than has to be. */
async function bareItem(subject: Subject): Promise<Item | undefined> {
  const { session, resource, creator, scene } = subject;
  const [base] = (await session.bases(creator, scene)).accepted;
  if (!base) return undefined;
  const around = await aroundOf(subject);
  return (
    (await makeItem(session, resource, around, scene, bareOf(session.shape(creator), base))) ??
    makeItem(session, resource, around, scene, base)
  );
}

/** A request whose body has no more than it has to. */
function bareOf(shape: RequestShape, full: RequestValue): RequestValue {
  return leastOf(shape, full, placesWithin(full, ["body"])).least;
}

function alike(operation: Operation, seen: ReadonlyMap<string, ReadonlySet<"kept" | "dropped">>): void {
  const of = (way: "kept" | "dropped") => [...seen].filter(([, ways]) => ways.has(way)).map(([name]) => name);
  const [kept, dropped] = [of("kept"), of("dropped")];
  const both = kept.filter((name) => dropped.includes(name));
  const expected = "the same each time";
  if (both.length > 0)
    throw new Mismatch(`${operation.id} replaces at times, and merges at others`, undefined, {
      at: `body.${both[0]}`,
      expected,
      received: `${both.join(", ")}: kept and dropped`,
    });
  if (kept.length > 0 && dropped.length > 0)
    throw new Mismatch(`${operation.id} keeps some of what it is not sent, and drops the rest`, undefined, {
      at: `body.${kept[0]}`,
      expected: "all kept, or none",
      received: `kept: ${kept.join(", ")}; dropped: ${dropped.join(", ")}`,
    });
}

/** The item is still the one that its path names. */
function sameItem(subject: Subject, { id }: Item, read: Exchange): void {
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

async function changesAlone(subject: Subject): Promise<void> {
  const { session, resource, operation, scene } = subject;
  const reader = operationFor(resource, "read");
  const item = (await session.making(operation, scene)).made.get(resource.parameter);
  const { accepted } = await session.bases(operation, scene);
  const [base] = accepted.filter(({ body }) => isObject(body) && isPlain(body));
  const shape = session.shape(operation);
  if (!reader || !item || !base || !isObject(base.body))
    return scene.skip(`no request of ${operation.id} is accepted for an item that the run has made`);
  // Begun with as much as there can be, so that what is wiped is seen.
  await scene.probe(shape.plan(base, scene.freshKey));
  let changed = 0;
  for (const sent of singles(subject, shape, base, await session.making(operation, scene))) {
    const before = await readItem(subject, item.path);
    const probed = await tried(scene, shape.plan(sent, scene.freshKey));
    if (!probed || !isSuccess(probed.exchange) || probed.exchange.status === 202) continue;
    changed++;
    const after = await readItem(subject, item.path);
    if (!after || !isSuccess(after)) continue;
    holdKept(subject, sent, operation, operation, probed.exchange);
    holdKept(subject, sent, operation, reader, after);
    sameItem(subject, item, after);
    restKept(subject, sent, before, after);
    await scene.probe(shape.plan(base, scene.freshKey));
  }
  if (changed === 0) scene.skip(`no request of ${operation.id} changes one member alone`);
}

/** Requests that change one member each, beside those that have to be there. */
function singles(
  { session, resource }: Subject,
  shape: RequestShape,
  base: RequestValue,
  making: Parameters<typeof boundaries>[1],
): readonly RequestValue[] {
  const body = isObject(base.body) ? base.body : {};
  const least = bareOf(shape, base);
  const own = isObject(least.body) ? least.body : {};
  const found: RequestValue[] = [];
  for (const name of writable(shape.schemas, bodySchema(shape))) {
    // By another identifier the item would be another one.
    if (name === resource.id || (name in own && Object.keys(own).length > 1)) continue;
    const values = new Map<string, unknown>();
    for (const value of boundaries(memberSchemaOf(shape, name), making)) {
      if (values.size >= 3) break;
      if (isPlain(value) && !isDeepStrictEqual(value, body[name]))
        values.set(value === null ? "null" : typeof value, value);
    }
    const drawn = random(memberSchemaOf(shape, name), making, session.options.seed);
    for (const value of [...values.values(), ...(isPlain(drawn) ? [drawn] : [])]) {
      const alone = { ...base, body: { [name]: value } };
      const isEnough = name in own || (Object.keys(own).length === 1 && shape.check(alone).length === 0);
      const sent = isEnough ? alone : { ...base, body: { ...own, [name]: value } };
      if (value !== undefined && shape.check(sent).length === 0) found.push(sent);
    }
  }
  return found;
}

function memberSchemaOf(shape: RequestShape, name: string): unknown {
  const forms = shape.schemas.alternatives(bodySchema(shape));
  for (const { properties } of forms) if (isObject(properties) && name in properties) return properties[name];
  return true;
}

/** What a change did not name is as it was, of what clients write. */
function restKept(subject: Subject, sent: RequestValue, before: Exchange | undefined, after: Exchange): void {
  const { operation, resource, creator } = subject;
  const named = isObject(sent.body) ? sent.body : {};
  const sides = [creator, operationFor(resource, "replace"), operation].flatMap((one) => one ?? []);
  for (const one of sides) {
    const [was, is] = [shownMembers(subject, one, before), shownMembers(subject, one, after)];
    for (const name of Object.keys(was ?? {})) {
      if (name in named || !was || !is || isDeepStrictEqual(was[name], is[name])) continue;
      throw new Mismatch(`${operation.id} has changed ${name}, which it was not sent`, after, {
        at: `body.${name}`,
        expected: was[name],
        received: is[name] ?? "(absent)",
      });
    }
  }
}

async function removedIsGone(subject: Subject): Promise<void> {
  const { session, resource, operation, scene } = subject;
  const item = await makeItem(session, resource, await aroundOf(subject), scene);
  const [known] = (await session.bases(operation, scene)).accepted;
  if (!item || !known) return scene.skip(`no request of ${operation.id} is accepted for an item that the run has made`);
  const shape = session.shape(operation);
  const before = await readItem(subject, item.path);
  const plan = () => shape.plan({ ...known, path: item.path }, scene.freshKey);
  const removal = await scene.send(plan());
  if (!isSuccess(removal) || removal.status === 202)
    return scene.skip(`${operation.id} answers ${removal.status} to a new item`);
  // Some show what is gone, as gone: then it shows something else.
  let read = before && (await readItem(subject, item.path, false));
  for (const ms of patience.slice(1)) {
    if (!read || !isSuccess(read) || !isDeepStrictEqual(read.json, before?.json)) break;
    await scene.wait(ms);
    read = await readItem(subject, item.path, false);
  }
  if (before && read && isSuccess(before) && isSuccess(read) && isDeepStrictEqual(read.json, before.json))
    throw new Mismatch(`what ${operation.id} has removed is still there`, read, {
      at: "status",
      expected: "404 or 410",
      received: read.status,
    });
  const list = await listed(session, resource, item.sent, scene);
  const still = list?.items.find((one) => String(one[resource.id]) === String(item.id));
  const record =
    before && isSuccess(before) ? recordIn(subject, operationFor(resource, "read")!, before)?.value : undefined;
  if (list && still && (!record || isDeepStrictEqual({ ...record, ...still }, record)))
    throw new Mismatch(`${list.operation.id} still lists what ${operation.id} has removed`, list.exchange, {
      at: "body",
      expected: `no item with ${resource.id} ${item.id}`,
      received: still,
    });
  await scene.send(plan());
}

/** The items around those of a resource, as its operations name them. */
async function aroundOf({ session, operation, scene }: Subject): Promise<Readonly<Record<string, unknown>>> {
  const { made } = await session.making(operation, scene);
  return Object.assign({}, ...[...made.values()].map(({ path }) => path));
}
