import { parseJson } from "./json.ts";
import { type Alternatives, list, memberSchema, propertiesOf, typesOf } from "./schema.ts";
import { isObject, type JsonObject } from "./validator.ts";

/** What a schema says of values that are written as text: their types, and the kinds of their members and items. */
export type Kind = {
  /** The JSON types that it names, those of all its variants; none where a value may be anything. */
  readonly types: ReadonlySet<string>;
  /** The values that it lists, by their text. */
  readonly constants: ReadonlyMap<string, unknown>;
  /** The members that it names. */
  readonly names: readonly string[];
  /** Whether an object may have members that it does not name, by its own word or because it names none. */
  readonly open: boolean;
  /** Whether its text stands for bytes. */
  readonly binary: boolean;
  /** Whether a value may be a text, a number, a truth or null; a list; an object. */
  readonly mayBe: { readonly scalar: boolean; readonly list: boolean; readonly object: boolean };
  member(name: string): Kind;
  item(index: number): Kind;
};

/** Makes the reader of kinds, which looks into a schema at the first question. Several schemas are as many ways to be valid. */
export function createKinds(alternatives: Alternatives): (...schemas: readonly unknown[]) => Kind {
  const kindOf = (...schemas: readonly unknown[]): Kind => {
    let known: Facts | undefined;
    const facts = (): Facts => {
      known ??= factsOf(schemas.flatMap(alternatives));
      return known;
    };
    const inner = new Map<string | number, Kind>();
    const remembered = (key: string | number, schemasOf: (form: JsonObject) => readonly unknown[]): Kind => {
      const before = inner.get(key);
      if (before) return before;
      const made = kindOf(...facts().forms.flatMap(schemasOf));
      // Names come from whoever sends them.
      if (inner.size < mostRemembered) inner.set(key, made);
      return made;
    };
    return {
      get types() {
        return facts().types;
      },
      get constants() {
        return facts().constants;
      },
      get names() {
        return facts().names;
      },
      get open() {
        return facts().open;
      },
      get binary() {
        return facts().binary;
      },
      get mayBe() {
        return facts().mayBe;
      },
      member: (name) => remembered(name, (form) => [memberSchema(form, name)]),
      item: (index) => remembered(index, (form) => itemSchemas(form, index)),
    };
  };
  return kindOf;
}

const mostRemembered = 1000;

const scalarTypes = ["string", "integer", "number", "boolean"];

type Facts = Pick<Kind, "types" | "constants" | "names" | "open" | "binary" | "mayBe"> & {
  readonly forms: readonly JsonObject[];
};

function factsOf(forms: readonly JsonObject[]): Facts {
  const types = new Set<string>();
  const constants = new Map<string, unknown>();
  for (const form of forms) {
    const listed = "const" in form ? [form.const] : list(form.enum);
    for (const value of listed) if (!isObject(value) && !Array.isArray(value)) constants.set(String(value), value);
    const named = typesOf(form);
    // A text that is listed makes nothing else a text.
    const free = listed.length > 0 ? named.filter((type) => type !== "string") : named;
    for (const type of free) types.add(type);
  }
  return {
    forms,
    types,
    constants,
    names: [...new Set(forms.flatMap((form) => Object.keys(propertiesOf(form))))],
    open: forms.length === 0 || forms.some(isOpen),
    mayBe: {
      scalar: types.size === 0 || constants.size > 0 || scalarTypes.some((type) => types.has(type)),
      list: types.has("array"),
      object: types.has("object"),
    },
    binary: forms.some(
      ({ format, contentMediaType, contentEncoding }) =>
        format === "binary" || (contentMediaType !== undefined && contentEncoding === undefined),
    ),
  };
}

function isOpen(form: JsonObject): boolean {
  const { additionalProperties, patternProperties } = form;
  if (isObject(additionalProperties) || additionalProperties === true || isObject(patternProperties)) return true;
  return additionalProperties !== false && Object.keys(propertiesOf(form)).length === 0;
}

function itemSchemas({ items, prefixItems }: JsonObject, index: number): readonly unknown[] {
  const own = Array.isArray(prefixItems) ? prefixItems[index] : undefined;
  return own !== undefined ? [own] : isObject(items) ? [items] : [];
}

/** Whether a value may be a text, a number, a truth or null. */
export function mayBeScalar({ mayBe }: Kind): boolean {
  return mayBe.scalar;
}

/** Whether a value is a list, or may be one. */
export function mayBeList({ mayBe }: Kind): boolean {
  return mayBe.list;
}

/** Whether a value is an object, or may be one. */
export function mayBeObject({ mayBe }: Kind): boolean {
  return mayBe.object;
}

/** Whether a scalar that was read is one that a schema of lists and others has in mind. */
export function isMeant(value: unknown, { types, constants }: Kind): boolean {
  return types.size === 0 || typeof value !== "string" || types.has("string") || constants.has(value);
}

const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Text as the value that its schema speaks of; text that is no such value stays text, for the validator to refuse. */
export function fromText(text: string, kind: Kind): unknown {
  const { types, constants } = kind;
  if (constants.has(text)) return constants.get(text);
  if ((types.has("integer") || types.has("number")) && number.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
  }
  if (types.has("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.has("null") && !types.has("string") && (text === "null" || text === "")) return null;
  if ((types.has("object") || types.has("array")) && /^\s*[[{]/.test(text)) return composite(text, kind);
  return text;
}

/** What stands within a list or an object has no way of its own in most styles: it is written as JSON. */
function composite(text: string, { types }: Kind): unknown {
  try {
    const value = parseJson(text);
    return types.has(Array.isArray(value) ? "array" : "object") ? value : text;
  } catch {
    return text;
  }
}

/** A value as the text of a place that has no way to write lists and objects. */
export function textOf(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
