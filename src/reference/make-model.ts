import { createBodyCodec } from "../document/body.ts";
import { keyHeaderOf } from "../document/idempotency.ts";
import { isObject, type JsonObject, mentions, type Place, resolvedAt, valueAt } from "../document/pointer.ts";
import { simplest } from "../document/sample/sample.ts";
import { createSchemas, type Schemas } from "../document/sample/schemas.ts";
import type {
  Header,
  MediaType,
  Operation,
  Parameter,
  ResponseDescription,
  SecurityScheme,
  Spec,
} from "../document/spec.ts";
import type { View } from "../document/view.ts";
import { createParameterCodec } from "../document/wire.ts";
import { codesOf } from "./codes.ts";
import { idempotencyTables } from "./idempotency.ts";
import type * as model from "./model.ts";
import { createSchemaReader, createTable, doubtOf, said, type Table } from "./schemas.ts";

/** What a page is told beside the document. */
export type Told = Pick<model.Model, "isServed"> & {
  readonly hasClient?: boolean | undefined;
};

/** What the parts of a document are read with. */
type Reader = {
  readonly spec: Spec;
  readonly document: JsonObject;
  readonly schemas: ReturnType<typeof createSchemaReader>;
  readonly parameters: Table<model.Parameter>;
  readonly answers: Table<model.Answer>;
  readonly examples: Table<unknown>;
  readonly samples: Schemas;
  /** By the answer as the document has it: many operations share one. */
  readonly known: Map<ResponseDescription, number>;
  /** How many more values may be made for bodies that have no example. */
  left: number;
};

/** So many values are made of schemas where the document has no example; more would keep a reader waiting. */
const mostMade = 400;
/** So long an example, as JSON, is still read. */
const longestExample = 16_000;

/** The document as the page shows it. */
export function modelOf(spec: Spec, told: Told): model.Model {
  const { document } = spec.validators;
  const reader: Reader = {
    spec,
    document,
    schemas: createSchemaReader(document),
    parameters: createTable(),
    answers: createTable(),
    examples: createTable(),
    samples: createSchemas(document),
    known: new Map(),
    left: mostMade,
  };
  const isDescribed = (tag: unknown): tag is JsonObject => isObject(tag) && typeof tag.name === "string";
  const tags = (Array.isArray(document.tags) ? document.tags : []).filter(isDescribed);
  const operations = spec.operations.map((operation) => operationOf(reader, operation));
  const webhooks = spec.webhooks.map((operation) => operationOf(reader, operation));
  const info = isObject(document.info) ? document.info : {};
  const described = {
    operations,
    answers: reader.answers.all,
    schemas: reader.schemas.all,
    examples: reader.examples.all,
    idempotency: idempotencyTables(spec),
  };
  return {
    ...described,
    title: spec.title,
    version: spec.version,
    description: [info.summary, info.description].filter((text) => typeof text === "string").join("\n\n"),
    isServed: told.isServed,
    ...(told.hasClient ? { hasClient: true } : {}),
    schemes: spec.securitySchemes.flatMap((scheme) => schemeOf(scheme, document)),
    servers: serversOf(document),
    tags: tags.map((tag) => said({ name: String(tag.name), description: textOf(tag.description) })),
    webhooks,
    parameters: reader.parameters.all,
    codes: codesOf(described),
    hasDoubts: mentions(document, ["x-basis", "x-basis-of"]),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.trim() : undefined;
}

/** Servers that are more than a path, with the defaults of their variables. */
function serversOf({ servers }: JsonObject): model.Model["servers"] {
  return (Array.isArray(servers) ? servers : []).filter(isObject).flatMap(({ url, description, variables }) => {
    const given = isObject(variables) ? variables : {};
    const filled = String(url).replace(/\{([^}]*)\}/g, (whole, name: string) => {
      const variable = given[name];
      return isObject(variable) && variable.default !== undefined ? String(variable.default) : whole;
    });
    return /^https?:\/\/[^{}]+$/.test(filled) ? [said({ url: filled, description: textOf(description) })] : [];
  });
}

