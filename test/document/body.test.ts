import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBodyCodec } from "../../src/document/body.ts";
import type { Encoding } from "../../src/document/form.ts";
import { createKinds } from "../../src/document/kind.ts";
import { createAlternatives } from "../../src/document/schema.ts";

const kindOf = createKinds(createAlternatives({}));
const integer = { type: "integer" };
const text = { type: "string" };
const listOf = (items: unknown) => ({ type: "array", items });
const objectOf = (properties: object) => ({ type: "object", properties });

const form = "application/x-www-form-urlencoded";
const multipart = "multipart/form-data";
const plain: Encoding = { contentType: undefined, style: undefined, explode: false, allowReserved: false };
const deep: Encoding = { ...plain, style: "deepObject", explode: true };

function codecOf(declared: string, schema: unknown, encodings: Record<string, Encoding> = {}) {
  return createBodyCodec(declared, { kind: kindOf(schema), encodings: new Map(Object.entries(encodings)) });
}

function read(declared: string, schema: unknown, body: string | Buffer, encodings: Record<string, Encoding> = {}) {
  return codecOf(declared, schema, encodings).read(Buffer.from(body), declared);
}

/** A body of parts, each with its lines of header after the name. */
function parts(...given: readonly (readonly [name: string, head: string, body: string])[]): string {
  const text = given.map(
    ([name, head, body]) => `--b\r\nContent-Disposition: form-data; name="${name}"${head}\r\n\r\n${body}\r\n`,
  );
  return `${text.join("")}--b--\r\n`;
}

describe("a form", () => {
  const schema = objectOf({
    n: integer,
    ok: { type: "boolean" },
    s: text,
    tags: listOf(integer),
    address: objectOf({ zip: integer }),
  });

  test.each([
    ["n=5&ok=true&s=5", { n: 5, ok: true, s: "5" }],
    ["s=a+b%2Bc", { s: "a b+c" }],
    ["n=x", { n: "x" }],
    ["n=1&n=2", { n: ["1", "2"] }],
    ["tags=1", { tags: [1] }],
    ["tags=1&tags=2", { tags: [1, 2] }],
    ["tags[]=1&tags[]=2", { tags: [1, 2] }],
    ["tags[0]=1&tags[1]=2", { tags: [1, 2] }],
    ["address=%7B%22zip%22%3A1%7D", { address: { zip: 1 } }],
    ["address[zip]=1", { address: { zip: 1 } }],
    ["address=oops", { address: "oops" }],
    ["other=1&other[a]=2", { other: { a: "2" } }],
    ["__proto__=1", JSON.parse('{"__proto__":"1"}')],
    ["", {}],
  ])("%s", (body, value) => {
    expect(read(form, schema, body)).toEqual({ ways: [value], faults: [] });
  });

  test("a member by the style of its encoding", () => {
    const encodings = {
      tags: { ...plain, style: "form", explode: false },
      address: { ...plain, style: "form", explode: true },
      metadata: deep,
      items: deep,
      pipes: { ...plain, style: "pipeDelimited" },
    };
    const item = objectOf({ price: integer, name: text });
    const more = { metadata: { type: "object", additionalProperties: text }, items: listOf(item), pipes: listOf(text) };
    const whole = objectOf({ ...schema.properties, ...more });
    const body = "n=1&tags=1,2&zip=7&metadata[a]=1&metadata[b%20c]=2&items[0][price]=3&items[0][name]=4&pipes=a%7Cb";
    const value = {
      n: 1,
      tags: [1, 2],
      address: { zip: 7 },
      metadata: { a: "1", "b c": "2" },
      items: [{ price: 3, name: "4" }],
      pipes: ["a", "b"],
    };
    expect(read(form, whole, body, encodings)?.ways).toEqual([value]);
    const written = codecOf(form, whole, encodings).write(value)!;
    expect(read(form, whole, written.text, encodings)?.ways).toEqual([value]);
    expect(written.text).toContain("items%5B0%5D%5Bprice%5D=3");
    expect(written.text).toContain("tags=1,2&zip=7");
  });

  test("a member that is JSON by its encoding", () => {
    const encodings = { tags: { ...plain, contentType: "application/json" } };
    expect(read(form, schema, "tags=[1,2]", encodings)?.ways).toEqual([{ tags: [1, 2] }]);
    expect(read(form, schema, "tags=[1,2]")?.ways).toEqual([{ tags: ["[1,2]"] }]);
  });

  test("a union of a text, a list and an object is told by how it comes", () => {
    const union = objectOf({ a: { anyOf: [integer, listOf(text), objectOf({ gt: integer }), { enum: [""] }] } });
    for (const [body, a] of [
      ["a=5", 5],
      ["a=", ""],
      ["a=x", ["x"]],
      ["a[]=5", ["5"]],
      ["a[gt]=5", { gt: 5 }],
    ] as const)
      expect(read(form, union, body, { a: deep })?.ways).toEqual([{ a }]);
  });
});

