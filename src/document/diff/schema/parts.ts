import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject, lookup } from "../../pointer.ts";
import { listOf, type Side } from "../side.ts";
import { type Maker, merged } from "./merge.ts";
import { asOne, bindingOf, isNever, plain, settled } from "./plain.ts";

/** The parts of a schema that must all hold, each in plain keywords; `around` are those that it stands in. */
export type Parts = (schema: unknown, around: readonly unknown[]) => readonly JsonObject[];

/** Makes what takes schemas apart: into itself, what it refers to, what its `allOf` lists, and unions that can be said without. */
export function createParts(side: Side, maker: Maker, ready: (schema: JsonObject) => JsonObject | undefined): Parts {
  const { document } = side;
  const refsHideSiblings = String(document.openapi).startsWith("3.0.");
  const whole = (schema: unknown, around: readonly unknown[]) => settled(merged(partsOf(schema, around), maker));
  return partsOf;

  function partsOf(schema: unknown, around: readonly unknown[]): readonly JsonObject[] {
    if (schema === false) return [{ not: {} }];
    // What is already among the parts adds nothing.
    if (!isObject(schema) || around.includes(schema)) return [];
    const known = ready(schema);
    if (known) return [known];
    const inner = [...around, schema];
    if (schema.nullable === true && schema.type === undefined && composing.some((name) => name in schema))
      return [orNull(schema, inner)];
    const { $ref, allOf, ...own } = schema;
    const target = typeof $ref === "string" ? partsOf(lookup(document, $ref), inner) : [];
    if (typeof $ref === "string" && refsHideSiblings) return target;
    const listed = Array.isArray(allOf) ? allOf.flatMap((part) => partsOf(part, inner)) : [];
    const { rest, parts } = withoutUnions(own, inner);
    const first = Object.keys(rest).length > 0 ? [placed(plain(rest), schema, side)] : [];
    return evaluated([...first, ...target, ...listed, ...parts], own, maker);
  }

  /** Without a type `nullable` strictly means nothing; authors mean that the value may be null, and it is read so everywhere. */
  function orNull({ nullable, ...schema }: JsonObject, around: readonly unknown[]): JsonObject {
    const parts = [whole(schema, around), { type: ["null"] }];
    return asOne(parts, "anyOf") ?? { anyOf: parts.map((part) => maker.of(part)) };
  }

  /** Alternatives that can be said without: a single one, those of different types, and those that list values. */
  function withoutUnions(schema: JsonObject, around: readonly unknown[]) {
    const rest: Record<string, unknown> = { ...schema };
    const parts = (["oneOf", "anyOf"] as const).flatMap((keyword): readonly JsonObject[] => {
      const given = schema[keyword];
      if (!Array.isArray(given) || given.length === 0 || isObject(schema.discriminator)) return [];
      if (given.some((branch) => around.includes(branch))) return [];
      delete rest[keyword];
      const found = given.flatMap((branch) => flattened(branch, keyword, around));
      const [branches, read] = [found.map(({ branch }) => branch), found.map(({ keywords }) => keywords)];
      // Whatever the others say, any value will do.
      if (keyword === "anyOf" && read.some((keywords) => Object.keys(keywords).length === 0)) return [];
      const kept = telling(read, keyword);
      if (kept.length === 0) return [{ not: {} }];
      if (kept.length === 1) return partsOf(branches[kept[0]!], around);
      const one = asOne(
        kept.map((at) => read[at]!),
        keyword,
      );
      if (!one) rest[keyword] = kept.map((at) => branches[at]);
      return one ? [one] : [];
    });
    return { rest, parts };
  }

  /** An alternative with what it says, or the alternatives of one that says nothing else. */
  function flattened(branch: unknown, keyword: string, around: readonly unknown[]): readonly Alternative[] {
    const keywords = bindingOf(whole(branch, around));
    const { [keyword]: inner, ...others } = keywords;
    if (!Array.isArray(inner) || Object.keys(others).length > 0) return [{ branch, keywords }];
    return inner.map((one) => ({ branch: one, keywords: bindingOf(whole(one, around)) }));
  }
}

type Alternative = { readonly branch: unknown; readonly keywords: JsonObject };

/** Those of the alternatives, by their places, that can be and that say something that no other says. */
function telling(read: readonly JsonObject[], keyword: string): readonly number[] {
  const idle = (at: number) => isNever(read[at]!) || (keyword === "anyOf" && isIdle(read, at));
  return [...read.keys()].filter((at) => !idle(at));
}

/** Whether another of the alternatives takes all that one takes: the same again, or one that asks for a type alone. */
function isIdle(read: readonly JsonObject[], at: number): boolean {
  const { type } = read[at]!;
  return read.some((other, index) => {
    if (index === at) return false;
    if (isDeepStrictEqual(other, read[at])) return index < at;
    const bare = ({ type, ...others }: JsonObject) => Array.isArray(type) && Object.keys(others).length === 0;
    const within = (few: unknown, many: unknown) => listOf(few).every((one) => listOf(many).includes(one));
    if (!bare(other) || !Array.isArray(type) || !within(type, other.type)) return false;
    // Of two lists of the same types the first one stays.
    return index < at || !bare(read[at]!) || !within(other.type, type);
  });
}

function placed(made: JsonObject, schema: JsonObject, side: Side): JsonObject {
  side.putAt(made, schema);
  return made;
}

/** What no part has seen, where nothing is left that may or may not have: that is what the schema as a whole does not name. */
function evaluated(parts: readonly JsonObject[], own: JsonObject, maker: Maker): readonly JsonObject[] {
  if (own.unevaluatedProperties === undefined && own.unevaluatedItems === undefined) return parts;
  const { unevaluatedProperties, unevaluatedItems, ...rest } = merged(parts, maker);
  if (optional.some((keyword) => keyword in rest) || (unevaluatedItems !== undefined && "contains" in rest))
    return parts;
  const others = { additionalProperties: unevaluatedProperties ?? true, items: unevaluatedItems ?? true };
  return [plain({ ...others, ...rest, ...namedIn(own) })];
}

/** What a schema itself says of all its members or items, even if only to say that they may be anything. */
function namedIn({ additionalProperties, items }: JsonObject): JsonObject {
  return {
    ...(additionalProperties === undefined ? {} : { additionalProperties }),
    ...(items === undefined ? {} : { items }),
  };
}

/** Keywords whose schemas see some values only. */
const optional = ["oneOf", "anyOf", "allOf", "if", "dependentSchemas", "$dynamicRef"];

const composing = ["allOf", "oneOf", "anyOf"];
