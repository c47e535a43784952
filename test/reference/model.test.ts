import { describe, expect, test } from "vitest";
import { loadSpec } from "../../src/connect/spec.ts";
import { parseSpec } from "../../src/document/spec.ts";
import { modelOf } from "../../src/reference/make-model.ts";
import type { Member, Model, Schema } from "../../src/reference/model.ts";
import { resultsOf } from "../../src/reference/reference.ts";

const connect = modelOf(loadSpec(), { isServed: true });

/** The model of a document with these parts. */
function modelFor(parts: object): Model {
  const document = { openapi: "3.1.0", info: { title: "Odd", version: "1" }, paths: {}, ...parts };
  return modelOf(parseSpec(JSON.stringify(document)), { isServed: false });
}

/** The model of a document in which one operation answers this schema, and that schema in it. */
function shown(schema: object, schemas: object = {}): { readonly model: Model; readonly schema: Schema } {
  const content = { "application/json": { schema } };
  const paths = { "/a": { get: { responses: { 200: { description: "It.", content } } } } };
  const model = modelFor({ paths, components: { schemas } });
  return { model, schema: model.schemas[model.answers[0]!.content![0]!.schema!]! };
}

function member({ model, schema }: ReturnType<typeof shown>, name: string): Member & { readonly is: Schema } {
  const found = schema.members!.find((one) => one.name === name)!;
  return { ...found, is: model.schemas[found.schema]! };
}

describe("schemas", () => {
  test("are shown with what all of their parts say", () => {
    const seen = shown({
      description: "A book.",
      allOf: [
        { type: "object", required: ["title"], properties: { title: { type: "string", minLength: 1 } } },
        { properties: { title: { maxLength: 9 }, pages: { type: "integer", minimum: 1, default: 1 } } },
      ],
      additionalProperties: false,
    });
    expect(seen.schema).toMatchObject({ type: "object", description: "A book.", rules: [["no other members"]] });
    expect(member(seen, "title")).toMatchObject({
      required: true,
      is: { type: "string", rules: [["at least 1 character"], ["at most 9 characters"]] },
    });
    expect(member(seen, "pages").is).toMatchObject({ type: "integer", rules: [["1 or more"]], default: "1" });
  });

  test("that hold themselves end", () => {
    const seen = shown(
      { $ref: "#/components/schemas/Node" },
      { Node: { type: "object", properties: { next: { $ref: "#/components/schemas/Node" } } } },
    );
    expect(seen.schema.name).toBe("Node");
    expect(member(seen, "next").is).toBe(seen.schema);
  });

  test("of which one is an alternative are named, and null is none", () => {
    const seen = shown(
      {
        properties: {
          pet: { oneOf: [{ $ref: "#/components/schemas/Cat" }, { title: "A dog", type: "object", properties: {} }] },
          name: { anyOf: [{ type: "string" }, { type: "null" }] },
        },
      },
      { Cat: { type: "object", properties: { purrs: { const: true } } } },
    );
    const [union] = member(seen, "pet").is.unions!;
    expect(union).toMatchObject({ how: "one of", of: [{ label: "Cat" }, { label: "A dog" }] });
    expect(member(seen, "name").is).toMatchObject({ type: "string or null" });
  });

  test("with conditions show what each comes to", () => {
    const operation = connect.operations.find(({ id }) => id === "updateCustomerBilling")!;
    const body = connect.schemas[operation.body!.content[0]!.schema!]!;
    expect(body.members!.map(({ name }) => name)).toContain("autoPay");
    expect(body.unions).toEqual([
      {
        how: "depending on the rest",
        of: [
          expect.objectContaining({ label: "Invoices by e-mail" }),
          expect.objectContaining({ label: "Invoices on paper" }),
        ],
      },
    ]);
  });

  test("as deep as the stack of a program are read", () => {
    const names = Array.from({ length: 2500 }, (_, index) => `S${index}`);
    const next = (index: number) => ({ $ref: `#/components/schemas/S${(index + 1) % names.length}` });
    const schemas = Object.fromEntries(
      names.map((name, index) => [name, { type: "object", properties: { next: next(index) } }]),
    );
    expect(shown({ $ref: "#/components/schemas/S0" }, schemas).model.schemas.length).toBe(2500);
  });
});

