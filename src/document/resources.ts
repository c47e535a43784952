import { isJson } from "./media-type.ts";
import { isObject, type JsonObject, type Place, resolvedAt, valueAt } from "./pointer.ts";
import { closest, show } from "./problem.ts";
import type { MediaType, Method, Operation, Parameter, ResponseDescription, Spec } from "./spec.ts";
import { SpecError } from "./spec-error.ts";

/** A kind of record that a document tells of by the path of one: `/books/{bookId}` of the records of `/books`. */
export type Resource = {
  /**
   * The name of its collection: the last fixed part of its path in camel case, such as `books`. Where its path leads through
   * other records, the path of all of them, such as `/users/{userId}/orders`: each user has a collection of orders.
   */
  readonly name: string;
  /** The member that identifies a record, such as `bookId`. */
  readonly id: string;
  /** The parameter of the path that holds it. */
  readonly parameter: string;
  /** The path of one record. */
  readonly itemPath: string;
  /** The path of all of them. */
  readonly listPath: string;
  /** The schema of a record, as a read of one answers it; where none does, as a write answers it. */
  readonly place: Place;
  /** What its operations are for, those that are plainly for something. */
  readonly uses: ReadonlyMap<Operation, Use>;
};

/** What an operation does with the records of a resource; `save` replaces the one that its body names. */
export type Use = "create" | "list" | "read" | "replace" | "save" | "change" | "remove";

/** Where a record, or a list of records, stands in a value. */
export type Held = {
  /** The members that lead to it; none where the value is it. */
  readonly path: readonly string[];
  /** Its schema. */
  readonly place: Place;
};

/** Where the records of a list stand in a value, and where in its items. */
export type HeldList = Held & { readonly item: Held };

const known = new WeakMap<Spec, readonly Resource[]>();

/**
 * The resources of a document, each told by a path that ends in a parameter and by an answer whose schema names a member for
 * it. Where a path item says `x-understudy-resource`, that decides: `false`, or `{ name, id, list }` with what the path does not
 * tell. Throws a `SpecError` where that says what cannot be.
 */
export function resourcesOf(spec: Spec): readonly Resource[] {
  const before = known.get(spec);
  if (before) return before;
  const byPath = new Map<string, Operation[]>();
  for (const operation of spec.operations)
    byPath.set(operation.path, [...(byPath.get(operation.path) ?? []), operation]);
  const found = [...byPath.keys()].flatMap((path) => resourceOf(spec, path, byPath) ?? []);
  // Of two paths to records of one name the shorter one has it.
  const taken = new Set<string>();
  const resources = found
    .sort((a, b) => a.itemPath.length - b.itemPath.length)
    .map(({ said, ...resource }) => {
      const name = said ? resource.name : taken.has(resource.name) ? resource.listPath : resource.name;
      taken.add(name);
      return { ...resource, name };
    });
  known.set(spec, resources);
  return resources;
}

const all = new WeakMap<Spec, readonly Resource[]>();

/** All resources of a document, those whose records have no path of their own as well. */
export function allResourcesOf(spec: Spec): readonly Resource[] {
  const before = all.get(spec);
  if (before) return before;
  const resources = resourcesOf(spec);
  const found = [...resources, ...pathlessOf(spec, resources)];
  all.set(spec, found);
  return found;
}

/** Resources whose records have no path of their own: what is made by POST to the path of a list stands in that list. */
function pathlessOf(spec: Spec, resources: readonly Resource[]): readonly Resource[] {
  const taken = new Set(resources.flatMap(({ uses }) => [...uses.keys()]));
  const names = new Set(resources.map(({ name }) => name));
  return spec.operations.flatMap((creator): readonly Resource[] => {
    if (creator.method !== "POST" || taken.has(creator)) return [];
    const { path } = creator;
    const list = spec.operations.find((one) => one.method === "GET" && one.path === path && !taken.has(one));
    const held = recordOf(spec, creator, ["id"]);
    if (!list || !held || !listOf(spec, list, "id")) return [];
    const uses = new Map<Operation, Use>([
      [creator, "create"],
      [list, "list"],
    ]);
    const segment = camelCase(path.split("/").findLast(Boolean) ?? "");
    const name = path.includes("{") || names.has(segment) ? path : segment;
    names.add(name);
    return [{ name, id: "id", parameter: "id", itemPath: `${path}/{id}`, listPath: path, place: held.place, uses }];
  });
}

/** The name, among those of collections and of the paths that they stand for, that a collection falls under. */
export function collectionNamed(names: Iterable<string>, name: string): string | undefined {
  for (const one of names) {
    if (one === name) return one;
    if (one.includes("{") && pathPattern(one).test(name)) return one;
  }
  return undefined;
}

