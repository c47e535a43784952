import { describe, expect, test } from "vitest";
import { parseSpec } from "../../../src/index.ts";
import { billingPath, emailInvoice, type Reply, testMock } from "../../mock.ts";

const address = { street1: "1 Main Street", city: "Framingham", zip: "01701", country: "US" };

describe("a refused field is told with what was received and what would be right", () => {
  test.each<[unknown, Record<string, string>]>([
    [
      {},
      {
        message: "method is required; nothing was received.",
        code: "FIELD_REQUIRED",
        property: "method",
        suggestion: 'Send a value such as "EMAIL_INVOICE".',
      },
    ],
    [
      { method: "EMAIL_INVOICE" },
      {
        message: "email is required; nothing was received.",
        code: "FIELD_REQUIRED",
        property: "email",
        suggestion: 'Send a value such as "billing@company.com".',
      },
    ],
    [
      { method: "POST" },
      {
        message: 'method should be "EMAIL_INVOICE" or "PAPER_INVOICE"; received "POST".',
        code: "INVALID_VALUE",
        property: "method",
        suggestion: 'Send a value such as "EMAIL_INVOICE".',
      },
    ],
    [
      { method: "EMAIL_INVOICE", email: "nobody" },
      {
        message: 'email should be a string in the format "email"; received "nobody".',
        code: "INVALID_FORMAT",
        property: "email",
        suggestion: 'Send a value such as "billing@company.com".',
      },
    ],
    [
      { ...emailInvoice, autoPay: "yes" },
      {
        message: 'autoPay should be a boolean; received "yes".',
        code: "INVALID_TYPE",
        property: "autoPay",
        suggestion: "Send a value such as true.",
      },
    ],
    [
      { ...emailInvoice, currency: "usd" },
      {
        message: 'currency should be a string that matches ^[A-Z]{3}$; received "usd".',
        code: "INVALID_FORMAT",
        property: "currency",
        suggestion: 'Send a value such as "USD".',
      },
    ],
    [
      { ...emailInvoice, emial: "a@b.example" },
      {
        message: 'emial is no field that this request takes; received "a@b.example".',
        code: "UNKNOWN_FIELD",
        property: "emial",
        suggestion: 'Did you mean "email"?',
      },
    ],
    [
      { ...emailInvoice, referenceId: "R-1" },
      {
        message: 'referenceId is no field that this request takes; received "R-1".',
        code: "UNKNOWN_FIELD",
        property: "referenceId",
        suggestion: "Leave it out, or use one of method, email, address, currency, defaultPaymentProfileId, autoPay.",
      },
    ],
    [
      { method: "PAPER_INVOICE", address: { ...address, zipp: "1" } },
      {
        message: 'address.zipp is no field that this request takes; received "1".',
        code: "UNKNOWN_FIELD",
        property: "address.zipp",
        suggestion: 'Did you mean "zip"?',
      },
    ],
    [
      [],
      {
        message: "body should be an object; received [].",
        code: "INVALID_TYPE",
        property: "body",
        suggestion: expect.stringMatching(/^Send a value such as {/) as unknown as string,
      },
    ],
    [
      JSON.parse('{ "__proto__": {}, "method": "EMAIL_INVOICE", "email": "a@b.example" }'),
      {
        message: "__proto__ is no field that this request takes; received {}.",
        code: "UNKNOWN_FIELD",
        property: "__proto__",
        suggestion: expect.stringMatching(/^Leave it out/) as unknown as string,
      },
    ],
  ])("%j", async (body, detail) => {
    const { call } = testMock();
    const reply = await call("PUT", billingPath, { body: JSON.stringify(body) });
    expect([reply.status, reply.body.code, reply.body.message]).toEqual([
      400,
      "VALIDATION_ERROR",
      "The request has 1 violation.",
    ]);
    expect(reply.body.details).toEqual([detail]);
  });
});

test("everything that is wrong is told at once, wherever it is", async () => {
  const { call } = testMock();
  const { body } = await call("GET", "/customers?limit=0&offset=many");
  expect(body.message).toBe("The request has 2 violations.");
  expect(body.details).toEqual([
    {
      message: "limit should be >= 1; received 0.",
      code: "INVALID_VALUE",
      property: "limit",
      suggestion: "Send a value such as 100.",
    },
    {
      message: 'offset should be an integer; received "many".',
      code: "INVALID_TYPE",
      property: "offset",
      suggestion: "Send a value such as 0.",
    },
  ]);
});

test("an answer lists no more than 100 violations", async () => {
  const { call } = testMock();
  const unknown = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`field${index}`, index]));
  const { body } = await call("PUT", billingPath, { body: { ...emailInvoice, ...unknown } });
  expect(body.message).toBe("The request has 150 violations; the first 100 are listed.");
  expect(body.details).toHaveLength(100);
});

