import type { JsonObject } from "../../pointer.ts";
import { listOf, objectOf } from "../side.ts";
import type { Reader } from "./reader.ts";
import { everyType } from "./rules.ts";

/** Whether it is plain that no value is of two of the schemas: by their types, or by the values of a member that all must have. */
export function areApart(schemas: readonly unknown[], reader: Reader): boolean {
  const read = schemas.map((schema) => reader.read(schema).keywords);
  return read.every((one, index) => read.slice(0, index).every((other) => apart(one, other, reader)));
}

function apart(one: JsonObject, other: JsonObject, reader: Reader): boolean {
  const [mine, theirs] = [one, other].map(({ type }) => listOf(type ?? everyType));
  if (!mine!.some((type) => theirs!.includes(type))) return true;
  if (Array.isArray(one.enum) && Array.isArray(other.enum)) {
    const values = other.enum;
    return !one.enum.some((value) => values.includes(value));
  }
  const isObjectOnly = (types: readonly unknown[]) => types.length === 1 && types[0] === "object";
  if (!isObjectOnly(mine!) || !isObjectOnly(theirs!)) return false;
  return closed(one, other) || closed(other, one) || told(one, other, reader);
}

/** Whether one takes no more than it names, and the other needs something else. */
function closed(schema: JsonObject, by: JsonObject): boolean {
  if (schema.additionalProperties !== false || schema.patternProperties !== undefined) return false;
  return listOf(by.required ?? []).some((name) => !(String(name) in objectOf(schema.properties)));
}

/** Whether a member that both need tells them apart. */
function told(one: JsonObject, other: JsonObject, reader: Reader): boolean {
  return listOf(one.required ?? [])
    .filter((name) => listOf(other.required ?? []).includes(name))
    .some((name) => {
      const [a, b] = [one, other].map((schema) => objectOf(schema.properties)[String(name)]);
      return a !== undefined && b !== undefined && apart(reader.read(a).keywords, reader.read(b).keywords, reader);
    });
}
