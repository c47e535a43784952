// What the deployment has no behaviour of its own for, answered as the document says: its requests are held against their schemas,
// and what is written to a customer is kept. No code of the product is used for it.

import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { parse } from "yaml";
import { type Answer, type Call, type Desk, type Detail, json, Refusal } from "./behaviour.ts";
import { isRecord } from "./checks.ts";
import type { Customer } from "./world.ts";

type Json = Record<string, unknown>;

/** An operation as the document describes it, and how a call of it is told. */
export interface DescribedOperation {
  id: string;
  method: string;
  pattern: RegExp;
  /** The names of the values in its path, in their order. */
  names: string[];
  /** The last part of its path, where that is no value. */
  lastPart: string | undefined;
  query: { name: string; required: boolean; valid: ValidateFunction }[];
  body: { required: boolean; valid: ValidateFunction } | undefined;
  success: { status: number; body: unknown };
}

/** A document, ready to answer what is asked of it. */
export interface Description {
  operations: DescribedOperation[];
  /** Something that a schema allows: its example where it has one, else the least of it. */
  sample(schema: unknown): unknown;
  /** The schema of a customer's members. */
  customerMembers: Json;
}

let shipped: Description | undefined;

/** The document that the product ships, read when it is first needed. */
export function shippedDescription(): Description {
  shipped ??= describedBy(
    parse(readFileSync(new URL("../../spec/connect.openapi.yaml", import.meta.url), "utf8"), { maxAliasCount: -1 }),
  );
  return shipped;
}

/** Reads a document. */
export function describedBy(document: Json): Description {
  const ajv = new Ajv2020({ strict: false, allErrors: true, coerceTypes: false, useDefaults: true });
  formats.default(ajv);
  ajv.addSchema(document, "document");
  const resolve = (value: unknown): Json => {
    if (!isRecord(value)) return {};
    return typeof value.$ref === "string" ? resolve(at(document, value.$ref)) : value;
  };
  const sample = (schema: unknown): unknown => sampleOf(resolve(schema), resolve, sample);
  const operations: DescribedOperation[] = [];
  for (const [path, item] of Object.entries(isRecord(document.paths) ? document.paths : {})) {
    const shared = isRecord(item) && Array.isArray(item.parameters) ? item.parameters : [];
    for (const method of ["get", "put", "post", "patch", "delete"]) {
      const operation = isRecord(item) ? item[method] : undefined;
      if (isRecord(operation))
        operations.push(describedOperation(path, method, operation, shared, { ajv, resolve, sample }));
    }
  }
  const schemas = resolve(resolve(document.components).schemas);
  return { operations, sample, customerMembers: resolve(resolve(schemas.Customer).properties) };
}

interface Tools {
  ajv: Ajv2020;
  resolve(value: unknown): Json;
  sample(schema: unknown): unknown;
}