describe("a query parameter", () => {
  test.each(["1.5", "", "1e9", "0x10", "NaN", "-1", "1001", "%zz"])("limit=%s is refused", async (limit) => {
    const { call } = testMock();
    expect((await call("GET", `/customers?limit=${limit}`)).status).toBe(400);
  });

  test.each(["limit=1000", "unknown=1", "unknown=1&unknown=2", "a[b]=c&=&&%", "__proto__=1"])(
    "%s does no harm",
    async (query) => {
      const { call } = testMock();
      expect((await call("GET", `/customers?${query}`)).status).toBe(200);
    },
  );
});

test("a query parameter that is no list is given once", async () => {
  const { call } = testMock();
  const { status, body } = await call("GET", "/customers?limit=1&limit=2");
  expect(status).toBe(400);
  expect(body.details).toEqual([
    expect.objectContaining({ property: "limit", message: 'limit should be given once; received ["1","2"].' }),
  ]);
});

describe("a body", () => {
  test.each([
    ["breaks off", '{"method": "EMAIL', 'position 11 (line 1, column 12); received "{\\"method\\": \\"EMAIL".'],
    ["is no JSON", '{\n  "method": EMAIL_INVOICE\n}', "position 14 (line 2, column 13);"],
    ["has something behind it", '{"method":"EMAIL_INVOICE"} x', "position 27 (line 1, column 28);"],
    ["is blank", "  ", "position 2 (line 1, column 3);"],
  ])("that %s is refused with the place", async (_, body, wanted) => {
    const { call } = testMock();
    const reply = await call("PUT", billingPath, { body });
    expect([reply.status, reply.body.details[0].code]).toEqual([400, "INVALID_FORMAT"]);
    expect(reply.body.details[0].message).toContain(`body should be JSON, which it stops being at ${wanted}`);
  });

  test("that is no UTF-8 is refused with the place", async () => {
    const { call } = testMock();
    const body = Buffer.from('{"email":"é@b.example"}', "latin1");
    const { status, body: answer } = await call("PUT", billingPath, { body });
    expect([status, answer.details[0].message]).toEqual([
      400,
      'body should be text in UTF-8, which it stops being at byte 10; received "{\\"email\\":\\"\uFFFD@b.example\\"}".',
    ]);
  });

  test("that is missing is refused", async () => {
    const { call } = testMock();
    const { status, body } = await call("PUT", billingPath);
    expect([status, body.details[0].message]).toEqual([400, "body is required; nothing was received."]);
  });

  test("nested beyond all bounds is refused", async () => {
    const { call } = testMock();
    const { status, body } = await call("PUT", billingPath, { body: `${"[".repeat(200_000)}${"]".repeat(200_000)}` });
    expect([status, body.details[0].message]).toEqual([
      400,
      'body should be JSON of at most 500 levels; received "[[[[[[[[[[[[[[[[[[[[…".',
    ]);
  });

  test("with a number that nothing can hold is refused, wherever it stands", async () => {
    const { call } = testMock();
    const { status, body } = await call("PUT", billingPath, { body: '{"method":"EMAIL_INVOICE","more":[1e999]}' });
    expect([status, body.details[0].message]).toEqual([
      400,
      'body should be JSON whose numbers IEEE 754 has; received "{\\"method\\":\\"EMAIL_INV…".',
    ]);
  });

  test.each(["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"])(
    "of type %s is taken",
    async (type) => {
      const { call } = testMock();
      expect((await call("PUT", billingPath, { body: emailInvoice, headers: { "Content-Type": type } })).status).toBe(
        200,
      );
    },
  );

  test("of another type is refused with both", async () => {
    const { call } = testMock();
    const reply = await call("PUT", billingPath, { body: "a=b", headers: { "Content-Type": "text/plain" } });
    expect([reply.status, reply.body]).toEqual([
      415,
      {
        message: 'The header Content-Type should be application/json; received "text/plain".',
        code: "unsupported_media_type",
      },
    ]);
  });
});

describe("where a long body breaks, a little of what is around is shown", () => {
  const filler = "abcdefghij".repeat(5);
  const behind = `{"a":"${filler}",x}`;
  const between = `{"a":"${filler}",x,"b":"${filler}"}`;

  test.each<[string, string | Uint8Array, string]>([
    ["of its end", behind, `…${behind.slice(38)}`],
    ["of its beginning", `x${filler}`, `x${filler.slice(0, 19)}…`],
    ["of its middle", between, `…${between.slice(38, 78)}…`],
    ["all of it, where it breaks 20 characters in", `"${filler.slice(0, 18)}"x`, `"${filler.slice(0, 18)}"x`],
    ["all of it, where 20 characters are left", `x${filler.slice(0, 19)}`, `x${filler.slice(0, 19)}`],
    [
      "of what is no UTF-8",
      Buffer.concat([Buffer.from("é".repeat(30)), Buffer.of(0xff), Buffer.from(filler)]),
      `…${"é".repeat(20)}\uFFFD${filler.slice(0, 19)}…`,
    ],
  ])("%s", async (_, body, wanted) => {
    const { call } = testMock();
    const { body: answer } = await call("PUT", billingPath, { body });
    expect(answer.details[0].message).toMatch(/^body should be /);
    expect(answer.details[0].message).toContain(`; received ${JSON.stringify(wanted)}.`);
  });
});

