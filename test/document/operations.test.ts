import { describe, expect, test } from "vitest";
import { judgeExamples, parseSpec, type Spec, uncheckedIn } from "../../src/document/spec.ts";

const done = { responses: { 204: { description: "Done." } } };

function parse(paths: unknown, more: object = {}): Spec {
  return parseSpec(JSON.stringify({ openapi: "3.1.0", info: { title: "Ways", version: "1" }, paths, ...more }));
}

describe("the operations of a path item", () => {
  test("are those of its methods, HEAD and OPTIONS where they are declared", () => {
    const spec = parse({
      "/f": { head: done, options: done, trace: done, parameters: [], "x-other": done, summary: "F" },
    });
    expect(spec.operations.map(({ method }) => method)).toEqual(["HEAD", "OPTIONS", "TRACE"]);
  });

  test("are QUERY and any other in OpenAPI 3.2", () => {
    const spec = parse({ "/f": { query: done, additionalOperations: { COPY: done } } }, { openapi: "3.2.0" });
    expect(spec.operations.map(({ method, place }) => [method, place.join(" ")])).toEqual([
      ["QUERY", "paths /f query"],
      ["COPY", "paths /f additionalOperations COPY"],
    ]);
    expect(spec.match("COPY", "/f").operation?.id).toBe("COPY /f");
  });

  test("that cannot be served do not keep the others from it", () => {
    const spec = parse({ "x-note": {}, pets: { get: done }, "/none": null, "/a": { get: null, put: done } });
    expect(spec.operations.map(({ id }) => id)).toEqual(["PUT /a"]);
    expect(uncheckedIn(spec)).toBe(
      'Left out, for it cannot be read: "pets", which begins with no slash at #/paths/pets',
    );
  });
});

describe("what an operation says", () => {
  test.each([
    ["3.0.3", false],
    ["3.1.0", true],
  ])("of the body of a read in OpenAPI %s is listened to: %s", (openapi, isThere) => {
    const requestBody = { required: true, content: { "application/json": { schema: { type: "object" } } } };
    const spec = parse({ "/": { get: { requestBody, ...done }, delete: { requestBody, ...done } } }, { openapi });
    const bodies = spec.operations.map((operation) => [operation.method, operation.requestBody !== undefined]);
    expect(bodies).toEqual([
      ["GET", isThere],
      ["DELETE", true],
    ]);
  });

  test("of header parameters with names that the standard keeps is ignored", () => {
    const named = (name: string) => ({ name, in: "header", required: true, schema: { type: "string" } });
    const spec = parse({
      "/": { get: { parameters: ["Accept", "content-type", "AUTHORIZATION", "X-A"].map(named), ...done } },
    });
    expect(spec.operations[0]!.parameters.map(({ name }) => name)).toEqual(["X-A"]);
  });

  test("of a parameter goes before what its path says", () => {
    const limit = (maximum: number) => ({ name: "limit", in: "query", schema: { type: "integer", maximum } });
    const other = { ...limit(1), name: "LIMIT" };
    const spec = parse({ "/": { parameters: [limit(1), other], get: { parameters: [limit(5)], ...done } } });
    const found = spec.operations[0]!.parameters.map(({ name, check }) => [name, check(5).length]);
    expect(found).toEqual([
      ["limit", 0],
      ["LIMIT", 1],
    ]);
  });

  test("of a parameter without a name or a place is a remark", () => {
    const spec = parse({ "/": { get: { parameters: [{ in: "query" }, null, { name: "a", in: "body" }], ...done } } });
    expect(spec.operations[0]!.parameters).toEqual([]);
    expect(spec.remarks.map(({ kind }) => kind)).toEqual(["unread", "unread", "unread"]);
  });

  test("of statuses is read whatever their case; what is none is a remark", () => {
    const answer = { description: "" };
    const responses = { "2xx": answer, Default: answer, "x-a": answer, ok: answer, 103: answer };
    const spec = parse({ "/": { get: { responses } } });
    const said = [...spec.operations[0]!.responses];
    expect(said.map(([name, { status }]) => [name, status])).toEqual([
      ["2XX", "2XX"],
      ["default", "default"],
    ]);
    expect(uncheckedIn(spec)).toBe(
      'Left out, for it cannot be read: "103", which answers nothing for good at #/paths/~1/get/responses/103; "ok", which is no status at #/paths/~1/get/responses/ok',
    );
  });

  test("of parameters and answers that others name too is read once", () => {
    const answer = { description: "" };
    const components = {
      parameters: { Page: { name: "page", in: "query", schema: { type: "integer" } } },
      responses: { Gone: answer },
    };
    const get = {
      parameters: [{ $ref: "#/components/parameters/Page" }],
      responses: { 404: { $ref: "#/components/responses/Gone" }, 410: { $ref: "#/components/responses/Gone" } },
    };
    const [one, other] = parse({ "/a": { get }, "/b": { get } }, { components }).operations;
    expect(one!.parameters[0]).toBe(other!.parameters[0]);
    expect(one!.responses.get("410")).toBe(other!.responses.get("410"));
    expect(one!.responses.get("404")!.status).toBe("404");
    expect(one!.responses.get("410")!.status).toBe("410");
  });

  test("may be no answer at all", () => {
    expect(parse({ "/": { get: {} } }).operations[0]!.responses.size).toBe(0);
  });

  test("of a security scheme that there is not is a remark", () => {
    const components = { securitySchemes: { K: { type: "apiKey", in: "header", name: "X-K" } } };
    const spec = parse({ "/": { get: { security: [{ K: [] }, { Gone: [] }], ...done } } }, { components });
    expect(spec.operations[0]!.security.map((schemes) => schemes.map(({ id }) => id))).toEqual([["K"]]);
    expect(uncheckedIn(spec)).toBe(
      'Passed over, for it names nothing: the security scheme "Gone" at #/paths/~1/get/security',
    );
  });
});

