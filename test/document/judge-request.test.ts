import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createRequestJudge } from "../../src/document/judge-request.ts";
import { parseSpec } from "../../src/document/spec.ts";

/** What a document with one query parameter of this schema reads, and what it finds wrong. */
function read(schema: string, texts: string[]) {
  const { operations } = parseSpec(`
openapi: 3.1.0
info: { title: Tags, version: "1" }
components: { schemas: { Tag: { type: string }, Tags: { type: array, items: { $ref: "#/components/schemas/Tag" } } } }
paths:
  /tags:
    get:
      parameters: [{ name: tag, in: query, schema: ${schema} }]
      responses: { "204": { description: None. } }
`);
  const nothing = () => undefined;
  const query = texts.map((text) => `tag=${text}`).join("&");
  const received = { path: nothing, query, header: nothing };
  const judged = createRequestJudge(operations[0]!)(received, Buffer.alloc(0));
  return { value: judged.query.tag, wrong: judged.violations.map(({ at, keyword }) => `${at} ${keyword}`) };
}

describe("the items of a query parameter are read as their schema speaks of them", () => {
  test.each([
    ["{ type: array, items: { type: string } }", ["1", "true", "a"]],
    ["{ type: [array, 'null'], items: { type: [string, 'null'] } }", ["1", "true", "a"]],
    ["{ $ref: '#/components/schemas/Tags' }", ["1", "true", "a"]],
    ["{ oneOf: [{ type: array, items: { anyOf: [{ type: string }] } }, { type: 'null' }] }", ["1", "true", "a"]],
    ["{ type: array }", ["1", "true", "a"]],
    ["{ type: array, items: { type: integer } }", [1, 20]],
    ["{ type: array, items: { type: boolean } }", [true, false]],
    ["{ type: array, items: { oneOf: [{ type: number }, { type: boolean }] } }", [1.5, true]],
  ])("%s", (schema, value) => {
    expect(read(schema, value.map(String))).toEqual({ value, wrong: [] });
  });

  test("and one that is no such value stays text, for the schema to refuse", () => {
    const { value, wrong } = read("{ type: array, items: { type: integer } }", ["1", "one"]);
    expect(value).toEqual([1, "one"]);
    expect(wrong).toEqual(["query.tag.1 type"]);
  });
});

/** The judgement of a request by an operation of a document that says this of it. */
function judged(
  operation: object,
  {
    path = {},
    query = "",
    headers = {},
    body = "",
  }: Partial<Record<"path" | "headers", Record<string, string>>> & {
    query?: string;
    body?: string | Buffer;
  } = {},
) {
  const document = { openapi: "3.0.3", info: { title: "t", version: "1" } };
  const responses = { "204": { description: "None." } };
  const paths = { "/things/{id}": { post: { ...operation, responses } } };
  const { operations } = parseSpec(JSON.stringify({ ...document, paths }));
  const received = { path: (name: string) => path[name], query, header: (name: string) => headers[name] };
  const { violations, ...values } = createRequestJudge(operations[0]!)(received, Buffer.from(body as string));
  return { values, wrong: violations.map(({ at, keyword }) => `${at} ${keyword}`) };
}

const integer = { type: "integer" };
const filter = { type: "object", required: ["state"], properties: { state: { enum: ["open"] }, min: integer } };

describe("parameters of every place", () => {
  const parameters = [
    { name: "id", in: "path", required: true, schema: { type: "array", items: integer } },
    { name: "where", in: "query", style: "deepObject", schema: filter },
    { name: "page", in: "query", schema: { type: "object", properties: { offset: integer } } },
    { name: "flag", in: "query", allowEmptyValue: true, schema: integer },
    { name: "json", in: "query", content: { "application/json": { schema: filter } } },
    { name: "X-Ids", in: "header", schema: { type: "array", items: integer } },
    { name: "visit", in: "cookie", required: true, schema: integer },
    { name: "limit", in: "query", schema: { ...integer, default: 10 } },
  ];

  test("are read as they are declared, by what was sent", () => {
    const { values, wrong } = judged(
      { parameters },
      {
        path: { id: "1,2" },
        query: "where[state]=open&where%5Bmin%5D=3&offset=4&flag&json=%7B%22state%22%3A%22open%22%7D&more=1",
        headers: { "x-ids": "5, 6", cookie: "other=x; visit=7" },
      },
    );
    expect(wrong).toEqual([]);
    expect(values).toEqual({
      path: { id: [1, 2] },
      query: { where: { state: "open", min: 3 }, page: { offset: 4 }, flag: "", json: { state: "open" }, limit: 10 },
      header: { "X-Ids": [5, 6] },
      cookie: { visit: 7 },
      body: undefined,
    });
  });

  test("are refused where they break their schema, in the place of the fault", () => {
    const { wrong } = judged(
      { parameters },
      {
        path: { id: "1,x" },
        query: "where[min]=y&offset=z&json=oops&limit=1&limit=2&flag=x",
        headers: { "x-ids": "a" },
      },
    );
    expect(wrong.sort()).toEqual([
      "cookie.visit required",
      "header.X-Ids.0 type",
      "path.id.1 type",
      "query.flag type",
      "query.json format",
      "query.limit style",
      "query.page.offset type",
      "query.where.min type",
      "query.where.state required",
    ]);
  });

  test("called Accept, Content-Type or Authorization are none", () => {
    const ignored = ["Accept", "content-type", "AUTHORIZATION"].map((name) => {
      return { name, in: "header", required: true, schema: { enum: ["odd"] } };
    });
    expect(judged({ parameters: ignored }, { headers: { accept: "*/*" } }).wrong).toEqual([]);
  });

  test("a text that only one of its readings makes valid is read so", () => {
    const schema = { oneOf: [{ ...integer, minimum: 100 }, { type: "string" }] };
    const read = (text: string) =>
      judged({ parameters: [{ name: "q", in: "query", schema }] }, { query: `q=${text}` }).values.query.q;
    expect([read("200"), read("7"), read("x")]).toEqual([200, "7", "x"]);
  });
});

