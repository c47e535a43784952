import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from "node:zlib";

type Unpack = (bytes: Buffer, options: ZlibOptions) => Buffer;

/** https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 */
const codings: Readonly<Record<string, Unpack>> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  br: brotliDecompressSync,
  deflate: inflate,
};

/** The most bytes that a body may turn out to be. */
const longest = 64 * 1024 * 1024;

/**
 * A body without the codings that its `Content-Encoding` lists, the last one first; one that is unknown stays on, with those
 * before it. Throws when the bytes are none of a coding, or more than `most`.
 */
export function withoutCodings(bytes: Buffer, listed: string | undefined, most = longest): Buffer {
  if (!listed || bytes.length === 0) return bytes;
  let plain = bytes;
  for (const name of listed.toLowerCase().split(",").reverse()) {
    const coding = name.trim();
    if (coding === "" || coding === "identity") continue;
    const unpack = codings[coding];
    if (!unpack) return plain;
    plain = unpack(plain, { maxOutputLength: most });
  }
  return plain;
}

/** Some servers send it without the frame that it should have. */
function inflate(bytes: Buffer, options: ZlibOptions): Buffer {
  try {
    return inflateSync(bytes, options);
  } catch {
    return inflateRawSync(bytes, options);
  }
}
