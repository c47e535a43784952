import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Ajv2020 as Ajv, type ValidateFunction } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { parse } from "yaml";

type Json = { readonly [member: string]: unknown };

/** A value of a document, and the file that it stands in. */
type Found = { readonly value: unknown; readonly file: string };

/** What an answer was, and of which operation. */
export type Answer = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
};

/**
 * Makes a judge of answers that shares no line with the reader of documents under test: it follows each `$ref` from file to file
 * by itself, and hands the schemas to Ajv as they are, but for what OpenAPI 3.0 writes otherwise. Says what is wrong, or nothing.
 */
export function createJudge(file: string): (answer: Answer) => string | undefined {
  const library = createLibrary(file);
  const root = library.root.value as Json;
  const validatorOf = createValidators(library, String(root.openapi).startsWith("3.0"));

  return ({ method, path, status, contentType, text }) => {
    const item = library.member(library.root, "paths", path);
    const plain = library.member(item, method.toLowerCase());
    const operation = isObject(plain.value) ? plain : library.member(item, "additionalOperations", method);
    const responses = library.member(operation, "responses");
    const names = isObject(responses.value)
      ? Object.keys(responses.value).filter((name) => !/^(x-|1(\d\d|XX)$)/i.test(name))
      : [];
    if (names.length === 0) return undefined;
    const wanted = [`${status}`, `${`${status}`[0]}XX`, "default"];
    const name = wanted.flatMap((one) => names.find((own) => own.toLowerCase() === one.toLowerCase()) ?? [])[0];
    if (name === undefined) return `the status ${status} is none of ${names.join(", ")}`;
    const content = library.member(responses, name, "content");
    const ranges = isObject(content.value) ? Object.keys(content.value) : [];
    if (ranges.length === 0 || text === "")
      return text === "" || status >= 400 ? undefined : "a body where none is declared";
    const essence = typeOf(contentType);
    const range = [essence, `${essence.split("/")[0]}/*`, "*/*"].flatMap(
      (one) => ranges.find((own) => typeOf(own) === one) ?? [],
    )[0];
    if (range === undefined) return `the type ${contentType} is none of ${ranges.join(", ")}`;
    if (!/[/+]json$/.test(essence)) return undefined;
    const schema = library.member(content, range, "schema", { follow: false });
    if (schema.value === undefined) return undefined;
    const validate = validatorOf(schema);
    if (typeof validate === "string" || validate(JSON.parse(text))) return undefined;
    const [error] = validate.errors ?? [];
    return `${error?.instancePath || "the body"} ${error?.message} (${error?.schemaPath})`;
  };
}

type Library = ReturnType<typeof createLibrary>;

/** Reads a document and the files beside it. */
function createLibrary(main: string) {
  const files = new Map<string, unknown>();
  const read = (file: string): unknown => {
    if (!files.has(file)) files.set(file, parsed(readFileSync(file, "utf8")));
    return files.get(file);
  };

  function target(ref: string, from: string): Found {
    const [name = "", fragment = ""] = ref.split("#");
    const file = name === "" ? from : resolve(dirname(from), decodeURIComponent(name));
    const document = read(file);
    const text = decodeURIComponent(fragment);
    if (text !== "" && !text.startsWith("/")) return { value: anchored(document, text), file };
    const tokens = text
      .split("/")
      .slice(1)
      .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
    // A step may lead through a reference.
    let found: Found = { value: document, file };
    for (const token of tokens) found = step(isReference(found.value) ? follow(found) : found, token);
    return found;
  }

  function follow(found: Found): Found {
    let here = found;
    for (let hops = 0; isReference(here.value) && hops < 50; hops++) here = target(here.value.$ref, here.file);
    return here;
  }

  function member(owner: Found, ...tokens: (string | { follow: boolean })[]): Found {
    let here = follow(owner);
    for (const token of tokens) {
      if (typeof token !== "string") return here;
      here = step(follow(here), token);
    }
    return tokens.some((token) => typeof token !== "string") ? here : follow(here);
  }

  return { root: { value: read(main), file: main } as Found, target, member };
}

function parsed(text: string): unknown {
  const plain = text.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(plain);
  } catch {
    return parse(plain, { merge: true, maxAliasCount: -1, logLevel: "error", uniqueKeys: false });
  }
}

function step({ value, file }: Found, token: string): Found {
  const inner = typeof value === "object" && value !== null ? (value as Json)[token] : undefined;
  return { value: inner, file };
}

