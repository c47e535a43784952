import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMap, isScalar, isSeq, LineCounter, parse, parseDocument } from "yaml";
import { isShipped } from "../connect/spec.ts";
import type { Spec } from "../document/spec.ts";
import { isObject, type Violation } from "../document/validator.ts";
import { shippedFixturesUrl } from "../paths.ts";
import { show } from "./problem.ts";
import type { Fixtures } from "./store/store.ts";

/** Fixtures that cannot be used; the message names each place and reason, a line each. */
export class FixturesError extends Error {
  override name = "FixturesError";
}

/** The most faults that one message lists. */
const mostFaults = 20;

/** One file, and where its records stand among those of all files. */
type Source = { readonly name: string; readonly text: string; readonly first: Record<keyof Fixtures, number> };

/**
 * Reads a file of fixtures, or every `.yaml`, `.yml` and `.json` file of a folder, and checks them against the document.
 * Throws a `FixturesError`.
 */
export function readFixtures(spec: Spec, path: string | URL = shippedFixturesUrl): Fixtures {
  const fixtures = { customers: [] as unknown[], paymentProfiles: [] as unknown[] };
  const sources: Source[] = [];
  for (const file of filesAt(typeof path === "string" ? path : fileURLToPath(path))) {
    const text = readFileSync(file, "utf8");
    const first = { customers: fixtures.customers.length, paymentProfiles: fixtures.paymentProfiles.length };
    const story = readStory(file, text);
    for (const kind of ["customers", "paymentProfiles"] as const) {
      for (const record of story[kind]) fixtures[kind].push(record);
    }
    sources.push({ name: file, text, first });
  }
  // Not yet, but true once they are checked.
  const checked = fixtures as unknown as Fixtures;
  // A test proves the shipped ones valid by the shipped document; checking them again would be a tenth of every start.
  const proved = path === shippedFixturesUrl && isShipped(spec);
  const violations = proved ? [] : checkFixtures(spec, checked);
  if (violations.length > 0) {
    const lines = violations.slice(0, mostFaults).map((violation) => faultIn(sources, violation));
    const more = violations.length - lines.length;
    throw new FixturesError([...lines, ...(more > 0 ? [`... and ${more} more`] : [])].join("\n"));
  }
  return checked;
}

/** What is wrong with fixtures, or with a state to restore: by the document's schemas, and with each other. */
export function checkFixtures(spec: Spec, { customers, paymentProfiles }: Fixtures): Violation[] {
  return [
    ...checkSchemas(spec, "Customer", "customers", customers),
    ...checkSchemas(spec, "PaymentProfile", "paymentProfiles", paymentProfiles),
  ].concat(checkCoherence({ customers, paymentProfiles }));
}

/** Whether the document speaks of what fixtures hold. */
export function takesFixtures(spec: Spec): boolean {
  const schemas = (spec.document.components as Record<string, unknown> | undefined)?.schemas;
  return isObject(schemas) && "Customer" in schemas && "PaymentProfile" in schemas;
}

function checkSchemas(spec: Spec, schema: string, kind: keyof Fixtures, records: readonly unknown[]): Violation[] {
  if (records.length === 0) return [];
  const check = spec.schema(schema);
  return records.flatMap((record, index) =>
    check(record).map((violation) => {
      const at = violation.property === schema ? `${kind}.${index}` : `${kind}.${index}.${violation.property}`;
      return { ...violation, at, property: at };
    }),
  );
}

function checkCoherence({ customers, paymentProfiles }: Fixtures): Violation[] {
  const violations: Violation[] = [];
  const refuse = (at: string, expected: string, received: unknown) =>
    violations.push({ at, property: at, keyword: "coherence", expected, received, basis: "assumed" });
  const customerIds = new Set<unknown>();
  const owners = new Map<unknown, unknown>();

  for (const [index, customer] of customers.entries()) {
    if (!isObject(customer)) continue;
    const { customerId } = customer;
    if (customerIds.has(customerId)) refuse(`customers.${index}.customerId`, "an id of its own", customerId);
    customerIds.add(customerId);
  }
  for (const [index, profile] of paymentProfiles.entries()) {
    if (!isObject(profile)) continue;
    const { paymentProfileId, customerId } = profile;
    const at = `paymentProfiles.${index}`;
    if (owners.has(paymentProfileId)) refuse(`${at}.paymentProfileId`, "an id of its own", paymentProfileId);
    if (!customerIds.has(customerId)) refuse(`${at}.customerId`, "the id of one of the customers", customerId);
    owners.set(paymentProfileId, customerId);
  }
  for (const [index, customer] of customers.entries()) {
    if (!isObject(customer) || !isObject(customer.billing)) continue;
    const { defaultPaymentProfileId: profileId, autoPay } = customer.billing;
    const at = `customers.${index}.billing`;
    if (typeof profileId === "string" && owners.get(profileId) !== customer.customerId) {
      refuse(`${at}.defaultPaymentProfileId`, "the id of a payment profile of this customer", profileId);
    }
    if (autoPay === true && typeof profileId !== "string") {
      refuse(`${at}.autoPay`, "false where billing has no defaultPaymentProfileId", autoPay);
    }
  }
  return violations;
}

function filesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const files = readdirSync(path).filter((name) => [".yaml", ".yml", ".json"].includes(extname(name)));
    if (files.length > 0) return files.sort().map((name) => join(path, name));
  } catch (error) {
    throw new FixturesError(`Cannot read the fixtures ${path}: ${(error as Error).message}.`);
  }
  throw new FixturesError(`The folder ${path} holds no fixtures; they are files that end in .yaml, .yml or .json.`);
}

function readStory(file: string, text: string): Record<keyof Fixtures, readonly unknown[]> {
  let story: unknown;
  try {
    story = extname(file) === ".json" ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw new FixturesError(`${file} is neither YAML nor JSON: ${(error as Error).message}`);
  }
  const { story: _, customers = [], paymentProfiles = [], ...rest } = isObject(story) ? story : { rest: story };
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined || !Array.isArray(customers) || !Array.isArray(paymentProfiles)) {
    throw new FixturesError(
      `${file} should hold { story, customers: [...], paymentProfiles: [...] }; received ${show(story)}.`,
    );
  }
  return { customers, paymentProfiles };
}

/** A violation as an author of fixtures reads it: file and line, place, reason. */
function faultIn(sources: readonly Source[], { property, expected, received }: Violation): string {
  const [kind, index, ...path] = property.split(".") as [keyof Fixtures, string, ...string[]];
  const source = sources.findLast(({ first }) => first[kind] <= Number(index))!;
  const place = [kind, Number(index) - source.first[kind], ...path];
  const text = place.reduce<string>((so, part) => (typeof part === "number" ? `${so}[${part}]` : `${so}.${part}`), "");
  return `${source.name}:${lineOf(source.text, place)}: ${text.slice(1)} should be ${expected}; received ${show(received)}.`;
}

/** The line of a place in a text, or of what is nearest around it when there is nothing in that place. */
function lineOf(text: string, place: readonly (string | number)[]): number {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  let offset = 0;
  let node: unknown = document.contents;
  for (const token of place) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === token);
      if (!pair) break;
      offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(token)];
      offset = (node as { range?: [number, number, number] } | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return lineCounter.linePos(offset).line;
}
