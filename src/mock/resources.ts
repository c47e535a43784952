import { sha256Of } from "#platform";
import { isJson } from "../document/media-type.ts";
import { leavesOut, telling } from "../document/paging.ts";
import { notFound, Problem, show } from "../document/problem.ts";
import {
  allResourcesOf,
  type Held,
  isSameSchema,
  listOf,
  membersAt,
  type Resource,
  recordOf,
  squeezed,
  type Use,
  wordOf,
} from "../document/resources.ts";
import { isHidden } from "../document/sample/fits.ts";
import { createSchemas, type Schemas } from "../document/sample/schemas.ts";
import { propertiesOf, same } from "../document/schema.ts";
import { orderAsked, ordered } from "../document/sorting.ts";
import type { Operation, Spec } from "../document/spec.ts";
import { isObject, type JsonObject, type Place, pointer, valueAt } from "../document/validator.ts";
import type { View } from "../document/view.ts";
import type { RequestInput } from "./context.ts";
import { accepts as accepted, exampleOf, type Generator, generated, type Shape, successOf } from "./generate.ts";
import type { OwnHandler, Said } from "./handler.ts";
import { type Accepts, only, overlaid, patched, withdrawn, withHeld } from "./merge.ts";
import { filtered, pageAsked, pageOf, tellingOf } from "./pages.ts";
import type { Collection, Sandbox } from "./store/store.ts";
import { areVersioned, holdState, unlessUnchanged, versionHeader } from "./versions.ts";

/** What keeps the records of a document's resources where no handler is given. */
export type Resources = {
  /** The handler of an operation that is plainly for the records of a resource, or that answers what was sent. */
  handlerOf(operation: Operation): OwnHandler | undefined;
  /** Refuses a request whose path leads through a record that is not there; `undefined` where the path leads through none. */
  guardOf(operation: Operation): ((input: RequestInput, sandbox: Sandbox) => Promise<void>) | undefined;
};

/** Makes the handlers of a document's resources: what a write says, a read shows. */
export function createResources(spec: Spec, generator: Generator): Resources {
  const resources = allResourcesOf(spec);
  let schemas: Schemas | undefined;
  const reader: Reader = {
    spec,
    generator,
    forms: new Map(),
    get schemas() {
      schemas ??= createSchemas(spec.validators.document);
      return schemas;
    },
  };
  const owners = new Map<Operation, readonly [Resource, Use]>();
  for (const resource of resources)
    for (const [operation, use] of resource.uses) if (!owners.has(operation)) owners.set(operation, [resource, use]);

  return {
    handlerOf(operation) {
      const [resource, use] = owners.get(operation) ?? [];
      if (!resource || !use) return echoOf(reader, operation);
      let kind: Kind | undefined;
      return async (input, sandbox) => {
        kind ??= kindOf(reader, resource);
        const call = { kind, operation, input, records: collectionOf(resource, input, sandbox) };
        if (kind.isVersioned && ["replace", "change", "remove"].includes(use)) await holdVersion(call);
        return carriers[use](call);
      };
    },
    guardOf({ path }) {
      const around = resources.filter(
        ({ itemPath }) => path.startsWith(itemPath) && /[/:]/.test(path.charAt(itemPath.length)),
      );
      if (around.length === 0) return undefined;
      return async (input, sandbox) => {
        for (const resource of around) {
          const value = input.path[resource.parameter];
          if (value === undefined) continue;
          await refuseGone(resource, `${value}`, collectionOf(resource, input, sandbox));
        }
      };
    },
  };
}

/** The handler of a write that keeps nothing: its made-up answer has the members that were sent. */
function echoOf(reader: Reader, operation: Operation): OwnHandler | undefined {
  const success = successOf(operation);
  const media = success?.media;
  if (!media || !operation.requestBody || !isJson(success.type)) return undefined;
  return async ({ path, body: sent }) => {
    const target = filled(operation.path, path);
    const body = await reader.generator.body(operation, { ...success, media }, target);
    const form = formAt(reader, media.place);
    const isEchoed = isObject(body) && isObject(sent);
    const told = isEchoed
      ? overlaid(body, only(known(reader, form, renamed(form, sent)), form.members), form.accepts)
      : body;
    return { status: success.status, body: told, headers: generated };
  };
}

