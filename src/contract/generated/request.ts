import { createSchemas, type Schemas } from "../../document/sample/schemas.ts";
import { inHeader } from "../../document/sample/texts.ts";
import { fromText, type Operation, type Parameter, type Spec } from "../../document/spec.ts";
import { isObject, type JsonObject, pointer, type Violation } from "../../document/validator.ts";
import type { RequestPlan } from "../wire/exchange.ts";
import { isPart } from "./breaks.ts";

/**
 * A request of an operation as one JSON value, `{ path, query, header, body }`, so that one generator serves all its parts. A
 * part that the operation does not have is left out.
 */
export type RequestValue = JsonObject;

/** What the requests of an operation look like. */
export type RequestShape = {
  readonly operation: Operation;
  /** The schema of the whole. */
  readonly schema: JsonObject;
  readonly schemas: Schemas;
  /** The media type of its JSON body; `undefined` where it has none. */
  readonly mediaType: string | undefined;
  /** Why no request can be made; `undefined` where one can. */
  readonly impossible: string | undefined;
  check(value: unknown): readonly Violation[];
  /** The request as it is sent; an idempotency key in it is replaced by one that nobody has used. */
  plan(value: RequestValue, freshKey: () => string): RequestPlan;
};

/** Makes the shapes of a document's operations, each once. */
export function createShapes(spec: Spec): (operation: Operation) => RequestShape {
  const schemas = createSchemas(spec.validators.document);
  const shapes = new Map<string, RequestShape>();
  return (operation) => {
    const key = `${operation.method} ${operation.path}`;
    const shape = shapes.get(key) ?? shapeOf(operation, schemas);
    shapes.set(key, shape);
    return shape;
  };
}

const places = ["path", "query", "header"] as const;

function shapeOf(operation: Operation, schemas: Schemas): RequestShape {
  const credentials = new Set(operation.security.flat().flatMap(({ header }) => header?.toLowerCase() ?? []));
  // https://spec.openapis.org/oas/v3.1.0#parameter-object: these header parameters are to be ignored.
  const ignored = new Set(["accept", "content-type", "authorization", ...credentials]);
  const parameters = operation.parameters.filter(
    (parameter) => !(parameter.in === "header" && ignored.has(parameter.name.toLowerCase())),
  );
  const usable = parameters.filter((parameter) => parameter.in !== "cookie" && canBeText(parameter));
  const [mediaType, media] = [...(operation.requestBody?.content ?? [])].find(([type]) => /[/+]json$/.test(type)) ?? [];
  const needsBody = operation.requestBody?.required === true;
  const unfit = parameters.find((parameter) => parameter.required && !usable.includes(parameter));
  const parts = places.flatMap((place) => {
    const here = usable.filter((parameter) => parameter.in === place);
    return here.length > 0 ? [[place, partOf(place, here)] as const] : [];
  });
  const schema = {
    type: "object",
    properties: {
      ...Object.fromEntries(parts),
      ...(media ? { body: ref(media.place) } : {}),
    },
    required: [...parts.map(([place]) => place), ...(needsBody && media ? ["body"] : [])],
  };

  function partOf(place: (typeof places)[number], here: readonly Parameter[]): JsonObject {
    const marked = place === "query" ? {} : { [inHeader]: true };
    return {
      [isPart]: true,
      type: "object",
      properties: Object.fromEntries(
        here.map((parameter) => [parameter.name, { allOf: [parameter.place ? ref(parameter.place) : {}, marked] }]),
      ),
      required: here.filter((parameter) => parameter.required).map(({ name }) => name),
    };
  }

  return {
    operation,
    schema,
    schemas,
    mediaType,
    impossible: unfit
      ? `its ${unfit.in} parameter ${unfit.name} is written in a way that this program does not write`
      : needsBody && !media
        ? "its body is not JSON"
        : undefined,
    check(value) {
      const request = isObject(value) ? value : {};
      const found: Violation[] = [];
      for (const parameter of usable) {
        const part = request[parameter.in];
        const value = isObject(part) ? part[parameter.name] : undefined;
        // An empty list is written as nothing at all.
        const given = Array.isArray(value) && value.length === 0 ? undefined : value;
        if (given !== undefined) found.push(...parameter.check(asRead(given, parameter)));
        else if (parameter.required) found.push(missing(`${parameter.in}.${parameter.name}`, parameter.name));
      }
      if (request.body !== undefined) found.push(...(media?.check(request.body) ?? []));
      else if (needsBody) found.push(missing("body", "body"));
      return found;
    },
    plan(value, freshKey) {
      const part = (place: string): JsonObject => (isObject(value[place]) ? (value[place] as JsonObject) : {});
      const path = operation.path.replace(/\{([^}]+)\}/g, (_, name) => encodeURIComponent(text(part("path")[name])));
      const query = Object.entries(part("query")).flatMap(([name, given]) =>
        (Array.isArray(given) ? given : [given]).map(
          (one) => `${encodeURIComponent(name)}=${encodeURIComponent(text(one))}`,
        ),
      );
      const keyHeader = keyHeaderOf(operation)?.toLowerCase();
      const headers = Object.entries(part("header")).map(([name, given]) => [
        name,
        name.toLowerCase() === keyHeader ? unused(text(given), freshKey()) : text(given),
      ]);
      return {
        method: operation.method,
        path: path + (query.length > 0 ? `?${query.join("&")}` : ""),
        headers: {
          ...(value.body === undefined || !mediaType ? {} : { "Content-Type": mediaType }),
          ...Object.fromEntries(headers),
        },
        ...(value.body === undefined ? {} : { text: JSON.stringify(value.body) }),
      };
    },
  };
}

/** The header of an operation's idempotency key: that of its rules or, without any, a parameter whose name says so. */
function keyHeaderOf({ idempotency, parameters }: Operation): string | undefined {
  if (idempotency) return idempotency.header;
  return parameters.find(({ in: place, name }) => place === "header" && /idempotency-key$/i.test(name))?.name;
}

function ref(place: readonly string[]): JsonObject {
  return { $ref: `#${encodeURI(pointer(place))}` };
}

/** Whether a value of the parameter is text in the usual way: `style` and `explode` as they are by default, no object. */
function canBeText({ place, types, style }: Parameter): boolean {
  return place !== undefined && !types.includes("object") && (style === undefined || !types.includes("array"));
}

/** A value as the server reads it from text. */
function asRead(value: unknown, { types }: Parameter): unknown {
  if (types.includes("array")) {
    const items = Array.isArray(value) ? value : [value];
    return items.map((item) => (typeof item === "object" ? text(item) : item));
  }
  return fromText(text(value), types);
}

function text(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** A key of the same length, so far as one that is short can be new. */
function unused(key: string, fresh: string): string {
  if (key.length < fresh.length) return key === "" ? "" : fresh;
  return fresh.padEnd(key.length, "x");
}

function missing(at: string, property: string): Violation {
  return { at, property, keyword: "required", expected: "present", received: undefined, basis: "documented" };
}