function pathPattern(template: string): RegExp {
  const parts = template.split(/\{[^{}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]+")}$`);
}

type Found = Resource & { readonly said: boolean };

/** A path that ends in a parameter, behind which an ending such as `.json` may stand. */
const itemPattern = /^(.+)\/\{([^{}]+)\}(\.[a-z]+|\/)?$/;

function resourceOf(
  spec: Spec,
  itemPath: string,
  byPath: ReadonlyMap<string, readonly Operation[]>,
): Found | undefined {
  const said = saidOf(spec, itemPath, byPath);
  const [, parent = "", parameter = "", ending = ""] = itemPattern.exec(itemPath) ?? [];
  const segments = parent.split("/").filter(Boolean);
  const segment = segments.findLast((part) => !part.includes("{"));
  // Two parameters in a row name no kind of record by themselves.
  if (said === false || !segment || (!said && segment !== segments.at(-1))) return undefined;
  const listPath = said?.list ?? [parent + ending, parent].find((path) => byPath.has(path)) ?? parent;
  const at = { item: byPath.get(itemPath) ?? [], list: byPath.get(listPath) ?? [] };
  const wanted = said?.id === undefined ? idNames(parameter, segment) : [said.id];
  const reading = [...at.item.filter(of("GET")), ...at.list.filter(of("POST")), ...at.item.filter(of("PUT", "PATCH"))];
  const places = reading.flatMap((operation) => recordOf(spec, operation, wanted) ?? []).map((held) => held.place);
  // Of a read that may answer several kinds, a deleted record among them, a write tells which one is kept.
  const place = places.find((one) => !isUnion(spec, one)) ?? places[0];
  if (!place) {
    if (said) throw unfound(spec, itemPath, reading, said.id);
    return undefined;
  }
  const members = membersAt(spec, place);
  const declared = at.item[0]?.parameters.find((one) => one.name === parameter);
  const id = said?.id === undefined ? idOf(spec, members, wanted, declared) : identifying(members.keys(), wanted);
  if (id === undefined) return undefined;
  const name = said?.name ?? (listPath.includes("{") ? listPath : camelCase(segment));
  const kind = { spec, id, parameter };
  const acts = [...byPath].filter(([path]) => isActOn(itemPath, path)).flatMap(([, operations]) => operations);
  const uses = new Map([...usesOfList(kind, at.list), ...usesOfItem(kind, at.item), ...usesOfActs(kind, acts, place)]);
  return { name, id, parameter, itemPath, listPath, place, uses, said: said?.name !== undefined };
}

const extension = "x-understudy-resource";

/** What a path item may say of its resource. */
type Said = { readonly name?: string; readonly id?: string; readonly list?: string };

const saidMembers = {
  name: ["the name of a collection, such as books", (value) => /^[\w-]+$/.test(value)],
  id: ["the name of the member that the path holds, such as isbn", (value) => value !== ""],
  list: ["the path of all records, one of the document", (value, paths) => paths.has(value)],
} as const satisfies Record<
  keyof Said,
  [right: string, isRight: (value: string, paths: ReadonlyMap<string, unknown>) => boolean]
>;

function saidOf(spec: Spec, path: string, paths: ReadonlyMap<string, unknown>): Said | false | undefined {
  const item = (spec.document.paths as JsonObject)[path];
  const said = isObject(item) ? item[extension] : undefined;
  if (said === undefined) return undefined;
  const wrong = (what: string) => new SpecError(`${extension} of ${path} ${what}.`);
  if (!itemPattern.test(path)) throw wrong("should stand at the path of one record, which ends in a parameter");
  if (said === false) return false;
  if (!isObject(said))
    throw wrong(`should be false, or { name, id, list } with what the path does not tell; received ${show(said)}`);
  for (const [name, value] of Object.entries(said)) {
    if (!Object.hasOwn(saidMembers, name))
      throw wrong(`takes ${Object.keys(saidMembers).join(", ")}; received ${show(name)}`);
    const [right, isRight] = saidMembers[name as keyof Said];
    if (typeof value !== "string" || !isRight(value, paths))
      throw wrong(`has ${name === "id" ? "an" : "a"} ${name} that should be ${right}; received ${show(value)}`);
  }
  return said;
}

/** Tells what the answers of a path have instead of what is said to be there. */
function unfound(spec: Spec, path: string, reading: readonly Operation[], id: string | undefined): SpecError {
  const places = reading.flatMap((operation) => answeredBy(operation) ?? []).map((media) => media.place);
  const named = [...new Set(places.flatMap((place) => [...membersAt(spec, place).keys()]))];
  const near = id === undefined ? undefined : closest(id, named);
  const hint = near ? ` Did you mean ${show(near)}?` : named.length > 0 ? ` They have ${named.join(", ")}.` : "";
  const what = id === undefined ? "a member for the parameter; say which with id" : `a member ${show(id)}`;
  return new SpecError(`${extension} of ${path}: none of its answers has a schema of records with ${what}.${hint}`);
}

function isUnion(spec: Spec, place: Place): boolean {
  return partsAt(spec, place).some(([{ anyOf, oneOf }]) => Array.isArray(anyOf) || Array.isArray(oneOf));
}

function of(...methods: readonly Method[]): (operation: Operation) => boolean {
  return ({ method }) => methods.includes(method);
}

type Told = { readonly spec: Spec; readonly id: string; readonly parameter: string };

function usesOfItem({ spec, id, parameter }: Told, operations: readonly Operation[]): (readonly [Operation, Use])[] {
  const uses: Partial<Record<Method, Use>> = {
    GET: "read",
    PUT: "replace",
    PATCH: "change",
    POST: "change",
    DELETE: "remove",
  };
  return operations.flatMap((operation): (readonly [Operation, Use])[] => {
    const use = uses[operation.method];
    const declared = operation.parameters.some((one) => one.in === "path" && one.name === parameter);
    if (!use || !declared) return [];
    // What answers something else reads something else.
    const held = use === "remove" || hasNoContent(operation) || recordOf(spec, operation, [id]);
    return held ? [[operation, use]] : [];
  });
}

function usesOfList({ spec, id }: Told, operations: readonly Operation[]): (readonly [Operation, Use])[] {
  return operations.flatMap((operation): (readonly [Operation, Use])[] => {
    if (operation.method === "GET") return listOf(spec, operation, id) ? [[operation, "list"]] : [];
    if (operation.method !== "POST" && operation.method !== "PUT") return [];
    const held = hasNoContent(operation) || recordOf(spec, operation, [id]);
    return held ? [[operation, operation.method === "POST" ? "create" : "save"]] : [];
  });
}

/** Whether a path is that of something to be done to one record: `/books/{bookId}/lend`, or `/books/{bookId}:lend`. */
function isActOn(itemPath: string, path: string): boolean {
  return path.startsWith(itemPath) && /^[/:][^/{}]+$/.test(path.slice(itemPath.length));
}

/** What is done to a record answers the record, as it is then; one that was made of it is told by 201. */
function usesOfActs({ spec, id }: Told, operations: readonly Operation[], place: Place): (readonly [Operation, Use])[] {
  return operations.flatMap((operation): (readonly [Operation, Use])[] => {
    if (!["POST", "PUT", "PATCH"].includes(operation.method) || successOf(operation)?.status === "201") return [];
    const held = recordOf(spec, operation, [id]);
    return held && isSameSchema(spec, held.place, place) ? [[operation, "change"]] : [];
  });
}

/** Whether two places hold one schema. */
export function isSameSchema({ validators: { document } }: Spec, one: Place, other: Place): boolean {
  const [first, second] = [valueAt(document, one), valueAt(document, other)];
  return first === second || (isObject(first) && isObject(second) && "$ref" in first && first.$ref === second.$ref);
}

/** The body of the first success of an operation, where it is one of JSON. */
export function answeredBy(operation: Operation): MediaType | undefined {
  return [...(successOf(operation)?.content ?? [])].find(([type]) => isJson(type))?.[1];
}

function hasNoContent(operation: Operation): boolean {
  return successOf(operation)?.content.size === 0;
}

function successOf({ responses }: Operation): ResponseDescription | undefined {
  return [...responses.values()].find(({ status }) => /^2(\d\d|XX)$/.test(status)) ?? responses.get("default");
}

/** Members that hold a record and are no part of it. */
const wrappers = /^(data|item|result|record|resource|response|payload|object|body|entity)$/i;

/** Where an operation answers the record: by itself, or as a member whose name says that it is all. */
export function recordOf(spec: Spec, operation: Operation, ids: readonly string[]): Held | undefined {
  const media = answeredBy(operation);
  return media && recordAt(spec, media.place, ids, operation.path);
}

function recordAt(spec: Spec, place: Place, ids: readonly string[], path: string): Held | undefined {
  const members = membersAt(spec, place);
  if (identifying(members.keys(), ids) !== undefined) return { path: [], place };
  const kinds = path.split("/").filter((part) => part !== "" && !part.includes("{"));
  const kind = squeezed(singular(kinds.at(-1) ?? ""));
  const isIts: readonly ((name: string) => boolean)[] = [
    (name) => wrappers.test(name) || squeezed(name) === kind || members.size === 1,
    // Such as the `library_card` of `/cards/{id}`.
    (name) => kind !== "" && squeezed(name).endsWith(kind),
  ];
  for (const [name, places] of isIts.flatMap((is) => [...members].filter(([name]) => is(name)))) {
    const inner = places.find((one) => identifying(membersAt(spec, one).keys(), ids) !== undefined);
    if (inner) return { path: [name], place: inner };
  }
  return undefined;
}

/** Where an operation answers a list of records: the answer itself, a member of it, or a member of such a member. */
export function listOf(spec: Spec, operation: Operation, id: string): HeldList | undefined {
  const media = answeredBy(operation);
  if (!media) return undefined;
  const itemOf = (place: Place) =>
    itemsAt(spec, place)
      .map((one) => recordAt(spec, one, [id], operation.path))
      .find((held) => held !== undefined);
  const item = itemOf(media.place);
  if (item) return { path: [], place: media.place, item };
  const outer = [...membersAt(spec, media.place)].flatMap(([name, places]) =>
    places.map((place) => ({ path: [name], place })),
  );
  const inner = outer.flatMap(({ path, place }) =>
    [...membersAt(spec, place)].flatMap(([name, places]) =>
      places.map((one) => ({ path: [...path, name], place: one })),
    ),
  );
  for (const held of [...outer, ...inner]) {
    const record = itemOf(held.place);
    if (record) return { ...held, item: record };
  }
  return undefined;
}

const mostHops = 8;

/** The parts of the schema at a place that speak of the same value, itself the first. */
function partsAt(spec: Spec, place: Place, hops = 0): readonly (readonly [JsonObject, Place])[] {
  const { document } = spec.validators;
  const [schema, at] = resolvedAt(document, valueAt(document, place), place);
  if (hops > mostHops) return [];
  const parts = ["allOf", "anyOf", "oneOf"].flatMap((keyword) =>
    (Array.isArray(schema[keyword]) ? (schema[keyword] as unknown[]) : []).flatMap((_, index) =>
      partsAt(spec, [...at, keyword, `${index}`], hops + 1),
    ),
  );
  return [[schema, at], ...parts];
}

/** The members that the schema at a place names, each with the places of its schemas. */
export function membersAt(spec: Spec, place: Place): ReadonlyMap<string, readonly Place[]> {
  const found = new Map<string, Place[]>();
  for (const [schema, at] of partsAt(spec, place))
    for (const name of Object.keys(isObject(schema.properties) ? schema.properties : {}))
      found.set(name, [...(found.get(name) ?? []), [...at, "properties", name]]);
  return found;
}

function itemsAt(spec: Spec, place: Place): readonly Place[] {
  return partsAt(spec, place).flatMap(([schema, at]) => (isObject(schema.items) ? [[...at, "items"]] : []));
}

/** The names that the member may have which a path ends in, the likeliest first. */
function idNames(parameter: string, segment: string): readonly string[] {
  const kind = squeezed(singular(segment));
  const short = squeezed(parameter).replace(kind, "");
  const last = /[A-Za-z][a-z0-9]*$/.exec(parameter)?.[0] ?? "";
  const own = [parameter, camelCase(parameter), short, last, `${kind}${short}`];
  return [...own, "id", `${kind}id`, "uuid", "sid", "_id"].filter((name) => name !== "");
}

function identifying(members: Iterable<string>, wanted: readonly string[]): string | undefined {
  const all = [...members];
  for (const name of wanted) {
    const member = all.find((one) => one === name) ?? all.find((one) => squeezed(one) === squeezed(name));
    if (member !== undefined) return member;
  }
  return undefined;
}

/** What else names a record in a path, where its `id` is a number and the path holds a text. */
const words = ["slug", "login", "key", "code", "name"];

function idOf(
  spec: Spec,
  members: ReadonlyMap<string, readonly Place[]>,
  wanted: readonly string[],
  parameter: Parameter | undefined,
): string | undefined {
  const id = identifying(members.keys(), wanted);
  const isNumber = (members.get(id ?? "") ?? []).some((place) =>
    partsAt(spec, place).some(([{ type }]) => type === "integer" || type === "number"),
  );
  const isText = parameter?.types.length === 1 && parameter.types[0] === "string" && !/id$/i.test(parameter.name);
  return (isNumber && isText ? identifying(members.keys(), words) : undefined) ?? id;
}

/** One of what a name tells many of: `tax` of `taxes`. */
export function singular(name: string): string {
  return name
    .replace(/ies$/, "y")
    .replace(/(ss|sh|ch|x|zz|tus|ias)es$/, "$1")
    .replace(/([^s])s$/, "$1");
}

/** What one record of a resource is called: the last fixed part of its path. */
export function wordOf({ listPath }: Resource): string {
  const word =
    listPath
      .replace(/\.[a-z]+$/, "")
      .split("/")
      .filter(Boolean)
      .at(-1) ?? "record";
  return singular(word).replace(/[-_]/g, " ");
}

/** A name without what languages and styles write differently: `firstname` of `first_name` and of `FirstName`. */
export function squeezed(name: string): string {
  return name.replace(/[^a-z0-9]/gi, "").toLowerCase();
}

function camelCase(name: string): string {
  return name.replace(/[^a-zA-Z0-9]+(.)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? "");
}