type Reader = {
  readonly spec: Spec;
  readonly generator: Generator;
  readonly schemas: Schemas;
  /** What was read before, by its place. */
  readonly forms: Map<string, Form>;
};

/** A schema of records, as values are made and judged by it. */
type Form = Shape & {
  readonly schema: unknown;
  /** The members that it names. */
  readonly members: ReadonlySet<string>;
  /** The member that a name of a request means, which may be written in another style. */
  memberOf(name: string): string | undefined;
  /** Whether it takes members that it does not name. */
  readonly isOpen: boolean;
  readonly accepts: Accepts;
};

/** A resource, and what is needed to make its records. */
type Kind = {
  readonly reader: Reader;
  readonly resource: Resource;
  readonly form: Form;
  readonly list: Operation | undefined;
  readonly read: Operation | undefined;
  /** Whether its operations speak of versions of a record. */
  readonly isVersioned: boolean;
  /** A record with all that one may have, made at its first use. */
  model(): Promise<JsonObject>;
};

/** One request, on the way through its operation. */
type Call = {
  readonly kind: Kind;
  readonly operation: Operation;
  readonly input: RequestInput;
  readonly records: Collection;
};

function kindOf(reader: Reader, resource: Resource): Kind {
  const used = (wanted: Use) => [...resource.uses].find(([, use]) => use === wanted)?.[0];
  const form = formAt(reader, resource.place);
  let made: Promise<JsonObject | undefined> | undefined;
  return {
    reader,
    resource,
    form,
    list: used("list"),
    read: used("read"),
    isVersioned: areVersioned(resource.uses.keys()),
    async model() {
      made ??= sampleOf({ reader, form }, resource.itemPath);
      return (await made) ?? {};
    },
  };
}

function formAt({ spec, schemas, forms }: Reader, place: Place): Form {
  const known = forms.get(pointer(place));
  if (known) return known;
  const { document } = spec.validators;
  const schema = valueAt(document, place);
  const check = spec.validators.at(place, "record");
  const plain = schemas.alternatives(schema);
  const members = new Set(membersAt(spec, place).keys());
  const styles = new Map([...members].map((name) => [squeezed(name), name]));
  const form: Form = {
    place,
    check,
    schema,
    members,
    memberOf: (name) => (members.has(name) ? name : styles.get(squeezed(name))),
    isOpen: plain.some(({ properties, additionalProperties: more }) => more === true || isObject(more) || !properties),
    // The first says no at once, and without a word; the second has the last one.
    accepts: (value) => schemas.fits(schema, value, "answer") && accepted(check, value),
  };
  forms.set(pointer(place), form);
  return form;
}

/** The records of a resource that a request speaks of: those of the records that its path leads through. */
function collectionOf({ name }: Resource, { path }: RequestInput, sandbox: Sandbox): Collection {
  return sandbox.collection(name.includes("{") ? filled(name, path) : name);
}

function filled(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{([^{}]+)\}/g, (_, name: string) => encodeURIComponent(String(values[name] ?? "")));
}

const carriers: Readonly<Record<Use, (call: Call) => Promise<Said>>> = {
  create,
  list,
  read,
  replace: (call) => replace(call, call.input.path[call.kind.resource.parameter]),
  save: (call) => replace(call, allSentIn(call)[call.kind.resource.id]),
  change,
  remove,
};

/** Refuses a request for another version of a record than there is. */
async function holdVersion(call: Call): Promise<void> {
  const { operation, input, records } = call;
  const id = idOf(call);
  await holdState(operation, input.header, async () =>
    // What can be made by this request need not be there.
    operation.responses.has("201") ? records.get(id) : keptOrMadeUp(call, id),
  );
}

async function read(call: Call): Promise<Said> {
  const { record, ...shown } = await readable(call);
  return record ? unlessUnchanged(call.operation, call.input.header, shown, record) : shown;
}

