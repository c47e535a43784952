import { describe, expect, test } from "vitest";
import { parseSpec } from "../../src/index.ts";
import { ids, testMock } from "../mock.ts";

test.each<[string, unknown, RegExp]>([
  ["an error with where it came from", new Error("out of order"), /failed: Error: out of order\n +at /],
  ["an error without that", Object.assign(new Error("out of order"), { stack: undefined }), /failed: out of order$/],
  ["what is no error", "out of order", /failed: out of order$/],
])("a bug leaves a line in the log: %s", async (_, bug, wanted) => {
  const { call, mock, lines } = testMock();
  Object.assign((await mock.sandbox()).collection("customers"), { get: () => Promise.reject(bug) });
  const { status, body } = await call("GET", `/customers/${ids.business}?secret=1`);
  expect([status, body.code]).toEqual([500, "internal_error"]);
  expect(lines).toEqual([expect.stringMatching(wanted)]);
  expect(lines[0]).toMatch(/^GET \/customers\/cus-0001-business-email failed: /);
});

test("a refusal leaves none", async () => {
  const { call, lines } = testMock();
  expect((await call("GET", "/customers/cus-nobody")).status).toBe(404);
  expect(lines).toEqual([]);
});

const text = { type: "string" };
const required = ["type", "message"];
const inOne = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required,
      properties: {
        type: { enum: ["api_error", "invalid_request_error"] },
        message: text,
        param: text,
      },
    },
  },
};

test.each<[string, object, unknown]>([
  [
    "as one error",
    inOne,
    [
      {
        error: {
          type: "invalid_request_error",
          message: 'amount should be an integer; received "x".',
          param: "amount",
        },
      },
      {
        error: {
          type: "invalid_request_error",
          message: 'label is required; nothing was received. amount should be an integer; received "x".',
        },
      },
    ],
  ],
  [
    "as a list",
    {
      type: "object",
      properties: {
        message: text,
        errors: { type: "array", items: { type: "object", properties: { reason: text, field: text } } },
      },
    },
    [
      {
        message: "The request has 1 violation.",
        errors: [{ reason: 'amount should be an integer; received "x".', field: "amount" }],
      },
      {
        message: "The request has 2 violations.",
        errors: [
          { reason: "label is required; nothing was received.", field: "label" },
          { reason: 'amount should be an integer; received "x".', field: "amount" },
        ],
      },
    ],
  ],
  [
    "as a text",
    text,
    [
      'amount should be an integer; received "x".',
      'label is required; nothing was received. amount should be an integer; received "x".',
    ],
  ],
  [
    "as a problem that names no detail",
    { type: "object", properties: { title: text } },
    [
      { title: "The request breaks a rule.", detail: 'amount should be an integer; received "x".' },
      {
        title: "The request breaks a rule.",
        detail: 'label is required; nothing was received. amount should be an integer; received "x".',
      },
    ],
  ],
])("what is wrong is told %s, where the document has it so", async (name, schema, wanted) => {
  const body = { type: "object", required: ["label"], properties: { amount: { type: "integer" }, label: text } };
  const type = name.includes("problem") ? "application/problem+json" : "application/json";
  const responses = { 400: { description: "No.", content: { [type]: { schema } } } };
  const post = { requestBody: { content: { "application/json": { schema: body } } }, responses };
  const document = { openapi: "3.1.0", info: { title: "Charges", version: "1" }, paths: { "/charges": { post } } };
  const { call } = testMock({ spec: parseSpec(JSON.stringify(document)) });
  const replies = [{ amount: "x", label: "tea" }, { amount: "x" }].map((sent) =>
    call("POST", "/charges", { body: sent }),
  );
  expect((await Promise.all(replies)).map(({ body }) => body)).toEqual(wanted);
});

describe("a refusal is what the document declares", () => {
  const refused = async (declared: object, type = "application/json") => {
    const { headers, ...schema } = declared as { headers?: object };
    const responses = { 400: { description: "No.", headers, content: { [type]: { schema } } } };
    const get = { parameters: [{ name: "n", in: "query", schema: { type: "integer" } }], responses };
    const document = { openapi: "3.1.0", info: { title: "Charges", version: "1" }, paths: { "/charges": { get } } };
    return testMock({ spec: parseSpec(JSON.stringify(document)) }).call("GET", "/charges?n=x");
  };

  test("in XML", async () => {
    const schema = { type: "object", xml: { name: "fault" }, required: ["reason"], properties: { reason: text } };
    const { status, headers, text: body } = await refused(schema, "application/xml");
    expect([status, headers.get("Content-Type")]).toEqual([400, "application/xml"]);
    expect(body).toMatch(/^<\?xml [^>]+><fault><reason>n should be an integer; [^<]+<\/reason><\/fault>$/);
  });

  test("in several parts", async () => {
    const { headers, text: body } = await refused({ type: "object", properties: { reason: text } }, "multipart/mixed");
    const type = headers.get("Content-Type")!;
    expect(type).toMatch(/^multipart\/mixed; boundary=[\w-]+$/);
    const [, part = "", end] = body.split(`--${type.split("=")[1]}`);
    expect(end).toBe("--\r\n");
    expect(JSON.parse(part.split("\r\n\r\n")[1]!).reason).toMatch(/^n should be an integer/);
  });

  test("with the headers that it must have", async () => {
    const headers = {
      "X-Fault": { required: true, schema: { enum: ["wrong"] } },
      "X-Trace": { required: true, schema: { type: "array", items: text }, example: ["a", "b"] },
      "X-More": { schema: text },
    };
    const answer = await refused({ type: "object", headers });
    const names = ["X-Fault", "X-Trace", "X-More", "Content-Type"];
    expect(names.map((name) => answer.headers.get(name))).toEqual(["wrong", "a,b", null, "application/json"]);
  });
});