describe("whatever a document declares is judged", () => {
  function pets(declared: string) {
    const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
paths:
  /pets/{petId}:
    put:
      ${declared}
      responses: { "204": { description: Done. } }
`);
    return testMock({ spec }).call;
  }

  /** What a client is told: nothing where the request is taken. */
  const told = ({ status, body }: Reply): unknown =>
    status === 204 ? [] : (body.errors?.map(({ message }: { message: string }) => message) ?? body.detail);

  test("headers, by their names in any case", async () => {
    const call = pets(`parameters: [{ name: X-Trace, in: header, required: true, schema: { type: integer } }]`);
    expect(told(await call("PUT", "/pets/1"))).toEqual(["X-Trace is required; nothing was received."]);
    expect(told(await call("PUT", "/pets/1", { headers: { "x-trace": "a" } }))).toEqual([
      'X-Trace should be an integer; received "a".',
    ]);
    expect(told(await call("PUT", "/pets/1", { headers: { "x-trace": "7" } }))).toEqual([]);
  });

  test("parameters of paths, and cookies", async () => {
    const call = pets(
      `parameters: [{ name: petId, in: path, required: true, schema: { type: integer } }, { name: crumb, in: cookie, required: true, schema: { type: integer } }]`,
    );
    const cookie = (crumb: string) => ({ headers: { cookie: `other=x; crumb=${crumb}` } });
    expect(told(await call("PUT", "/pets/1", cookie("7")))).toEqual([]);
    expect(told(await call("PUT", "/pets/rex", cookie("7")))).toEqual(['petId should be an integer; received "rex".']);
    expect(told(await call("PUT", "/pets/1", cookie("x")))).toEqual(['crumb should be an integer; received "x".']);
    expect(told(await call("PUT", "/pets/1"))).toEqual(["crumb is required; nothing was received."]);
  });

  test("each item of a list, and their number", async () => {
    const call = pets(
      `parameters: [{ name: tag, in: query, schema: { type: array, maxItems: 3, items: { type: [number, boolean] } } }]`,
    );
    expect(told(await call("PUT", "/pets/1?tag=1"))).toEqual([]);
    expect(told(await call("PUT", "/pets/1?tag=1&tag=true&tag=2.5"))).toEqual([]);
    expect(told(await call("PUT", "/pets/1?tag=1&tag=2&tag=3&tag=4"))).toHaveLength(1);
    expect(told(await call("PUT", "/pets/1?tag=1&tag=x"))).toEqual([expect.stringContaining('received "x"')]);
    expect(told(await call("PUT", "/pets/1"))).toEqual([]);
  });

  test("with the example that the document gives, or none", async () => {
    const suggestions = async (schema: string) => {
      const call = pets(`parameters: [{ name: size, in: query, required: true, ${schema} }]`);
      const replies = [await call("PUT", "/pets/1"), await call("PUT", "/pets/1?size=x")];
      return replies.map(({ body }) => body.errors[0].suggestion);
    };
    const given = "Send a value such as 7.";
    expect(await suggestions("example: 7, schema: { type: integer }")).toEqual([given, given]);
    expect(await suggestions("schema: { not: {} }")).toEqual([undefined, undefined]);
  });

  test("a body that may be left out, when it is there", async () => {
    const call = pets(`requestBody: { content: { application/json: { schema: { type: object } } } }`);
    expect(told(await call("PUT", "/pets/1"))).toEqual([]);
    expect(told(await call("PUT", "/pets/1", { body: [] }))).toEqual(["body should be an object; received []."]);
  });

  test("no body where none is declared", async () => {
    expect(told(await pets("summary: A pet.")("PUT", "/pets/1", { body: "{" }))).toEqual([]);
  });

  test("JSON by its schema, whatever it is called, and nothing else", async () => {
    const schema = "{ schema: { type: object, required: [name] } }";
    const call = pets(`requestBody: { content: { application/pet+json: ${schema}, text/plain: ${schema} } }`);
    const send = (type: string) => call("PUT", "/pets/1", { body: "{}", headers: { "Content-Type": type } });
    expect(told(await send("application/pet+json"))).toEqual(["name is required; nothing was received."]);
    expect(told(await send("text/plain"))).toEqual([]);
    expect(told(await send("application/json"))).toBe(
      'The header Content-Type should be application/pet+json or text/plain; received "application/json".',
    );
  });

  test.each([
    ["image/*", "image/png", []],
    ["image/*", "text/png", 'The header Content-Type should be image/*; received "text/png".'],
    ["'*/*'", "text/png", []],
  ])("a body of %s, which %s is or is not", async (range, type, wanted) => {
    const call = pets(`requestBody: { content: { ${range}: {} } }`);
    const headers = { "Content-Type": type };
    expect(told(await call("PUT", "/pets/1", { body: "x", headers }))).toEqual(wanted);
  });
});
