import { describe, expect, test } from "vitest";
import { parseSpec } from "../../src/index.ts";
import { testMock } from "../mock.ts";

/** A document of pets, whose operations no handler knows. */
function pets(operation: string, schemas = "{}"): ReturnType<typeof parseSpec> {
  return parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
components: { schemas: ${schemas} }
paths:
  /pets/{petId}:
    parameters: [{ name: petId, in: path, required: true, schema: { type: integer } }]
    ${operation}
`);
}

const of = (schema: string) =>
  `get: { operationId: getPet, responses: { "200": { description: A pet., content: { application/json: { schema: ${schema} } } } } }`;

describe("an operation without a handler", () => {
  test("is answered with the document's example", async () => {
    const { call } = testMock({
      spec: pets(
        `get: { responses: { "404": { description: None. }, "200": { description: A pet., content: { application/json: { schema: { type: object }, example: { name: Rex } } } } } }`,
      ),
    });
    const { status, body, headers } = await call("GET", "/pets/1");
    expect([status, body, headers.get("X-Mock-Generated")]).toEqual([200, { name: "Rex" }, "true"]);
  });

  test.each<[string, string, string?]>([
    ["constants", "{ const: 7 }"],
    ["enumerations", "{ enum: [a, b] }"],
    ["bounded integers", "{ type: integer, minimum: 10, maximum: 12 }"],
    ["excluded bounds", "{ type: number, exclusiveMinimum: 1, exclusiveMaximum: 2 }"],
    ["multiples", "{ type: integer, multipleOf: 7, minimum: 15 }"],
    ["patterns", "{ type: string, pattern: '^[A-Z]{3}-[0-9]{2}$' }"],
    ["lengths", "{ type: string, minLength: 30, maxLength: 31 }"],
    [
      "formats",
      "{ type: object, required: [a, b, c, d, e], properties: { a: { type: string, format: date-time }, b: { type: string, format: date }, c: { type: string, format: email }, d: { type: string, format: uuid }, e: { type: string, format: uri } } }",
    ],
    ["nullable types", "{ type: [string, 'null'] }"],
    ["lists", "{ type: array, minItems: 2, maxItems: 3, items: { type: boolean } }"],
    ["unions", "{ oneOf: [{ type: object, required: [a], properties: { a: { type: string } } }, { type: integer }] }"],
    [
      "all of several",
      "{ allOf: [{ $ref: '#/components/schemas/A' }, { type: object, required: [b], properties: { b: { type: integer } } }] }",
      "{ A: { type: object, required: [a], properties: { a: { type: string } } } }",
    ],
    [
      "a schema that holds itself",
      "{ $ref: '#/components/schemas/Node' }",
      "{ Node: { type: object, required: [name], properties: { name: { type: string }, next: { $ref: '#/components/schemas/Node' }, all: { type: array, items: { $ref: '#/components/schemas/Node' } } } } }",
    ],
  ])("is answered from its schema: %s", async (_, schema, schemas) => {
    const spec = pets(of(schema), schemas);
    const { call } = testMock({ spec });
    const media = spec.operations[0]?.responses.get("200")?.content.get("application/json");
    for (let id = 1; id <= 10; id++) {
      const { status, body } = await call("GET", `/pets/${id}`);
      expect(status).toBe(200);
      expect(media?.check(body)).toEqual([]);
    }
  });

  test("is answered the same for the same seed and path, and differently for others", async () => {
    const spec = pets(of("{ type: string, format: uuid }"));
    const answer = async (seed: number, path: string) => (await testMock({ spec, seed }).call("GET", path)).text;
    const first = await answer(1, "/pets/1");
    expect(await answer(1, "/pets/1")).toBe(first);
    expect(await answer(1, "/pets/2")).not.toBe(first);
    expect(await answer(2, "/pets/1")).not.toBe(first);
  });

  test.each([
    [
      "a schema that nothing satisfies",
      of("{ type: string, not: {} }"),
      /^No valid answer to getPet could be made/,
      /^Add an example under #\/paths\/~1pets~1\{petId\}\/get\/responses\/200\/content\/application~1json /,
    ],
  ])("is told what to add to the document with %s", async (_, operation, message, hint) => {
    const { call } = testMock({ spec: pets(operation) });
    const { status, body } = await call("GET", "/pets/1");
    expect(status).toBe(500);
    expect(body).toMatchObject({
      code: "example_needed",
      detail: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  test("without a success is answered as the document has it", async () => {
    const only404 = pets('get: { operationId: getPet, responses: { "404": { description: None. } } }');
    const { status, text } = await testMock({ spec: only404 }).call("GET", "/pets/1");
    expect([status, text]).toEqual([404, ""]);
  });

  test("may answer without a body, or with text", async () => {
    const none = testMock({ spec: pets('delete: { responses: { "204": { description: Gone. } } }') });
    expect(await none.call("DELETE", "/pets/1")).toMatchObject({ status: 204, text: "" });
    const text = testMock({
      spec: pets(
        "get: { responses: { default: { description: A line., content: { text/plain: { example: Rex } } } } }",
      ),
    });
    const { status, headers, text: line } = await text.call("GET", "/pets/1");
    expect([status, headers.get("Content-Type"), line]).toEqual([200, "text/plain", "Rex"]);
  });

  test.each<[string, string, number, Record<string, unknown>, string?]>([
    [
      "its headers",
      '"302": { description: Elsewhere., headers: { Location: { schema: { type: string, format: uri } }, X-Tries: { schema: { type: integer, minimum: 3, maximum: 3 } }, Content-Length: { schema: { type: integer } } } }',
      302,
      { location: expect.stringMatching(/^https:\/\/example\.com\//), "x-tries": "3", "content-length": null },
    ],
    [
      "the examples of its headers, and its body",
      '"301": { description: Elsewhere., headers: { Location: { schema: { type: string }, example: /dogs }, X-Next: { schema: { type: string, example: /cats } } }, content: { text/plain: { example: Moved. } } }',
      301,
      { location: "/dogs", "x-next": "/cats", "content-type": "text/plain" },
      "Moved.",
    ],
    ["no header that cannot be made", '"307": { description: Elsewhere., headers: { Location: {} } }', 307, {}],
    ["one status of its class", '"3XX": { description: Elsewhere. }', 302, {}],
    ["no body that HTTP forbids", '"304": { description: Same., content: { text/plain: { example: Rex } } }', 304, {}],
    ["before what is left", 'default: { description: Wrong. }, "303": { description: Elsewhere. }', 303, {}],
  ])("that declares a redirection and no success is answered with it: %s", async (_, response, wanted, given, text) => {
    const spec = pets(`get: { responses: { "404": { description: None. }, ${response} } }`);
    const { status, headers, text: body } = await testMock({ spec }).call("GET", "/pets/1");
    expect([status, body]).toEqual([wanted, text ?? ""]);
    expect(headers.get("X-Mock-Generated")).toBe("true");
    for (const [name, value] of Object.entries(given)) expect(headers.get(name)).toEqual(value);
  });

  test("has the headers that the document shows", async () => {
    const headers = [
      "X-Own: { schema: { type: integer }, example: 5 }",
      "X-Of-Schema: { schema: { type: string, example: a } }",
      "X-Constant: { schema: { const: b } }",
      "X-Untold: { schema: { type: string } }",
      "Content-Length: { schema: { type: integer }, example: 5 }",
    ];
    const spec = pets(`get: { responses: { "204": { description: None., headers: { ${headers.join(", ")} } } } }`);
    const answer = await testMock({ spec }).call("GET", "/pets/1");
    const names = ["X-Own", "X-Of-Schema", "X-Constant", "X-Untold", "Content-Length"];
    expect(names.map((name) => answer.headers.get(name))).toEqual(["5", "a", "b", null, null]);
  });

  test("tells of a limit only where it refuses for one", async () => {
    const shown = (name: string) => `${name}: { schema: { type: string }, example: "5" }`;
    const headers = `headers: { ${["X-RateLimit-Remaining", "RateLimit", "Retry-After"].map(shown).join(", ")} }`;
    const responses = `"204": { description: None., ${headers} }, "429": { description: Slower., ${headers} }`;
    const { call } = testMock({ spec: pets(`get: { responses: { ${responses} } }`) });
    const told = async (prefer: string) => {
      const answer = await call("GET", "/pets/1", { headers: { Prefer: prefer } });
      return ["X-RateLimit-Remaining", "RateLimit", "Retry-After"].map((name) => answer.headers.get(name));
    };
    expect(await told("wait=0")).toEqual([null, null, null]);
    expect((await told("code=429")).slice(0, 2)).toEqual(["5", "5"]);
  });

  test("has the headers that a success must have made from their schemas", async () => {
    const responses = (schema: string) =>
      `"204": { description: Gone., headers: { X-Left: { required: true, schema: ${schema} }, X-More: { schema: { type: string } } } }`;
    const answer = (schema: string) =>
      testMock({ spec: pets(`delete: { operationId: dropPet, responses: { ${responses(schema)} } }`) }).call(
        "DELETE",
        "/pets/1",
      );
    const { status, headers } = await answer("{ type: integer, minimum: 7, maximum: 7 }");
    expect([status, headers.get("X-Left"), headers.get("X-More")]).toEqual([204, "7", null]);
    const { status: failed, body } = await answer("{ type: string, not: {} }");
    expect(failed).toBe(500);
    expect(body.detail).toBe(
      "No valid answer to dropPet could be made from the schema of the header X-Left of its 204 response.",
    );
  });

  test.each<[string, string, { status?: number; type?: string | null; text?: string; header?: [string, string] }]>([
    [
      "a wrong example",
      '"200": { description: A pet., content: { application/json: { schema: { const: 7 }, example: Rex } } }',
      { text: "7" },
    ],
    [
      "a falsy example",
      '"200": { description: A pet., content: { application/json: { schema: { type: integer }, example: 0 } } }',
      { text: "0" },
    ],
    [
      "a range of media types",
      '"200": { description: A pet., content: { "*/*": { schema: { const: 7 } } } }',
      { type: "application/json", text: "7" },
    ],
    [
      "a text under JSON with parameters",
      '"200": { description: A pet., content: { "application/json; charset=utf-8": { schema: { type: string }, example: Rex } } }',
      { type: "application/json; charset=utf-8", text: '"Rex"' },
    ],
    [
      "JSON among others",
      '"200": { description: A pet., content: { text/html: { example: Rex }, application/json: { example: 7 } } }',
      { type: "application/json", text: "7" },
    ],
    [
      "a media type without a schema",
      '"200": { description: A pet., content: { application/json: {} } }',
      { text: "{}" },
    ],
    [
      "an object in a header",
      '"200": { description: A pet., headers: { X-Of: { required: true, schema: { type: object }, example: { a: 1, b: 2 } } } }',
      { header: ["X-Of", "a,1,b,2"] },
    ],
    [
      "an exploded object in a header",
      '"200": { description: A pet., headers: { X-Of: { required: true, explode: true, schema: { type: object }, example: { a: 1, b: 2 } } } }',
      { header: ["X-Of", "a=1,b=2"] },
    ],
    [
      "a header that is JSON",
      '"200": { description: A pet., headers: { X-Of: { required: true, content: { application/json: { schema: { type: object }, example: { a: 1 } } } } } }',
      { header: ["X-Of", '{"a":1}'] },
    ],
    [
      "a header that is JSON without an example",
      '"200": { description: A pet., headers: { X-Of: { required: true, content: { application/json: { schema: { const: [1] } } } } } }',
      { header: ["X-Of", "[1]"] },
    ],
    [
      "XML that is shown as it is sent",
      '"200": { description: A pet., content: { application/xml: { schema: { type: object }, example: <pet/> } } }',
      { type: "application/xml", text: "<pet/>" },
    ],
    ["a class of statuses in small letters", '"2xx": { description: A pet. }', { text: "" }],
    [
      "a list in a header, of the example that fits",
      '"200": { description: A pet., headers: { X-Of: { required: true, schema: { type: array }, examples: { no: { value: 1 }, yes: { value: [1, 2] } } } } }',
      { header: ["X-Of", "1,2"] },
    ],
    ["no response at all", "", { status: 200, type: null, text: "" }],
  ])("is answered lawfully for %s", async (_, responses, { status = 200, type, text, header }) => {
    const answer = await testMock({ spec: pets(`get: { responses: { ${responses} } }`) }).call("GET", "/pets/1");
    expect(answer.status).toBe(status);
    expect(answer.headers.get("X-Mock-Generated")).toBe("true");
    if (type !== undefined) expect(answer.headers.get("Content-Type")).toBe(type);
    if (text !== undefined) expect(answer.text).toBe(text);
    if (header) expect(answer.headers.get(header[0])).toBe(header[1]);
  });

  test("has its requests judged like any other", async () => {
    const { call } = testMock({
      spec: pets(
        `put: { requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name] } } } }, responses: { "204": { description: Done. } } }`,
      ),
    });
    const { status, body } = await call("PUT", "/pets/rex", { body: {} });
    expect(status).toBe(400);
    expect(body.errors.map(({ property }: { property: string }) => property)).toEqual(["petId", "name"]);
  });
});

test("an operation that is called like ours but stands elsewhere is not ours", async () => {
  const spec = parseSpec(`
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /shop/customers/{customerId}:
    get:
      operationId: getCustomer
      parameters: [{ name: customerId, in: path, required: true, schema: { type: string } }]
      responses: { "200": { description: One., content: { application/json: { example: { shop: true } } } } }
