import { isObject, type JsonObject, type Place } from "./pointer.ts";

/** The kinds of objects of an OpenAPI document. https://spec.openapis.org/oas/v3.1.0#schema */
export type Kind =
  | "document"
  | "components"
  | "pathItem"
  | "operation"
  | "callback"
  | "parameter"
  | "header"
  | "requestBody"
  | "response"
  | "mediaType"
  | "encoding"
  | "example"
  | "link"
  | "securityScheme"
  | "schema";

/** A schema with this member could not be read: of what it stands for, nothing is known. */
export const unread = "x-unread";

/** What a member holds: one object of a kind, a list of them, or a map of them by names of the author's choice. */
type Holds = { readonly kind: Kind; readonly as: "one" | "list" | "map" };

const one = (kind: Kind): Holds => ({ kind, as: "one" });
const list = (kind: Kind): Holds => ({ kind, as: "list" });
const map = (kind: Kind): Holds => ({ kind, as: "map" });
const all = (names: string, holds: Holds) => Object.fromEntries(names.split(" ").map((name) => [name, holds]));

const described = {
  schema: one("schema"),
  content: map("mediaType"),
  examples: map("example"),
};

/** Which members of each kind hold other objects; everything else is data. */
const members: Readonly<Record<Kind, Readonly<Record<string, Holds>>>> = {
  document: { paths: map("pathItem"), webhooks: map("pathItem"), components: one("components") },
  components: {
    schemas: map("schema"),
    responses: map("response"),
    parameters: map("parameter"),
    examples: map("example"),
    requestBodies: map("requestBody"),
    headers: map("header"),
    securitySchemes: map("securityScheme"),
    links: map("link"),
    callbacks: map("callback"),
    pathItems: map("pathItem"),
    mediaTypes: map("mediaType"),
  },
  pathItem: {
    parameters: list("parameter"),
    ...all("get put post delete options head patch trace query", one("operation")),
    additionalOperations: map("operation"),
  },
  operation: {
    parameters: list("parameter"),
    requestBody: one("requestBody"),
    responses: map("response"),
    callbacks: map("callback"),
  },
  // Its members are path items, whatever they are called.
  callback: {},
  parameter: described,
  header: described,
  requestBody: { content: map("mediaType") },
  response: { headers: map("header"), content: map("mediaType"), links: map("link") },
  mediaType: {
    schema: one("schema"),
    itemSchema: one("schema"),
    examples: map("example"),
    encoding: map("encoding"),
    prefixEncoding: list("encoding"),
    itemEncoding: one("encoding"),
  },
  encoding: { headers: map("header"), encoding: map("encoding") },
  example: {},
  link: {},
  securityScheme: {},
  schema: {
    ...all("allOf anyOf oneOf prefixItems", list("schema")),
    ...all("properties patternProperties $defs definitions dependentSchemas", map("schema")),
    ...all(
      "items additionalProperties unevaluatedProperties unevaluatedItems not if then else contains propertyNames contentSchema",
      one("schema"),
    ),
  },
};

const pathItem = one("pathItem");

/** What a member of an object of this kind holds; `undefined` where it is data. */
export function holdsOf(kind: Kind, member: string): Holds | undefined {
  if (kind === "callback") return member.startsWith("x-") || member === "$ref" ? undefined : pathItem;
  return Object.hasOwn(members[kind], member) ? members[kind][member] : undefined;
}

/** Whether an object of this kind comes to stand where a `$ref` names it: nothing that reads it looks for one there. */
export function isLaidIn(kind: Kind): boolean {
  return kind === "pathItem" || componentsOf(kind) === undefined;
}

/** Whether a member of an object of this kind holds a list or a map of others. */
export function isCollection(kind: Kind, member: string): boolean {
  const holds = holdsOf(kind, member);
  return holds !== undefined && holds.as !== "one";
}

/** The member of `components` that holds objects of a kind. */
export function componentsOf(kind: Kind): string | undefined {
  return Object.keys(members.components).find((name) => members.components[name]!.kind === kind);
}

/** Called for each object that another one holds, `null` and the like included where an object should stand. */
export type Visit = (value: unknown, kind: Kind, place: Place) => void;

/** Calls `visit` for every object that this one holds: its members, not theirs. */
export function eachMember(value: JsonObject, kind: Kind, place: Place, visit: Visit): void {
  for (const [name, member] of Object.entries(value)) {
    const holds = holdsOf(kind, name);
    if (!holds) continue;
    const at = [...place, name];
    if (holds.as === "one") visit(member, holds.kind, at);
    else if (holds.as === "list" && Array.isArray(member))
      for (const [index, item] of member.entries()) visit(item, holds.kind, [...at, `${index}`]);
    else if (holds.as === "map" && isObject(member))
      for (const [key, item] of Object.entries(member)) if (isEntry(name, key)) visit(item, holds.kind, [...at, key]);
  }
}

/** `x-` begins an extension, but where the names are the author's own: schemas, headers, media types. */
function isEntry(map: string, name: string): boolean {
  return !name.startsWith("x-") || !/^(paths|responses|callbacks)$/.test(map);
}

/** Makes another of an object; answers with `undefined` to leave it out of the list or map that it is in. */
export type Change = (value: unknown, kind: Kind, place: Place) => unknown;

/** The same object with each object that it holds changed; the very same where none is. */
export function withMembers(value: JsonObject, kind: Kind, place: Place, change: Change): JsonObject {
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const holds = holdsOf(kind, name);
    if (!holds) continue;
    const member = value[name];
    const at = [...place, name];
    const changed = holds.as === "one" ? change(member, holds.kind, at) : changedIn(member, name, holds, at, change);
    if (changed === member) continue;
    copy ??= { ...value };
    if (changed === undefined) delete copy[name];
    else copy[name] = changed;
  }
  return copy ?? value;
}

/** A list or map with each of its objects changed; the very same where none is. */
function changedIn(member: unknown, name: string, { kind, as }: Holds, at: Place, change: Change): unknown {
  if (as === "list" && Array.isArray(member)) {
    const items = member.map((item, index) => change(item, kind, [...at, `${index}`]));
    return items.every((item, index) => item === member[index]) ? member : items.filter((item) => item !== undefined);
  }
  if (as !== "map" || !isObject(member)) return member;
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(member)) {
    const item = member[key];
    const changed = isEntry(name, key) ? change(item, kind, [...at, key]) : item;
    if (changed === item) continue;
    copy ??= { ...member };
    if (changed === undefined) delete copy[key];
    else copy[key] = changed;
  }
  return copy ?? member;
}