/** What a read answers, and the record behind it. */
async function readable(call: Call): Promise<Said & { readonly record?: JsonObject | undefined }> {
  const { kind, operation, records } = call;
  const id = idOf(call);
  const stored = await records.get(id);
  const media = successOf(operation)?.media;
  const example = media && exampleOf(media);
  // What the document gives as the answer is the answer, until somebody has written here.
  if (stored && (example === undefined || (await records.history()) !== "none"))
    return { ...(await said(call, stored)), record: stored };
  const made = await makeUp(call);
  if (stored && !same(made, stored)) return { ...(await said(call, stored)), record: stored };
  if (!stored) {
    await refuseGone(kind.resource, id, records);
    if (made) await records.insert(made, "made up");
  }
  const headers = { ...(made && versionIn(call, made)), ...generated };
  if (example === undefined && made) return { ...(await said(call, made)), headers, record: made };
  const success = successOf(operation)!;
  const body =
    success.media && (await kind.reader.generator.body(operation, { ...success, media: success.media }, pathOf(call)));
  return { status: success.status, body, headers, record: made };
}

async function create(call: Call): Promise<Said> {
  const { kind, operation, input, records } = call;
  const { resource } = kind;
  const sent = sentIn(call);
  const own = sent[resource.id];
  const isTaken = (id: unknown) => records.standing(String(id));
  if (isName(own) && (await isTaken(own)) === "written") throw taken(resource, own);
  const { total } = await records.list({ offset: 0, limit: 0 });
  const path = `${filled(resource.listPath, input.path)} ${total}`;
  const base = numbered((await sampleOf(kind, `POST ${path}`)) ?? {}, resource, total);
  const id = isName(own) ? own : await newId(call, base, total);
  const record = await written(call, { ...base, ...overParents(call, base) }, { ...sent, [resource.id]: id });
  await records.insert(record);
  const answer = await said(call, record);
  const header = [...(successOf(operation)?.response.headers ?? [])].find(([name]) => /^location$/i.test(name));
  // What cannot be read by itself has no address that leads to it.
  if (!header || !kind.read) return answer;
  const target = filled(resource.itemPath, { ...input.path, [resource.parameter]: record[resource.id] });
  const [name, { check }] = header;
  const location = [target, `${serverOf(kind.reader.spec)}${target}`].find((one) => accepted(check, one));
  return location === undefined ? answer : { ...answer, headers: { ...answer.headers, [name]: location } };
}

/** A made-up record whose own number, beside its name, is not that of the one before it. */
function numbered(base: JsonObject, { id }: Resource, count: number): JsonObject {
  return id !== "id" && typeof base.id === "number" ? { ...base, id: base.id + count } : base;
}

async function list(call: Call): Promise<Said> {
  const { kind, operation, input, records } = call;
  const { generator, spec } = kind.reader;
  const success = successOf(operation)!;
  const media = success.media!;
  const held = listOf(spec, operation, kind.resource.id)!;
  const body = await generator.body(operation, { ...success, media }, pathOf(call));
  const first = valueAt(body, held.path);
  const shown = Array.isArray(first) ? first : [];
  const isUntouched = (await records.history()) === "none";
  const unique = isUntouched && exampleOf(media) === undefined ? await apart(call, shown, held.item) : shown;
  if (isUntouched) await keep(call, unique, held.item);
  const all = await records.list({ offset: 0, limit: Number.POSITIVE_INFINITY });
  const passing = isUntouched ? all.items : filtered(all.items, renamed(kind.form, input.query), kind.form.members);
  const order = orderAsked(input.query, kind.form.members);
  const sorted = order ? ordered(passing, order) : passing;
  const page = pageOf(sorted, pageAsked(input.query, firstPageOf(operation)), (record) => nameOf(kind, record));
  if (isUntouched && !order && page.items.length === passing.length) {
    const whole = withHeld(body, held.path, unique);
    return { status: success.status, body: accepted(media.check, whole) ? whole : body, headers: generated };
  }
  const form = formAt(kind.reader, held.item.place);
  const items: unknown[] = [];
  for (const record of page.items) {
    const item = await projected(kind, record, form);
    items.push(held.item.path.length === 0 ? item : withHeld(shown[0], held.item.path, item));
  }
  const envelope = withNext(withHeld(body, held.path, items), membersAt(spec, media.place).keys(), page.more);
  const told = isObject(envelope)
    ? tellingOf(
        envelope,
        page,
        (record) => nameOf(kind, record),
        (value) => accepted(media.check, value),
      )
    : envelope;
  return { status: success.status, body: told, headers: linkOf(call, page) };
}

