import type { JsonObject } from "../../pointer.ts";
import { everyValueOf } from "./plain.ts";
import { listIn, type Schema } from "./reader.ts";
import { isSilent } from "./rules.ts";

const written = ["boolean", "integer", "number"];
const textOnly = new Set(["type", "deprecated", "default"]);

/** Two schemas of what is written as text: where one takes any text, it takes the numbers and truths of the other. */
export function asText(a: Schema, b: Schema): readonly [Schema, Schema] {
  const few = ({ keywords }: Schema) => (Array.isArray(keywords.enum) ? keywords.enum : everyValueOf(keywords.type));
  const [mine, theirs] = [few(a), few(b)];
  const listed = [a, b].some(({ keywords }) => Array.isArray(keywords.enum));
  if (listed && mine && theirs) return [withTexts(a, mine), withTexts(b, theirs)];
  return [withTypes(a, b), withTypes(b, a)];
}

function withTypes(schema: Schema, other: Schema): Schema {
  const types = listIn(schema, "type");
  const more = listIn(other, "type").filter((type) => written.includes(String(type)) && !types.includes(type));
  if (more.length === 0 || !isAnyText(schema.keywords)) return schema;
  const { keywords, reader } = schema;
  return reader.memo(keywords, `or ${more}`, () => ({
    ...schema,
    keywords: { ...keywords, type: [...types, ...more] },
  }));
}

/** Values that are listed, as they are written. */
function withTexts(schema: Schema, values: readonly unknown[]): Schema {
  const { keywords, reader } = schema;
  if (values.some((value) => typeof value === "object")) return schema;
  const texts = { type: ["string"], enum: values.map(String) };
  return reader.memo(keywords, "as texts", () => ({ ...schema, keywords: { ...keywords, ...texts } }));
}

function isAnyText(keywords: JsonObject): boolean {
  const types = Array.isArray(keywords.type) ? keywords.type : [];
  return types.includes("string") && Object.keys(keywords).every((name) => textOnly.has(name) || isSilent(name));
}
