import { distinct } from "../../document/json.ts";
import { isHidden } from "../../document/sample/fits.ts";
import type { Schemas } from "../../document/sample/schemas.ts";
import { memberSchema, propertiesOf } from "../../document/schema.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";

/** A member that is not shown as it was sent. */
export type Unkept = { readonly at: string; readonly sent: unknown; readonly shown: unknown };

/** What a request said, and what a record shows, each with its schema. */
export type Sides = {
  readonly schemas: Schemas;
  readonly sent: { readonly value: unknown; readonly schema: unknown };
  readonly shown: { readonly value: unknown; readonly schema: unknown };
};

/**
 * What a record does not show as it was sent, of the members that its schema names and that are neither `readOnly` nor `writeOnly`.
 * A target may trim texts, write a moment or a number otherwise, order a list, fill in what was not sent, leave out what is
 * empty, and show what its answer has another shape for.
 */
export function unkept({ schemas, sent, shown }: Sides, at = "body"): readonly Unkept[] {
  if (isObject(sent.value) && isObject(shown.value)) {
    const given = shown.value;
    const forms = schemas.alternatives(shown.schema);
    // Of several kinds of records, it is the one that is shown whose members count.
    const its = forms.filter((form) => schemas.fits(form, given, "answer"));
    const kind = { anyOf: its.length > 0 ? its : forms };
    return Object.entries(sent.value).flatMap(([name, value]) => {
      const [own, other] = [memberNamed(schemas, sent.schema, name), memberNamed(schemas, kind, name)];
      if (!isComparable(schemas, own) || !isComparable(schemas, other)) return [];
      const inner = {
        schemas,
        sent: { value, schema: own },
        shown: { value: given[name], schema: other },
      };
      return unkept(inner, `${at}.${name}`);
    });
  }
  // What an answer may not hold is shown in another way: the names that were sent as the records that they name.
  if (!schemas.fits(shown.schema, sent.value, "answer")) return [];
  return isSame(sent.value, shown.value, formatOf(schemas, sent.schema), sent.schema, schemas)
    ? []
    : [{ at, sent: sent.value, shown: shown.value }];
}

/** The schema of a member, where a schema names it; of several forms, that of the first that does. */
export function memberNamed(schemas: Schemas, schema: unknown, name: string): unknown {
  const plain = schemas.alternatives(schema).find((form) => Object.hasOwn(propertiesOf(form), name));
  return plain && memberSchema(plain, name);
}

function isComparable({ alternatives }: Schemas, schema: unknown): boolean {
  return (
    schema !== undefined && !isHidden(schema, alternatives, "request") && !isHidden(schema, alternatives, "answer")
  );
}

/** The members of a schema that a client writes and reads, whatever they are sent with. */
export function writable(schemas: Schemas, schema: unknown): readonly string[] {
  const names = schemas.alternatives(schema).flatMap((plain: JsonObject) => Object.keys(propertiesOf(plain)));
  return [...new Set(names)].filter((name) => isComparable(schemas, memberNamed(schemas, schema, name)));
}

function formatOf(schemas: Schemas, schema: unknown): string {
  return String(schemas.alternatives(schema).find(({ format }) => typeof format === "string")?.format ?? "");
}

/** What stands for nothing: some leave it out, or write it as `null`. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) return Object.values(value).every(isEmpty);
  return value === undefined || value === null || value === "" || value === false || value === 0;
}

function isSame(sent: unknown, shown: unknown, format: string, schema: unknown, schemas: Schemas): boolean {
  if (shown === undefined || shown === null || sent === null) return isEmpty(sent) && isEmpty(shown);
  if (typeof sent === "string" && typeof shown === "string") return sameText(sent, shown, format);
  if (typeof sent === "number" || typeof shown === "number") return sameNumber(Number(sent), Number(shown));
  if (Array.isArray(sent)) return Array.isArray(shown) && sameList(sent, shown, schema, schemas);
  if (isObject(sent)) return !isObject(shown) ? false : isEmpty(sent);
  return sent === shown || String(sent) === String(shown);
}

function sameNumber(sent: number, shown: number): boolean {
  return Math.abs(sent - shown) <= 1e-6 * Math.max(1, Math.abs(sent));
}

/** Formats whose letters may be written small, for they mean the same. */
const caseless = /^(idn-)?(email|hostname)$|^ur[il]|^iri|^uuid$/;

function sameText(sent: string, shown: string, format: string): boolean {
  const [one, other] = [sent, shown].map((text) => text.normalize("NFC").replace(/\s+/g, " ").trim());
  if (one === other) return true;
  if (format === "date-time")
    return Math.abs(Date.parse(sent) - Date.parse(shown)) < 1000 || Number.isNaN(Date.parse(sent));
  if (format === "date") return shown.startsWith(sent);
  if (format === "password" || format === "byte" || format === "binary") return true;
  return caseless.test(format) && one!.toLowerCase().replace(/\/$/, "") === other!.toLowerCase().replace(/\/$/, "");
}

/** Whether two lists hold the same, in whatever order, each as often as it was sent. */
function sameList(sent: readonly unknown[], shown: readonly unknown[], schema: unknown, schemas: Schemas): boolean {
  const items = schemas.alternatives(schema).find((plain) => plain.items !== undefined)?.items ?? true;
  const rest = [...shown];
  const isThere = (value: unknown) => {
    const at = rest.findIndex(
      (one) => unkept({ schemas, sent: { value, schema: items }, shown: { value: one, schema: items } }).length === 0,
    );
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  };
  // Twins may be one to a target.
  return [...distinct(sent)].every(isThere);
}

export function isScalar(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

/** Whether a request says nothing that a target may keep in another way: its texts are plain. */
export function isPlain(value: unknown): boolean {
  if (typeof value === "string") return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value);
  if (typeof value === "number") return Math.abs(value) <= 2 ** 53;
  return typeof value !== "object" || value === null || Object.values(value).every(isPlain);
}
