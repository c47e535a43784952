import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { withoutCodings } from "../../src/document/content-coding.ts";

const text = Buffer.from("hello");

describe("a body is read", () => {
  test.each([
    [undefined, text],
    ["", text],
    ["identity", text],
    ["gzip", gzipSync(text)],
    ["GZip", gzipSync(text)],
    ["x-gzip", gzipSync(text)],
    ["br", brotliCompressSync(text)],
    ["deflate", deflateSync(text)],
    ["deflate", deflateRawSync(text)],
    ["gzip, br", brotliCompressSync(gzipSync(text))],
    ["gzip , identity,", gzipSync(text)],
    ["compress", text],
  ])("coded as %s", (listed, bytes) => {
    expect(withoutCodings(bytes, listed).toString()).toBe("hello");
  });
});

test("no bytes are none of any coding", () => {
  expect(withoutCodings(Buffer.alloc(0), "gzip")).toHaveLength(0);
});

test.each([
  ["broken", Buffer.from("plain"), undefined],
  ["too long", gzipSync(Buffer.alloc(100)), 50],
])("a body that is %s is an error", (_, bytes, most) => {
  expect(() => withoutCodings(bytes, "gzip", most)).toThrow();
});
