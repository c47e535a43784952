import { parseJson } from "./json.ts";
import type { Kind } from "./kind.ts";
import { isJson } from "./media-type.ts";
import { isObject, type JsonObject, type Place, resolvedAt } from "./pointer.ts";
import type { Remarks } from "./remarks.ts";
import type { Check } from "./violation.ts";

/** An example of a parameter, a header or a body. https://spec.openapis.org/oas/v3.2.0#example-object */
export type Example = {
  /** Its name; `undefined` for the one that has none. */
  readonly name: string | undefined;
  readonly value: unknown;
  readonly place: Place;
  /** Whether it is the very text that goes over the wire. */
  readonly isWire: boolean;
};

/** The examples that stand at a parameter, a header or a body of this media type, the nameless one first. */
export function examplesIn(document: JsonObject, owner: JsonObject, place: Place, type: string): readonly Example[] {
  const named = isObject(owner.examples) ? Object.entries(owner.examples) : [];
  const found = named.flatMap(([name, given]): Example[] => {
    const [example, at] = resolvedAt(document, given, [...place, "examples", name]);
    return valuesOf(example, type).map((one) => ({ name, place: at, ...one }));
  });
  if (!("example" in owner)) return found;
  return [{ name: undefined, value: owner.example, place: [...place, "example"], isWire: false }, ...found];
}

/** The value of an example, under one of the names that it has had; none where it stands somewhere else. */
function valuesOf(example: JsonObject, type: string): readonly Pick<Example, "value" | "isWire">[] {
  for (const member of ["value", "dataValue"] as const)
    if (member in example) return [{ value: example[member], isWire: false }];
  const { serializedValue: text } = example;
  if (typeof text !== "string") return [];
  if (!isJson(type)) return [{ value: text, isWire: true }];
  try {
    return [{ value: parseJson(text), isWire: false }];
  } catch {
    return [];
  }
}

/**
 * Whether an example is one of its schema; a remark says of the others why. What is no JSON may be shown as the text that goes
 * over the wire, which no schema of anything but text knows.
 */
export function isFit(
  { value, place, isWire }: Example,
  type: string,
  { check, kind, remarks }: { readonly check: Check; readonly kind: Kind; readonly remarks: Remarks },
): boolean {
  if (isWire) return true;
  const [found] = check(value);
  if (!found || (typeof value === "string" && !isJson(type) && !mayBeText(kind))) return true;
  remarks.add("example", `an example in which ${found.at} should be ${found.expected}`, place);
  return false;
}

function mayBeText({ types }: Kind): boolean {
  return types.size === 0 || types.has("string");
}
