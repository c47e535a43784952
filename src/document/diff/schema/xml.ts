import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../pointer.ts";
import { objectIn, type Schema } from "./reader.ts";
import type { Step } from "./step.ts";

/** How a value is written in XML: as an element or an attribute, by which name. https://spec.openapis.org/oas/v3.1.0#xml-object */
export function compareXml({ a, b, wire, change }: Step): void {
  if (wire !== "xml" || isDeepStrictEqual(formOf(a), formOf(b))) return;
  change("different", "xml", a.keywords.xml, b.keywords.xml, "", "The same value is written in another way.");
}

function formOf(schema: Schema): JsonObject {
  const { name, namespace, prefix, nodeType, attribute, wrapped } = objectIn(schema, "xml");
  return { name, namespace, prefix, nodeType, attribute: attribute === true, wrapped: wrapped === true };
}