function anchored(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const own = value as Json;
  if (own.$anchor === name || own.$dynamicAnchor === name) return value;
  for (const inner of Object.values(value)) {
    const found = anchored(inner, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

const schemas =
  "not if then else contains items additionalProperties propertyNames unevaluatedProperties unevaluatedItems";
const lists = "allOf anyOf oneOf prefixItems";
const maps = "properties patternProperties dependentSchemas";
const scalars =
  "type const enum multipleOf maximum minimum exclusiveMaximum exclusiveMinimum maxLength minLength pattern format maxItems minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired";
const kinds = new Map(
  Object.entries({ schemas, lists, maps, scalars }).flatMap(([kind, names]) =>
    names.split(" ").map((name) => [name, kind] as const),
  ),
);

/** Makes the validators of schemas by Ajv; a text says why there is none. */
function createValidators({ target }: Library, old: boolean): (schema: Found) => ValidateFunction | string {
  const made = new Map<string, ValidateFunction | string>();
  const ajvs = [true, false].map(
    (unicodeRegExp) => new Ajv({ strict: false, validateSchema: false, unicodeRegExp, logger: false }),
  );
  for (const ajv of ajvs) for (const [name, format] of Object.entries(fullFormats)) ajv.addFormat(name, format);
  const names = new Map<string, string>();
  const queue: { readonly name: string; readonly found: Found }[] = [];

  function nameOf(ref: string, file: string): string {
    const found = target(ref, file);
    const key = `${found.file} ${ref.split("#")[1] ?? ""}`;
    const known = names.get(key);
    if (known) return known;
    const name = `schema:${names.size}`;
    names.set(key, name);
    queue.push({ name, found });
    return name;
  }

  function plain(schema: unknown, file: string): unknown {
    if (!isObject(schema)) return schema === false ? false : {};
    const ref = schema.$ref ?? schema.$dynamicRef;
    const out: Record<string, unknown> = typeof ref === "string" ? { $ref: nameOf(ref, file) } : {};
    if (old && typeof ref === "string") return out;
    for (const [keyword, value] of Object.entries(schema)) {
      const kind = kinds.get(keyword);
      if (kind === "scalars") out[keyword] = value;
      else if (kind === "schemas" && !Array.isArray(value)) out[keyword] = plain(value, file);
      else if (kind === "lists" && Array.isArray(value)) out[keyword] = value.map((one) => plain(one, file));
      else if (kind === "maps" && isObject(value))
        out[keyword] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one, file)]));
    }
    return visible(tagged(old ? modern(out, schema) : out, schema), schema);
  }

  function compiled(schema: Found): ValidateFunction | string {
    const whole = plain(schema.value, schema.file);
    for (let next = queue.shift(); next; next = queue.shift()) {
      const one = plain(next.found.value, next.found.file);
      for (const ajv of ajvs) ajv.addSchema(one as Json, next.name);
    }
    let reason = "";
    for (const ajv of ajvs) {
      try {
        return ajv.compile(whole as Json);
      } catch (error) {
        reason = (error as Error).message;
      }
    }
    return reason;
  }

  return (schema) => {
    const key = JSON.stringify([schema.file, schema.value]);
    const known = made.get(key) ?? compiled(schema);
    made.set(key, known);
    return known;
  };
}

/** What OpenAPI 3.0 writes otherwise than JSON Schema. https://spec.openapis.org/oas/v3.0.4#schema-object */
function modern(out: Record<string, unknown>, { nullable }: Json): Record<string, unknown> {
  for (const [exclusive, bound] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    if (typeof out[exclusive] !== "boolean") continue;
    if (out[exclusive] === true && out[bound] !== undefined) {
      out[exclusive] = out[bound];
      delete out[bound];
    } else delete out[exclusive];
  }
  if (nullable !== true) return out;
  if (typeof out.type === "string") return { ...out, type: [out.type, "null"] };
  // Strictly, nothing is nullable without a type; whoever writes it means it.
  return ["allOf", "anyOf", "oneOf"].some((name) => name in out) ? { anyOf: [out, { type: "null" }] } : out;
}

/** A tag decides between alternatives that are open to each other. */
function tagged({ oneOf, ...out }: Record<string, unknown>, { discriminator }: Json): Record<string, unknown> {
  if (oneOf === undefined) return out;
  return isObject(discriminator) && out.anyOf === undefined ? { ...out, anyOf: oneOf } : { ...out, oneOf };
}

/** Members for requests alone need not be there. */
function visible(out: Record<string, unknown>, { properties, required }: Json): Record<string, unknown> {
  if (!Array.isArray(required) || !isObject(properties)) return out;
  const isHidden = (name: unknown) => {
    const member = properties[String(name)];
    return isObject(member) && member.writeOnly === true;
  };
  return { ...out, required: required.filter((name) => !isHidden(name)) };
}

function typeOf(type: string): string {
  return type.split(";", 1)[0]!.trim().toLowerCase();
}

function isReference(value: unknown): value is { readonly $ref: string } {
  return isObject(value) && typeof value.$ref === "string";
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
