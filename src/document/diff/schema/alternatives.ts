import type { JsonObject } from "../../pointer.ts";
import { listOf, objectOf } from "../side.ts";
import { areApart } from "./apart.ts";
import { type Branch, branchesOf } from "./branches.ts";
import { merged } from "./merge.ts";
import { everyValueOf, isNever } from "./plain.ts";
import { listIn, type Reader, type Schema } from "./reader.ts";

/** The ways in which a value may be of a schema, each a schema of one type without alternatives. */
export type Alternatives = {
  readonly branches: readonly Branch[];
  /** Whether a value may be refused for being of two of them. */
  readonly exclusive: boolean;
  /** Whether tags on the wire tell them apart. */
  readonly tagged: boolean;
};

/** So many ways are told apart. */
const most = 40;

/** Whether there is a union in a schema itself. */
export function unites(schema: Schema): boolean {
  const { oneOf, anyOf, allOf } = schema.keywords;
  return (oneOf ?? anyOf) !== undefined || (allOf !== undefined && unionsAmong(schema).length > 0);
}

/** The unions among the parts that must all hold. */
function unionsAmong(schema: Schema): readonly unknown[] {
  return listIn(schema, "allOf").filter((part) => unites(schema.reader.read(part)));
}

/**
 * The ways in which a value may be of a schema, however its unions are written: types, `anyOf` and `oneOf` at any depth, with what
 * stands beside them. `undefined` where there are too many, or where a union holds itself.
 */
export function alternativesOf(schema: Schema, around: readonly JsonObject[] = []): Alternatives | undefined {
  const { keywords, reader } = schema;
  if (around.includes(keywords)) return undefined;
  return reader.memo(keywords, "alternatives", () => spreadOut(schema, [...around, keywords]));
}

/** Whether it is plain that no value is of a schema. */
export function isImpossible(schema: Schema): boolean {
  const { keywords } = schema;
  if (isNever(keywords)) return true;
  // Alternatives that cannot be are left out by the reader, but those that what stands beside them rules out.
  const beside = keywords.type !== undefined || keywords.allOf !== undefined;
  return beside && unites(schema) && alternativesOf(schema)?.branches.length === 0;
}

type Form = { readonly keywords: JsonObject; readonly branch: Branch | undefined };

function spreadOut(schema: Schema, around: readonly JsonObject[]): Alternatives | undefined {
  const { reader } = schema;
  const { oneOf, anyOf, allOf, discriminator, ...own } = schema.keywords;
  const parts = unionsAmong(schema);
  const others = listOf(allOf ?? []).filter((part) => !parts.includes(part));
  const rest = others.length > 0 ? { ...own, allOf: others } : own;
  const groups: (readonly Branch[])[] = [branchesOf(schema, "oneOf"), branchesOf(schema, "anyOf")];
  let exclusive = oneOf !== undefined && !areApart(listOf(oneOf), reader);
  for (const part of parts) {
    const below = alternativesOf(reader.read(part), around);
    if (!below) return undefined;
    exclusive ||= below.exclusive;
    groups.push(below.branches);
  }
  let forms: readonly Form[] = [{ keywords: rest, branch: undefined }];
  for (const group of groups.filter(({ length }) => length > 0)) {
    const inner: Form[] = [];
    for (const branch of group) {
      const below = alternativesOf(reader.read(branch.schema), around);
      if (!below || forms.length * inner.length > most) return undefined;
      exclusive ||= below.exclusive;
      const only = below.branches.length === 1;
      for (const one of below.branches)
        inner.push({ keywords: reader.read(one.schema).keywords, branch: only ? branch : one });
    }
    forms = forms.flatMap((form) =>
      inner.map(({ keywords, branch }) => ({ keywords: merged([form.keywords, keywords], reader.maker), branch })),
    );
  }
  const branches = forms.flatMap((form) => branchesAs(form, reader));
  return branches.length > most ? undefined : { branches, exclusive, tagged: discriminator !== undefined };
}

/** The branches that a form is, one of each type. */
function branchesAs({ keywords, branch }: Form, reader: Reader): readonly Branch[] {
  return ofEachType(keywords).flatMap((one): readonly Branch[] => {
    const schema = reader.maker.of(one, branch?.schema);
    if (isNever(reader.read(schema).keywords)) return [];
    const name = branch?.name ?? String(listOf(one.type ?? ["any"])[0]);
    return [{ ...(branch ?? { named: false, component: false }), tagged: false, name, schema }];
  });
}

function ofEachType(form: JsonObject): readonly JsonObject[] {
  const types = listOf(form.type ?? []);
  const kinds = types.filter((type) => type !== "integer" || !types.includes("number"));
  if (kinds.length < 2) return [form];
  return kinds.map((type) => ({ ...form, type: type === "number" ? ["number", "integer"] : [type] }));
}

/** The ways to be of an object by the values of a member that it must have; none where no such member lists its values. */
export function ofEachValue(schema: Schema): readonly JsonObject[] {
  return schema.reader.memo(schema.keywords, "of each value", () => splitByValue(schema));
}

function splitByValue({ keywords, reader }: Schema): readonly JsonObject[] {
  for (const name of listOf(keywords.required ?? []).map(String)) {
    const member = objectOf(keywords.properties)[name];
    const { enum: values, type } = member === undefined ? {} : reader.read(member).keywords;
    const list = Array.isArray(values) ? values : (everyValueOf(type) ?? []);
    if (list.length < 2 || list.length > most) continue;
    return list.map((value) => {
      const one = { type: ["object"], properties: { [name]: { enum: [value] } } };
      return reader.maker.of(merged([keywords, one], reader.maker));
    });
  }
  return [];
}
