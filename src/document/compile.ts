import type { CodeKeywordDefinition, ErrorObject, KeywordCxt, Options, Ajv2020 as Validator } from "ajv/dist/2020.js";
import { type Tags, tagsOf } from "./discriminator.ts";
import { formats, ajv as library } from "./late.ts";
import { createPattern, stepsOf, type Watch } from "./pattern.ts";
import { isObject, type JsonObject, type Place, placeOf, refTo, valueAt } from "./pointer.ts";

/** Where a value stands that a schema within another one is held against; the errors of it say so. */
type Around = { readonly instancePath: string };

/** Judges a value: yes or no; the errors of a no stand beside it until the next value, as Ajv has it. */
export type Judge = {
  (value: unknown, around?: Around): boolean;
  errors?: readonly ErrorObject[] | null | undefined;
  evaluated?: { props?: unknown; items?: unknown } | undefined;
};

/** How much a judge tells of a no: nothing, the first error, or all of them. */
export type Detail = "nothing" | "first" | "all";

export type CompilerOptions = {
  readonly detail: Detail;
  readonly watch: Watch;
  /** Told of a schema that cannot be compiled; whatever it describes goes unchecked. */
  readonly onFault: (place: Place, reason: string) => void;
};

/** Compiles the schemas of a document, each at its first use. */
export type Compiler = {
  at(place: Place): Judge;
  /** The judge of a schema, remembered by its object; `place` tells where it stands, if anywhere. */
  of(schema: unknown, place?: () => Place): Judge;
};

const unchecked: Judge = () => true;

/**
 * Makes the compiler of a document whose `$ref`s all are pointers into it. Each schema that has a `$ref` to it is compiled by
 * itself, and only when a value comes to it: of a thousand schemas that lead to each other a request touches a few.
 */
export function createCompiler(document: JsonObject, { detail, watch, onFault }: CompilerOptions): Compiler {
  const ajv = createAjv(detail, watch);
  const judges = new Map<string, Judge>();
  const judgesOfObjects = new WeakMap<JsonObject, Judge>();

  function referred(ref: string): Judge {
    const before = judges.get(ref);
    if (before) return before;
    const place = placeOf(ref);
    // A reference may be written in several ways.
    const key = refTo(place);
    const judge = judges.get(key) ?? atFirstUse(() => valueAt(document, place), place);
    judges.set(key, judge).set(ref, judge);
    return judge;
  }

  function atFirstUse(schemaOf: () => unknown, place: Place): Judge {
    let target: Judge | undefined;
    const judge: Judge = (value, around) => {
      target ??= compiled(schemaOf(), place);
      const valid = target(value, around);
      judge.errors = target.errors;
      judge.evaluated = target.evaluated ?? {};
      return valid;
    };
    return judge;
  }

  function judgeFor(schema: unknown, place?: () => Place): Judge {
    const made = () => (place ? referred(refTo(place())) : compiled(schema, []));
    if (!isObject(schema)) return made();
    const judge = judgesOfObjects.get(schema) ?? made();
    judgesOfObjects.set(schema, judge);
    return judge;
  }

  function compiled(schema: unknown, place: Place): Judge {
    const { compileSchema, SchemaEnv } = library();
    try {
      // Not `ajv.compile`, which looks for identifiers in every example.
      const env = new SchemaEnv({ schema: schema as boolean | JsonObject, schemaId: "$id", localRefs: {} });
      return (compileSchema.call(ajv, env).validate as Judge | undefined) ?? unchecked;
    } catch (error) {
      onFault(place, (error as Error).message);
      return unchecked;
    }
  }

  teach(ajv, document, referred, (branch) => atFirstUse(() => branch, []));
  return {
    at: (place) => referred(refTo(place)),
    of: judgeFor,
  };
}

