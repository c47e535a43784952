import { builtValue, extname, fileURLToPath, join, namesIn, readFile, sha256Of } from "#platform";
import { linesOf, parseText } from "../document/load.ts";
import { show } from "../document/problem.ts";
import { allResourcesOf, collectionNamed, type Resource } from "../document/resources.ts";
import { type Spec, SpecError } from "../document/spec.ts";
import { isObject, type JsonObject, type Violation } from "../document/validator.ts";
import type { Fixtures } from "./store/store.ts";

/** Fixtures that cannot be used; the message names each place and reason, a line each. */
export class FixturesError extends Error {
  override name = "FixturesError";
}

/** The most faults that one message lists. */
const mostFaults = 20;

/** One file, and where its records stand among those of all files. */
type Source = { readonly name: string; readonly text: string; readonly first: Readonly<Record<string, number>> };

/** What decides whether records can be served. */
export type RecordRules = {
  readonly spec: Spec;
  /** The names of all collections; where they are told, any other is refused. */
  readonly names?: readonly string[] | undefined;
  /** What is wrong with records beside what their schemas say; nothing unless told. */
  readonly check?: ((records: Fixtures) => readonly Violation[]) | undefined;
};

/**
 * Reads a file of fixtures, or every `.yaml`, `.yml` and `.json` file of a folder; with rules, it holds the records against the
 * document. Throws a `FixturesError`.
 */
export function readFixtures(path: string | URL, names: readonly string[], rules?: RecordRules): Fixtures {
  const plain = names.filter((name) => !name.includes("{"));
  const fixtures: Record<string, object[]> = Object.fromEntries(plain.map((name) => [name, []]));
  const sources: Source[] = [];
  for (const file of filesAt(typeof path === "string" ? path : fileURLToPath(path))) {
    const text = readFile(file);
    const story = readStory(file, text, names);
    const first = Object.fromEntries(Object.keys(story).map((name) => [name, fixtures[name]?.length ?? 0]));
    for (const [name, records] of Object.entries(story))
      fixtures[name] = [...(fixtures[name] ?? []), ...(records as object[])];
    sources.push({ name: file, text, first });
  }
  const violations = rules ? checkFixtures(rules, fixtures) : [];
  if (violations.length > 0) {
    const lines = violations.slice(0, mostFaults).map((violation) => faultIn(sources, violation));
    const more = violations.length - lines.length;
    throw new FixturesError([...lines, ...(more > 0 ? [`... and ${more} more`] : [])].join("\n"));
  }
  return fixtures;
}

/** What is wrong with fixtures, or with a state to restore: by the document's schemas, and by the API's own rules. */
export function checkFixtures({ spec, check, names }: RecordRules, records: Fixtures): readonly Violation[] {
  const unknown = Object.keys(records).filter((name) => names && collectionNamed(names, name) === undefined);
  const resources = allResourcesOf(spec);
  const found = Object.entries(records).flatMap(([name, kept]) => {
    const resource = resources.find((one) => collectionNamed([one.name], name) !== undefined);
    return resource ? checkRecords(spec, { ...resource, name }, kept) : [];
  });
  const strangers = unknown.map((name): Violation => {
    const expected = `one of the collections ${names?.join(", ")}`;
    const place = { at: `body.${name}`, property: name, keyword: "additionalProperties", known: names ?? [] };
    return { ...place, expected, received: records[name], basis: "assumed" };
  });
  return [...strangers, ...found, ...(check?.(records) ?? [])];
}

function checkRecords(spec: Spec, { name, id, place }: Resource, records: readonly object[]): Violation[] {
  if (records.length === 0) return [];
  const check = spec.validators.at(place, name);
  const known = new Set<unknown>();
  const twice: Violation[] = [];
  const violations = records.flatMap((record, index) => {
    const value = (record as JsonObject | null)?.[id];
    const at = `${name}.${index}.${id}`;
    if (value !== undefined && known.has(value))
      twice.push({
        at,
        property: at,
        keyword: "unique",
        expected: "an id of its own",
        received: value,
        basis: "assumed",
      });
    known.add(value);
    return check(record).map((violation) => {
      const place = `${name}.${index}${violation.at.slice(name.length)}`;
      return { ...violation, at: place, property: place };
    });
  });
  return [...violations, ...twice];
}

function filesAt(path: string): string[] {
  try {
    const names = namesIn(path);
    if (!names) return [path];
    const files = names.filter((name) => [".yaml", ".yml", ".json"].includes(extname(name)));
    if (files.length > 0) return files.sort().map((name) => join(path, name));
  } catch (error) {
    throw new FixturesError(`Cannot read the fixtures ${path}: ${(error as Error).message}.`);
  }
  throw new FixturesError(`The folder ${path} holds no fixtures; they are files that end in .yaml, .yml or .json.`);
}

function readStory(file: string, text: string, names: readonly string[]): Record<string, readonly unknown[]> {
  const story = readValue(file, text);
  // A snapshot of the control plane has more than records; what it holds beside them is for `PUT state`.
  const beside = ["story", "idempotency", "clock"].filter((name) => !names.includes(name));
  const rest = Object.fromEntries(
    Object.entries(isObject(story) ? story : { rest: story }).filter(([name]) => !beside.includes(name)),
  );
  const plain = names.filter((name) => !name.includes("{"));
  const given = Object.entries(rest).map(([name, records]) => [name, records ?? []] as const);
  const lists = Object.fromEntries([...plain.map((name) => [name, []] as const), ...given]);
  const unknown = Object.keys(rest).find((name) => collectionNamed(names, name) === undefined);
  if (unknown !== undefined || !Object.values(lists).every(Array.isArray)) {
    const right = ["story", ...names.map((name) => `${name}: [...]`)].join(", ");
    throw new FixturesError(`${file} should hold { ${right} }; received ${show(story)}.`);
  }
  return lists as Record<string, readonly unknown[]>;
}

function readValue(file: string, text: string): unknown {
  try {
    return builtValue(sha256Of(text)) ?? parseText(text, file);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new FixturesError(error.message);
  }
}

/** A violation as an author of fixtures reads it: file and line, place, reason. */
function faultIn(sources: readonly Source[], { property, expected, received }: Violation): string {
  const [kind, index, ...path] = property.split(".") as [string, string, ...string[]];
  const source = sources.findLast(({ first }) => first[kind]! <= Number(index))!;
  const place = [kind, Number(index) - source.first[kind]!, ...path];
  const text = place.reduce<string>((so, part) => (typeof part === "number" ? `${so}[${part}]` : `${so}.${part}`), "");
  return `${source.name}:${linesOf(source.text)(place)}: ${text.slice(1)} should be ${expected}; received ${show(received)}.`;
}
