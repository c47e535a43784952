import { isObject, type JsonObject } from "./pointer.ts";
import type { WireParameter } from "./reading.ts";
import { createParameterCodec } from "./wire.ts";

/** The examples that a header has. https://spec.openapis.org/oas/v3.1.0#header-object */
export function examplesOfHeader({ example, examples }: JsonObject): readonly unknown[] {
  const named = Object.values(isObject(examples) ? examples : {}).filter(isObject);
  return [...(example === undefined ? [] : [example]), ...named.flatMap((one) => ("value" in one ? [one.value] : []))];
}

/** A value as a header says it, in letters that HTTP knows. */
export function writtenHeader(header: WireParameter, value: unknown): string {
  const text = createParameterCodec(header).write(value) ?? "";
  return text.replace(/[^\t\x20-\x7e]+/g, encodeURIComponent);
}
