import { decoded } from "./pointer.ts";

/** A name, decoded, and its value as it was sent: what parts a list in it may mean something else once it is decoded. */
export type Pair = readonly [name: string, raw: string];

/** The pairs of a query or of a form, in their order. https://url.spec.whatwg.org/#urlencoded-parsing */
export function pairsOf(query: string): readonly Pair[] {
  if (query === "") return [];
  return query.split("&").flatMap((text): Pair[] => {
    if (text === "") return [];
    const at = text.indexOf("=");
    return at < 0 ? [[decodedPair(text), ""]] : [[decodedPair(text.slice(0, at)), text.slice(at + 1)]];
  });
}

/** The pairs of a `Cookie` header. https://www.rfc-editor.org/rfc/rfc6265#section-4.2.1 */
export function cookiesOf(header: string | undefined): readonly Pair[] {
  return (header ?? "").split(";").flatMap((text): Pair[] => {
    const at = text.indexOf("=");
    return at < 0 ? [] : [[decoded(text.slice(0, at).trim()), text.slice(at + 1).trim()]];
  });
}

/** Text of a query or of a form as it was meant: a plus stands for a space. */
export function decodedPair(raw: string): string {
  return decoded(raw.replaceAll("+", " "));
}

/** Text as it goes into an address. Half a letter, which has no bytes, goes as the sign for one that is unknown. */
export function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD"));
  }
}

/** The same, with the reserved letters that part nothing in a query left as they are. */
export function encodedReserved(text: string): string {
  return encoded(text).replace(/%(3A|2F|3F|40|21|24|27|28|29|2A|3B)/g, decoded);
}