/** An envelope with room for what tells of the next page, where its schema has such a member and there is one. */
function withNext(envelope: unknown, names: Iterable<string>, more: boolean): unknown {
  if (!more || !isObject(envelope)) return envelope;
  const room = [...names].filter((name) => telling.next.test(squeezed(name)) && !(name in envelope));
  return { ...envelope, ...Object.fromEntries(room.map((name) => [name, undefined])) };
}

async function replace(call: Call, given: unknown): Promise<Said> {
  const { kind, operation, records } = call;
  const id = String(given);
  const stored = isName(given) ? await records.get(id) : undefined;
  const creates = operation.responses.has("201");
  const isNew = !stored && (creates || (await isGone(id, records)));
  if (!isName(given) || (isNew && !creates)) throw missing(kind.resource, given);
  const base = stored ?? (await makeUp(call, given));
  if (!base) return said(call, (await sampleOf(kind, pathOf(call))) ?? {});
  const record = await written(call, base, { ...sentIn(call), [kind.resource.id]: base[kind.resource.id] });
  if (isNew) await records.insert(record);
  else {
    if (!stored) await records.insert(record, "made up");
    await records.update(id, () => record);
  }
  return said(call, record, isNew ? 201 : undefined);
}

async function change(call: Call): Promise<Said> {
  const { kind, records } = call;
  const id = idOf(call);
  await keptOrMadeUp(call, id);
  const sent = known(kind.reader, kind.form, sentIn(call));
  const model = await kind.model();
  const record = await records.update(id, (stored) => {
    const own = { [kind.resource.id]: stored[kind.resource.id] };
    return patched(stored, { ...sent, ...own }, kind.form.accepts, { ...model, ...stored });
  });
  return said(call, record ?? (await sampleOf(kind, pathOf(call))) ?? {});
}

async function remove(call: Call): Promise<Said> {
  const { kind, operation, records } = call;
  const id = idOf(call);
  const stored = (await keptOrMadeUp(call, id)) ?? {};
  await records.remove(id);
  const { spec, generator } = kind.reader;
  const success = successOf(operation);
  if (!success?.media) return { status: success?.status ?? 204, body: undefined };
  const held = recordOf(spec, operation, [kind.resource.id]);
  // What is answered as it is kept is the record that was; anything else tells that it is gone.
  if (held && isSameSchema(kind.reader.spec, held.place, kind.resource.place)) return said(call, stored);
  const body = await generator.body(operation, { ...success, media: success.media }, pathOf(call));
  const inner = valueAt(body, held?.path ?? []);
  if (!held || !isObject(inner)) return { status: success.status, body };
  const form = formAt(kind.reader, held.place);
  const own = overlaid(inner, only(stored, new Set([kind.resource.id])), form.accepts);
  return { status: success.status, body: withHeld(body, held.path, own) };
}

/** The id of the record that a path names. */
function idOf({ kind, input }: Call): string {
  return String(input.path[kind.resource.parameter]);
}

function nameOf({ resource }: Kind, record: JsonObject): string {
  return String(record[resource.id]);
}

function isName(value: unknown): value is string | number {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}

/** Whether an id names nothing: it was taken away, or it was never there and the collection holds all that there is. */
async function isGone(id: string, records: Collection): Promise<boolean> {
  const standing = await records.standing(id);
  return standing === "removed" || (standing === "unknown" && (await records.history()) === "own");
}

async function refuseGone(resource: Resource, id: string, records: Collection): Promise<void> {
  if (await isGone(id, records)) throw missing(resource, id);
}

function missing(resource: Resource, id: unknown): Problem {
  const [list] = [...resource.uses].find(([, use]) => use === "list") ?? [];
  const hint = list ? `GET ${list.path} lists those that are there.` : "It may have been deleted before.";
  return notFound(wordOf(resource), String(id), hint);
}

function taken(resource: Resource, id: string | number): Problem {
  return new Problem("conflict", {
    message: `The ${wordOf(resource)} ${show(id)} is there already.`,
    hint: `Send another ${resource.id}, or delete that one first.`,
  });
}

function pathOf({ operation, input }: Call): string {
  return filled(operation.path, input.path);
}

/** The record of a path: what is kept, or else what is made up and kept from then on. */
async function keptOrMadeUp(call: Call, id: string): Promise<JsonObject | undefined> {
  const { kind, records } = call;
  const stored = await records.get(id);
  if (stored) return stored;
  await refuseGone(kind.resource, id, records);
  const made = await makeUp(call);
  return made && records.insert(made, "made up");
}