describe("parts", () => {
  const type = `${multipart}; boundary=b`;
  const schema = objectOf({
    n: integer,
    note: text,
    address: objectOf({ zip: integer }),
    tags: listOf(integer),
    file: { ...text, format: "binary" },
  });

  test.each([
    [parts(["n", "", "3"], ["note", "", "3"]), { n: 3, note: "3" }],
    [parts(["tags", "", "1"], ["tags", "", "2"]), { tags: [1, 2] }],
    [parts(["tags", "", "1"]), { tags: [1] }],
    [parts(["tags", "\r\nContent-Type: application/json", "[1,2]"]), { tags: [1, 2] }],
    [parts(["address", "\r\nContent-Type: application/json", '{"zip":1}']), { address: { zip: 1 } }],
    [parts(["address", "", '{"zip":1}']), { address: { zip: 1 } }],
    [parts(["address[zip]", "", "1"]), { address: { zip: 1 } }],
    [parts(["file", '; filename="a.txt"\r\nContent-Type: text/plain', "line\r\n--a"]), { file: "line\r\n--a" }],
    [parts(["note", "", ""]), { note: "" }],
    [`preamble\r\n${parts(["n", "", "3"])}epilogue`, { n: 3 }],
    ["--b--\r\n", {}],
  ])("%j", (body, value) => {
    expect(read(type, schema, body)).toEqual({ ways: [value], faults: [] });
  });

  test("bytes that are no text are kept, one letter each", () => {
    const bytes = Buffer.from([0x89, 0x50, 0xff, 0x00]);
    const [head, tail] = parts(["file", "", "@"]).split("@");
    const body = Buffer.concat([Buffer.from(head!), bytes, Buffer.from(tail!)]);
    const { file } = read(type, schema, body)!.ways[0] as { file: string };
    expect(Buffer.from(file, "latin1")).toEqual(bytes);
  });

  test.each([
    ["without a boundary", multipart, parts(["n", "", "3"])],
    ["with another boundary", `${multipart}; boundary=c`, parts(["n", "", "3"])],
    ["without an end", type, parts(["n", "", "3"]).replace("--b--\r\n", "")],
    ["with a part that has no name", type, "--b\r\nContent-Type: text/plain\r\n\r\n3\r\n--b--\r\n"],
  ])("%s it is refused", (_, contentType, body) => {
    const found = codecOf(multipart, schema).read(Buffer.from(body), contentType);
    expect(found).toMatchObject({ ways: [], faults: [{ at: "", keyword: "format" }] });
  });

  test("of another type than their encoding are told, and no others", () => {
    const encodings = { file: { ...plain, contentType: "image/png, image/jpeg" } };
    const sent = (head: string) => read(type, schema, parts(["file", head, "x"]), encodings)?.faults;
    expect(sent("\r\nContent-Type: image/jpeg")).toEqual([]);
    expect(sent("")).toEqual([]);
    expect(sent("\r\nContent-Type: text/html")).toEqual([
      { at: ".file", keyword: "content", expected: "of the type image/png or image/jpeg", received: "text/html" },
    ]);
  });

  test("of a file are sent as one", () => {
    const { text: sent } = codecOf(multipart, schema, { note: { ...plain, contentType: "image/png" } }).write({
      file: "x",
      note: "y",
      n: 1,
    })!;
    expect(sent).toContain('name="file"; filename="file"\r\nContent-Type: application/octet-stream\r\n\r\nx');
    expect(sent).toContain('name="note"; filename="file"\r\nContent-Type: image/png\r\n\r\ny');
    expect(sent).toContain('name="n"\r\n\r\n1');
  });
});

describe("what is written is read again", () => {
  const schema = objectOf({
    n: integer,
    ok: { type: "boolean" },
    "a name": text,
    tags: listOf(text),
    address: objectOf({ zip: integer, lines: listOf(text) }),
    items: listOf(objectOf({ price: integer })),
  });
  const words = fc.string({ unit: "grapheme" });
  const value = fc.record(
    {
      n: fc.integer(),
      ok: fc.boolean(),
      "a name": words,
      tags: fc.array(words, { minLength: 1 }),
      address: fc.record({ zip: fc.integer(), lines: fc.array(words) }, { noNullPrototype: true }),
      items: fc.array(fc.record({ price: fc.integer() }, { noNullPrototype: true }), { minLength: 1 }),
    },
    { requiredKeys: [], noNullPrototype: true },
  );

  test.each([form, multipart, "application/json; charset=utf-8"])("%s", (declared) => {
    const codec = codecOf(declared, schema);
    fc.assert(
      fc.property(value, (given) => {
        const { text: sent, contentType } = codec.write(given)!;
        expect(codec.read(Buffer.from(sent), contentType)).toEqual({ ways: [given], faults: [] });
      }),
      { seed: 1 },
    );
  });

  test("text/plain", () => {
    const codec = codecOf("text/plain", integer);
    expect(codec.write(7)).toEqual({ contentType: "text/plain", text: "7" });
    expect(codec.read(Buffer.from("7"), "text/plain")?.ways).toEqual([7]);
  });
});

describe("a text", () => {
  test("in the letters of its charset", () => {
    const bytes = Buffer.from("Zoë", "latin1");
    expect(codecOf("text/plain", text).read(bytes, "text/plain; charset=iso-8859-1")?.ways).toEqual(["Zoë"]);
  });

  test("is no list and no object, whatever its schema says of them", () => {
    expect(read("text/csv", listOf(text), "a,b")).toBeUndefined();
    expect(codecOf("text/csv", listOf(text)).write(["a"])).toBeUndefined();
  });
});

test("of bytes a schema says nothing, and no image is written", () => {
  expect(read("application/octet-stream", {}, "x")).toBeUndefined();
  expect(codecOf("application/octet-stream", {}).write("x")?.text).toBe("x");
  expect(codecOf("image/png", {}).write("x")).toBeUndefined();
  expect(codecOf("*/*", {}).read(Buffer.from("[1]"), "application/json")?.ways).toEqual([[1]]);
});

test("one codec reads each body by the type that came with it", () => {
  const codec = codecOf("*/*", objectOf({ a: integer }));
  expect(codec.read(Buffer.from('{"a":1}'), "application/json")?.ways).toEqual([{ a: 1 }]);
  expect(codec.read(Buffer.from("a=1"), form)?.ways).toEqual([{ a: 1 }]);
});
