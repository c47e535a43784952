import { isDeepStrictEqual } from "node:util";
import { fullest } from "../../document/sample/edges.ts";
import type { Making } from "../../document/sample/run.ts";
import { simplest } from "../../document/sample/sample.ts";
import { propertiesOf } from "../../document/schema.ts";
import type { Operation, Spec } from "../../document/spec.ts";
import { isObject } from "../../document/validator.ts";
import { Unsent } from "../findings.ts";
import type { Probed, Scene } from "../scene.ts";
import { type Exchange, isGone, isSuccess, jsonOf, type RequestPlan } from "../wire/exchange.ts";
import { type Anew, createAnew, elsewhere, mayBeTaken } from "./anew.ts";
import { type Break, breaksOf } from "./breaks.ts";
import { absentIn, memberAt, placesWithin, withAt } from "./places.ts";
import { referencesOf } from "./references.ts";
import { createShapes, type RequestShape, type RequestValue, schemaAt } from "./request.ts";
import { creatorOf, type Item, makeItem, operationFor, resourceFor, resourceNamed } from "./stock.ts";

export type GeneratedOptions = {
  /** How many random requests each operation is sent, valid ones and invalid ones each. */
  readonly examples: number;
  /** What the random ones follow from. */
  readonly seed: number;
  /** Where in the searches of this seed to look, and nowhere else: as a finding tells it. */
  readonly path?: string;
  /** Values that no schema can tell, by the name of a parameter or a property. */
  readonly params?: Readonly<Record<string, readonly string[]>>;
  /** Names of the identifiers that a guest knows; any other is then left out, for it would be that of something else. */
  readonly identifiers?: readonly string[];
};

/** What the generated cases of one run share: the shapes of requests, and what was found out about the target. */
export type Session = {
  readonly spec: Spec;
  readonly options: GeneratedOptions;
  shape(operation: Operation): RequestShape;
  readonly anew: Anew;
  /** What is known before the run: enough to say which cases there are. */
  beforehand(operation: Operation): Making;
  /** What is known of the target, looked up where that takes a read. */
  making(operation: Operation, scene: Scene): Promise<MakingThere>;
  /**
   * Valid requests, as large as the target accepts them, one for each form; those it refuses too, where it accepts none; and the
   * places of what it refuses in all of them, such as a member that names what is not there.
   */
  bases(operation: Operation, scene: Scene): Promise<Bases>;
  /** The ways to break exactly one keyword of those requests. */
  breaks(operation: Operation, scene: Scene): Promise<readonly Break[]>;
  /**
   * The request as it can be sent: one that removes what it names, or can be carried out once, gets a new item for that, where the
   * run can make one; and one that makes an item, what no other item may have as well.
   */
  ready(operation: Operation, value: RequestValue, scene: Scene): Promise<RequestValue>;
  /** Whether `ready` has what an operation removes added again, so that the same request can be carried out again and again. */
  isRepeatable(operation: Operation): boolean;
  /** Forgets what was found out below what an operation removes, and of itself if told: what stood for an item there may be gone. */
  forget(removal: Operation, itself?: boolean): void;
  /** The read that shows what a request may have changed; `undefined` where the document has none. */
  readBack(operation: Operation, value: RequestValue): RequestPlan | undefined;
};

/** How requests to one target are made up; `guessed` names the parameters of the path for which no value was found there. */
export type MakingThere = Making & {
  readonly guessed: readonly string[];
  /** The items that were made for it, by the parameter of the path that names them. */
  readonly made: ReadonlyMap<string, Item>;
};

export type Bases = {
  readonly accepted: readonly RequestValue[];
  readonly all: readonly RequestValue[];
  readonly refused: readonly (readonly string[])[];
};

const placeholder = "understudy-placeholder";