/** A record that nobody has written, the same for the same id: the example of a read, or else of the schema. */
async function makeUp(
  call: Call,
  given: unknown = call.input.path[call.kind.resource.parameter],
): Promise<JsonObject | undefined> {
  const { kind, input } = call;
  const { resource, reader, form, read: reading } = kind;
  const path = filled(resource.itemPath, { ...input.path, [resource.parameter]: given });
  const media = reading && successOf(reading)?.media;
  const example = media && exampleOf(media);
  const held = reading && recordOf(reader.spec, reading, [resource.id]);
  const shown = held && valueAt(example, held.path);
  const base = isObject(shown) ? shown : await sampleOf(kind, `GET ${path}`);
  if (!base) return undefined;
  const named = [given, String(given), Number(given)].map((id) => ({ ...base, [resource.id]: id })).find(form.accepts);
  return named && { ...named, ...overParents(call, named) };
}

async function sampleOf(
  { reader, form }: Pick<Kind, "reader" | "form">,
  seed: string,
): Promise<JsonObject | undefined> {
  const value = await reader.generator.value(form, seed);
  return isObject(value) ? value : undefined;
}

/** The members of a record that say through which records its path leads. */
function overParents({ kind, input }: Call, base: JsonObject): JsonObject {
  const { parameter, id } = kind.resource;
  let result = base;
  for (const [name, value] of Object.entries(input.path)) {
    const member = Object.keys(base).find((one) => squeezed(one) === squeezed(name));
    if (name === parameter || member === undefined || member === id || typeof base[member] === "object") continue;
    result = overlaid(result, { [member]: value }, kind.form.accepts);
  }
  return result;
}

/** What a client says of a record: what only the server may say is passed over. */
function sentIn(call: Call): JsonObject {
  const { form, reader } = call.kind;
  return seen(reader.schemas, form.schema, allSentIn(call), "request") as JsonObject;
}

/** What a request says of its record: the members of its body, or of its query where it takes no body. */
function allSentIn({ kind, operation, input }: Call): JsonObject {
  return renamed(kind.form, operation.requestBody ? unwrapped(kind, input.body) : input.query);
}

function unwrapped(kind: Kind, body: unknown): JsonObject {
  if (!isObject(body)) return {};
  const wrapper = wrapperOf(kind, Object.keys(body), (name) => isObject(body[name]));
  return wrapper === undefined ? body : (body[wrapper] as JsonObject);
}

/** The one object among the members of a request that holds the record: alone there, or of its name; `undefined` where none does. */
function wrapperOf(
  { form, resource }: Kind,
  names: readonly string[],
  isObjectAt: (name: string) => boolean,
): string | undefined {
  const others = names.filter((name) => name !== resource.id);
  if (others.some((name) => form.memberOf(name) !== undefined)) return undefined;
  const inner = others.filter(isObjectAt);
  const isIts = (name: string) => squeezed(name) === squeezed(wordOf(resource));
  return inner.length === 1 && (others.length === 1 || isIts(inner[0]!)) ? inner[0] : undefined;
}

/** What was sent, by the names that the record has for it. */
function renamed({ memberOf }: Form, sent: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(sent).map(([name, value]) => [memberOf(name) ?? name, value]));
}

/** What was sent of a record and may be shown of it. */
function known({ schemas }: Reader, { schema, members, isOpen }: Form, sent: JsonObject): JsonObject {
  return seen(schemas, schema, isOpen ? sent : only(sent, members), "answer") as JsonObject;
}

/** A value without what its schema lets nobody send, or show. */
function seen(schemas: Schemas, schema: unknown, value: unknown, view: View): unknown {
  if (typeof value !== "object" || value === null) return value;
  const forms = schemas.alternatives(schema);
  if (Array.isArray(value)) {
    const items = { anyOf: forms.map((form) => form.items ?? true) };
    return value.map((one) => seen(schemas, items, one, view));
  }
  const members = Object.entries(value).flatMap(([name, inner]) => {
    const own = forms.map((form) => propertiesOf(form)[name]).filter((one) => one !== undefined);
    const isHere = own.length === 0 || !own.every((one) => isHidden(one, schemas.alternatives, view));
    return isHere ? [[name, own.length === 0 ? inner : seen(schemas, { anyOf: own }, inner, view)]] : [];
  });
  return Object.fromEntries(members);
}