describe("how surely something is known", () => {
  test.each([
    [
      "an answer",
      connect.answers.find(({ description }) => description === "There is no such resource.")!.doubt,
      "inferred",
    ],
    ["an operation", connect.operations.find(({ id }) => id === "updateCustomer")!.doubt, "inferred"],
    ["what says nothing of it", connect.operations.find(({ id }) => id === "getCustomer")!.doubt, undefined],
    ["a scheme", connect.schemes.find(({ id }) => id === "UserToken")!.doubt, "inferred"],
  ])("is told of %s", (_, doubt, wanted) => expect(doubt).toBe(wanted));

  test("is told of single keywords and members", () => {
    const currency = connect.schemas.find(({ name }) => name === "Currency")!;
    expect(currency).toMatchObject({ doubt: "inferred", rules: [["matches ^[A-Z]{3}$", "assumed"]] });
    const customer = connect.schemas.find(({ name }) => name === "Customer")!;
    expect(customer.members!.find(({ name }) => name === "customerId")).not.toHaveProperty("doubt");
    expect(customer.members!.find(({ name }) => name === "contact")).toMatchObject({
      required: true,
      doubt: "inferred",
    });
  });

  test("is nothing that a document has to say", () => {
    expect([connect.hasDoubts, modelFor({}).hasDoubts]).toEqual([true, false]);
  });

  test("is no matter of values, whatever their members are called", () => {
    const example = { "x-basis": "assumed" };
    const seen = shown({ type: "object", properties: { "x-basis": { type: "string" } }, examples: [example] });
    expect(seen.schema).not.toHaveProperty("doubt");
    expect(member(seen, "x-basis").is).toEqual({ type: "string" });
  });
});

describe("codes", () => {
  const codeOf = (model: Model, code: string) => model.codes.find((one) => one.code === code)!;
  const idsOf = (model: Model, code: string) =>
    codeOf(model, code).operations.map((number) => model.operations[number]!.id);

  test("lead to the operations whose answers show them", () => {
    expect(codeOf(connect, "idempotency_key_mismatch")).toMatchObject({
      member: "code",
      statuses: ["409"],
      message: "This idempotency key was used for another request.",
    });
    expect(idsOf(connect, "idempotency_key_mismatch")).toContain("updateCustomerBilling");
    expect(idsOf(connect, "idempotency_key_mismatch")).not.toContain("getCustomer");
    expect(codeOf(connect, "FIELD_REQUIRED")).toMatchObject({ member: "details[].code", statuses: ["400"] });
    expect(codeOf(connect, "method_not_allowed")).toMatchObject({ statuses: [], operations: [] });
  });

  test("without an example may come wherever the schema stands", () => {
    const schema = {
      type: "object",
      properties: { error: { type: "object", properties: { code: { enum: ["lost", "late"] } } } },
    };
    const answer = (status: string) => ({
      [status]: { description: "No.", content: { "application/json": { schema } } },
    });
    const paths = {
      "/a": {
        get: { operationId: "a", responses: answer("404") },
        put: { operationId: "b", responses: answer("default") },
      },
      "/c": { get: { operationId: "c", responses: answer("200") } },
    };
    const model = modelFor({ paths });
    expect(model.codes.map(({ code }) => code)).toEqual(["lost", "late"]);
    expect(codeOf(model, "late")).toMatchObject({ member: "error.code", statuses: ["404", "default"] });
    expect(idsOf(model, "late")).toEqual(["a", "b"]);
  });

  test("are as sure as the whole list, but for those of which the document says otherwise", () => {
    expect(connect.codes.map(({ code, doubt }) => [code, doubt])).toEqual(
      expect.arrayContaining([
        ["VALIDATION_ERROR", "inferred"],
        ["FIELD_REQUIRED", "inferred"],
        ["INVALID_TYPE", "assumed"],
        ["not_found", "assumed"],
        ["idempotency_key_locked", undefined],
      ]),
    );
  });

  test("are none where errors list none", () => expect(modelFor({}).codes).toEqual([]));
});

