import { describe, expect, test } from "vitest";
import { compare } from "../../../src/document/diff/diff.ts";

type Members = Record<string, unknown>;

const string = { type: "string" };
const integer = { type: "integer" };
const number = { type: "number" };
const list = { type: "array", items: string };
const object = (properties: Members, more: Members = {}) => ({ type: "object", properties, ...more });
const ok = { "200": { description: "Done." } };
const done = (more: Members) => ({ "200": { description: "Done.", ...more } });

/** A document of one operation at a path. */
function document(operation: Members, root: Members = {}, path = "/pets") {
  return {
    openapi: "3.1.0",
    info: { title: "Pets", version: "1" },
    paths: { [path]: { post: { responses: ok, ...operation } } },
    ...root,
  };
}

const sent = (type: string, media: Members) =>
  document({ requestBody: { required: true, content: { [type]: media } } });
const got = (type: string, media: Members) => document({ responses: done({ content: { [type]: media } }) });
const request = (schema: unknown) => sent("application/json", { schema });
const answer = (schema: unknown) => got("application/json", { schema });
const taking = (...parameters: Members[]) => document({ parameters });
const query = (schema: unknown, more: Members = {}) => ({ name: "q", in: "query", schema, ...more });
const hook = (operation: Members) => ({
  ...document({}),
  webhooks: { born: { post: { responses: ok, ...operation } } },
});

function verdict(was: Members, is: Members): string {
  const changes = compare(structuredClone(was), structuredClone(is));
  if (changes.length === 0) return "same";
  return changes.some(({ breaking }) => breaking) ? "breaking" : "harmless";
}

type Pair = [name: string, was: Members, is: Members, forth: string, back: string];

function each(pairs: readonly Pair[]): void {
  test.each(pairs)("%s", (_, was, is, forth, back) => {
    expect([verdict(was, is), verdict(is, was)]).toEqual([forth, back]);
  });
}

describe("oneOf and anyOf of alternatives that overlap", () => {
  const [cat, dog] = [object({ lives: integer }), object({ bark: string })];
  const one = { oneOf: [cat, dog] };
  const any = { anyOf: [cat, dog] };
  const needing = (keyword: string) =>
    object({ a: {}, b: {} }, { [keyword]: [{ required: ["a"] }, { required: ["b"] }] });
  const kinds = (keyword: string) => ({
    [keyword]: ["Cat", "Dog"].map((name) => ({ $ref: `#/components/schemas/${name}` })),
    discriminator: { propertyName: "kind" },
  });
  const named = (schema: unknown) => ({
    ...request(schema),
    components: { schemas: { Cat: object({ kind: string }), Dog: object({ kind: string }) } },
  });
  each([
    ["a request may be of both", request(one), request(any), "harmless", "breaking"],
    ["an answer may be of both", answer(one), answer(any), "breaking", "harmless"],
    ["or need both members", request(needing("oneOf")), request(needing("anyOf")), "harmless", "breaking"],
    ["with one more", request(one), request({ anyOf: [cat, dog, string] }), "harmless", "breaking"],
    ["of tags, each of one only", named(kinds("oneOf")), named(kinds("anyOf")), "same", "same"],
    [
      "where all of one is of another, and refused for that",
      request(number),
      request({ oneOf: [integer, number] }),
      "breaking",
      "harmless",
    ],
    [
      "where a new one takes in an old one",
      request({ oneOf: [object({ a: string }), string] }),
      request({ oneOf: [object({ a: string }), object({ a: {} }), string] }),
      "breaking",
      "breaking",
    ],
    [
      "where that was so before",
      request({ oneOf: [integer, number] }),
      request({ oneOf: [integer, number, string] }),
      "harmless",
      "breaking",
    ],
  ]);

  test("says what has become of it", () => {
    const [change] = compare(request(any), request(one));
    expect(change).toMatchObject({ keyword: "anyOf", was: "anyOf", is: "oneOf", effect: "narrower" });
    const [, shut] = compare(request(number), request({ oneOf: [integer, number] }));
    expect(shut!.why).toBe("What is of two alternatives is of none: What clients send today may be refused.");
  });
});

describe("alternatives by the values of their tags", () => {
  const kind = (value: string) => object({ kind: { const: value } }, { required: ["kind"] });
  const pets = (names: readonly string[], root: Members) => ({
    ...answer({
      oneOf: names.map((name) => ({ $ref: `#/components/schemas/${name}` })),
      discriminator: { propertyName: "kind" },
    }),
    components: { schemas: root },
  });
  const [before, renamed, changed] = [
    pets(["Cat", "Dog"], { Cat: kind("cat"), Dog: kind("dog") }),
    pets(["Tom", "Dog"], { Tom: kind("cat"), Dog: kind("dog") }),
    pets(["Cat", "Dog"], { Cat: kind("tom"), Dog: kind("dog") }),
  ];
  each([
    ["the name of a component is none", before, renamed, "same", "same"],
    ["another tag is", before, changed, "breaking", "breaking"],
  ]);
});

