import type { Library } from "./library.ts";
import { isObject, type JsonObject, type Place, placeOf, pointer, refTo, valueAt } from "./pointer.ts";
import { eachMember, type Kind, withMembers } from "./structure.ts";

/** The anchors that are in force, each with the place of the schema that it stands for. */
type Anchors = ReadonlyMap<string, string>;

/** So many copies of schemas stand for a generic one under different anchors; the rest keeps its own. */
const mostCopies = 1000;

/**
 * A document in which each `$dynamicRef` is a `$ref`: a schema that is entered by way of another one with an anchor of the same
 * name gets a copy of its own, whose `$dynamicRef`s lead there.
 * https://json-schema.org/draft/2020-12/json-schema-core#section-8.2.3.2
 */
export function withoutDynamicRefs(document: JsonObject, library: Library): JsonObject {
  if (!library.hasIdentifiers) return document;
  const schemas =
    isObject(document.components) && isObject(document.components.schemas) ? document.components.schemas : {};
  const all: Record<string, unknown> = { ...schemas };
  const copies = new Map<string, string>();
  const isDynamic = createDynamicTest(document);

  /** The `$ref` to a schema as it is under these anchors. */
  function under(ref: string, around: Anchors): string {
    const place = placeOf(ref);
    if (!isDynamic(place)) return ref;
    const [alone, here] = [entered(document, place, new Map()), entered(document, place, around)];
    const same = [...here].every(([name, target]) => alone.get(name) === target);
    if (same || copies.size >= mostCopies) return ref;
    const key = `${ref} ${JSON.stringify([...here].sort())}`;
    const before = copies.get(key);
    if (before !== undefined) return before;
    let name = `${place.at(-1)}-of-${placeOf([...here.values()][0]!).at(-1)}`;
    while (Object.hasOwn(all, name)) name += "-2";
    const copy = refTo(["components", "schemas", name]);
    copies.set(key, copy);
    all[name] = {};
    all[name] = resolved(valueAt(document, place), "schema", place, here);
    return copy;
  }

  function resolved(value: unknown, kind: Kind, place: Place, anchors: Anchors): unknown {
    if (!isObject(value)) return value;
    const change = (member: unknown, of: Kind, at: Place) => resolved(member, of, at, anchors);
    if (kind !== "schema") return withMembers(value, kind, place, change);
    const { $dynamicRef, ...own } = value;
    const rest: Record<string, unknown> = own;
    if (typeof rest.$ref === "string") rest.$ref = under(rest.$ref, anchors);
    const target = typeof $dynamicRef === "string" ? targetOf(library, $dynamicRef, place, anchors) : undefined;
    if (target === undefined)
      return withMembers(rest.$ref === value.$ref && $dynamicRef === undefined ? value : rest, kind, place, change);
    // A schema may have a `$ref` of its own beside it.
    const whole =
      rest.$ref === undefined
        ? { ...rest, $ref: target }
        : { ...rest, allOf: [...listOf(rest.allOf), { $ref: target }] };
    return withMembers(whole, kind, place, change);
  }

  for (const name of Object.keys(schemas)) {
    const place = ["components", "schemas", name];
    if (isDynamic(place)) all[name] = resolved(schemas[name], "schema", place, entered(document, place, new Map()));
  }
  const components = isObject(document.components) ? { ...document.components, schemas: all } : undefined;
  const whole = components ? { ...document, components } : document;
  const outside = (value: unknown, kind: Kind, place: Place): unknown => {
    if (kind === "schema")
      return place[1] === "schemas" && place[0] === "components" ? value : resolved(value, kind, place, new Map());
    return isObject(value) ? withMembers(value, kind, place, outside) : value;
  };
  return outside(whole, "document", []) as JsonObject;
}

/** The anchors in force after a schema is entered: those from outside come first. */
function entered(document: JsonObject, place: Place, around: Anchors): Anchors {
  return new Map([...anchorsAt(document, place), ...around]);
}

/** Where a `$dynamicRef` leads under these anchors; `undefined` where that is nowhere. */
function targetOf(library: Library, ref: string, place: Place, anchors: Anchors): string | undefined {
  const found = ref.startsWith("#") ? anchors.get(ref.slice(1)) : undefined;
  if (found !== undefined) return found;
  // No anchor of that name is in force: it is read as a `$ref`.
  const target = library.find(ref, { ...library.start, root: place.slice(0, 3) });
  return "lost" in target ? undefined : refTo(target.place);
}

/** Makes the test whether anything that a schema leads to is a `$dynamicRef`. */
function createDynamicTest(document: JsonObject): (place: Place) => boolean {
  const dynamic = new Map<string, boolean>();

  return (place) => {
    const key = pointer(place);
    const before = dynamic.get(key);
    if (before !== undefined) return before;
    dynamic.set(key, false);
    const seen = new Set<string>();
    const visit = (value: unknown, kind: Kind, at: Place): boolean => {
      if (!isObject(value) || kind !== "schema") return false;
      if (typeof value.$dynamicRef === "string") return true;
      if (typeof value.$ref === "string" && !seen.has(value.$ref)) {
        seen.add(value.$ref);
        const target = placeOf(value.$ref);
        if (visit(valueAt(document, target), "schema", target)) return true;
      }
      let found = false;
      eachMember(value, kind, at, (member, of, below) => {
        found ||= visit(member, of, below);
      });
      return found;
    };
    const found = visit(valueAt(document, place), "schema", place);
    dynamic.set(key, found);
    return found;
  };
}

/** The dynamic anchors of a schema with a name, wherever they stand in it. */
function anchorsAt(document: JsonObject, place: Place): Map<string, string> {
  const root = place.slice(0, 3);
  const found = new Map<string, string>();
  const visit = (value: unknown, kind: Kind, at: Place) => {
    if (!isObject(value) || kind !== "schema") return;
    const { $dynamicAnchor } = value;
    if (typeof $dynamicAnchor === "string" && !found.has($dynamicAnchor)) found.set($dynamicAnchor, refTo(at));
    eachMember(value, kind, at, visit);
  };
  visit(valueAt(document, root), "schema", root);
  return found;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
