import { codings } from "#platform";

/** The most bytes that a body may turn out to be. */
const longest = 64 * 1024 * 1024;

/**
 * A body without the codings that its `Content-Encoding` lists, the last one first; one that is unknown stays on, with those
 * before it. Throws when the bytes are none of a coding, or more than `most`.
 */
export function withoutCodings(bytes: Uint8Array, listed: string | undefined, most = longest): Uint8Array {
  if (!listed || bytes.length === 0) return bytes;
  let plain = bytes;
  for (const coding of codingsIn(listed).reverse()) {
    const unpack = codings[coding];
    if (!unpack) return plain;
    plain = unpack(plain, most);
  }
  return plain;
}

/** Whether what `withoutCodings` has thrown says that there were more bytes than `most`. */
export function isTooLong(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
}

/** A coding that `Content-Encoding` lists and nothing here takes off; `undefined` where there is none. */
export function unknownCodingIn(listed: string): string | undefined {
  return codingsIn(listed).find((coding) => !codings[coding]);
}

function codingsIn(listed: string): string[] {
  const names = listed.split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "" && name !== "identity");
}
