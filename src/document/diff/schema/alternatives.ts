import type { JsonObject } from "../../pointer.ts";
import { listOf } from "../side.ts";
import { areApart } from "./apart.ts";
import { type Branch, branchesOf } from "./branches.ts";
import { merged } from "./merge.ts";
import { isNever } from "./plain.ts";
import type { Schema } from "./reader.ts";

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
export function unites({ keywords }: Schema): boolean {
  return (keywords.oneOf ?? keywords.anyOf) !== undefined;
}

/**
 * The ways in which a value may be of a schema, however its unions are written: types, `anyOf` and `oneOf` at any depth, with what
 * stands beside them. `undefined` where there are too many, or where a union holds itself.
 */
export function alternativesOf(schema: Schema, around: readonly JsonObject[] = []): Alternatives | undefined {
  const { keywords, reader } = schema;
  if (around.includes(keywords)) return undefined;
  return reader.memo(keywords, () => spreadOut(schema, [...around, keywords]));
}

type Form = { readonly keywords: JsonObject; readonly branch: Branch | undefined };

function spreadOut(schema: Schema, around: readonly JsonObject[]): Alternatives | undefined {
  const { reader } = schema;
  const { oneOf, anyOf, discriminator, ...own } = schema.keywords;
  let exclusive = false;
  let forms: readonly Form[] = [{ keywords: own, branch: undefined }];
  for (const keyword of ["oneOf", "anyOf"] as const) {
    const given = branchesOf(schema, keyword);
    if (given.length === 0) continue;
    const inner: Form[] = [];
    for (const branch of given) {
      const below = alternativesOf(reader.read(branch.schema), around);
      if (!below || inner.length > most) return undefined;
      exclusive ||= below.exclusive;
      const only = below.branches.length === 1;
      inner.push(
        ...below.branches.map((one) => ({ keywords: reader.read(one.schema).keywords, branch: only ? branch : one })),
      );
    }
    exclusive ||= keyword === "oneOf" && !areApart(listOf(oneOf), reader);
    if (forms.length * inner.length > most) return undefined;
    forms = forms.flatMap((form) =>
      inner.map(({ keywords, branch }) => ({ keywords: merged([form.keywords, keywords], reader.maker), branch })),
    );
  }
  const branches = forms
    .flatMap(({ keywords, branch }) => ofEachType(keywords).map((keywords) => ({ keywords, branch })))
    .map(({ keywords, branch }): Branch => {
      const schema = reader.maker.of(keywords, branch?.schema);
      const name = branch?.name ?? (listOf(keywords.type ?? ["any"]).at(0) as string);
      return { ...(branch ?? { named: false, component: false }), tagged: false, name, schema };
    })
    .filter((branch) => !isNever(reader.read(branch.schema).keywords));
  return branches.length > most ? undefined : { branches, exclusive, tagged: discriminator !== undefined };
}

function ofEachType(form: JsonObject): readonly JsonObject[] {
  const types = listOf(form.type ?? []);
  const kinds = types.filter((type) => type !== "integer" || !types.includes("number"));
  if (kinds.length < 2) return [form];
  return kinds.map((type) => ({ ...form, type: type === "number" ? ["number", "integer"] : [type] }));
}