describe("remarks", () => {
  const schemaOf = (names: readonly string[]) => ({
    schemas: { A: Object.fromEntries(names.map((name) => [name, 1])) },
  });

  test("are said a line a kind, with their places", () => {
    const spec = parse(
      { "/": { get: { parameters: [{ $ref: "#/x" }], ...done } } },
      { components: schemaOf(["sorted"]) },
    );
    expect(uncheckedIn(spec)).toBe(
      [
        'Left out, for it cannot be read: GET /, which needs "#/x" at #/paths/~1/get',
        "Not checked, for no validator here knows it: sorted at #/components/schemas/A",
      ].join("\n"),
    );
  });

  test("are counted where there are many", () => {
    const names = Array.from({ length: 40 }, (_, index) => `word${index}`);
    const said = uncheckedIn(parse({}, { components: schemaOf(names) }))!;
    expect(said).toContain("word11 at #/components/schemas/A; and 28 more (40 in all)");
    expect(said).not.toContain("word12");
  });

  test("are none of a document that says nothing unknown", () => {
    expect(uncheckedIn(parse({ "/": { get: done } }))).toBeUndefined();
  });
});

describe("examples", () => {
  const media = {
    schema: { type: "object", required: ["id"], properties: { id: { type: "integer", readOnly: true } } },
    examples: {
      right: { value: { id: 1 } },
      wrong: { value: { id: "x" } },
      far: { $ref: "#/components/examples/None" },
    },
  };
  const content = { "application/json": media };
  const post = { requestBody: { content }, responses: { 200: { description: "", content } } };
  const document = { components: { examples: { None: { value: {} } } } };

  test("are those that their schema accepts, in the direction in which they go", () => {
    const { operations } = parse({ "/": { post } }, document);
    const { requestBody, responses } = operations[0]!;
    expect(requestBody!.content.get("application/json")!.examples).toEqual([{ id: 1 }, {}]);
    expect(responses.get("200")!.content.get("application/json")!.examples).toEqual([{ id: 1 }]);
  });

  test("are data values in OpenAPI 3.2", () => {
    const given = { schema: media.schema, examples: { one: { dataValue: { id: 2 } } } };
    const responses = { 200: { description: "", content: { "application/json": given } } };
    const { operations } = parse({ "/": { get: { responses } } }, { openapi: "3.2.0" });
    const { examples, named } = operations[0]!.responses.get("200")!.content.get("application/json")!;
    expect([examples, [...named]]).toEqual([[{ id: 2 }], [["one", { id: 2 }]]]);
  });

  test("are texts as they are sent, in OpenAPI 3.2 by a name of their own", () => {
    const examplesOf = (type: string, media: object) => {
      const responses = { 200: { description: "", content: { [type]: media } } };
      const spec = parse({ "/": { get: { responses } } }, { openapi: "3.2.0" });
      return spec.operations[0]!.responses.get("200")!.content.get(type)!.examples;
    };
    const { schema } = media;
    const written = { one: { serializedValue: '{"id":3}' }, two: { serializedValue: "{" } };
    expect(examplesOf("application/json", { schema, examples: written })).toEqual([{ id: 3 }]);
    expect(examplesOf("application/xml", { schema, examples: written })).toEqual(['{"id":3}', "{"]);
    expect(examplesOf("application/xml", { schema, example: "<a><id>3</id></a>" })).toEqual(["<a><id>3</id></a>"]);
    expect(examplesOf("application/json", { schema, example: "<a/>" })).toEqual([]);
    expect(examplesOf("text/plain", { schema: { type: "string", maxLength: 1 }, example: "ab" })).toEqual([]);
  });

  test("of parameters and headers stand beside them, behind a reference, or in their content", () => {
    const schema = { type: "object" };
    const kinds = {
      beside: { schema, example: { id: 1 } },
      behind: { schema, examples: { one: { $ref: "#/components/examples/None" } } },
      within: { content: { "application/json": { schema, examples: { one: { value: { id: 2 } } } } } },
    };
    const parameters = Object.entries(kinds).map(([name, kind]) => ({ name, in: "query", ...kind }));
    const responses = { 204: { description: "", headers: kinds } };
    const { parameters: read, responses: said } = parse({ "/": { get: { parameters, responses } } }, document)
      .operations[0]!;
    expect(read.map(({ example }) => example)).toEqual([{ id: 1 }, {}, { id: 2 }]);
    expect([...said.get("204")!.headers.values()].map(({ examples }) => examples)).toEqual([
      [{ id: 1 }],
      [{}],
      [{ id: 2 }],
    ]);
  });

  test("that are refused are remarks once they are judged, each once", () => {
    const spec = parse({ "/": { post } }, document);
    expect(spec.remarks).toEqual([]);
    for (let round = 0; round < 2; round++) expect([...judgeExamples(spec)]).toHaveLength(1);
    const place = "#/paths/~1/post/responses/200/content/application~1json/examples";
    expect(spec.remarks.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      "example: an example in which body.id should be an integer at #/paths/~1/post/requestBody/content/application~1json/examples/wrong",
      `example: an example in which body.id should be an integer at ${place}/wrong`,
      "example: an example in which body.id should be present at #/components/examples/None",
    ]);
  });
});