/** Makes what the generated cases of one run share. */
export function createSession(spec: Spec, options: GeneratedOptions): Session {
  const shapeOf = createShapes(spec);
  const anew = createAnew();
  const adders = addersOf(spec, shapeOf);
  const beforehand = new Map<Operation, Making>();
  const makings = oncePerOperation((operation, scene) => makingThere(session, operation, scene));
  const bases = oncePerOperation((operation, scene) => basesThere(session, operation, scene));
  const breaks = oncePerOperation(async (operation, scene) => {
    const making = await session.making(operation, scene);
    const { accepted, all } = await session.bases(operation, scene);
    return (accepted.length > 0 ? accepted : all).flatMap((value) => [
      ...breaksHere(session, operation, value, making),
    ]);
  });
  const session: Session = {
    spec,
    options,
    shape: shapeOf,
    anew,
    beforehand(operation) {
      const making = beforehand.get(operation) ?? makingBeforehand(operation, shapeOf(operation), options);
      beforehand.set(operation, making);
      return making;
    },
    making: makings.of,
    bases: bases.of,
    breaks: breaks.of,
    async ready(operation, value, scene) {
      if (!usesUp(operation)) return anew.renewed(shapeOf(operation), value, scene);
      if (!isObject(value.path)) return value;
      const adder = adders.get(operation);
      if (adder) {
        await addAgain(session, adder, value, scene);
        return value;
      }
      const { made } = await session.making(operation, scene);
      const own = [...made.values()].find(({ resource: { itemPath } }) => isOnItem(operation, itemPath));
      const name = own?.resource.parameter ?? "";
      if (!own || !isDeepStrictEqual(value.path[name], own.id)) return value;
      const item = await makeItem(session, own.resource, own.path, scene, own.sent);
      return item ? withAt(value, ["path", name], item.id) : value;
    },
    isRepeatable: (operation) => adders.has(operation),
    forget({ path }, itself = false) {
      const isBelow = (other: Operation) => other.path === path || other.path.startsWith(`${path}/`);
      for (const { forget } of [makings, bases, breaks])
        forget((other) => isBelow(other) && (itself || !(other.path === path && other.method === "DELETE")));
    },
    readBack(operation, value) {
      const reads = readerOf(spec, operation);
      if (!reads) return undefined;
      const shape = shapeOf(reads);
      const read = { path: value.path ?? {} };
      return shape.check(read).length === 0 ? shape.plan(read, () => "") : undefined;
    },
  };
  return session;
}

async function basesThere(session: Session, operation: Operation, scene: Scene): Promise<Bases> {
  const shape = session.shape(operation);
  const making = await session.making(operation, scene);
  const all = fullest(shape.schema, making)
    .filter(isObject)
    .filter((value) => shape.check(value).length === 0);
  const accepted: RequestValue[] = [];
  let last: Probed | undefined;
  const accepts = async (value: RequestValue) => {
    if (session.isRepeatable(operation)) await session.ready(operation, value, scene);
    const sent = session.anew.renewed(shape, value, scene);
    last = await tried(scene, shape.plan(sent, scene.freshKey));
    return last !== undefined && isSuccess(last.exchange);
  };
  const resource = resourceFor(session.spec, operation);
  const makesItems = resource && operationFor(resource, "create") === operation;
  for (const full of all) {
    const once = await largestAccepted(full, shape, accepts);
    // What no two items may have is accepted the first time alone.
    const value = once && makesItems && !(await accepts(once)) ? await largestAccepted(full, shape, accepts) : once;
    if (value) accepted.push(value);
  }
  // Another item may have what these say.
  const [full] = all;
  if (accepted.length === 0 && full && last && mayBeTaken(last.exchange) && !session.options.identifiers) {
    const sought = await session.anew.sought(shape, full, scene);
    if (sought) accepted.push(sought.sent);
  }
  const lacking = accepted.length === 0 ? [] : all.flatMap((full) => accepted.map((value) => absentIn(value, full)));
  const places = new Map(lacking.flat().map((place) => [place.join("."), place]));
  const refused = [...places.values()].filter((place) =>
    accepted.every((value) => memberAt(value, place) === undefined),
  );
  return { accepted, all, refused };
}

/** The operation that adds again what a removal has taken away, and the name by which both call it. */
type Adder = { readonly operation: Operation; readonly name: string };

