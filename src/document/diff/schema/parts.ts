import { isObject, type JsonObject, lookup } from "../../pointer.ts";
import type { Side } from "../side.ts";
import { type Maker, merged } from "./merge.ts";
import { asOne, plain, settled } from "./plain.ts";
import { isSilent } from "./rules.ts";

/** The parts of a schema that must all hold, each in plain keywords; `around` are those that it stands in. */
export type Parts = (schema: unknown, around: readonly unknown[]) => readonly JsonObject[];

/** Makes what takes schemas apart: into itself, what it refers to, what its `allOf` lists, and unions that can be said without. */
export function createParts(
  { document }: Side,
  maker: Maker,
  ready: (schema: JsonObject) => JsonObject | undefined,
): Parts {
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
    return [...(Object.keys(rest).length > 0 ? [plain(rest)] : []), ...target, ...listed, ...parts];
  }

  /** Without a type `nullable` strictly means nothing; authors mean that the value may be null, and it is read so everywhere. */
  function orNull({ nullable, ...schema }: JsonObject, around: readonly unknown[]): JsonObject {
    const parts = [whole(schema, around), { type: ["null"] }];
    return asOne(parts) ?? { anyOf: parts.map((part) => maker.of(part)) };
  }

  /** Alternatives that can be said without: a single one, those of different types, and those that list values. */
  function withoutUnions(schema: JsonObject, around: readonly unknown[]) {
    const rest: Record<string, unknown> = { ...schema };
    const parts = (["oneOf", "anyOf"] as const).flatMap((keyword): readonly JsonObject[] => {
      const given = schema[keyword];
      if (!Array.isArray(given) || given.length === 0 || isObject(schema.discriminator)) return [];
      const branches = given.flatMap((branch) => flattened(branch, keyword, around));
      if (branches.some((branch) => around.includes(branch))) return [];
      delete rest[keyword];
      if (branches.length === 1) return partsOf(branches[0], around);
      const read = branches.map((branch) => whole(branch, around));
      // Whatever the others say, any value will do.
      if (keyword === "anyOf" && read.some((keywords) => Object.keys(keywords).every(isSilent))) return [];
      const one = asOne(read);
      if (!one) rest[keyword] = branches;
      return one ? [one] : [];
    });
    return { rest, parts };
  }
}

const composing = ["allOf", "oneOf", "anyOf"];

/** The alternatives of an alternative that says nothing else. */
function flattened(branch: unknown, keyword: string, around: readonly unknown[]): readonly unknown[] {
  if (!isObject(branch) || around.includes(branch)) return [branch];
  const inner = branch[keyword];
  const only = Object.keys(branch).every((name) => name === keyword || isSilent(name));
  return only && Array.isArray(inner) && inner.length > 0
    ? inner.flatMap((one) => flattened(one, keyword, [...around, branch]))
    : [branch];
}
