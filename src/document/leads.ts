import type { Found, Library, Scope } from "./library.ts";
import { isObject, isReference, type JsonObject, type Place, placeOf, pointer, refTo } from "./pointer.ts";
import { componentsOf, holdsOf, isLaidIn, type Kind } from "./structure.ts";

/** What a `$ref` leads to: the `$ref` to write in its place, and the object behind all of them; or why it leads nowhere. */
export type Led = { readonly ref: string; readonly found: Found } | { readonly lost: string };

/** So many `$ref`s may stand behind each other. */
const mostHops = 50;

/** Where the `$ref`s of a document lead. */
export type Leads = {
  /** Where a `$ref` leads, to an object of this kind. */
  to(ref: string, kind: Kind, scope: Scope): Led;
  /** What has come under `components` on the way, by the name of the map that it is in. */
  readonly added: Readonly<Record<string, JsonObject>>;
};

/** Reads an object that comes from somewhere else, with all that it holds. */
export type Import = (value: unknown, kind: Kind, place: Place, scope: Scope) => unknown;

/** Makes the finder of what the `$ref`s of a document lead to. */
export function createLeads(document: JsonObject, library: Library, read: Import): Leads {
  const components = isObject(document.components) ? document.components : {};
  const added: Record<string, Record<string, unknown>> = {};
  const imported = new Map<string, string>();
  const led = new Map<string, Led>();

  function to(ref: string, kind: Kind, scope: Scope): Led {
    const key = `${kind} ${scope.file.name} ${scope.base} ${ref}`;
    const before = led.get(key);
    if (before) return before;
    const target = targetOf(ref, kind, scope);
    led.set(key, target);
    return target;
  }

  function targetOf(ref: string, kind: Kind, scope: Scope): Led {
    const found = library.find(ref, scope);
    if ("lost" in found) return found;
    const last = lastOf(library, found, kind);
    if ("lost" in last) return last;
    // Nothing but an object, or the true and false of a schema, can stand there.
    if (!isObject(last.value) && !(kind === "schema" && typeof last.value === "boolean"))
      return { lost: `, for ${JSON.stringify(last.value)?.slice(0, 40)} stands there` };
    const own = last.scope.file.document === document;
    if (own && kindAt(found.place) === kind && found.scope.file.document === document)
      return { ref: isPointerTo(found.place, ref) ? ref : refTo(found.place), found };
    if (isLaidIn(kind)) return { ref, found };
    if (own && last.place.length === 0) return { lost: ", for the whole document stands there" };
    return { ref: refTo(["components", componentsOf(kind)!, importedAs(last, kind)]), found: last };
  }

  /** The name under `components` of an object that stands somewhere else; what it holds comes with it. */
  function importedAs(found: Found, kind: Kind): string {
    const { file } = found.scope;
    const key = `${kind} ${file.name}#${pointer(found.place)}`;
    const before = imported.get(key);
    if (before !== undefined) return before;
    const bucket = componentsOf(kind)!;
    const taken = { ...(isObject(components[bucket]) ? components[bucket] : {}), ...added[bucket] };
    const wanted = (found.place.at(-1) ?? nameOf(file.name)).replace(/[^\w.-]+/g, "-");
    let name = wanted;
    for (let count = 2; Object.hasOwn(taken, name); count++) name = `${wanted}-${count}`;
    imported.set(key, name);
    added[bucket] ??= {};
    // Before what it holds is read: it may hold itself.
    added[bucket][name] = {};
    added[bucket][name] = read(found.value, kind, ["components", bucket, name], found.scope);
    return name;
  }

  return { to, added };
}

/** What stands behind an object that is nothing but a `$ref` itself. */
function lastOf(library: Library, found: Found, kind: Kind): Found | { readonly lost: string } {
  let last = found;
  for (let hops = 0; isOnlyRef(last.value, kind); hops++) {
    const next = library.find(last.value.$ref, last.scope);
    if ("lost" in next) return next;
    if (hops > mostHops) return { lost: ", for it leads in a circle" };
    last = next;
  }
  return last;
}

/** Whether a `$ref` is a pointer to a place from the root, with no other `$ref` on the way. */
function isPointerTo(place: Place, ref: string): boolean {
  return ref.startsWith("#/") && pointer(placeOf(ref)) === pointer(place);
}

/** The name of a file without its folders and what it ends in. */
function nameOf(file: string): string {
  return file
    .split("/")
    .at(-1)!
    .replace(/\.\w+$/, "");
}

function isOnlyRef(value: unknown, kind: Kind): value is { readonly $ref: string } {
  return isReference(value) && (kind !== "schema" || Object.keys(value).length === 1);
}

/** What kind of object stands at a place of an OpenAPI document; `undefined` where it is data. */
function kindAt(place: Place): Kind | undefined {
  let kind: Kind | undefined = "document";
  for (let at = 0; at < place.length; at++) {
    const holds: ReturnType<typeof holdsOf> = kind && holdsOf(kind, place[at]!);
    if (!holds) return undefined;
    if (holds.as !== "one" && ++at >= place.length) return undefined;
    kind = holds.kind;
  }
  return kind;
}
