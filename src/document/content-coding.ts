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
  for (const name of listed.toLowerCase().split(",").reverse()) {
    const coding = name.trim();
    if (coding === "" || coding === "identity") continue;
    const unpack = codings[coding];
    if (!unpack) return plain;
    plain = unpack(plain, most);
  }
  return plain;
}