function schemeOf({ id, header, query, cookie, scheme }: SecurityScheme, document: JsonObject): model.Scheme[] {
  const name = header ?? query ?? cookie;
  if (name === undefined) return [];
  const written = resolvedAt(document, valueAt(document, ["components", "securitySchemes", id]), [])[0];
  const shown = {
    id,
    in: header !== undefined ? ("header" as const) : query !== undefined ? ("query" as const) : ("cookie" as const),
    name,
    prefix: scheme === undefined ? undefined : scheme.charAt(0).toUpperCase() + scheme.slice(1),
    description: textOf(written.description),
    doubt: doubtOf(written["x-basis"]),
  };
  return [said<model.Scheme>(shown as model.Scheme)];
}

function operationOf(reader: Reader, operation: Operation): model.Operation {
  const { document } = reader;
  const written = valueAt(document, operation.place);
  const own = isObject(written) ? written : {};
  const [asked] = isObject(own.requestBody) ? resolvedAt(document, own.requestBody, []) : [{} as JsonObject];
  const view: View = operation.place[0] === "webhooks" ? "answer" : "request";
  const content = operation.requestBody && mediaOf(reader, operation.requestBody.content, view);
  return {
    id: operation.id,
    method: operation.method,
    path: operation.path,
    tag: operation.tags[0] ?? "",
    summary: operation.summary,
    answers: [...operation.responses.values()].map((answer) => answerOf(reader, answer)),
    ...said<Partial<model.Operation>>({
      description: textOf(own.description),
      deprecated: own.deprecated === true || undefined,
      doubt: doubtOf(operation.basis),
      security: operation.security.map((schemes) => schemes.map(({ id }) => id)),
      keyHeader: keyHeaderOf(operation),
      parameters: operation.parameters.map((parameter) => reader.parameters.add(parameterOf(reader, parameter))),
      body: content && {
        content,
        ...said<{ required?: true; description?: string }>({
          required: operation.requestBody?.required || undefined,
          description: textOf(asked.description),
        } as { required?: true; description?: string }),
      },
    } as Partial<model.Operation>),
  };
}

/** The parameter that the schema at a place is of. */
function ownerOf(document: JsonObject, place: Place): JsonObject {
  const within = place.at(-1) === "schema" && place.at(-3) === "content" ? 3 : 1;
  const owner = valueAt(document, place.slice(0, -within));
  return isObject(owner) ? owner : {};
}

function parameterOf(reader: Reader, parameter: Parameter): model.Parameter {
  const { document, schemas } = reader;
  const { name, in: where, place, kind } = parameter;
  const owner = place ? ownerOf(document, place) : {};
  const example = firstOf(owner.examples, document) ?? parameter.example;
  const isWritten = !kind.mayBe.scalar && (kind.mayBe.list || kind.mayBe.object);
  const text = isWritten ? writtenBy(parameter, example) : scalar(example);
  return said<model.Parameter>({
    name,
    in: where,
    required: parameter.required || undefined,
    deprecated: owner.deprecated === true || undefined,
    description: textOf(owner.description),
    schema: place && schemas.read(valueAt(document, place)),
    doubt: doubtOf(owner["x-basis"]),
    example: text,
    isWritten: (isWritten && where !== "path") || undefined,
  } as model.Parameter);
}

function scalar(value: unknown): string | undefined {
  return value === undefined || value === null
    ? undefined
    : typeof value === "object"
      ? JSON.stringify(value)
      : `${value}`;
}

function writtenBy(parameter: Parameter, value: unknown): string | undefined {
  try {
    return value === undefined ? undefined : createParameterCodec(parameter, () => false).write(value);
  } catch {
    return undefined;
  }
}

/** The value of the first of some named examples. */
function firstOf(examples: unknown, document: JsonObject): unknown {
  const [first] = isObject(examples) ? Object.values(examples) : [];
  if (!isObject(first)) return undefined;
  const [example] = resolvedAt(document, first, []);
  return example.value ?? example.dataValue;
}

