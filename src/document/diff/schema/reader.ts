import { isObject, type JsonObject, lookup } from "../../pointer.ts";
import { type Direction, listOf, objectOf, type Side } from "../side.ts";
import { createBoth, type Maker, merged } from "./merge.ts";
import { createParts } from "./parts.ts";
import { settled } from "./plain.ts";

/** A schema made ready for the comparison: no `$ref`, no `allOf` that can be helped, the dialects of 3.0 and 3.1 alike. */
export type Schema = {
  readonly keywords: JsonObject;
  /** The object that an author would change. */
  readonly origin: object | undefined;
  readonly reader: Reader;
};

/** Reads the schemas of one document. */
export type Reader = {
  readonly side: Side;
  readonly read: (schema: unknown) => Schema;
  /** Makes a schema of schemas, and of keywords that are merged already. */
  readonly maker: Maker;
  /** What is made of keywords once, by its name. */
  readonly memo: <T>(keywords: object, name: string, make: () => T) => T;
};

/** Makes the reader of one document's schemas; it reads each of them once. */
export function createReader(side: Side): Reader {
  const known = new WeakMap<object, Schema>();
  const memos = new WeakMap<object, Map<string, unknown>>();
  const reader: Reader = {
    side,
    read(schema) {
      if (!isObject(schema)) return schema === false ? none : any;
      const before = known.get(schema);
      if (before) return before;
      const keywords = settled(merged(partsOf(schema, []), reader.maker));
      const found = { keywords, origin: definingOf(side, schema), reader };
      known.set(schema, found);
      return found;
    },
    maker: {
      both: createBoth(side.putAt),
      of(keywords, origin) {
        const made = { ...keywords };
        known.set(made, {
          keywords: settled(keywords),
          origin: isObject(origin) ? definingOf(side, origin) : undefined,
          reader,
        });
        return made;
      },
    },
    memo<T>(keywords: object, name: string, make: () => T) {
      const made = memos.get(keywords) ?? new Map<string, unknown>();
      memos.set(keywords, made);
      if (!made.has(name)) made.set(name, make());
      return made.get(name) as T;
    },
  };
  const any: Schema = { keywords: {}, origin: undefined, reader };
  const none: Schema = { keywords: { not: {} }, origin: undefined, reader };
  const partsOf = createParts(side, reader.maker, (schema) => known.get(schema)?.keywords);
  return reader;
}

/** The schema that an author would change: behind `$ref`s that stand alone. */
export function definingOf({ document }: Side, schema: JsonObject): JsonObject {
  let found = schema;
  for (const around = new Set([found]); isBare(found); around.add(found)) {
    const target = lookup(document, found.$ref);
    // One that is a truth is known by who refers to it, and so is a circle.
    if (!isObject(target) || around.has(target)) return schema;
    found = target;
  }
  return found;
}

function isBare(schema: JsonObject): schema is { readonly $ref: string } {
  return typeof schema.$ref === "string" && Object.keys(schema).length === 1;
}

/** Where a schema stands, as a JSON pointer. */
export function placeOf({ origin, reader }: Schema): string {
  return origin ? reader.side.placeOf(origin) : "#";
}

/** The fields that a direction sees: https://spec.openapis.org/oas/v3.0.3#fixed-fields-19 (readOnly, writeOnly). */
export function fieldsOf(schema: Schema, direction: Direction): Map<string, unknown> {
  return new Map(Object.entries(objectIn(schema, "properties")).filter(([name]) => !isHidden(schema, name, direction)));
}

/** Whether a direction does not see a field. */
export function isHidden(schema: Schema, name: string, direction: Direction): boolean {
  const given = objectIn(schema, "properties")[name];
  if (!isObject(given)) return false;
  const { keywords } = schema.reader.read(given);
  return keywords[direction === "request" ? "readOnly" : "writeOnly"] === true;
}

/** The names that a keyword lists. */
export function namesIn(schema: Schema, keyword: string): readonly string[] {
  return listIn(schema, keyword).map(String);
}

/** The list under a keyword; an empty one where there is none. */
export function listIn({ keywords }: Schema, keyword: string): readonly unknown[] {
  return listOf(keywords[keyword] ?? []);
}

/** The object under a keyword; an empty one where there is none. */
export function objectIn({ keywords }: Schema, keyword: string): JsonObject {
  return objectOf(keywords[keyword]);
}