`);
  const { call } = testMock({ spec });
  expect((await call("GET", "/shop/customers/1")).body).toEqual({ shop: true });
});

test("a parameter that is no whole segment is served", async () => {
  const spec = parseSpec(
    "openapi: 3.1.0\ninfo: { title: A, version: '1' }\npaths: { '/a/{b}.json': { get: { operationId: getA, responses: { '204': { description: None. } } } } }",
  );
  const { call } = testMock({ spec });
  expect([(await call("GET", "/a/one.json")).status, (await call("GET", "/a/one")).status]).toEqual([204, 404]);
});

describe("of several media types", () => {
  const { call } = testMock({
    spec: pets(`get:
      responses:
        "200":
          description: A pet.
          content:
            application/xml: { schema: { type: object, xml: { name: pet }, example: { name: Bo } } }
            text/plain: { example: Bo }
            application/json: { example: { name: Bo } }
            text/*: { example: Any }`),
  });
  test.each([
    [undefined, "application/json", '{"name":"Bo"}'],
    ["*/*", "application/json", '{"name":"Bo"}'],
    ["application/xml", "application/xml", '<?xml version="1.0" encoding="UTF-8"?><pet><name>Bo</name></pet>'],
    ["application/json;q=0.5, text/plain", "text/plain", "Bo"],
    // Whoever wants none of them gets one all the same: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
    ["image/png", "application/json", '{"name":"Bo"}'],
  ])("the client has its choice: %s", async (accept, type, text) => {
    const answer = await call("GET", "/pets/1", { headers: accept === undefined ? {} : { Accept: accept } });
    expect([answer.status, answer.headers.get("Content-Type"), answer.text]).toEqual([200, type, text]);
  });
});

test.each([
  ["application/x-www-form-urlencoded", /^application\/x-www-form-urlencoded$/, /^name=Bo%20B&age=3$/],
  ["multipart/form-data", /^multipart\/form-data; boundary=/, /name="name"\r\n\r\nBo B\r\n/],
])("a form is answered as one: %s", async (declared, type, text) => {
  const schema = "{ type: object, properties: { name: { type: string }, age: { type: integer } } }";
  const content = `{ ${declared}: { schema: ${schema}, example: { name: Bo B, age: 3 } } }`;
  const { call } = testMock({
    spec: pets(`get: { responses: { "200": { description: A pet., content: ${content} } } }`),
  });
  const answer = await call("GET", "/pets/1");
  expect(answer.headers.get("Content-Type")).toMatch(type);
  expect(answer.text).toMatch(text);
});