describe("bodies", () => {
  const bodyOf = (content: object) => ({ requestBody: { required: true, content } });
  const schema = { type: "object", required: ["a"], properties: { a: integer, b: { type: "string" } } };
  const send = (content: object, type: string, body: string) =>
    judged(bodyOf(content), { headers: { "content-type": type }, body });

  test.each([
    ["application/json; charset=utf-8", "application/json", '{"a":1}'],
    ["application/json", 'Application/JSON;Charset="UTF-8"', '{"a":1}'],
    ["application/*", "application/vnd.x+json", '{"a":1}'],
    ["*/*", "application/json", '{"a":1}'],
    ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8", "a=1"],
    [
      "multipart/form-data",
      "multipart/form-data; boundary=b",
      "--b\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--b--",
    ],
  ])("declared as %s, sent as %s", (declared, type, body) => {
    const { values, wrong } = send({ [declared]: { schema } }, type, body);
    expect(wrong).toEqual([]);
    expect(values.body).toEqual({ a: 1 });
  });

  test.each([
    ["application/x-www-form-urlencoded", "b=1", ["body.a required"]],
    ["application/x-www-form-urlencoded", "a=x", ["body.a type"]],
    ["application/x-www-form-urlencoded", "", ["body.a required"]],
    [
      "multipart/form-data; boundary=b",
      '--b\r\nContent-Disposition: form-data; name="b"\r\n\r\n1\r\n--b--\r\n',
      ["body.a required"],
    ],
    ["multipart/form-data; boundary=b", "a=1", ["body format"]],
    ["application/json", "", ["body required"]],
    ["text/plain", "x", ["header.Content-Type content"]],
    ["", "x", ["header.Content-Type content"]],
  ])("%s: %j is refused", (type, body, wrong) => {
    const media = { schema };
    const content = {
      "application/json": media,
      "application/x-www-form-urlencoded": media,
      "multipart/form-data": media,
    };
    expect(send(content, type, body).wrong).toEqual(wrong);
  });

  test("the most specific entry judges", () => {
    const content = { "*/*": { schema: { type: "string" } }, "application/json": { schema } };
    expect(send(content, "application/json", '"x"').wrong).toEqual(["body type"]);
    expect(send(content, "text/plain", "x").wrong).toEqual([]);
  });

  test("bytes are handed on as they are", () => {
    const content = { "image/*": { schema: { type: "string", format: "binary" } } };
    const { values, wrong } = send(content, "image/png", "PNG");
    expect(wrong).toEqual([]);
    expect(values.body).toEqual(Buffer.from("PNG"));
  });

  test("a body that is coded is read without its coding", () => {
    const requestBody = { content: { "application/json": { schema: { type: "object", properties: { a: integer } } } } };
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const packed = judged({ requestBody }, { headers, body: gzipSync('{"a":1}') });
    expect(packed).toMatchObject({ wrong: [], values: { body: { a: 1 } } });
    expect(judged({ requestBody }, { headers, body: '{"a":1}' }).wrong).toEqual(["body content"]);
  });

  test("one judge takes each request by itself", () => {
    const requestBody = { content: { "application/json": { schema }, "text/plain": { schema: integer } } };
    const responses = { "204": { description: "None." } };
    const document = {
      openapi: "3.1.0",
      info: { title: "t", version: "1" },
      paths: { "/": { post: { requestBody, responses } } },
    };
    const judge = createRequestJudge(parseSpec(JSON.stringify(document)).operations[0]!);
    const read = (type: string, body: string) =>
      judge({ path: () => undefined, query: "", header: () => type }, Buffer.from(body)).body;
    expect([read("application/json", '{"a":1}'), read("text/plain", "7"), read("image/png", "x")]).toEqual([
      { a: 1 },
      7,
      undefined,
    ]);
  });
});
