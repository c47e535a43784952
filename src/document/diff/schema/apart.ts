import type { JsonObject } from "../../pointer.ts";
import { type Direction, listOf, objectOf } from "../side.ts";
import { isHidden, type Reader, type Schema } from "./reader.ts";
import { everyType } from "./rules.ts";

/** Whether it is plain that no value is of two of the schemas: by their types, or by the values of a member that all must have. */
export function areApart(schemas: readonly unknown[], reader: Reader): boolean {
  const read = schemas.map((schema) => reader.read(schema));
  return read.every((one, index) => read.slice(0, index).every((other) => isApart(one, other)));
}

/** Whether it is plain that no value is of both schemas, of whichever documents; in one direction not all members are seen. */
export function isApart(a: Schema, b: Schema, direction?: Direction): boolean {
  const [one, other] = [a.keywords, b.keywords];
  const [mine, theirs] = [one, other].map(({ type }) => listOf(type ?? everyType));
  if (!mine!.some((type) => theirs!.includes(type))) return true;
  if (Array.isArray(one.enum) && Array.isArray(other.enum)) {
    const values = other.enum;
    return !one.enum.some((value) => values.includes(value));
  }
  const isObjectOnly = (types: readonly unknown[]) => types.length === 1 && types[0] === "object";
  if (!isObjectOnly(mine!) || !isObjectOnly(theirs!)) return false;
  return (direction === undefined && (closed(one, other) || closed(other, one))) || told(a, b, direction);
}

/** Whether one takes no more than it names, and the other needs something else. */
function closed(schema: JsonObject, by: JsonObject): boolean {
  if (schema.additionalProperties !== false || schema.patternProperties !== undefined) return false;
  return listOf(by.required ?? []).some((name) => !(String(name) in objectOf(schema.properties)));
}

/** Whether a member that both need tells them apart. */
function told(a: Schema, b: Schema, direction: Direction | undefined): boolean {
  const [mine, theirs] = [a, b].map(({ keywords, reader }) =>
    reader.memo(keywords, "needed", () => new Set(listOf(keywords.required ?? []))),
  );
  const needed = [...mine!].filter((name) => theirs!.has(name));
  return needed.map(String).some((name) => {
    if (direction !== undefined && [a, b].some((schema) => isHidden(schema, name, direction))) return false;
    const [one, other] = [a, b].map((schema) => objectOf(schema.keywords.properties)[name]);
    return one !== undefined && other !== undefined && isApart(a.reader.read(one), b.reader.read(other), direction);
  });
}
