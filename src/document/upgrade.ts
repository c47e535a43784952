import { isKnown, isMeant } from "./keywords.ts";
import { createPattern } from "./pattern.ts";
import { isObject, type JsonObject, type Place } from "./pointer.ts";
import type { Remarks } from "./remarks.ts";
import { SpecError } from "./spec-error.ts";
import { type Kind, unread, withMembers } from "./structure.ts";

export type Version = "3.0" | "3.1" | "3.2";

/** The version of OpenAPI that a document is written in. Throws a `SpecError` where it is none that this program reads. */
export function versionOf(document: JsonObject, name: string): Version {
  const [, version] = /^(3\.[012])(?:\.|$)/.exec(String(document.openapi)) ?? [];
  if (version) return version as Version;
  if (document.swagger !== undefined)
    throw new SpecError(
      `${name} is a Swagger ${document.swagger} document; this program reads OpenAPI 3.0, 3.1 and 3.2. Convert it first: npx swagger2openapi ${name} -o openapi.yaml`,
    );
  throw new SpecError(`${name} says "openapi: ${document.openapi}"; this program reads 3.0, 3.1 and 3.2.`);
}

/**
 * A document in the one dialect that everything after reads, that of OpenAPI 3.1, whatever version it was written in; keywords
 * that say nothing that can be checked are left out with a remark.
 * https://www.openapis.org/blog/2021/02/16/migrating-from-openapi-3-0-to-3-1-0
 */
export function upgrade(document: JsonObject, version: Version, remarks: Remarks): JsonObject {
  const done = new Map<Kind, WeakMap<object, unknown>>();

  function visit(value: unknown, kind: Kind, place: Place): unknown {
    if (typeof value !== "object" || value === null)
      return kind === "schema" && typeof value !== "boolean" ? notASchema(value, place) : value;
    const known = done.get(kind) ?? new WeakMap<object, unknown>();
    done.set(kind, known);
    if (known.has(value)) return known.get(value);
    const changed = changedOf(value, kind, place);
    known.set(value, changed);
    return changed;
  }

  function changedOf(value: object, kind: Kind, place: Place): unknown {
    if (kind === "schema") return isObject(value) ? schema(value, place) : notASchema(value, place);
    if (!isObject(value)) return value;
    for (const member of newMembers[kind] ?? []) if (member in value) remarks.add("version", member, place);
    if (kind === "parameter" && value.in === "querystring") remarks.add("version", "in: querystring", place);
    return withMembers(value, kind, place, visit);
  }

  function schema(given: JsonObject, place: Place): JsonObject {
    const modern = version === "3.0" ? modernised(given) : given;
    return withoutUnread(withMembers(withoutNonsense(withTuple(modern), place), "schema", place, visit));
  }

  /** The keywords that can be checked. */
  function withoutNonsense(given: JsonObject, place: Place): JsonObject {
    const wrong: string[] = [];
    for (const [keyword, value] of Object.entries(given)) {
      if (!isKnown(keyword)) remarks.add("keyword", keyword, place);
      else if (!isMeant(keyword, value)) remarks.add("schema", `${keyword}: ${shown(value)}`, place);
      else if (keyword === "pattern" && !createPattern(String(value)))
        remarks.add("schema", `pattern: ${shown(value)}`, place);
      else continue;
      wrong.push(keyword);
    }
    return wrong.length === 0 ? given : without(given, wrong);
  }

  function notASchema(value: unknown, place: Place): JsonObject {
    remarks.add("schema", shown(value), place);
    return { [unread]: shown(value) };
  }

  return visit(document, "document", []) as JsonObject;
}

/** A schema that nobody could read allows everything; where that would refuse something, its keyword goes unchecked too. */
function withoutUnread(schema: JsonObject): JsonObject {
  const isUnread = (value: unknown) => isObject(value) && unread in value;
  const names = [
    ...(isUnread(schema.not) ? ["not"] : []),
    ...(isUnread(schema.if) ? ["if", "then", "else"] : []),
    ...(isUnread(schema.contains) ? ["contains", "minContains", "maxContains"] : []),
    ...(Array.isArray(schema.oneOf) && schema.oneOf.some(isUnread) ? ["oneOf"] : []),
  ];
  return names.length === 0 ? schema : without(schema, names);
}

/** Members that OpenAPI 3.2 has added and that this program does not serve. Tags, summaries and the like need no serving. */
const newMembers: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  mediaType: ["itemSchema", "prefixEncoding", "itemEncoding"],
};

/** The items of a list by their order, as JSON Schema wrote them before 2020-12. */
function withTuple(schema: JsonObject): JsonObject {
  const { items, additionalItems, ...rest } = schema;
  if (!Array.isArray(items)) return schema;
  return { ...rest, prefixItems: items, ...(additionalItems === undefined ? {} : { items: additionalItems }) };
}

/** A schema object of OpenAPI 3.0 as 3.1 writes it. https://spec.openapis.org/oas/v3.0.3#schema-object */
function modernised(schema: JsonObject): JsonObject {
  if (typeof schema.$ref === "string") {
    // Whatever stands beside it shall be ignored: https://spec.openapis.org/oas/v3.0.3#reference-object
    const ignored = Object.keys(schema).filter((name) => name !== "$ref" && !name.startsWith("x-"));
    return ignored.length === 0 ? schema : without(schema, ignored);
  }
  const bounded =
    typeof schema.exclusiveMinimum === "boolean" || typeof schema.exclusiveMaximum === "boolean"
      ? withBounds(schema)
      : schema;
  const shown = "example" in bounded ? withExamples(bounded) : bounded;
  return "nullable" in shown ? withNull(shown) : shown;
}

function withBounds(schema: JsonObject): JsonObject {
  const all: Record<string, unknown> = { ...schema };
  for (const [exclusive, bound] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    if (typeof all[exclusive] !== "boolean") continue;
    if (all[exclusive] && typeof all[bound] === "number") {
      all[exclusive] = all[bound];
      delete all[bound];
    } else delete all[exclusive];
  }
  return all;
}

function withExamples({ example, ...rest }: JsonObject): JsonObject {
  return { ...rest, examples: Array.isArray(rest.examples) ? [example, ...rest.examples] : [example] };
}

/** `nullable` adds null to the types, and to nothing else: an `enum` without null allows none. */
function withNull({ nullable, ...rest }: JsonObject): JsonObject {
  if (nullable !== true) return rest;
  if (typeof rest.type === "string") return { ...rest, type: rest.type === "null" ? rest.type : [rest.type, "null"] };
  // Without a type it strictly means nothing; authors mean that the value may be null.
  return "allOf" in rest || "oneOf" in rest || "anyOf" in rest ? { anyOf: [rest, { type: "null" }] } : rest;
}

function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 60 ? text : `${text.slice(0, 60)}...`;
}