function describedOperation(
  path: string,
  method: string,
  operation: Json,
  shared: unknown[],
  { ajv, resolve, sample }: Tools,
): DescribedOperation {
  const own = Array.isArray(operation.parameters) ? operation.parameters : [];
  const parameters = [...shared, ...own].map(resolve);
  const compile = (schema: unknown) => ajv.compile(absolute(schema ?? true) as object);
  const requestBody = resolve(operation.requestBody);
  const media = resolve(resolve(requestBody.content)["application/json"]);
  const [status, response] = Object.entries(resolve(operation.responses)).find(([code]) => /^2\d\d$/.test(code)) ?? [];
  const answer = resolve(resolve(resolve(response).content)["application/json"]);
  const [example] = Object.values(resolve(answer.examples)).map((given) => resolve(given).value);
  return {
    id: String(operation.operationId),
    method: method.toUpperCase(),
    pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, "([^/]+)")}$`),
    names: [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!),
    lastPart: /\/([^/{}]+)$/.exec(path)?.[1],
    query: parameters
      .filter((parameter) => parameter.in === "query")
      .map(({ name, required, schema }) => ({
        name: String(name),
        required: required === true,
        valid: compile(schema),
      })),
    body: media.schema ? { required: requestBody.required === true, valid: compile(media.schema) } : undefined,
    success: {
      status: Number(status ?? 200),
      body: answer.schema && (answer.example ?? example ?? sample(answer.schema)),
    },
  };
}

/** The operation that a call means, with the values of its path. */
export function describedCall(
  { operations }: Description,
  call: Call,
): { operation: DescribedOperation; path: Record<string, string> } | undefined {
  for (const operation of operations) {
    const match = operation.method === call.method ? operation.pattern.exec(call.path) : null;
    if (match) {
      const values = operation.names.map((name, n) => [name, decode(match[n + 1]!)] as const);
      return { operation, path: Object.fromEntries(values) };
    }
  }
  return undefined;
}

/** Runs an operation as it is described; throws a Refusal where the call is not as the document wants it. */
export async function operateAsDescribed(
  desk: Desk,
  call: Call,
  { operation, path }: { operation: DescribedOperation; path: Record<string, string> },
): Promise<Answer> {
  const { behaviour } = desk;
  if (call.method !== "GET") await behaviour.pause();
  const { customerId, paymentProfileId } = path;
  const customer = customerId === undefined ? undefined : behaviour.findCustomer(desk, customerId, call);
  if (customerId !== undefined && !customer) throw new Refusal("unknown");
  if (paymentProfileId !== undefined && !desk.profiles.has(paymentProfileId)) throw new Refusal("unknown");
  const query = queryOf(operation, new URLSearchParams(call.query));
  const body = operation.body ? bodyOf(desk, call, operation.body) : undefined;
  const { status } = operation.success;
  if (!customer || call.method === "GET") return answered(status, operation.success.body);
  const written = write(desk, operation, customer, body, query);
  const now = behaviour.now();
  behaviour.store(desk, { ...written.customer, updatedAt: behaviour.updatedAt(customer, now) }, customer);
  desk.executions += 1;
  return answered(status, operation.success.body === undefined ? undefined : written.body(desk));
}

function answered(status: number, body: unknown): Answer {
  if (body !== undefined) return json(status, body);
  const { "Content-Type": _, ...headers } = json(status, null).headers;
  return { status, headers, body: "" };
}

/** What a write makes of a customer, by custom: its last part names a list of the customer, or it changes the customer itself. */
function write(
  desk: Desk,
  { method, lastPart, success }: DescribedOperation,
  customer: Customer,
  body: Json | undefined,
  query: Record<string, unknown>,
): { customer: Customer; body(desk: Desk): unknown } {
  const { customerMembers, sample } = desk.description();
  const whole = (after: Customer) => ({
    customer: after,
    body: () => desk.behaviour.present(desk.customers.get(after.customerId) ?? after),
  });
  if (lastPart === undefined) return whole({ ...customer, ...body });
  const list = customerMembers[lastPart];
  if (!isRecord(list) || list.type !== "array") return { customer, body: () => success.body };
  const items = ((customer as unknown as Json)[lastPart] as Json[] | undefined) ?? [];
  if (method === "DELETE") {
    const kept = items.filter((item) => !Object.entries(query).every(([name, value]) => item[name] === value));
    if (kept.length === items.length) throw new Refusal("unknown");
    return whole({ ...customer, [lastPart]: kept });
  }
  const item = { ...(sample(list.items) as Json), ...body };
  const id = Object.keys(item).find((name) => /Id$/.test(name)) ?? "";
  const others = items.filter((other) => other[id] !== item[id]);
  return { customer: { ...customer, [lastPart]: [...others, item] }, body: () => item };
}

function queryOf({ query }: DescribedOperation, given: URLSearchParams): Record<string, unknown> {
  const details: Detail[] = [];
  const values: Record<string, unknown> = {};
  for (const { name, required, valid } of query) {
    const text = given.get(name);
    if (text === null) {
      if (required) details.push({ message: `Say which ${name}.`, code: "FIELD_REQUIRED", property: name });
      continue;
    }
    // Text, a number or a truth value: whichever its schema takes.
    const value = [text, Number(text), text === "true" || (text === "false" ? false : text)].find((one) => valid(one));
    if (value === undefined) details.push({ message: `${name} is none.`, code: "INVALID_VALUE", property: name });
    else values[name] = value;
  }
  if (details.length > 0) throw new Refusal("invalid", details);
  return values;
}

function bodyOf(
  desk: Desk,
  call: Call,
  { required, valid }: NonNullable<DescribedOperation["body"]>,
): Json | undefined {
  if (call.body.length === 0 && !required) return undefined;
  if (!desk.behaviour.acceptsMedia(desk.behaviour.header(call, "Content-Type") ?? "")) throw new Refusal("media");
  const body = desk.behaviour.parse(call);
  const details = faultsOf(valid, body);
  if (details.length > 0 || !isRecord(body)) throw new Refusal("invalid", details);
  return body;
}

/** What a schema finds wrong with a value. */
export function faultsOf(valid: ValidateFunction, value: unknown): Detail[] {
  if (valid(value)) return [];
  return (valid.errors ?? []).map(({ instancePath, message = "", params }) => {
    const member = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
    return {
      message: `It ${message}.`,
      code: params.missingProperty ? "FIELD_REQUIRED" : member === undefined ? "INVALID_VALUE" : "UNKNOWN_FIELD",
      property: [...instancePath.split("/").slice(1), ...(member === undefined ? [] : [member])].join("."),
    };
  });
}

/** Something that a schema allows, so far as the schemas of this document are of plain kinds. */
function sampleOf(schema: Json, resolve: Tools["resolve"], sample: Tools["sample"]): unknown {
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.examples)) return schema.examples[0];
  for (const name of ["example", "default"]) if (name in schema) return schema[name];
  if (Array.isArray(schema.enum)) return schema.enum[0];
  for (const name of ["oneOf", "anyOf"]) if (Array.isArray(schema[name])) return sample((schema[name] as unknown[])[0]);
  const parts = Array.isArray(schema.allOf) ? schema.allOf.map((part) => sample(part)) : [];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "array") return [];
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  if (type === "string") return "a text of no meaning".slice(0, Number(schema.maxLength ?? 20));
  const properties = resolve(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  return Object.assign({}, ...parts, Object.fromEntries(required.map((name) => [name, sample(properties[name])])));
}

/** A schema whose references lead into the document from wherever it is compiled. */
function absolute(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(absolute);
  if (!isRecord(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === "$ref" && typeof value === "string" && value.startsWith("#") ? `document${value}` : absolute(value),
    ]),
  );
}

function at(document: Json, pointer: string): unknown {
  let value: unknown = document;
  for (const token of pointer.slice(2).split("/"))
    value = isRecord(value) ? value[decode(token).replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  return value;
}

/** A part of an address as text; as it stands where it is no text. */
export function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