describe("values that are listed", () => {
  each([
    [
      "texts of a pattern",
      request({ enum: ["a", "b"] }),
      request({ ...string, pattern: "^[a-z]$" }),
      "harmless",
      "breaking",
    ],
    ["texts of a length", answer({ ...string, maxLength: 3 }), answer({ enum: ["a"] }), "harmless", "breaking"],
    ["numbers within bounds", request({ enum: [1, 2] }), request({ ...integer, minimum: 1 }), "harmless", "breaking"],
    ["one that is not", request({ enum: [1, 9] }), request({ ...integer, maximum: 5 }), "breaking", "breaking"],
    [
      "a pattern beside them",
      request({ enum: ["a", "B"], pattern: "^[a-z]$" }),
      request({ const: "a" }),
      "same",
      "same",
    ],
    [
      "of which one has a format",
      request({ enum: ["a"] }),
      request({ ...string, format: "date" }),
      "breaking",
      "breaking",
    ],
    [
      "with a default that is another",
      request(object({ a: { enum: ["a"], default: "a" } })),
      request(object({ a: { ...string, default: "b" } })),
      "breaking",
      "breaking",
    ],
  ]);
});

describe("what is written as text", () => {
  const texts = { ...string, enum: ["true", "false"] };
  const truth = { type: "boolean" };
  each([
    ["a truth and the words for it", taking(query(truth)), taking(query(texts)), "same", "same"],
    ["in JSON they are two", request(truth), request(texts), "breaking", "breaking"],
    ["one more word", taking(query(truth)), taking(query({ enum: ["true", "false", "all"] })), "harmless", "breaking"],
  ]);
});

describe("a default", () => {
  const by = (value: unknown, more: Members = {}) => request(object({ a: { ...integer, default: value } }, more));
  const parameter = (value: unknown, more: Members = {}) => taking(query({ ...integer, default: value }, more));
  const items = (value: unknown) => request({ type: "array", items: { ...integer, default: value } });
  each([
    ["of a member that may be left out", by(1), by(2), "breaking", "breaking"],
    ["of one that may not", by(1, { required: ["a"] }), by(2, { required: ["a"] }), "harmless", "harmless"],
    ["of a parameter", parameter(1), parameter(2), "breaking", "breaking"],
    ["of a required one", parameter(1, { required: true }), parameter(2, { required: true }), "harmless", "harmless"],
    ["of an item", items(1), items(2), "harmless", "harmless"],
  ]);
});

describe("members that nothing has named", () => {
  const parts = { allOf: [object({ a: string }), object({ b: string })] };
  const both = object({ a: string, b: string });
  const shut = { unevaluatedProperties: false };
  each([
    ["of one object", request({ ...both, ...shut }), request({ ...both, additionalProperties: false }), "same", "same"],
    ["of its parts", answer({ ...parts, ...shut }), answer({ ...both, additionalProperties: false }), "same", "same"],
    ["of parts that are shut now", request(parts), request({ ...parts, ...shut }), "breaking", "harmless"],
    [
      "of a part that is shut for itself",
      request({ allOf: [{ ...object({ a: string }), ...shut }, object({ b: string })] }),
      request({ ...both, ...shut }),
      "breaking",
      "breaking",
    ],
    [
      "of two that say the same",
      request({ allOf: [{ ...both, ...shut }, both] }),
      request({ ...both, ...shut }),
      "same",
      "same",
    ],
    [
      "of a list",
      request({ type: "array", prefixItems: [string], unevaluatedItems: false }),
      request({ type: "array", prefixItems: [string], items: false }),
      "same",
      "same",
    ],
  ]);
});