/** Teaches Ajv the keywords of OpenAPI, and those of JSON Schema that it takes otherwise than they are meant here. */
function teach(
  ajv: Validator,
  document: JsonObject,
  referred: (ref: string) => Judge,
  judgeOf: (schema: unknown) => Judge,
): void {
  ajv.removeKeyword("$ref");
  ajv.addKeyword({
    keyword: "$ref",
    schemaType: "string",
    code: (cxt) => call(cxt, referred(cxt.schema as string)),
  });
  ajv.addKeyword({
    keyword: "discriminator",
    schemaType: "object",
    code(cxt) {
      const schema = cxt.parentSchema as JsonObject;
      const tags = tagsOf(document, schema);
      if (tags) call(cxt, judgeByTag(schema, tags, (schema.oneOf as unknown[]).map(judgeOf)));
    },
  });
  replace(ajv, "oneOf", (cxt, code) => {
    if (!tagsOf(document, cxt.parentSchema as JsonObject)) code(cxt);
  });
  // What every object inherits, such as `toString`, is no member of a value.
  for (const keyword of ["properties", "required", "dependentRequired", "dependentSchemas"])
    replace(ajv, keyword, (cxt, code) => {
      const names: unknown[] = Array.isArray(cxt.schema) ? cxt.schema : Object.entries(cxt.schema).flat(2);
      if (names.some((name) => typeof name === "string" && name in Object.prototype)) withOwnMembers(cxt, code);
      else code(cxt);
    });
  // Ajv refuses to compile a list of no values; it allows none.
  replace(ajv, "enum", (cxt, code) => {
    if ((cxt.schema as unknown[]).length === 0) cxt.fail(library()._`true`);
    else code(cxt);
  });
}

/** The judge of a `oneOf` whose alternatives a tag tells apart. */
function judgeByTag(schema: JsonObject, { property, branches }: Tags, judges: readonly Judge[]): Judge {
  const judge: Judge = (value, around) => {
    const tag = isObject(value) ? value[property] : undefined;
    const index = typeof tag === "string" ? branches.get(tag) : undefined;
    // Without a tag any alternative will do, if it does not ask for one.
    const fitting = tag === undefined ? judges.find((branch) => branch(value, around)) : undefined;
    const branch = index === undefined ? (fitting ?? (isObject(value) ? undefined : judges[0])) : judges[index];
    const valid = branch?.(value, around) ?? false;
    judge.evaluated = branch?.evaluated ?? {};
    judge.errors = valid ? null : branch ? branch.errors : [tagError(schema, property, value as JsonObject, around)];
    return valid;
  };
  return judge;
}

/** Puts something before the code that Ajv writes for a keyword, which keeps its place: some read what others have seen. */
function replace(ajv: Validator, keyword: string, write: (cxt: KeywordCxt, code: (cxt: KeywordCxt) => void) => void) {
  const definition = ajv.getKeyword(keyword) as CodeKeywordDefinition;
  const { code } = definition;
  definition.code = (cxt) => write(cxt, code);
}

/**
 * Writes the call of a judge by the keyword of another schema. Other than Ajv does, it takes over which members the judge has seen
 * even from a no, or each of them would count as one that nobody knows beside the one that is wrong.
 */
function call(cxt: KeywordCxt, judge: Judge): void {
  const { _, callValidateCode, mergeEvaluated, Name, nil } = library();
  const { gen, it } = cxt;
  // As the code that Ajv writes calls its errors, and how many there are.
  const [list, count] = [new Name("vErrors"), new Name("errors")];
  const name = gen.scopeValue("validate", { ref: judge });
  cxt.result(callValidateCode(cxt, name, nil), undefined, () => {
    const errors = _`${name}.errors`;
    gen.assign(list, _`${list} === null ? ${errors} : ${list}.concat(${errors})`);
    gen.assign(count, _`${list}.length`);
  });
  if (it.props !== true)
    it.props = mergeEvaluated.props(gen, gen.var("props", _`${name}.evaluated.props`), it.props, Name);
  if (it.items !== true)
    it.items = mergeEvaluated.items(gen, gen.var("items", _`${name}.evaluated.items`), it.items, Name);
}

/** Writes the code of a keyword as of one that asks for own members only, which takes longer. */
function withOwnMembers(cxt: KeywordCxt, code: (cxt: KeywordCxt) => void): void {
  const it: { opts: KeywordCxt["it"]["opts"] } = cxt.it;
  const { opts } = it;
  it.opts = { ...opts, ownProperties: true };
  code(cxt);
  it.opts = opts;
}

