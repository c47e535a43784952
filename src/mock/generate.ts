import { hash } from "node:crypto";
import type { Faker } from "@faker-js/faker";
import { type Answer, jsonAnswer } from "../document/answer.ts";
import { Problem } from "../document/problem.ts";
import type { MediaType, Operation, ResponseDescription, Spec } from "../document/spec.ts";
import { isObject, type JsonObject, lookup, pointer } from "../document/validator.ts";

/** Makes up the answer of an operation; the same for the same path. */
export type Generator = (operation: Operation, path: string) => Promise<Answer>;

/** How often to try for a value that its own schema accepts. */
const attempts = 20;

/** Answers operations from their first declared success, else redirection: its example, or else a value made from its schema. */
export function createGenerator(spec: Spec, seed: number): Generator {
  return async function generate(operation, path) {
    const response = successOf(operation);
    const status = Number(response.status.replace("default", "200").replace("3XX", "302").replace("XX", "00"));
    const seedText = `${seed} ${operation.method} ${path}`;
    const headers = { ...(await headersOf(spec, operation, response, seedText)), "X-Mock-Generated": "true" };
    const [content] = response.content;
    if (!content || [204, 205, 304].includes(status)) return { status, headers, body: null };
    const [type, media] = content;
    const example = media.examples.find((value) => media.check(value).length === 0);
    const value = example ?? (await createValue(spec, media, seedText));
    if (value === undefined) {
      throw new Problem("example_needed", {
        message: `No valid answer to ${operation.id} could be made from the schema of its ${response.status} response.`,
        hint: `Add an example under #${pointer(response.place)}/content/${type.replace("/", "~1")} of the document.`,
      });
    }
    const answer = jsonAnswer(status, value, { ...headers, "Content-Type": type });
    return typeof value === "string" && !/[/+]json$/.test(type) ? { ...answer, body: value } : answer;
  };
}

function successOf(operation: Operation): ResponseDescription {
  for (const wanted of [/^2(\d\d|XX)$/, /^3(\d\d|XX)$/])
    for (const [status, response] of operation.responses) if (wanted.test(status)) return response;
  const fallback = operation.responses.get("default");
  if (fallback) return fallback;
  throw new Problem("example_needed", {
    message: `The document declares no success of ${operation.id}.`,
    hint: "Add a response such as 200, with an example.",
  });
}

/** What the sending of a body decides, and no document. */
const wireHeader = /^(content-.*|transfer-encoding|connection)$/i;

/** The headers that an answer must have; of a redirection, which says all that it says by them, every declared one. */
async function headersOf(
  spec: Spec,
  operation: Operation,
  response: ResponseDescription,
  seed: string,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, { required, place, check }] of response.headers) {
    if (!required && (!response.status.startsWith("3") || wireHeader.test(name))) continue;
    const { example, schema } = lookup(spec.document, `#${encodeURI(pointer(place))}`) as JsonObject;
    const value =
      example ??
      (schema === undefined ? undefined : await createValue(spec, { place: [...place, "schema"], check }, seed));
    if (value !== undefined) headers[name] = String(value);
    else if (required) {
      throw new Problem("example_needed", {
        message: `No valid answer to ${operation.id} could be made from the schema of the header ${name} of its ${response.status} response.`,
        hint: `Add an example under #${pointer(place)} of the document.`,
      });
    }
  }
  return headers;
}

/** A value that the check of its media type accepts; `undefined` when none of some attempts is. */
async function createValue(spec: Spec, media: Pick<MediaType, "place" | "check">, seed: string): Promise<unknown> {
  // Loaded at its first use: the largest of all that the mock may need, and most runs never do.
  const { base, en, Faker } = await import("@faker-js/faker");
  const schema = lookup(spec.document, `#${encodeURI(pointer(media.place))}`);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const faker = new Faker({
      locale: [en, base],
      seed: Number.parseInt(hash("sha256", `${seed} ${attempt}`).slice(0, 8), 16),
    });
    faker.setDefaultRefDate("2026-01-15T09:30:00.000Z");
    const value = make(schema, { spec, faker, depth: 0 });
    if (value !== undefined && media.check(value).length === 0) return value;
  }
  return undefined;
}

type Making = { readonly spec: Spec; readonly faker: Faker; readonly depth: number };

/** Beyond this depth only what is required is made, for a schema may hold itself. */
const deepest = 4;

function make(given: unknown, making: Making): unknown {
  if (!isObject(given)) return given === false || given === undefined ? undefined : "text";
  const schema = flat(given, making);
  const { faker } = making;
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return faker.helpers.arrayElement(schema.enum);
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return faker.helpers.arrayElement(schema.examples);
  for (const keyword of ["example", "default"]) if (keyword in schema) return schema[keyword];
  switch (typeOf(schema)) {
    case "object":
      return objectOf(schema, making);
    case "array":
      return arrayOf(schema, making);
    case "integer":
    case "number":
      return numberOf(schema, faker);
    case "boolean":
      return faker.datatype.boolean();
    case "null":
      return null;
    default:
      return stringOf(schema, faker);
  }
}