describe("how a value is written", () => {
  const header = (schema: unknown, more: Members = {}) =>
    document({ responses: done({ headers: { X: { schema, ...more } } }) });
  const xml = (name: string) => ({ schema: { ...object({ a: string }), xml: { name } } });
  const form = (encoding: Members, schema: Members = { f: {}, t: string, l: list }) =>
    sent("multipart/form-data", { schema: object(schema), encoding });
  const typed = (contentType: string, more: Members = {}) => form({ f: { contentType, ...more } });
  const deep = { style: "deepObject" };
  const path = (schema: unknown, more: Members) =>
    document({ parameters: [{ name: "id", in: "path", required: true, schema, ...more }] }, {}, "/pets/{id}");
  each([
    [
      "exploded or not, of a deep object",
      taking(query(object({}), deep)),
      taking(query(object({}), { ...deep, explode: true })),
      "same",
      "same",
    ],
    ["of a list in the path", path(list, {}), path(list, { explode: true }), "same", "same"],
    ["of an object in the path", path(object({}), {}), path(object({}), { explode: true }), "breaking", "breaking"],
    ["of an object in a header", header(object({})), header(object({}), { explode: true }), "breaking", "breaking"],
    [
      "the name of an element",
      sent("application/xml", xml("a")),
      sent("application/xml", xml("b")),
      "breaking",
      "breaking",
    ],
    ["the same in JSON", sent("application/json", xml("a")), sent("application/json", xml("b")), "same", "same"],
    [
      "an attribute",
      got("text/xml", { schema: object({ a: { ...string, xml: { attribute: true } } }) }),
      got("text/xml", { schema: object({ a: string }) }),
      "breaking",
      "breaking",
    ],
    ["another type of a part", typed("image/png"), typed("image/png, image/jpeg"), "harmless", "breaking"],
    ["a range of types of a part", typed("image/png"), typed("image/*"), "harmless", "breaking"],
    ["the order of types", typed("image/png,image/jpeg"), typed("image/jpeg, image/png"), "same", "same"],
    ["what nothing explodes", form({}), form({ t: { explode: false } }), "same", "same"],
    ["a list in a part", form({}), form({ l: { explode: false } }), "breaking", "breaking"],
    ["a part that is none", form({}), form({ none: { contentType: "text/csv" } }), "same", "same"],
    [
      "a header of a part",
      typed("image/png"),
      typed("image/png", { headers: { X: { schema: string } } }),
      "harmless",
      "breaking",
    ],
    [
      "bytes, said or not",
      got("image/png", { schema: { ...string, format: "binary" } }),
      got("image/png", {}),
      "same",
      "same",
    ],
    [
      "items of a stream",
      got("text/event-stream", { itemSchema: string }),
      got("text/event-stream", { itemSchema: integer }),
      "breaking",
      "breaking",
    ],
  ]);
});

describe("a parameter of the path", () => {
  const at = (...parameters: Members[]) => document({ parameters }, {}, "/pets/{id}");
  const id = { name: "id", in: "path", schema: string };
  each([
    ["is there, said or not", at(), at({ ...id, required: true }), "same", "same"],
    ["is required, said or not", at(id), at({ ...id, required: true }), "same", "same"],
    ["that the path does not have is none", at(), at({ ...id, name: "other", required: true }), "same", "same"],
  ]);
});

describe("in a webhook, where the API is the client", () => {
  const json = (schema: unknown) => ({ content: { "application/json": { schema } } });
  const body = (required: boolean) => hook({ requestBody: { required, ...json(string) } });
  const header = hook({ parameters: [{ name: "X", in: "header", required: true, schema: string }] });
  const status = hook({ responses: { ...ok, "202": { description: "Later." } } });
  const ranged = hook({ responses: { "2XX": { description: "Done." } } });
  const signed = (...security: Members[]) => ({
    ...hook({ security }),
    components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "K" } } },
  });
  each([
    ["a body", hook({}), body(true), "harmless", "breaking"],
    ["a header", hook({}), header, "harmless", "breaking"],
    ["a status that clients may answer", hook({}), status, "harmless", "breaking"],
    ["a class of them", hook({}), ranged, "harmless", "breaking"],
    ["an answer that must say something", hook({}), hook({ responses: done(json(string)) }), "breaking", "breaking"],
    ["a credential", signed(), signed({ key: [] }), "harmless", "breaking"],
    [
      "what calls to the API need is none of it",
      { ...hook({}), paths: {}, security: [] },
      { ...hook({}), paths: {}, security: [{ key: [] }] },
      "same",
      "same",
    ],
  ]);

  test("says who reads and who sends", () => {
    const why = (was: Members, is: Members) => compare(was, is).map((change) => change.why);
    expect(why(header, hook({}))).toEqual(["Clients that read it find it no more."]);
    expect(why(hook({}), header)).toEqual(["Clients pass over what they do not know."]);
    expect(why(status, hook({}))).toEqual(["Clients that answer it are not understood."]);
    expect(why(signed({ key: [] }), signed())).toEqual(["Clients that ask for the credentials of today miss them."]);
  });
});

describe("where a token comes from", () => {
  const flow = (tokenUrl: string) =>
    document(
      { security: [{ o: [] }] },
      {
        components: {
          securitySchemes: { o: { type: "oauth2", flows: { clientCredentials: { tokenUrl, scopes: {} } } } },
        },
      },
    );
  const there = flow("https://a.example/token");
  each([["by the same URL", there, flow("https://A.example:443/token"), "same", "same"]]);

  test("is told where the names do not tell it", () => {
    const [change] = compare(there, flow("https://b.example/token"));
    expect([change!.was, change!.is]).toEqual([
      "o oauth2 clientCredentials https://a.example/token",
      "o oauth2 clientCredentials https://b.example/token",
    ]);
  });
});

describe("a method of any name", () => {
  const other = {
    ...document({}),
    paths: { "/pets": { post: { responses: ok }, additionalOperations: { COPY: { responses: ok } } } },
  };
  each([["comes and goes", document({}), other, "harmless", "breaking"]]);
});

test("one schema in both documents may refer to two", () => {
  const shared = { $ref: "#/components/schemas/Pet" };
  const pets = (Pet: Members) => ({ ...answer(shared), components: { schemas: { Pet } } });
  expect(compare(pets(string), pets(integer)).map(({ place }) => place)).toEqual(["#/components/schemas/Pet"]);
});
