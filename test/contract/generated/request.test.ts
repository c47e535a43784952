import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unsayable } from "../../../src/contract/generated/breaks.ts";
import { createShapes } from "../../../src/contract/generated/request.ts";
import { createRequestJudge } from "../../../src/document/judge-request.ts";
import { arbitrary } from "../../../src/document/sample/edges.ts";
import { parseSpec } from "../../../src/document/spec.ts";
import { isObject } from "../../../src/document/validator.ts";

const integer = { type: "integer" };
const words = { type: "string", minLength: 1, maxLength: 8 };
const object = { type: "object", required: ["n"], properties: { n: integer, s: words } };
const list = { type: "array", minItems: 1, maxItems: 3, items: integer };

function specOf(path: string, operation: object, more: object = {}) {
  const responses = { "204": { description: "None." } };
  const document = { openapi: "3.1.0", info: { title: "t", version: "1" } };
  return parseSpec(JSON.stringify({ ...document, paths: { [path]: { post: { responses, ...operation } } }, ...more }));
}

function shapeOf(path: string, operation: object, more?: object) {
  const spec = specOf(path, operation, more);
  return createShapes(spec)(spec.operations[0]!);
}

describe("what is sent is what the document reads", () => {
  const parameters = [
    { name: "ids", in: "path", required: true, style: "label", explode: true, schema: list },
    { name: "m", in: "path", required: true, style: "matrix", schema: object },
    { name: "commas", in: "query", explode: false, schema: list },
    { name: "pipes", in: "query", style: "pipeDelimited", schema: list },
    {
      name: "deep",
      in: "query",
      style: "deepObject",
      schema: { ...object, properties: { ...object.properties, list } },
    },
    { name: "rgb", in: "query", schema: { type: "object", required: ["R"], properties: { R: integer } } },
    { name: "json", in: "query", content: { "application/json": { schema: object } } },
    { name: "X-Ids", in: "header", required: true, schema: list },
    { name: "crumb", in: "cookie", required: true, schema: { enum: ["a b", "c;d"] } },
    { name: "crumbs", in: "cookie", explode: false, schema: list },
  ];
  const body = { type: "object", required: ["n"], properties: { n: integer, s: words, list, object, deep: object } };

  test.each(["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])(
    "with a body of %s",
    (type) => {
      const media = { schema: body, encoding: { deep: { style: "deepObject", explode: true } } };
      const requestBody = { required: true, content: { "image/png": {}, [type]: media } };
      const spec = specOf("/{ids}/{m}", { parameters, requestBody });
      const [operation] = spec.operations;
      const shape = createShapes(spec)(operation!);
      const judge = createRequestJudge(operation!);
      expect(shape.impossible).toBeUndefined();
      const making = { schemas: shape.schemas, known: () => undefined };
      fc.assert(
        fc.property(arbitrary(shape.schema, making).filter(isObject), (value) => {
          fc.pre(shape.check(value).length === 0);
          const plan = shape.plan(value, () => "");
          const [path, query = ""] = plan.path.split("?");
          const match = spec.match("POST", path!);
          const headers = new Map(Object.entries(plan.headers ?? {}).map(([name, text]) => [name.toLowerCase(), text]));
          const { violations, ...read } = judge(
            {
              path: (name) => (match.operation ? match.raw[name] : undefined),
              query,
              header: (name) => headers.get(name),
            },
            Buffer.from(plan.text!),
          );
          expect(violations).toEqual([]);
          for (const place of ["path", "query", "header", "cookie", "body"] as const)
            expect(read[place]).toEqual(value[place] ?? {});
        }),
        { seed: 1, numRuns: 60 },
      );
    },
  );
});

describe("what a request carries", () => {
  const plan = (operation: object, value: object, more?: object) =>
    shapeOf("/", operation, more).plan({ ...value }, () => "");

  test("is not what HTTP says by itself, nor a credential", () => {
    const parameters = ["Content-Length", "Host", "X-Key", "X-Own"].map((name) => {
      return { name, in: "header", required: true, schema: { type: "string" } };
    });
    const security = [{ key: [], query: [] }];
    const securitySchemes = {
      key: { type: "apiKey", in: "header", name: "x-key" },
      query: { type: "apiKey", in: "query", name: "key" },
    };
    const key = { name: "key", in: "query", required: true, schema: { type: "string" } };
    const shape = shapeOf("/", { parameters: [...parameters, key], security }, { components: { securitySchemes } });
    const value = { header: { "X-Own": "1" } };
    expect(shape.check(value)).toEqual([]);
    expect(shape.plan(value, () => "")).toEqual({ method: "POST", path: "/", headers: { "X-Own": "1" } });
  });

  test("asks for what is declared, where that is no JSON", () => {
    const answers = (content: object) => ({ responses: { "200": { description: "ok", content } } });
    expect(plan(answers({ "text/csv": {}, "text/plain": {} }), {}).headers).toEqual({ Accept: "text/csv, text/plain" });
    expect(plan(answers({ "text/csv": {}, "application/json": {} }), {}).headers).toEqual({});
    expect(plan({}, {}).headers).toEqual({});
  });

  test("goes on with a query that its path begins", () => {
    const shape = shapeOf("/parts?kind=new", { parameters: [{ name: "n", in: "query", schema: integer }] });
    expect([{}, { query: { n: 1 } }].map((value) => shape.plan(value, () => "").path)).toEqual([
      "/parts?kind=new",
      "/parts?kind=new&n=1",
    ]);
  });

  test("has no fragment, and so reaches the first of those that it alone tells apart", () => {
    const get = { get: { responses: { "204": { description: "None." } } } };
    const id = { parameters: [{ name: "id", in: "path", required: true, schema: integer }] };
    const paths = { "/lids/{id}#open": { ...id, ...get }, "/lids/{id}#shut": { ...id, ...get }, "/lids#all": get };
    const spec = parseSpec(JSON.stringify({ openapi: "3.1.0", info: { title: "t", version: "1" }, paths }));
    const shapes = spec.operations.map(createShapes(spec));
    expect(shapes.map(({ impossible }) => impossible !== undefined).filter(Boolean)).toHaveLength(1);
    expect(shapes.map((shape) => shape.plan({ path: { id: 7 } }, () => "").path).sort()).toEqual([
      "/lids",
      "/lids/7",
      "/lids/7",
    ]);
  });

  test("has the media type to the letter", () => {
    const bodies = (content: object) => ({ requestBody: { content } });
    const body = { n: 1 };
    const type = "application/json; charset=utf-8";
    expect(plan(bodies({ [type]: { schema: object } }), { body })).toMatchObject({
      headers: { "Content-Type": type },
      text: '{"n":1}',
    });
    expect(plan(bodies({ "*/*": { schema: object } }), { body }).headers).toEqual({
      "Content-Type": "application/json",
    });
  });
});

describe("a value is judged as a server reads it", () => {
  test.each(["", ".", ".."])("the path without a text for its parameter is another path: %j", (id) => {
    const schema = { type: "string" };
    const shape = shapeOf("/{id}", { parameters: [{ name: "id", in: "path", required: true, schema }] });
    expect(shape.check({ path: { id: "a" } })).toEqual([]);
    expect(shape.check({ path: { id } })).toMatchObject([{ at: "path.id", keyword: unsayable }]);
  });

  test("a blank around a header is no part of it, and a text of digits is a number", () => {
    const header = { name: "X-E", in: "header", required: true, schema: { enum: ["a"] } };
    const query = { name: "n", in: "query", schema: integer };
    const shape = shapeOf("/", { parameters: [header, query] });
    expect(shape.check({ header: { "X-E": " a" }, query: { n: "7" } })).toEqual([]);
    expect(shape.check({ header: { "X-E": "b" }, query: { n: "x" } }).map(({ at }) => at)).toEqual([
      "header.X-E",
      "query.n",
    ]);
  });

  test("what is longer than every server reads of a URI is no request, and so breaks nothing", () => {
    const id = { name: "id", in: "path", required: true, schema: { type: "string" } };
    const parameters = [id, { name: "q", in: "query", schema: { type: "string" } }];
    const { check } = shapeOf("/{id}", { parameters });
    const keywordsOf = (id: string, q: string) => check({ path: { id }, query: { q } }).map(({ keyword }) => keyword);
    expect(keywordsOf("a".repeat(4000), "b".repeat(3900))).toEqual([]);
    expect(keywordsOf("a".repeat(4000), "b".repeat(4100))).toEqual([unsayable]);
  });

  test("what is written as nothing is missing", () => {
    const query = { name: "ids", in: "query", required: true, schema: { type: "array", items: integer } };
    const shape = shapeOf("/", { parameters: [query] });
    for (const ids of [[], null])
      expect(shape.check({ query: { ids } })).toMatchObject([{ at: "query.ids", keyword: "required" }]);
  });
});

test("a required body that this program does not write is named", () => {
  const shape = shapeOf("/", { requestBody: { required: true, content: { "image/png": {}, "application/pdf": {} } } });
  expect(shape.impossible).toBe("its body is image/png or application/pdf, which this program does not write");
});

test("what is sent without a body only has none", () => {
  const requestBody = { content: { "application/json": { schema: object } } };
  const document = (required: boolean) => ({
    openapi: "3.1.0",
    info: { title: "t", version: "1" },
    paths: { "/": { get: { requestBody: { ...requestBody, required }, responses: {} } } },
  });
  const [optional, required] = [false, true].map((one) => {
    const spec = parseSpec(JSON.stringify(document(one)));
    return createShapes(spec)(spec.operations[0]!);
  });
  expect(optional).toMatchObject({ impossible: undefined, mediaType: undefined });
  expect(required!.impossible).toBe("no client sends a body with GET");
});

test("a part that is text to whoever does not read what it says of itself breaks no schema of a text", () => {
  const schema = { type: "object", properties: { caption: words, count: integer } };
  const shape = shapeOf("/scans", { requestBody: { content: { "multipart/form-data": { schema } } } });
  expect(shape.check({ body: { caption: {} } })).toEqual([]);
  expect(shape.check({ body: { count: {} } })).not.toEqual([]);
});