/** A schema with its references followed, all of `allOf` laid over it, and one branch of `oneOf` or `anyOf` chosen. */
function flat(given: JsonObject, making: Making, hops = 0): JsonObject {
  if (hops > 20) return {};
  const { $ref, allOf, oneOf, anyOf, ...own } = given;
  const parts: unknown[] = [];
  if (typeof $ref === "string") parts.push(lookup(making.spec.document, $ref));
  if (Array.isArray(allOf)) parts.push(...allOf);
  for (const branches of [oneOf, anyOf]) {
    if (!Array.isArray(branches) || branches.length === 0) continue;
    parts.push(making.faker.helpers.arrayElement(branches.filter((branch) => !isNull(branch))) ?? branches[0]);
  }
  return parts
    .filter(isObject)
    .map((part) => flat(part, making, hops + 1))
    .reduce((all, part) => merge(part, all), own as JsonObject);
}

function isNull(schema: unknown): boolean {
  return isObject(schema) && schema.type === "null";
}

function merge(under: JsonObject, over: JsonObject): JsonObject {
  const objects = (name: string) => ({ ...(under[name] as JsonObject), ...(over[name] as JsonObject) });
  const lists = (name: string) => [...((under[name] as unknown[]) ?? []), ...((over[name] as unknown[]) ?? [])];
  return {
    ...under,
    ...over,
    ...(under.properties || over.properties ? { properties: objects("properties") } : {}),
    ...(under.required || over.required ? { required: lists("required") } : {}),
  };
}

function typeOf(schema: JsonObject): unknown {
  if (Array.isArray(schema.type)) return schema.type.find((type) => type !== "null") ?? "null";
  if (schema.type !== undefined) return schema.type;
  if (schema.properties || schema.additionalProperties) return "object";
  if (schema.items) return "array";
  return schema.minimum === undefined && schema.maximum === undefined ? "string" : "number";
}

function objectOf(schema: JsonObject, making: Making): unknown {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = new Set(Array.isArray(schema.required) ? schema.required.map(String) : []);
  const deeper = { ...making, depth: making.depth + 1 };
  const value: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(properties), ...required])) {
    if (!required.has(name) && making.depth >= deepest) continue;
    // A bound on recursion that required members cannot escape: such a schema has no finite value.
    const made = making.depth > 3 * deepest ? undefined : make(properties[name] ?? {}, deeper);
    if (made !== undefined) value[name] = made;
  }
  return value;
}

function arrayOf(schema: JsonObject, making: Making): unknown[] {
  const least = Number(schema.minItems ?? (making.depth >= deepest ? 0 : 1));
  const most = Math.max(least, Math.min(Number(schema.maxItems ?? least + 2), least + 2));
  const count = making.depth >= deepest ? least : making.faker.number.int({ min: least, max: most });
  const deeper = { ...making, depth: making.depth + 1 };
  return Array.from({ length: count }, () => make(schema.items ?? {}, deeper));
}

function numberOf(schema: JsonObject, faker: Faker): number {
  const integer = typeOf(schema) === "integer";
  const step = Number(schema.multipleOf ?? (integer ? 1 : 0.01));
  // A bound that is excluded is a boolean in OpenAPI 3.0 and a number since.
  const low = Number(schema.exclusiveMinimum === true ? Number(schema.minimum) + step : (schema.minimum ?? Number.NaN));
  const above = typeof schema.exclusiveMinimum === "number" ? schema.exclusiveMinimum + step : low;
  const high = Number(
    schema.exclusiveMaximum === true ? Number(schema.maximum) - step : (schema.maximum ?? Number.NaN),
  );
  const below = typeof schema.exclusiveMaximum === "number" ? schema.exclusiveMaximum - step : high;
  const min = Number.isNaN(above) ? Math.min(1, Number.isNaN(below) ? 1 : below) : above;
  const max = Number.isNaN(below) ? min + 1000 * step : below;
  const steps = faker.number.int({
    min: Math.ceil(min / step),
    max: Math.max(Math.ceil(min / step), Math.floor(max / step)),
  });
  return Number((steps * step).toPrecision(12));
}

function stringOf(schema: JsonObject, faker: Faker): string {
  if (typeof schema.pattern === "string" && schema.format === undefined) {
    return faker.helpers.fromRegExp(schema.pattern.replace(/^\^/, "").replace(/\$$/, ""));
  }
  switch (schema.format) {
    case "date-time":
      return faker.date.recent({ days: 365 }).toISOString();
    case "date":
      return faker.date.recent({ days: 365 }).toISOString().slice(0, 10);
    case "time":
      return faker.date.recent().toISOString().slice(11);
    case "email":
    case "idn-email":
      return faker.internet.email({ provider: "example.com" }).toLowerCase();
    case "uuid":
      return faker.string.uuid();
    case "uri":
    case "url":
    case "iri":
    case "uri-reference":
      return `https://example.com/${faker.lorem.slug()}`;
    case "hostname":
      return "example.com";
    case "ipv4":
      return faker.internet.ipv4();
    case "ipv6":
      return faker.internet.ipv6();
    case "byte":
      return Buffer.from(faker.lorem.words(3)).toString("base64");
    default:
      return textOf(schema, faker);
  }
}

function textOf(schema: JsonObject, faker: Faker): string {
  const least = Number(schema.minLength ?? 0);
  const most = Number(schema.maxLength ?? Math.max(least, 40));
  let text = faker.lorem.words({ min: 1, max: 3 });
  while (text.length < least) text += ` ${faker.lorem.word()}`;
  return text.slice(0, most);
}