function tagError(parentSchema: JsonObject, tag: string, data: JsonObject, around: Around | undefined): ErrorObject {
  const error = data[tag] === undefined ? "tag" : "mapping";
  return {
    instancePath: around?.instancePath ?? "",
    schemaPath: "#/discriminator",
    keyword: "discriminator",
    message: error === "tag" ? `tag "${tag}" must be string` : `value of tag "${tag}" must be in oneOf`,
    params: { error, tag, tagValue: data[tag] },
    schema: parentSchema.discriminator,
    parentSchema,
    data,
  };
}

function createAjv(detail: Detail, watch: Watch): Validator {
  const { _, Ajv2020, str } = library();
  const options: Options = {
    allErrors: detail === "all",
    verbose: detail !== "nothing",
    messages: detail !== "nothing",
    strict: false,
    validateSchema: false,
    // A format that Ajv does not know says nothing of validity; it would write a line of each.
    logger: false,
    code: {
      optimize: false,
      regExp: Object.assign((source: string) => watched(source, watch), { code: "new RegExp" }),
    },
  };
  const ajv = new Ajv2020(options);
  for (const [name, format] of Object.entries(formats())) ajv.addFormat(name, guarded(format, watch));
  ajv.removeKeyword("multipleOf");
  ajv.addKeyword({
    keyword: "multipleOf",
    type: "number",
    schemaType: "number",
    errors: false,
    validate: isMultiple,
    error: {
      message: ({ schemaCode }) => str`must be multiple of ${schemaCode}`,
      params: ({ schemaCode }) => _`{multipleOf: ${schemaCode}}`,
    },
  });
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({ keyword: "uniqueItems", type: "array", schemaType: "boolean", validate: hasUniqueItems });
  return ajv;
}

/** A pattern as Ajv uses it. One that is no regular expression matches nothing: the names of members have such. */
function watched(source: string, watch: Watch): RegExp {
  const pattern = createPattern(source);
  const steps = stepsOf(source);
  const engine = {
    test: (text: string) => pattern !== undefined && watch.test(pattern, text, steps(text.length)),
    toString: () => `/${source}/`,
  };
  return engine as unknown as RegExp;
}

/** So long a text is still no burden for any format. */
const longestPlain = 200;

type Format = ReturnType<typeof formats>[keyof ReturnType<typeof formats>];

function guarded(format: Format, watch: Watch): Format {
  const given = typeof format === "object" && "validate" in format ? format.validate : format;
  const test = given instanceof RegExp ? (text: string) => given.test(text) : given;
  if (typeof test !== "function" || (typeof format === "object" && "type" in format && format.type === "number"))
    return format;
  const pattern = { test: test as (text: string) => boolean };
  return (text: string) =>
    text.length <= longestPlain ? pattern.test(text) : watch.test(pattern, text, Number.POSITIVE_INFINITY);
}

/** Whether a number is a multiple of another, in the decimal digits in which both are written. */
function isMultiple(step: number, value: number): boolean {
  if (Number.isInteger(value) && Number.isInteger(step)) return value % step === 0;
  // What JSON writes as 1e999 is read as no number that has digits.
  if (!Number.isFinite(value)) return false;
  const [a, b] = [decimalOf(value), decimalOf(step)];
  // Where the exponents are far apart, the digits tell nothing any more.
  const scale = Math.max(a.scale, b.scale);
  if (scale - Math.min(a.scale, b.scale) > 400) return false;
  return (a.digits * 10n ** BigInt(scale - a.scale)) % (b.digits * 10n ** BigInt(scale - b.scale)) === 0n;
}

/** A number as a whole number of digits, and how many of them stand behind the point. */
function decimalOf(value: number): { readonly digits: bigint; readonly scale: number } {
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

type KeywordJudge = {
  (unique: boolean, items: readonly unknown[], parentSchema?: unknown): boolean;
  errors?: Partial<ErrorObject>[];
};

/** In one pass, where Ajv compares every item with every other. */
const hasUniqueItems: KeywordJudge = (unique, items, parentSchema) => {
  if (!unique) return true;
  const known = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const text = canonical(item);
    const before = known.get(text);
    if (before !== undefined) {
      const message = `must NOT have duplicate items (items ## ${before} and ${index} are identical)`;
      hasUniqueItems.errors = [
        { keyword: "uniqueItems", message, params: { i: index, j: before }, parentSchema: parentSchema as JsonObject },
      ];
      return false;
    }
    known.set(text, index);
  }
  return true;
};

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
