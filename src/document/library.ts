import { readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseText } from "./load.ts";
import { decoded, isObject, type JsonObject, mentions, type Place, placeOf, valueAt } from "./pointer.ts";

/** A file of a document: the one that was asked for, or one that its `$ref`s name. */
export type File = { readonly name: string; readonly path: string | undefined; readonly document: unknown };

/** Where a `$ref` stands: in which file, and in which schema with an `$id` of its own; that decides what it is relative to. */
export type Scope = {
  readonly file: File;
  /** The URL that relative ones are resolved against. */
  readonly base: string;
  /** The place of the nearest schema around with an `$id`; the root of the file where there is none. */
  readonly root: Place;
};

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

/** Makes the library of a document. Files are read at their first use, from its folder and nowhere else, and never from the network. */
export function createLibrary(
  document: JsonObject,
  { file: path, folder }: { readonly file?: string | undefined; readonly folder?: string | undefined },
): Library {
  const main: File = { name: "", path: path && resolve(path), document };
  const files = new Map<string, File | Lost>();
  if (main.path) files.set(realPathOf(main.path) ?? main.path, main);
  const schemas = new Map<string, { readonly file: File; readonly place: Place }>();
  const anchors = new Map<string, { readonly file: File; readonly place: Place }>();
  const scopes = new WeakMap<object, Scope>();
  let hasIdentifiers = false;
  const start = shelve(main);

  /** Takes note of every identifier of a file. */
  function shelve(file: File): Scope {
    const self = isObject(file.document) ? file.document.$self : undefined;
    const address = file.path ? pathToFileURL(file.path).href : `document:/${file.name}`;
    const base = (typeof self === "string" ? urlOf(self, address) : undefined) ?? address;
    const root: Scope = { file, base, root: [] };
    schemas.set(base, { file, place: [] });
    const visit = (value: unknown, place: Place, scope: Scope, names: boolean) => {
      if (typeof value !== "object" || value === null) return;
      let here = scope;
      if (!names && isObject(value)) {
        here = shelveSchema(value, place, scope);
        for (const anchor of [value.$anchor, value.$dynamicAnchor]) {
          if (typeof anchor !== "string") continue;
          hasIdentifiers = true;
          const found = { file, place };
          anchors.set(`${here.base}#${anchor}`, found);
          if (!anchors.has(`${file.name} ${anchor}`)) anchors.set(`${file.name} ${anchor}`, found);
        }
      }
      for (const [name, member] of Object.entries(value)) {
        if (typeof member !== "object" || member === null || (!names && isData(name))) continue;
        visit(member, [...place, name], here, !names && isObject(value) && mapsOfNames.has(name));
      }
    };
    if (mentions(file.document, ["$id", "$anchor", "$dynamicAnchor"])) visit(file.document, [], root, false);
    return root;
  }

  function shelveSchema(value: JsonObject, place: Place, scope: Scope): Scope {
    const url = typeof value.$id === "string" && place.length > 0 ? urlOf(value.$id, scope.base) : undefined;
    if (url === undefined) return scope;
    hasIdentifiers = true;
    const inner = { file: scope.file, base: url, root: place };
    scopes.set(value, inner);
    if (!schemas.has(url)) schemas.set(url, { file: scope.file, place });
    return inner;
  }

  function find(ref: string, scope: Scope): Found | Lost {
    const cut = ref.indexOf("#");
    const [address, fragment] = cut < 0 ? [ref, ""] : [ref.slice(0, cut), ref.slice(cut + 1)];
    const resource = address === "" ? { file: scope.file, place: scope.root } : resourceAt(address, scope);
    if ("lost" in resource) return resource;
    const { file, place } = resource;
    if (fragment === "") return foundAt(file, place) ?? { lost: "" };
    if (!fragment.startsWith("/")) {
      const base = scopeOf(file, place).base;
      const anchor = anchors.get(`${base}#${decoded(fragment)}`) ?? anchors.get(`${file.name} ${decoded(fragment)}`);
      return (anchor && foundAt(anchor.file, anchor.place)) ?? { lost: "" };
    }
    const inner = placeOf(`#${fragment}`);
    // Strictly, a pointer in a schema with an `$id` is one into that schema; most authors mean the document.
    return foundAt(file, [...place, ...inner]) ?? foundAt(file, inner) ?? { lost: "" };
  }

  function foundAt(file: File, place: Place): Found | undefined {
    const value = valueAt(file.document, place);
    return value === undefined ? undefined : { value, place, scope: scopeOf(file, place) };
  }

  /** The scope around what stands at a place. */
  function scopeOf(file: File, place: Place): Scope {
    let scope: Scope = file === main ? start : { file, base: addressOf(file), root: [] };
    let value: unknown = file.document;
    for (const token of ["", ...place]) {
      if (token !== "") value = valueAt(value, [token]);
      if (isObject(value)) scope = scopes.get(value) ?? scope;
    }
    return scope;
  }

  function resourceAt(address: string, scope: Scope): { readonly file: File; readonly place: Place } | Lost {
    const url = urlOf(address, scope.base);
    const known = url === undefined ? undefined : schemas.get(url);
    if (known) return known;
    if (/^[a-z][a-z0-9+.-]+:/i.test(address) && !address.startsWith("file:"))
      return { lost: ", for nothing is read from the network" };
    const { path: from } = scope.file;
    if (from === undefined) return { lost: ", for the document was not read from a file" };
    const name = decoded(address.split("?", 1)[0]!);
    const file = fileAt(address.startsWith("file:") ? pathOf(address) : resolve(dirname(from), name));
    return "lost" in file ? file : { file, place: [] };
  }

  function fileAt(path: string | undefined): File | Lost {
    const real = path === undefined ? undefined : realPathOf(path);
    if (real === undefined) return { lost: ", for there is no such file" };
    const before = files.get(real);
    if (before) return before;
    const file = readFile(real);
    files.set(real, file);
    if ("document" in file) shelve(file);
    return file;
  }

  function readFile(path: string): File | Lost {
    const home = realPathOf(folder ?? dirname(main.path!)) ?? "";
    if (!path.startsWith(home.endsWith(sep) ? home : home + sep))
      return { lost: ", for it lies outside of the document's folder" };
    const name = relative(dirname(main.path!), path).replaceAll("\\", "/");
    try {
      return { name, path, document: parseText(readFileSync(path, "utf8"), name) };
    } catch (error) {
      return { lost: `, for its file cannot be read: ${(error as Error).message}` };
    }
  }

  return {
    start,
    get hasIdentifiers() {
      return hasIdentifiers;
    },
    find,
    inside: (schema, around) => scopes.get(schema) ?? around,
  };
}

/** Members whose own members are names of the author's choice, and no keywords. */
const mapsOfNames = new Set(
  "properties patternProperties $defs definitions dependentSchemas schemas responses parameters headers requestBodies pathItems mediaTypes content paths webhooks callbacks".split(
    " ",
  ),
);

/** Members that hold values of the API: whatever they look like, nothing in them has a name. */
function isData(name: string): boolean {
  return /^(example|examples|enum|const|default|x-.*)$/.test(name);
}

function addressOf({ path, name }: File): string {
  return path ? pathToFileURL(path).href : `document:/${name}`;
}

function urlOf(address: string, base: string): string | undefined {
  const url = URL.canParse(address, base) ? new URL(address, base) : undefined;
  return url?.href.replace(/#$/, "");
}

function pathOf(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(join(path));
  } catch {
    return undefined;
  }
}