/** A record as it is after a write that says all of it: what was not sent is not there, unless only the server may say it. */
async function written(call: Call, base: JsonObject, sent: JsonObject): Promise<JsonObject> {
  const { form, reader, list: listing, model } = call.kind;
  const said = known(reader, form, sent);
  const unsent = new Map([...sendable(call)].filter(([name]) => !(name in said)));
  // What a list leaves out by itself, nobody would find again.
  const shown = (listing?.parameters ?? []).filter(
    (one) => one.in === "query" && leavesOut(one.default) && form.members.has(one.name) && !(one.name in said),
  );
  for (const { name, default: value } of shown) if (!pageNames.test(name)) unsent.set(name, value);
  return overlaid(withdrawn(base, unsent, form.accepts), said, form.accepts, { ...(await model()), ...base });
}

const pageNames = /^(page|limit|offset|per_?page|sort|order|direction)$/i;

/** The members that a request may send of a record, with their defaults. */
function sendable({ kind, operation }: Call): ReadonlyMap<string, unknown> {
  const { spec, schemas } = kind.reader;
  const { document } = spec.validators;
  const media = [...(operation.requestBody?.content.values() ?? [])][0];
  if (!media) return new Map();
  const outer = membersAt(spec, media.place);
  const wrapper = wrapperOf(kind, [...outer.keys()], (name) =>
    outer.get(name)!.some((place) => membersAt(spec, place).size > 0),
  );
  const members =
    wrapper === undefined ? outer : new Map(outer.get(wrapper)!.flatMap((place) => [...membersAt(spec, place)]));
  const isTheirs = (plain: JsonObject) => plain.readOnly !== true;
  return new Map(
    [...members].flatMap(([style, places]) => {
      const name = kind.form.memberOf(style) ?? style;
      const plain = schemas.alternatives(valueAt(document, places[0]!));
      if (name === kind.resource.id || !plain.every(isTheirs)) return [];
      return [[name, plain.find((one) => "default" in one)?.default] as const];
    }),
  );
}

/** An id that no record has or had: the next number, or else as its schema has it. */
async function newId({ kind, records }: Call, base: JsonObject, count: number): Promise<unknown> {
  const { reader, resource, form } = kind;
  const isFree = async (id: unknown) =>
    (await records.standing(String(id))) === "unknown" && form.accepts({ ...base, [resource.id]: id });
  const first = base[resource.id];
  if (typeof first === "number")
    for (let next = count + 1; next < count + 1000; next++) if (await isFree(next)) return next;
  const place = membersAt(reader.spec, resource.place).get(resource.id)![0]!;
  const [plain = {}] = reader.schemas.alternatives(valueAt(reader.spec.validators.document, place));
  // Its example is one id, and many are wanted.
  const { examples, example, default: _, ...schema } = plain;
  if (examples === undefined && example === undefined && (await isFree(first))) return first;
  const isPlain = schema.pattern === undefined && schema.format === undefined && !Array.isArray(schema.enum);
  const shape = { place, check: reader.spec.validators.at(place, "id"), schema };
  for (let attempt = 0; attempt < 20; attempt++) {
    const seed = `${pointer(place)} ${count} ${attempt}`;
    const id = typeof first === "string" && isPlain ? varied(first, seed) : await reader.generator.value(shape, seed);
    if (id !== undefined && (await isFree(id))) return id;
  }
  return first;
}

/** Another text of the same make: `cus_8Zx1` of `cus_9s6X`. */
function varied(example: string, seed: string): string {
  const [tail = ""] = /[a-zA-Z0-9]+$/.exec(example) ?? [];
  const digits = sha256Of(seed);
  const letters = /^\d+$/.test(tail) ? BigInt(`0x${digits}`).toString() : digits;
  return example.slice(0, example.length - tail.length) + letters.slice(0, Math.max(tail.length, 6));
}

/** Keeps the records of a list that was made up, so that each can be read. */
async function keep(call: Call, items: readonly unknown[], held: Held): Promise<void> {
  const { kind, records } = call;
  for (const item of items) {
    const shown = valueAt(item, held.path);
    const id = isObject(shown) ? shown[kind.resource.id] : undefined;
    if (!isObject(shown) || !isName(id) || (await records.standing(String(id))) !== "unknown") continue;
    const base = isSameSchema(kind.reader.spec, held.place, kind.resource.place) ? shown : await makeUp(call, id);
    if (base) await records.insert(overlaid(base, known(kind.reader, kind.form, shown), kind.form.accepts), "made up");
  }
}

