import type { ErrorObject } from "ajv/dist/2020.js";
import { type Compiler, createCompiler, type Detail } from "./compile.ts";
import { exampleOf } from "./example.ts";
import { deepest } from "./json.ts";
import { createWatch, type Watch } from "./pattern.ts";
import { isObject, type JsonObject, lookup, type Place, refTo } from "./pointer.ts";
import type { Remarks } from "./remarks.ts";
import { type View, viewOf } from "./view.ts";
import { type Basis, type Check, createTeller, type Origins, type TellError, type Violation } from "./violation.ts";

export { isObject, type JsonObject, lookup, type Place, pointer, valueAt } from "./pointer.ts";
export type { View } from "./view.ts";
export type { Basis, Check, Violation } from "./violation.ts";

/**
 * Compiles the schemas of one document, each at its first use, so that a start pays for none of them.
 * https://spec.openapis.org/oas/v3.1.0#schema-object
 */
export type Validators = {
  /** The document in the dialect of these validators: OpenAPI 3.1, whatever version it was written in. */
  readonly document: JsonObject;
  /** The document as it holds in one direction: what a request need not have, or an answer, is no more required. */
  view(view: View): JsonObject;
  /** The check of the schema at `place`, for values that go in one direction; `where` begins each violation's `at`. */
  at(place: Place, where: string, view?: View): Check;
  /** A value that the schema at `place` accepts, for a reader to copy; `undefined` where none can be told. */
  exampleAt(place: Place): unknown;
};

/** So many violations of one value are told; so large a value is told its first one only. */
const mostViolations = 200;
const mostValues = 5_000;
/** So many alternatives are tried to find the nearest one. */
const mostTries = 100;

/** Makes the validators of a document whose `$ref`s are all local and lead somewhere, in the dialect of OpenAPI 3.1. */
export function createValidators(document: JsonObject, remarks: Remarks): Validators {
  const watch = createWatch();
  const views = new Map<View, JsonObject>();
  const judges = new Map<JsonObject, ViewJudge>();

  function view(name: View): JsonObject {
    const known = views.get(name) ?? viewOf(document, name);
    views.set(name, known);
    return known;
  }

  function judgeOf(name: View): ViewJudge {
    const seen = view(name);
    const known = judges.get(seen) ?? createViewJudge(seen, watch, remarks);
    judges.set(seen, known);
    return known;
  }

  return {
    document,
    view,
    at(place, where, name = "answer") {
      let check: Check | undefined;
      return (value) => {
        check ??= judgeOf(name)(place, where);
        return check(value);
      };
    },
    exampleAt: (place) => exampleOf(lookup(document, refTo(place)), (schema) => resolved(document, schema)),
  };
}

/** Makes the check of the schema at a place. */
type ViewJudge = (place: Place, where: string) => Check;

function createViewJudge(document: JsonObject, watch: Watch, remarks: Remarks): ViewJudge {
  const compilers = new Map<Detail, Compiler>();
  const compiler = (detail: Detail) => {
    const onFault = (place: Place, reason: string) => remarks.add("schema", reason, place);
    const known = compilers.get(detail) ?? createCompiler(document, { detail, watch, onFault });
    compilers.set(detail, known);
    return known;
  };
  const origins: Origins = {
    ...originsOf(document),
    resolve: (schema) => resolved(document, schema),
    isValid: (schema, value) => compiler("nothing").of(schema)(value),
  };

  const tell = createTeller(origins);
  return (place, where) => {
    const isValid = compiler("nothing").at(place);
    return (value) => {
      watch.begin();
      try {
        if (isValid(value)) return [];
        const detail = isLarge(value) ? "first" : "all";
        const judge = compiler(detail).at(place);
        judge(value);
        const explain = createExplanation(compiler(detail), origins);
        return violationsOf(explain(judge.errors ?? []), where, tell);
      } catch (error) {
        // Neither a value nor a schema may take the stack that everybody shares.
        if (!(error instanceof RangeError)) throw error;
        if (isDeep(value)) return [tooDeep(value, where)];
        remarks.add("schema", "a schema that is a part of itself", place);
        return [];
      }
    };
  };
}

function tooDeep(received: unknown, where: string): Violation {
  const expected = `a value of at most ${deepest} levels`;
  return { at: where, property: where, keyword: "maxDepth", expected, received, basis: "assumed" };
}

function violationsOf(errors: readonly ErrorObject[], where: string, tell: TellError): readonly Violation[] {
  const found = errors.flatMap((error) => tell(error, where) ?? []);
  const tagged = new Set(found.filter(({ keyword }) => keyword !== "discriminator").map(({ at }) => at));
  const seen = new Set<string>();
  const distinct = found.filter(({ at, keyword }) => {
    const key = `${at} ${keyword}`;
    if (seen.has(key) || (keyword === "discriminator" && tagged.has(at))) return false;
    seen.add(key);
    return true;
  });
  return distinct.slice(0, mostViolations);
}