/** The removals whose query names what another operation on the same path adds by a member of its body: `DELETE /tags?name=new`. */
function addersOf(
  { operations }: Spec,
  shapeOf: (operation: Operation) => RequestShape,
): ReadonlyMap<Operation, Adder> {
  const found = new Map<Operation, Adder>();
  for (const removal of operations.filter(({ method }) => method === "DELETE")) {
    const names = removal.parameters.filter((one) => one.in === "query" && one.required).map(({ name }) => name);
    const operation = operations.find(({ path, method }) => path === removal.path && method === "POST");
    if (!operation || names.length === 0) continue;
    const { schema, schemas } = shapeOf(operation);
    const forms = schemas.alternatives(propertiesOf(schema).body ?? true);
    const name = names.find((one) => forms.some((form) => one in propertiesOf(form)));
    if (name !== undefined) found.set(removal, { operation, name });
  }
  return found;
}

/** Adds what a removal names, as far as the target lets the run. */
async function addAgain(session: Session, { operation, name }: Adder, removal: RequestValue, scene: Scene) {
  const shape = session.shape(operation);
  const { accepted } = await session.bases(operation, scene);
  const base = accepted.find(({ body }) => isObject(body));
  const named = memberAt(removal, ["query", name]);
  if (!base || named === undefined) return;
  const value = withAt(
    { ...base, ...(removal.path === undefined ? {} : { path: removal.path }) },
    ["body", name],
    named,
  );
  if (shape.check(value).length === 0) await tried(scene, shape.plan(value, scene.freshKey));
}

/** Whether an operation can be carried out once for each item: it removes it, or does something to it and is told no more. */
function usesUp({ method, requestBody }: Operation): boolean {
  return method === "DELETE" || (method === "POST" && requestBody === undefined);
}

/** Whether an operation is for one item, or does something to it, as `/books/{bookId}/lend` does. */
function isOnItem({ method, path }: Operation, itemPath: string): boolean {
  return (
    path === itemPath || (method === "POST" && path.startsWith(itemPath) && !path.slice(itemPath.length).includes("{"))
  );
}

/** The ways to break exactly one keyword of a request, but for those that lead to another operation; `first` as {@link breaksOf} has it. */
export function* breaksHere(
  { spec, shape }: Pick<Session, "spec" | "shape">,
  operation: Operation,
  value: RequestValue,
  making: Making,
  first = 0,
): Generator<Break> {
  const { schema, check, plan } = shape(operation);
  /** Whether what breaks a path is a path of another operation: `/books/7` beside `/books/{isbn}` and `/books/{number}`. */
  const leadsElsewhere = ({ value: broken, violation }: Break) => {
    if (!violation.at.startsWith("path.") || !isObject(broken)) return false;
    const { method, path } = plan(broken, () => "");
    const { operation: called } = spec.match(method, path);
    return called !== undefined && called !== operation;
  };
  for (const broken of breaksOf(schema, value, making, check, { first })) if (!leadsElsewhere(broken)) yield broken;
}

/** Does some work once for each operation; what failed is tried again by the next case. */
function oncePerOperation<T>(work: (operation: Operation, scene: Scene) => Promise<T>) {
  const done = new Map<Operation, Promise<T>>();
  return {
    of(operation: Operation, scene: Scene): Promise<T> {
      const before = done.get(operation);
      if (before) return before;
      const running = work(operation, scene);
      done.set(operation, running);
      running.catch(() => done.delete(operation));
      return running;
    },
    forget(isIt: (operation: Operation) => boolean) {
      for (const operation of done.keys()) if (isIt(operation)) done.delete(operation);
    },
  };
}

type Values = Readonly<Record<string, readonly unknown[]>>;

/**
 * Headers that ask in which state a thing is: a made-up state is that of none, and lawfully refused. Where one has to be there, it
 * asks that there is any. https://www.rfc-editor.org/rfc/rfc9110#section-13.1
 */
function conditionsOf({ parameters }: Operation): Values {
  const asked = parameters.filter(
    ({ in: part, name }) =>
      part === "header" && /^if-(match|none-match|modified-since|unmodified-since|range)$/i.test(name),
  );
  return Object.fromEntries(
    asked.map(({ name, required }) => [name, required && name.toLowerCase() === "if-match" ? ["*"] : []]),
  );
}