describe("idempotency", () => {
  test("is a table of rules, each as sure as it is", () => {
    expect(connect.idempotency).toEqual([
      expect.objectContaining({
        header: "X-Idempotency-Key",
        mismatch: "409 idempotency_key_mismatch",
        locked: "409 idempotency_key_locked",
        rows: [
          ["Key", "The header `X-Idempotency-Key`, at most 256 characters."],
          ["Whose", "Each credential of ApiKey has keys of its own.", "assumed"],
          ["The same request again", "It gets the first answer, and is not executed a second time."],
          [
            "What makes two requests the same",
            "The method, the path, the query, the body, the header `Content-Type` and the header `Authorization`.",
          ],
          [
            "Another request under a used key",
            "It is refused with 409 `idempotency_key_mismatch`; repeating it does not help.",
          ],
          [
            "While the first request runs",
            "A repeated one is refused with 409 `idempotency_key_locked`; repeat it after 100 to 500 ms.",
          ],
          ["What is kept", "Answers with the status `2XX`, `400` or `404`; any other answer frees the key.", "assumed"],
          ["How long", "A key is remembered for 24 hours from its first use."],
        ],
      }),
    ]);
    const ids = connect.idempotency[0]!.operations.map((number) => connect.operations[number]!.id);
    expect(ids.sort()).toEqual([
      "addCustomerUser",
      "createCustomer",
      "removeCustomerUser",
      "updateCustomer",
      "updateCustomerBilling",
    ]);
  });

  test("is known by a header alone, too, or not at all", () => {
    const parameters = [{ name: "Idempotency-Key", in: "header", schema: { type: "string" } }];
    const model = modelFor({ paths: { "/a": { post: { parameters, responses: {} } } } });
    expect(model.idempotency).toEqual([
      { header: "Idempotency-Key", operations: [0], rows: [["Key", expect.any(String)]] },
    ]);
    expect(modelFor({}).idempotency).toEqual([]);
  });
});

test("an operation without answers, tags and words is shown", () => {
  const { operations } = modelFor({ paths: { "/a": { get: { responses: {} } } } });
  expect(operations).toEqual([{ id: "GET /a", method: "GET", path: "/a", tag: "", summary: "GET /a", answers: [] }]);
});

test("a form is begun as it is sent, a list as it is written in a query", () => {
  const schema = { type: "object", properties: { a: { type: "array", items: { type: "string" } } } };
  const parameters = [
    { name: "ids", in: "query", schema: { type: "array", items: { type: "integer" } }, example: [1, 2] },
  ];
  const requestBody = { content: { "application/x-www-form-urlencoded": { schema, example: { a: ["x y", "z"] } } } };
  const model = modelFor({ paths: { "/a": { post: { parameters, requestBody, responses: {} } } } });
  expect(model.examples[model.operations[0]!.body!.content[0]!.examples![0]!.value]).toBe("a=x%20y&a=z");
  expect(model.parameters[0]).toMatchObject({ isWritten: true, example: "ids=1&ids=2" });
});

test("a form of several parts goes with the boundary that it is written with", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  const requestBody = { content: { "multipart/form-data": { schema, example: { a: "b" } } } };
  const model = modelFor({ paths: { "/a": { post: { requestBody, responses: {} } } } });
  const [media] = model.operations[0]!.body!.content;
  const boundary = /boundary=(\S+)/.exec(media!.sentAs!)![1]!;
  expect(model.examples[media!.examples![0]!.value]).toContain(`--${boundary}--`);
});

test("a report is told by operation: that of the case, else those by which it changed something", () => {
  const call = (method: string, operationId: string) => ({ operationId, request: { method } });
  const cases = [
    { id: "a", title: "A", outcome: "held", operation: "read" },
    { id: "b", title: "B", outcome: "broken", exchanges: [call("GET", "read"), call("PUT", "write")] },
    { id: "c", title: "C", outcome: "skipped", exchanges: [call("GET", "list")] },
    { id: "d", title: "D", outcome: "skipped" },
  ];
  const [target, startedAt] = [{ baseUrl: "https://billing.example" }, "2026-03-01T10:00:00.000Z"];
  expect(resultsOf({ target, startedAt, cases })).toEqual({
    target: target.baseUrl,
    startedAt,
    cases: {
      read: [{ id: "a", title: "A", outcome: "held" }],
      write: [{ id: "b", title: "B", outcome: "broken" }],
      list: [{ id: "c", title: "C", outcome: "skipped" }],
    },
  });
});