/** Makes what tells the errors of a value without those of the variants of a union that the value was hardly meant to be. */
function createExplanation(
  compiler: Compiler,
  { placeOf }: Origins,
): (errors: readonly ErrorObject[]) => readonly ErrorObject[] {
  let tries = 0;

  function errorsIn(variant: unknown, place: () => Place, value: unknown): readonly ErrorObject[] {
    tries++;
    const judge = compiler.of(variant, place);
    return judge(value) ? [] : (judge.errors ?? []);
  }

  return function nearest(errors): readonly ErrorObject[] {
    const union = errors.find(({ keyword, params }) => isUnion(keyword) && !params.passingSchemas);
    const place = union && placeOf(union.parentSchema);
    if (!union || !place || tries > mostTries) return errors;
    const variants = (union.schema as unknown[]).map((variant, index) =>
      errorsIn(variant, () => [...place, union.keyword, `${index}`], union.data),
    );
    const inside = new Map<unknown, Set<string>>();
    for (const { keyword, parentSchema } of variants.flat())
      inside.set(parentSchema, (inside.get(parentSchema) ?? new Set()).add(keyword));
    const others = errors.filter(
      (error) =>
        error !== union &&
        !(error.instancePath.startsWith(union.instancePath) && inside.get(error.parentSchema)?.has(error.keyword)),
    );
    const [closest = []] = [...variants].sort((a, b) => distance(a) - distance(b));
    const within = closest.map((error) => ({ ...error, instancePath: union.instancePath + error.instancePath }));
    return [...nearest(others), ...nearest(within)];
  };
}

function isUnion(keyword: string): boolean {
  return keyword === "oneOf" || keyword === "anyOf";
}

/** How far a value is from a variant of a union: of another type or tag is farthest, and lacking its members is far. */
function distance(errors: readonly ErrorObject[]): number {
  const weights = errors.map(({ keyword, instancePath, schema }): number => {
    const isTag = keyword === "const" || (keyword === "enum" && Array.isArray(schema) && schema.length === 1);
    if (isTag || keyword === "false schema" || (keyword === "type" && instancePath === "")) return 100;
    return keyword === "required" ? 2 : 1;
  });
  return weights.reduce((sum, weight) => sum + weight, 0);
}

function resolved(document: JsonObject, schema: unknown): unknown {
  for (let hops = 0; isObject(schema) && typeof schema.$ref === "string" && hops < 20; hops++) {
    const target = lookup(document, schema.$ref);
    schema = { ...(isObject(target) ? target : {}), ...schema, $ref: isObject(target) ? target.$ref : undefined };
  }
  return schema;
}

/** Where each object of a document stands, and its basis: its own `x-basis`, else that of the object around it. */
function originsOf(document: JsonObject): Pick<Origins, "placeOf" | "basisOf"> {
  // Where an object stands is told by its name in the one around: a place of its own for each would outweigh the document.
  type Origin = { readonly name: string; readonly around: Origin | undefined; readonly basis: Basis };
  let known: WeakMap<object, Origin> | undefined;
  const read = () => {
    const found = new WeakMap<object, Origin>();
    const visit = (value: object, name: string, around: Origin | undefined) => {
      if (found.has(value)) return;
      const own = (value as JsonObject)["x-basis"];
      const basis = typeof own === "string" ? (own as Basis) : (around?.basis ?? "documented");
      const origin = { name, around, basis };
      found.set(value, origin);
      for (const [name, member] of Object.entries(value))
        if (typeof member === "object" && member !== null) visit(member, name, origin);
    };
    visit(document, "", undefined);
    return found;
  };
  const placeOf = (origin: Origin | undefined): Place =>
    origin?.around ? [...placeOf(origin.around), origin.name] : [];
  const originOf = (value: unknown) => {
    if (typeof value !== "object" || value === null) return undefined;
    known ??= read();
    return known.get(value);
  };
  return {
    placeOf: (value) => {
      const origin = originOf(value);
      return origin && placeOf(origin);
    },
    basisOf: (value) => originOf(value)?.basis ?? "documented",
  };
}

function isLarge(value: unknown): boolean {
  let count = 0;
  const queue: unknown[] = [value];
  while (queue.length > 0) {
    const next = queue.pop();
    if (++count + queue.length > mostValues) return true;
    if (typeof next === "object" && next !== null) for (const member of Object.values(next)) queue.push(member);
  }
  return false;
}

function isDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}