/** The values of a name: its own, or those of one that it ends with; `defaultThingId` is known where `thingId` is. */
function knownBy(values: Values, { identifiers }: GeneratedOptions): Making["known"] {
  return (name) => {
    const own = values[name];
    if (own) return own;
    const [, similar] =
      Object.entries(values).find(([known]) => name.endsWith(known.charAt(0).toUpperCase() + known.slice(1))) ?? [];
    if (similar) return similar;
    return identifiers && /(Id|_id)s?$/.test(name) ? [] : undefined;
  };
}

function makingBeforehand(operation: Operation, { schemas }: RequestShape, options: GeneratedOptions): Making {
  const { identifiers = [], params = {} } = options;
  const names = [...identifiers, ...Object.keys(params)].map((name) => [name, params[name] ?? [placeholder]] as const);
  const examples = operation.parameters.flatMap(({ in: place, name, example, check }) =>
    place === "path" && example !== undefined && check(example).length === 0 ? [[name, [example]] as const] : [],
  );
  const values = { ...conditionsOf(operation), ...Object.fromEntries([...names, ...examples]) };
  return { schemas, known: knownBy(values, options), view: "request" };
}

/** What is known of a target: what the guest knows and the run was given, and for the rest of a path what a list there names. */
async function makingThere(session: Session, operation: Operation, scene: Scene): Promise<MakingThere> {
  const { spec, options, shape: shapeOf } = session;
  const { schemas } = shapeOf(operation);
  const values: Record<string, readonly unknown[]> = {
    ...conditionsOf(operation),
    ...scene.identifiers,
    ...options.params,
  };
  const guessed: string[] = [];
  const made = new Map<string, Item>();
  for (const { in: part, name, example, place, types, check } of operation.parameters) {
    if (part !== "path") continue;
    if (values[name]) {
      // The schema of a number reads no text.
      if (types.includes("integer")) values[name] = values[name].map((value) => Number(value));
      continue;
    }
    const item = await itemFor(session, operation, name, values, scene);
    if (item) {
      made.set(name, item);
      values[name] = [item.id];
      continue;
    }
    const own = ownName(session, operation, name, values, scene);
    if (own !== undefined) {
      values[name] = [own];
      continue;
    }
    const list = listThrough(spec, operation, name);
    const member = resourceNamed(spec, operation, name)?.id;
    const found = list ? await identifiersListed(shapeOf(list), [name, member], scene, knownBy(values, options)) : [];
    const listed = found.find((value) => check(value).length === 0);
    if (listed === undefined) guessed.push(name);
    const simple = () => simplest(schemaAt(place ?? []), { schemas, known: () => undefined });
    const fitting = example !== undefined && check(example).length === 0 ? example : undefined;
    values[name] = [listed ?? fitting ?? (place ? simple() : placeholder)];
  }
  Object.assign(values, await referred(session, operation, values, scene));
  return { schemas, known: knownBy(values, options), guessed, made, view: "request" };
}

/** An item of its own for an operation whose path names one, where the document tells how one is made; a guest makes none. */
async function itemFor(
  session: Session,
  operation: Operation,
  name: string,
  values: Readonly<Record<string, readonly unknown[]>>,
  scene: Scene,
): Promise<Item | undefined> {
  if (session.options.identifiers) return undefined;
  const resource = resourceNamed(session.spec, operation, name);
  // What it makes itself is not there before.
  if (!resource || creatorOf(resource) === operation) return undefined;
  return makeItem(session, resource, around(values), scene);
}

/** A name that nobody has used, for what an operation makes on its own path. */
function ownName(
  session: Session,
  operation: Operation,
  name: string,
  values: Readonly<Record<string, readonly unknown[]>>,
  scene: Scene,
): unknown {
  const resource = resourceNamed(session.spec, operation, name);
  if (session.options.identifiers || !resource || creatorOf(resource) !== operation) return undefined;
  const shape = session.shape(operation);
  const making: Making = { schemas: shape.schemas, known: knownBy(values, session.options), view: "request" };
  for (const value of fullest(shape.schema, making))
    if (isObject(value)) {
      const request = elsewhere(shape, value, name, scene);
      if (request) return memberAt(request, ["path", name]);
    }
  return undefined;
}

