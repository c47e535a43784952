import { mayBeList, mayBeObject, textOf } from "./kind.ts";
import { encoded } from "./pairs.ts";
import { objectsOf, partsOf, waysOf } from "./parts.ts";
import { decoded } from "./pointer.ts";
import { fault, type ParameterCodec, type Reading, reading, type WireParameter } from "./reading.ts";

/** Reads and writes what stands in a path: `simple`, `label`, `matrix`. */
export function pathCodec(parameter: WireParameter): ParameterCodec {
  const { name, style, explode, kind } = parameter;
  return {
    read(source) {
      const raw = source.message.path(name);
      if (raw === undefined) return undefined;
      if (style === "matrix") return readMatrix(parameter, raw);
      if (style === "label") return readLabel(parameter, raw);
      return reading(...waysOf({ text: raw, parts: raw.split(","), decode: decoded }, parameter));
    },
    write(value) {
      if (style === "matrix") return writeMatrix(name, value, explode);
      if (style === "label") {
        const dotted = (text: string) => encoded(text).replaceAll(".", "%2E");
        const parts = partsOf(value, explode, dotted) ?? [dotted(textOf(value))];
        return parts.length > 0 ? `.${parts.join(explode ? "." : ",")}` : "";
      }
      return (partsOf(value, explode, encoded) ?? [encoded(textOf(value))]).join(",");
    },
  };

  function readLabel({ name }: WireParameter, raw: string): Reading {
    if (!raw.startsWith(".")) return fault(`written with a dot before it (style label of ${name})`, decoded(raw));
    const text = raw.slice(1);
    const split = (by: string) => waysOf({ text, parts: text.split(by), decode: decoded }, parameter);
    if (explode) return reading(...split("."));
    // Editions of the standard differ: 3.1.0 has dots where 3.1.1 and RFC 6570 have commas.
    if (text.includes(",")) return reading(...split(","));
    return reading(...split("."), ...(text.includes(".") ? split(",") : []));
  }

  function readMatrix({ name }: WireParameter, raw: string): Reading {
    const wrong = () => fault(`written as ;${name}=value (style matrix)`, decoded(raw));
    if (!raw.startsWith(";")) return wrong();
    const segments = raw.slice(1).split(";");
    const values: string[] = [];
    for (const segment of segments) {
      const [key, ...rest] = segment.split("=");
      if (decoded(key!) === name) values.push(rest.join("="));
    }
    if (values.length === segments.length) {
      if (!explode) return values.length > 1 ? wrong() : readValue(values[0]!, values[0]!.split(","));
      if (values.length === 1 || mayBeList(kind)) return readValue(values.join(";"), values);
    }
    if (!explode || !mayBeObject(kind)) return wrong();
    const [object] = objectsOf({ parts: segments, decode: decoded }, true, kind);
    return object === undefined ? wrong() : reading(object);
  }

  function readValue(text: string, parts: readonly string[]): Reading {
    return reading(...waysOf({ text, parts, decode: decoded }, { explode: false, kind }));
  }
}

function writeMatrix(name: string, value: unknown, explode: boolean): string {
  const own = encoded(name);
  const parts = partsOf(value, explode, encoded);
  if (parts === undefined) {
    const text = encoded(textOf(value));
    return text === "" ? `;${own}` : `;${own}=${text}`;
  }
  if (parts.length === 0) return "";
  if (!explode) return `;${own}=${parts.join(",")}`;
  return (Array.isArray(value) ? parts.map((part) => `${own}=${part}`) : parts).map((part) => `;${part}`).join("");
}
