import { dirname, fileURLToPath, readFile, realPathOf, relative, resolve, sep } from "#platform";
import { createIdentifiers, type File, type Identifiers, rootOf, type Scope, type Spot, urlOf } from "./identifiers.ts";
import { parseText } from "./load.ts";
import { decoded, isObject, isReference, type JsonObject, type Place, placeOf, valueAt } from "./pointer.ts";

export type { File, Scope } from "./identifiers.ts";

/** What a `$ref` names, where it stands, and what its own `$ref`s are relative to. */
export type Found = { readonly value: unknown; readonly place: Place; readonly scope: Scope };

/** Why a `$ref` names nothing, as the end of a sentence. */
export type Lost = { readonly lost: string };

/** A document, the files beside it that it names, and everything in them that has a name. */
export type Library = {
  /** The scope of the document's root. */
  readonly start: Scope;
  /** Whether any schema so far has an `$id`, an `$anchor` or a `$dynamicAnchor`. */
  readonly hasIdentifiers: boolean;
  /** What a `$ref` names. https://json-schema.org/draft/2020-12/json-schema-core#section-8.2 */
  find(ref: string, scope: Scope): Found | Lost;
  /** The scope of what stands in a schema. */
  inside(schema: JsonObject, around: Scope): Scope;
};

/** Where the files of a document lie. */
export type Shelf = {
  /** The path of the document itself; without it, there are no files beside it. */
  readonly file?: string | undefined;
  /** The folder whose files it may name; that of its file by default. */
  readonly folder?: string | undefined;
  /** Told each file that is named, read or not. */
  readonly onFile?: ((path: string) => void) | undefined;
};

/** Makes the library of a document. Files are read at their first use, from its folder and nowhere else, and never from the network. */
export function createLibrary(document: JsonObject, shelf: Shelf): Library {
  const identifiers = createIdentifiers();
  const main: File = { name: "", path: shelf.file && resolve(shelf.file), document };
  const start = identifiers.read(main);
  /** The objects whose `$ref` is being followed on the way to another. */
  const passed = new Set<JsonObject>();
  const fileAt = createFiles(main, shelf, (file) => identifiers.read(file));

  function find(ref: string, scope: Scope): Found | Lost {
    const cut = ref.indexOf("#");
    const [address, fragment] = cut < 0 ? [ref, ""] : [ref.slice(0, cut), ref.slice(cut + 1)];
    const resource =
      address === "" ? { file: scope.file, place: scope.root } : resourceAt(address, scope, identifiers, fileAt);
    if ("lost" in resource) return resource;
    const { file, place } = resource;
    if (fragment === "") return foundAt(file, place) ?? { lost: "" };
    if (!fragment.startsWith("/")) {
      const anchor = identifiers.byAnchor(decoded(fragment), scopeAt(file, place));
      return (anchor && foundAt(anchor.file, anchor.place)) ?? { lost: "" };
    }
    const inner = placeOf(`#${fragment}`);
    // Strictly, a pointer in a schema with an `$id` is one into that schema; most authors mean the document.
    return foundAt(file, [...place, ...inner]) ?? foundAt(file, inner) ?? { lost: "" };
  }

  function foundAt(file: File, place: Place): Found | undefined {
    const value = valueAt(file.document, place);
    return value === undefined ? behind(file, place) : { value, place, scope: scopeAt(file, place) };
  }

  /** What stands at a place if the last `$ref` on the way there is followed. */
  function behind(file: File, place: Place): Found | undefined {
    const values = place.map((_, depth) => valueAt(file.document, place.slice(0, depth)));
    const depth = values.findLastIndex((value) => value !== undefined);
    const last = values[depth];
    if (!isReference(last) || passed.has(last)) return undefined;
    passed.add(last);
    const next = find(last.$ref, scopeAt(file, place.slice(0, depth)));
    const found = "lost" in next ? undefined : foundAt(next.scope.file, [...next.place, ...place.slice(depth)]);
    passed.delete(last);
    return found;
  }

  /** The scope around what stands at a place. */
  function scopeAt(file: File, place: Place): Scope {
    let scope = rootOf(file);
    let value: unknown = file.document;
    for (const token of place) {
      value = valueAt(value, [token]);
      if (isObject(value)) scope = identifiers.scopeOf(value) ?? scope;
    }
    return scope;
  }

  return {
    start,
    get hasIdentifiers() {
      return identifiers.found;
    },
    find,
    inside: (schema, around) => identifiers.scopeOf(schema) ?? around,
  };
}

/** Where the resource stands that a `$ref` names before its `#`: a schema with that identifier, or a file. */
function resourceAt(
  address: string,
  scope: Scope,
  identifiers: Identifiers,
  fileAt: (path: string | undefined) => File | Lost,
): Spot | Lost {
  const url = urlOf(address, scope.base);
  const known = url === undefined ? undefined : identifiers.byUrl(url);
  if (known) return known;
  if (/^[a-z][a-z0-9+.-]+:/i.test(address) && !address.startsWith("file:"))
    return { lost: ", for nothing is read from the network" };
  const { path: from } = scope.file;
  if (from === undefined) return { lost: ", for the document was not read from a file" };
  const name = decoded(address.split("?", 1)[0]!);
  const file = fileAt(address.startsWith("file:") ? pathOf(address) : resolve(dirname(from), name));
  return "lost" in file ? file : { file, place: [] };
}

/** Makes the reader of the files beside a document, each read once; `onRead` is told of each. */
function createFiles(
  main: File,
  { folder, onFile }: Shelf,
  onRead: (file: File) => void,
): (path: string | undefined) => File | Lost {
  const files = new Map<string, File | Lost>();
  if (main.path) files.set(realPathOf(main.path) ?? main.path, main);

  function fileOf(path: string): File | Lost {
    const home = realPathOf(folder ?? dirname(main.path!)) ?? "";
    if (!path.startsWith(home.endsWith(sep) ? home : home + sep))
      return { lost: ", for it lies outside of the document's folder" };
    const name = relative(dirname(main.path!), path).replaceAll("\\", "/");
    try {
      return { name, path, document: parseText(readFile(path), name) };
    } catch (error) {
      return { lost: `, for its file cannot be read: ${(error as Error).message}` };
    }
  }

  return (path) => {
    if (path !== undefined && path !== main.path) onFile?.(path);
    const real = path === undefined ? undefined : realPathOf(path);
    if (real === undefined) return { lost: ", for there is no such file" };
    const before = files.get(real);
    if (before) return before;
    const file = fileOf(real);
    files.set(real, file);
    if ("document" in file) onRead(file);
    return file;
  };
}

function pathOf(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}