/** Made-up items, each with an id of its own. */
async function apart(call: Call, items: readonly unknown[], held: Held): Promise<readonly unknown[]> {
  const { kind } = call;
  const seen = new Set<unknown>();
  const result: unknown[] = [];
  for (const item of items) {
    const record = valueAt(item, held.path);
    const id = isObject(record) ? record[kind.resource.id] : undefined;
    if (!isObject(record) || !seen.has(id)) {
      seen.add(id);
      result.push(item);
      continue;
    }
    const other = await newId(call, record, seen.size);
    if (seen.has(other)) continue;
    seen.add(other);
    result.push(withHeld(item, [...held.path, kind.resource.id], other));
  }
  return result;
}

/** The version of a record, where its operations speak of versions. */
function versionIn({ kind, operation }: Call, record: JsonObject): Said["headers"] {
  return kind.isVersioned ? versionHeader(successOf(operation)?.response, record) : undefined;
}

/** A record as an operation answers it. */
async function said(call: Call, record: JsonObject, as?: number): Promise<Said> {
  const { kind, operation } = call;
  const { spec, generator } = kind.reader;
  const success = successOf(operation);
  const status = as ?? success?.status ?? 200;
  const media = success?.media;
  const answer = { status, headers: versionIn(call, record) };
  if (!success || !media) return { ...answer, body: undefined };
  const held = recordOf(spec, operation, [kind.resource.id]);
  const inner = held && (await projected(kind, record, formAt(kind.reader, held.place)));
  if (held && held.path.length === 0) return { ...answer, body: inner };
  const body = await generator.body(operation, { ...success, media }, pathOf(call));
  if (!held) return { ...answer, body };
  // What was made up around it may be another alternative, such as that of many records.
  const [whole, alone] = [body, {}].map((around) => withHeld(around, held.path, inner));
  return { ...answer, body: accepted(media.check, whole) || !accepted(media.check, alone) ? whole : alone };
}

/** A record as another schema has it: of its members those that it names, and what it requires beside them. */
async function projected(kind: Kind, record: JsonObject, form: Form): Promise<JsonObject> {
  if (isSameSchema(kind.reader.spec, form.place, kind.form.place)) return record;
  const shown = form.members.size === 0 ? record : only(record, form.members);
  if (form.accepts(shown)) return shown;
  if (form.accepts(record)) return record;
  const sample = await kind.reader.generator.value(form, `${kind.resource.itemPath} ${nameOf(kind, record)}`);
  return isObject(sample) ? overlaid(sample, shown, form.accepts) : shown;
}

/** The number of the first page, as the parameter says for it. */
function firstPageOf({ parameters }: Operation): number {
  const page = parameters.find(({ in: place, name }) => place === "query" && /^page/i.test(name));
  return page && (page.default === 0 || page.example === 0) ? 0 : 1;
}

/** The link to the next page, where the document declares one. https://www.rfc-editor.org/rfc/rfc8288 */
function linkOf(
  call: Call,
  { more, page, limit }: { more: boolean; page: number | undefined; limit: number | undefined },
) {
  const declared = [...(successOf(call.operation)?.response.headers.keys() ?? [])].find((name) => /^link$/i.test(name));
  if (!declared || !more || limit === undefined) return undefined;
  const query = Object.entries(call.input.query).filter(
    ([name, value]) => name !== "page" && typeof value !== "object",
  );
  const next = new URLSearchParams(query.map(([name, value]): [string, string] => [name, String(value)]));
  next.set("page", `${(page ?? 1) + 1}`);
  return { [declared]: `<${pathOf(call)}?${next}>; rel="next"` };
}

/** The first server of a document, where it is a whole URL. */
function serverOf({ document }: Spec): string {
  const [server] = Array.isArray(document.servers) ? document.servers : [];
  const url = isObject(server) ? server.url : undefined;
  return typeof url === "string" && /^https?:/.test(url) && !url.includes("{")
    ? url.replace(/\/$/, "")
    : "http://localhost";
}