/** The identifiers of items that an operation's body names, each made for it. */
async function referred(session: Session, operation: Operation, values: Values, scene: Scene): Promise<Values> {
  const { spec, options, shape: shapeOf } = session;
  if (options.identifiers) return {};
  const found: Record<string, readonly unknown[]> = {};
  for (const { member, resource, isText } of referencesOf(spec, shapeOf, operation)) {
    if (values[member]) continue;
    const item = await makeItem(session, resource, around(values), scene);
    if (item) found[member] = [isText ? String(item.id) : Number(item.id)];
  }
  if (Object.keys(found).length === 0) return found;
  const { schema, schemas, check } = shapeOf(operation);
  const making: Making = { schemas, known: knownBy({ ...values, ...found }, options), view: "request" };
  // An identifier as others write it may not be one as this body wants it.
  return fullest(schema, making).some((value) => check(value).length === 0) ? found : {};
}

function around(values: Values): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).map(([known, [value]]) => [known, value]));
}

/** The list that a path goes through: `GET /things` for `/things/{thingId}`. */
function listThrough(spec: Spec, operation: Operation, name: string): Operation | undefined {
  const path = operation.path.slice(0, operation.path.indexOf(`/{${name}}`));
  return path === "" ? undefined : spec.operations.find((other) => other.method === "GET" && other.path === path);
}

/** What may identify the first item of a list, the likeliest first; where it is known which member does, that alone. */
async function identifiersListed(
  shape: RequestShape,
  [name, own]: readonly [name: string, own: string | undefined],
  scene: Scene,
  known: Making["known"],
): Promise<readonly unknown[]> {
  const value = simplest(shape.schema, { schemas: shape.schemas, known });
  if (shape.impossible || !isObject(value) || shape.check(value).length > 0) return [];
  const { json } = (await scene.probe(shape.plan(value, scene.freshKey))).exchange;
  const items = Array.isArray(json) ? json : isObject(json) ? Object.values(json).find(Array.isArray) : undefined;
  const [first] = Array.isArray(items) ? items.filter(isObject) : [];
  const members = Object.entries(first ?? {});
  // What the path names its items by may have another name in them, and nothing else stands for it.
  if (own !== undefined && first && own in first) return [first[own]];
  const ranked = [name, "id"].flatMap((wanted) =>
    members.filter(([member]) => member.toLowerCase() === wanted.toLowerCase()),
  );
  return [...ranked, ...members.filter(([member]) => /id$/i.test(member))].map(([, value]) => value);
}

/** Sends one of many requests; `undefined` where just this one could not be undone, and so was not sent. */
export async function tried(scene: Scene, plan: RequestPlan): Promise<Probed | undefined> {
  try {
    return await scene.probe(plan);
  } catch (error) {
    if (error instanceof Unsent) return undefined;
    throw error;
  }
}

/** A request with as many of its members as the target accepts; `undefined` where it accepts not even the least. */
async function largestAccepted(
  full: RequestValue,
  shape: RequestShape,
  accepts: (value: RequestValue) => Promise<boolean>,
): Promise<RequestValue | undefined> {
  if (await accepts(full)) return full;

  /** Takes back what is accepted, one after the other; of what is not, as much as is. */
  async function grown(start: RequestValue, places: readonly (readonly string[])[]): Promise<RequestValue> {
    let found = start;
    for (const place of places) {
      const larger = withAt(found, place, memberAt(full, place));
      if (shape.check(larger).length > 0) continue;
      if (await accepts(larger)) {
        found = larger;
        continue;
      }
      const { least, removed } = leastOf(shape, larger, placesWithin(full, place));
      if (removed.length > 0 && (await accepts(least))) found = await grown(least, removed);
    }
    return found;
  }

  const parts = Object.keys(full).flatMap((part) => placesWithin(full, [part]));
  const { least, removed } = leastOf(shape, full, parts);
  return (await accepts(least)) ? grown(least, removed) : undefined;
}

/** A request without all that may be left out at these places, and those places. */
export function leastOf(shape: RequestShape, value: RequestValue, places: readonly (readonly string[])[]) {
  let least = value;
  const removed = places.filter((place) => {
    const smaller = withAt(least, place, undefined);
    if (shape.check(smaller).length > 0) return false;
    least = smaller;
    return true;
  });
  return { least, removed };
}

