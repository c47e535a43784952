import { createWatch } from "../pattern.ts";
import { isObject, type JsonObject } from "../pointer.ts";
import {
  type Alternatives,
  createAlternatives,
  list,
  memberSchema,
  propertiesOf,
  requiredOf,
  typesOf,
} from "../schema.ts";
import type { View } from "../view.ts";
import { createFits, type Fits, isHidden } from "./fits.ts";
import { createMatching, type Matching } from "./patterns.ts";

/** The schemas of a document, as a maker of values reads them; each is read once. */
export type Schemas = {
  readonly alternatives: Alternatives;
  readonly fits: Fits;
  readonly matching: Matching;
  /** Begins anew the time that the patterns of one value may take. */
  begin(): void;
  /** The forms of a schema, each of one type. */
  formsOf(schema: unknown): readonly JsonObject[];
  /** Whether a value of a schema may have values of its own. */
  isNested(schema: unknown): boolean;
  /** How deep the shallowest value of a schema is: 0 for a scalar or an empty list, `Infinity` where it never ends. */
  heightOf(schema: unknown, view?: View): number;
};

/** No value has more levels that it cannot do without. */
const highest = 12;

/** Makes the reader of the schemas of a document in the dialect of the validators. */
export function createSchemas(document: JsonObject): Schemas {
  const alternatives = createAlternatives(document);
  const watch = createWatch();
  return {
    alternatives,
    fits: createFits(document, alternatives, watch),
    begin: watch.begin,
    matching: createMatching(),
    formsOf: remembered((schema) => alternatives(schema).flatMap(typed)),
    isNested: remembered((schema) =>
      alternatives(schema).some((plain) => typesOf(plain).some((type) => type === "object" || type === "array")),
    ),
    heightOf: createHeights(alternatives),
  };
}

/** A reader of schemas that reads each once. */
function remembered<T>(read: (schema: unknown) => T): (schema: unknown) => T {
  const known = new WeakMap<object, T>();
  return (schema) => {
    if (!isObject(schema)) return read(schema);
    if (!known.has(schema)) known.set(schema, read(schema));
    return known.get(schema) as T;
  };
}

function typed(plain: JsonObject): readonly JsonObject[] {
  const types = "const" in plain || Array.isArray(plain.enum) ? [] : typesOf(plain);
  return types.length < 2 ? [plain] : types.map((type) => ({ ...plain, type }));
}

function createHeights(alternatives: Alternatives): Schemas["heightOf"] {
  // How many levels are known to be enough for a schema, and how many too few.
  type Bounds = { enough: number; short: number };
  const memories = { none: new WeakMap(), request: new WeakMap(), answer: new WeakMap() } satisfies Record<
    string,
    WeakMap<object, Bounds>
  >;

  function ends(schema: unknown, levels: number, view: View | undefined): boolean {
    if (!isObject(schema)) return schema !== false;
    const memory: WeakMap<object, Bounds> = memories[view ?? "none"];
    const bounds = memory.get(schema) ?? { enough: Number.POSITIVE_INFINITY, short: -1 };
    memory.set(schema, bounds);
    if (levels >= bounds.enough) return true;
    if (levels <= bounds.short) return false;
    const found = alternatives(schema).some((plain) => endsPlain(plain, levels, view));
    if (found) bounds.enough = Math.min(bounds.enough, levels);
    else bounds.short = Math.max(bounds.short, levels);
    return found;
  }

  function endsPlain(plain: JsonObject, levels: number, view: View | undefined): boolean {
    if ("const" in plain || Array.isArray(plain.enum)) return true;
    const types = typesOf(plain);
    return (types.length === 0 ? ["string"] : types).some((type) => {
      if (type === "object") {
        const names = requiredOf(plain).filter((name) => !isHidden(propertiesOf(plain)[name], alternatives, view));
        if (levels === 0) return names.length === 0 && Number(plain.minProperties ?? 0) === 0;
        return names.every((name) => ends(memberSchema(plain, name), levels - 1, view));
      }
      if (type !== "array") return true;
      const count = Math.max(Number(plain.minItems ?? 0), plain.contains === undefined ? 0 : 1);
      if (count === 0) return true;
      if (levels === 0) return false;
      const first = list(plain.prefixItems).slice(0, count);
      return [...first, ...(count > first.length ? [plain.items ?? true] : [])].every((item) =>
        ends(item, levels - 1, view),
      );
    });
  }

  return (schema, view) => {
    for (let levels = 0; levels <= highest; levels++) if (ends(schema, levels, view)) return levels;
    return Number.POSITIVE_INFINITY;
  };
}