function answerOf(reader: Reader, answer: ResponseDescription): number {
  const before = reader.known.get(answer);
  if (before !== undefined) return before;
  const number = reader.answers.add(
    said<model.Answer>({
      status: answer.status,
      description: answer.description.trim(),
      doubt: doubtOf(answer.basis),
      headers: [...answer.headers.values()].map((header) => headerOf(reader, header)),
      content: mediaOf(reader, answer.content, "answer"),
    } as model.Answer),
  );
  reader.known.set(answer, number);
  return number;
}

function headerOf({ document, schemas }: Reader, { name, place, required }: Header): model.Parameter {
  const owner = valueAt(document, place);
  const own = isObject(owner) ? owner : {};
  return said<model.Parameter>({
    name,
    in: "header",
    required: required || undefined,
    description: textOf(own.description),
    schema: own.schema === undefined ? undefined : schemas.read(own.schema),
    doubt: doubtOf(own["x-basis"]),
  } as model.Parameter);
}

function mediaOf(reader: Reader, content: ReadonlyMap<string, MediaType>, view: View): model.Media[] {
  const { document, schemas } = reader;
  return [...content].map(([type, media]) => {
    const schema = valueAt(document, media.place);
    return said<model.Media>({
      type,
      schema: schema === undefined ? undefined : schemas.read(schema),
      ...examplesOf(reader, type, media, view),
    } as model.Media);
  });
}

const nameless: { readonly name: string; readonly key?: string } = { name: "" };

function examplesOf(
  reader: Reader,
  type: string,
  media: MediaType,
  view: View,
): Pick<model.Media, "examples" | "sentAs"> {
  const { document } = reader;
  const around = valueAt(document, media.place.slice(0, -1));
  const owner = isObject(around) ? around : {};
  const named = Object.entries(isObject(owner.examples) ? owner.examples : {}).flatMap(([name, given]) => {
    const [example] = resolvedAt(document, given, []);
    const value = example.value ?? example.dataValue;
    return value === undefined ? [] : [{ name: textOf(example.summary) || name, key: name, value }];
  });
  const given = "example" in owner ? [{ ...nameless, value: owner.example }, ...named] : named;
  const short = given.filter(({ value }) => (JSON.stringify(value) ?? "").length < longestExample);
  const made = short.length > 0 ? [] : [{ ...nameless, value: madeOf(reader, media, view) }];
  const written = [...short, ...made].map(({ value, ...names }) => ({ ...names, ...writtenBody(type, media, value) }));
  const sentAs = written[0]?.contentType;
  // A boundary is of one body alone.
  const fitting = written.filter(({ text, contentType }) => text !== undefined && contentType === sentAs);
  return {
    examples: fitting.map(({ text, contentType: _, ...names }) => ({ ...names, value: reader.examples.add(text) })),
    ...(sentAs === undefined ? {} : { sentAs }),
  };
}

/** A value of a schema that has no example; a plain one, and a valid one as long as there are few. */
function madeOf(reader: Reader, { place }: MediaType, view: View): unknown {
  const schema = valueAt(reader.document, place);
  if (schema === undefined) return undefined;
  try {
    if (view === "request" && reader.left-- > 0)
      return simplest(schema, { schemas: reader.samples, known: () => undefined, view });
    return reader.spec.validators.exampleAt(place);
  } catch {
    return undefined;
  }
}

/** A value as it is sent: JSON stays as it is, to be laid out; anything else is its text. */
function writtenBody(
  type: string,
  media: MediaType,
  value: unknown,
): { readonly text: unknown; readonly contentType?: string } {
  if (value === undefined || /[/+]json\b/.test(type) || typeof value === "string") return { text: value };
  try {
    const body = createBodyCodec(type, media).write(value);
    return body
      ? { text: body.text, ...(body.contentType.includes("boundary=") ? { contentType: body.contentType } : {}) }
      : { text: value };
  } catch {
    return { text: value };
  }
}