/** The read of the same path, or of the nearest one above it; none for a read. */
export function readerOf(spec: Spec, operation: Operation): Operation | undefined {
  if (operation.method === "GET" || operation.method === "HEAD") return undefined;
  for (let { path } = operation; path !== ""; path = path.slice(0, path.lastIndexOf("/"))) {
    const reads = spec.operations.find((other) => other.method === "GET" && other.path === path);
    if (reads?.parameters.every(({ in: place, required }) => place === "path" || !required)) return reads;
  }
  return undefined;
}

/** How long a list may take to show what was created before, in milliseconds. */
const listedWithinMs = 250;

/** A request that the target accepts, as it can be sent now; ends the case where there is none. */
export async function acceptedOf(session: Session, operation: Operation, scene: Scene) {
  const [known] = (await session.bases(operation, scene)).accepted;
  if (!known) return scene.skip(`no request of ${operation.id} is accepted`);
  const value = await session.ready(operation, known, scene);
  return { value, plan: session.shape(operation).plan(value, scene.freshKey) };
}

/**
 * Runs what should change nothing, and answers whether something changed. What changes by itself does not count, nor the order of a
 * list; and where a list has only become longer, which it may have done late, the same is run once more.
 */
export async function changes(
  scene: Scene,
  read: RequestPlan | undefined,
  work: () => Promise<void>,
): Promise<{ readonly before: unknown; readonly after: unknown } | undefined> {
  if (!read) {
    await work();
    return undefined;
  }
  const state = async (known?: Exchange) => {
    const exchange = known ?? (await scene.probe(read)).exchange;
    if (isGone(exchange)) return gone;
    return isSuccess(exchange) ? exchange.text : undefined;
  };
  const once = async () => {
    // Many a case ends with the read that the next begins with.
    const before = await state(scene.still(read));
    await work();
    const after = await state();
    if (before === undefined || after === undefined || isSame(before, after)) return undefined;
    const later = await state();
    return later !== undefined && isSame(after, later) ? { before: shownBy(before), after: shownBy(after) } : undefined;
  };
  const found = await once();
  if (!found || !isGrown(found)) return found;
  await scene.wait(listedWithinMs);
  return once();
}

/** What a read shows of what is not there. */
const gone = "(it is not there)";

/** Whether the texts of two reads show the same, in whatever order. */
function isSame(one: string, other: string): boolean {
  return one === other || isDeepStrictEqual(shownBy(one), shownBy(other));
}

function shownBy(text: string): unknown {
  return ordered(jsonOf(text) ?? text);
}

/** A value with its members and the items of its lists in one order, whatever theirs was. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return sorted(value.map(ordered), (item) => JSON.stringify(item));
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, inner]) => [name, ordered(inner)] as const);
  return Object.fromEntries(sorted(members, ([name]) => name));
}

function sorted<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const keyed = items.map((item) => [keyOf(item), item] as const);
  return keyed.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)).map(([, item]) => item);
}

/** Whether no more has happened than that lists became longer, and counts beside them greater. */
function isGrown({ before, after }: { readonly before: unknown; readonly after: unknown }): boolean {
  const growths = growthsOf(before, after);
  return growths.has("list") && !growths.has("other") && (growths.has("longer") || growths.has("more"));
}

function growthsOf(before: unknown, after: unknown): ReadonlySet<"list" | "longer" | "more" | "other"> {
  if (Array.isArray(before) && Array.isArray(after)) {
    const isKept = before.every((item) => after.some((other) => isDeepStrictEqual(item, other)));
    if (!isKept) return new Set(["other"]);
    // What is no list of records, such as words, belongs to one.
    if (before.some((item) => !isObject(item))) return new Set(before.length < after.length ? ["other"] : []);
    return new Set(before.length < after.length ? ["list", "longer"] : ["list"]);
  }
  if (isDeepStrictEqual(before, after)) return new Set();
  if (typeof before === "number" && typeof after === "number") return new Set([before < after ? "more" : "other"]);
  if (!isObject(before) || !isObject(after)) return new Set(["other"]);
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return new Set(members.flatMap((name) => [...growthsOf(before[name], after[name])]));
}
