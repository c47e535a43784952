import { describe, expect, test } from "vitest";
import { loadSpec } from "../../src/connect/spec.ts";
import { judge } from "../../src/document/judge-answer.ts";
import { type Operation, parseSpec } from "../../src/document/spec.ts";

const spec = loadSpec();

const customer = {
  customerId: "cus-1",
  customerType: "BUSINESS",
  name: "Northwind Logistics",
  contact: { email: "office@northwind.example" },
};
const error = { message: "There is no such customer.", code: "not_found" };
const address = { street1: "1 Main Street", city: "Framingham", zip: "01701", country: "US" };
const pagination = { total: 1, limit: 100, offset: 0, sort: { key: "createdAt", direction: "asc" } };

function operation(id: string, of = spec): Operation {
  return of.operations.find((candidate) => candidate.id === id)!;
}

function answer(status: number, json: unknown, headers: Record<string, string> = {}) {
  return { status, headers: { "content-type": "application/json", ...headers }, text: JSON.stringify(json), json };
}

/** What is wrong with an answer, as `place keyword basis`. */
function verdict(id: string, given: Parameters<typeof judge>[1]): string[] {
  return judge(operation(id), given).map(({ at, keyword, basis }) => `${at} ${keyword} ${basis}`);
}

describe("an answer as the document has it", () => {
  test.each([
    ["getCustomer", answer(200, customer)],
    ["getCustomer", answer(200, customer, { "content-type": "Application/JSON; charset=utf-8" })],
    ["getCustomer", answer(404, error)],
    ["listCustomers", answer(200, { items: [customer], pagination })],
    ["updateCustomerBilling", answer(409, error, { "retry-after": "1" })],
    ["getCustomer", answer(200, { ...customer, loyaltyTier: "gold" })],
  ])("%s is found right", (id, given) => {
    expect(judge(operation(id), given)).toEqual([]);
  });
});

describe("status", () => {
  test("a status that is not declared only differs, and the declared ones are named", () => {
    expect(judge(operation("getPaymentProfile"), answer(418, error))).toEqual([
      {
        at: "status",
        property: "status",
        keyword: "declared",
        expected: "one that the document declares for getPaymentProfile: 200, 400, 401, 403, 404, 429, 500",
        received: 418,
        basis: "inferred",
      },
    ]);
  });

  test("a class of statuses and a default are declarations too", () => {
    const read = (responses: object) =>
      operation(
        "read",
        parseSpec(
          JSON.stringify({
            openapi: "3.1.0",
            info: { title: "t", version: "1" },
            paths: { "/": { get: { operationId: "read", responses } } },
          }),
        ),
      );
    const empty = { status: 418, headers: {}, text: "", json: undefined };
    expect(judge(read({ "4XX": { description: "refused" } }), empty)).toEqual([]);
    expect(judge(read({ default: { description: "whatever" } }), empty)).toEqual([]);
    expect(judge(read({ "5XX": { description: "failed" } }), empty)).toHaveLength(1);
  });
});

describe("media type and form of the body", () => {
  const html = { "content-type": "text/html" };
  test.each([
    ["JSON of another name", answer(200, customer, html), ["header.Content-Type content documented"]],
    ["JSON of no name", answer(200, customer, { "content-type": "" }), ["header.Content-Type content documented"]],
    [
      "problem+json in a refusal",
      answer(404, error, { "content-type": "application/problem+json" }),
      ["header.Content-Type content inferred"],
    ],
    [
      "a page",
      { status: 200, headers: html, text: "<h1>Hello</h1>", json: undefined },
      ["header.Content-Type content documented", "body json documented"],
    ],
    [
      "a page in a refusal",
      { status: 404, headers: html, text: "<h1>Not found</h1>", json: undefined },
      ["header.Content-Type content documented", "body json documented"],
    ],
    [
      "text in a refusal that says it is JSON",
      { ...answer(404, undefined), text: "Bad things happened" },
      ["body json documented"],
    ],
    [
      "a page of a status that nobody declares",
      { status: 418, headers: html, text: "<h1>Teapot</h1>", json: undefined },
      ["body json documented", "status declared inferred"],
    ],
    [
      "the page of a gateway that fails",
      { status: 502, headers: html, text: "<h1>Bad Gateway</h1>", json: undefined },
      ["body json documented", "status declared inferred"],
    ],
    ["no body", { ...answer(200, undefined), text: "" }, ["body required documented"]],
    ["no body in a refusal", { ...answer(404, undefined), text: "" }, ["body required inferred"]],
  ])("%s", (_, given, found) => {
    expect(verdict("getCustomer", given)).toEqual(found);
  });

  test("another media type is named beside the declared one", () => {
    expect(judge(operation("getCustomer"), answer(200, customer, html))[0]).toMatchObject({
      expected: "application/json",
      received: "text/html",
    });
  });
});

describe("a problem of RFC 9457", () => {
  const problem = { content: { "application/problem+json": { schema: { type: "object" } } } };
  const teams = parseSpec(
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Teams", version: "1" },
      paths: { "/t": { get: { operationId: "listTeams", responses: { "4XX": { description: "No.", ...problem } } } } },
    }),
  );
  const asProblem = { "content-type": "application/problem+json; charset=utf-8" };
  test.each<[string, object, string[]]>([
    ["tells its own status", { status: 404 }, []],
    ["need not tell it", { title: "No." }, []],
    ["tells no other", { status: 500 }, ["body.status const documented"]],
  ])("%s", (_, body, wrong) => {
    const found = judge(operation("listTeams", teams), answer(404, body, asProblem));
    expect(found.map(({ at, keyword, basis }) => `${at} ${keyword} ${basis}`)).toEqual(wrong);
  });
});

describe("basis of a violation in the body", () => {
  const billed = (billing: object) => ({
    ...customer,
    billing: { method: "EMAIL_INVOICE", currency: "USD", ...billing },
  });
  test.each([
    ["a missing id", { ...customer, customerId: undefined }, ["body.customerId required documented"]],
    ["a missing name", { ...customer, name: undefined }, ["body.name required inferred"]],
    ["a name that is a number", { ...customer, name: 7 }, ["body.name type documented"]],
    ["a type nobody knows", { ...customer, customerType: "ROBOT" }, ["body.customerType enum documented"]],
    [
      "a time without Z",
      { ...customer, createdAt: "2026-01-15T09:30:00+01:00" },
      ["body.createdAt pattern documented"],
    ],
    ["a method nobody knows", billed({ method: "FAX" }), ["body.billing.method enum documented"]],
    ["a method of later copies", billed({ method: "E_INVOICE" }), ["body.billing.method enum later"]],
    ["billing without a currency", billed({ currency: undefined }), ["body.billing.currency required inferred"]],
    ["a currency in small letters", billed({ currency: "usd" }), ["body.billing.currency pattern assumed"]],
    [
      "a country in small letters",
      billed({ address: { ...address, country: "us" } }),
      ["body.billing.address.country pattern assumed"],
    ],
    [
      "a postal code that is a number",
      billed({ address: { ...address, zip: 1701 } }),
      ["body.billing.address.zip type documented"],
    ],
    [
      "two at once",
      { ...customer, name: 7, contact: [] },
      ["body.name type documented", "body.contact type documented"],
    ],
  ])("%s", (_, body, found) => {
    // As it comes over the wire: a member that is undefined is not there.
    expect(verdict("getCustomer", answer(200, JSON.parse(JSON.stringify(body))))).toEqual(found);
  });

  test("an error body without a code only differs", () => {
    expect(verdict("getCustomer", answer(404, { message: "No." }))).toEqual(["body.code required inferred"]);
  });

  test("paging by cursor is of later copies, paging by nothing is not", () => {
    const page = (paging: object) => verdict("listCustomers", answer(200, { items: [], pagination: paging }));
    expect(new Set(page({ nextCursor: "c2", limit: 100 }).map((found) => found.split(" ")[2]))).toEqual(
      new Set(["later"]),
    );
    expect(page({ limit: 100 })).toContain("body.pagination.total required documented");
  });
});

describe("null where a field could as well be absent", () => {
  test.each([
    ["an optional field", { ...customer, preferredLocale: null }, ["body.preferredLocale type inferred"]],
    ["the whole billing", { ...customer, billing: null }, ["body.billing type inferred"]],
    [
      "an optional field further down",
      { ...customer, contact: { email: null, msisdn: null } },
      ["body.contact.email type inferred", "body.contact.msisdn type inferred"],
    ],
    [
      "an optional field in a list",
      { ...customer, users: [{ userId: "u", name: "Ada", role: null }] },
      ["body.users.0.role type inferred", "body.users.0.role enum inferred"],
    ],
    ["a required field", { ...customer, name: null }, ["body.name type documented"]],
    [
      "a required field beside an optional one",
      { ...customer, name: null, preferredLocale: null },
      ["body.name type documented", "body.preferredLocale type inferred"],
    ],
    ["an item of a list", { ...customer, users: [null] }, ["body.users.0 type documented"]],
    ["the body itself", null, ["body type documented"]],
  ])("%s", (_, body, found) => {
    expect(verdict("getCustomer", answer(200, body))).toEqual(found);
  });
});

describe("headers", () => {
  test.each([
    ["seconds", "1", []],
    ["a time", "Thu, 15 Jan 2026 09:30:00 GMT", []],
    ["words", "soon", ["header.Retry-After pattern assumed"]],
    ["less than nothing", "-1", ["header.Retry-After minimum assumed"]],
  ])("a Retry-After of %s", (_, value, found) => {
    expect(verdict("updateCustomerBilling", answer(409, error, { "retry-after": value }))).toEqual(found);
  });

  test("a required header that is not there is missed, in any letter case", () => {
    const document = {
      openapi: "3.1.0",
      info: { title: "t", version: "1" },
      paths: {
        "/": {
          get: {
            operationId: "read",
            responses: {
              "204": { description: "gone", headers: { "X-Trace": { required: true, schema: { type: "string" } } } },
            },
          },
        },
      },
    };
    const read = operation("read", parseSpec(JSON.stringify(document)));
    const empty = { status: 204, text: "", json: undefined };
    expect(judge(read, { ...empty, headers: { "x-trace": "1" } })).toEqual([]);
    expect(judge(read, { ...empty, headers: {} })).toMatchObject([
      { at: "header.X-Trace", property: "X-Trace", keyword: "required", basis: "documented" },
    ]);
  });
});

describe("what is declared and what is answered need not be written alike", () => {
  const integers = { type: "array", items: { type: "integer" } };
  const read = (response: object, method = "get") => {
    const responses = { "200": { description: "ok", ...response } };
    const document = {
      openapi: "3.1.0",
      info: { title: "t", version: "1" },
      paths: { "/": { [method]: { responses } } },
    };
    return parseSpec(JSON.stringify(document)).operations[0]!;
  };
  const schema = { type: "object", required: ["a"], properties: { a: { type: "integer" } } };
  const found = (content: object, type: string, text: string) => {
    const json = text.startsWith("{") ? JSON.parse(text) : undefined;
    const given = { status: 200, headers: type === "" ? {} : { "content-type": type }, text, json };
    return judge(read({ content }), given).map(({ at, keyword }) => `${at} ${keyword}`);
  };

  test.each([
    ["*/*", "application/json", '{"a":1}', []],
    ["*/*", "application/json", "{}", ["body.a required"]],
    ["application/*", "application/problem+json", "{}", ["body.a required"]],
    ["application/json; charset=utf-8", "application/json", "{}", ["body.a required"]],
    ["application/json; charset=utf-8", "application/json;charset=UTF-8", '{"a":1}', []],
    ["application/*", "text/html", "<p>", ["header.Content-Type content"]],
    ["*/*", "text/html", "<p>", []],
    ["image/png", "image/png", "", []],
    ["application/json", "application/json", "", ["body required"]],
    ["application/json", "", "", ["body required"]],
  ])("declared as %s, answered as %s: %s", (declared, type, text, wrong) => {
    expect(found({ [declared]: { schema } }, type, text)).toEqual(wrong);
  });

  test("a text is held against a schema of texts and numbers", () => {
    expect(found({ "text/plain": { schema: { type: "integer" } } }, "text/plain", "7")).toEqual([]);
    expect(found({ "text/plain": { schema: { type: "integer" } } }, "text/plain; charset=utf-8", "x")).toEqual([
      "body type",
    ]);
    expect(found({ "text/csv": { schema: integers } }, "text/csv", "a,b")).toEqual([]);
    expect(found({ "text/plain": { schema: { type: "string" } } }, "text/plain", "")).toEqual([]);
  });

  test("headers are lists, objects or JSON as they are declared", () => {
    const headers = {
      "X-List": { schema: integers },
      "X-Object": { schema },
      "X-Json": { content: { "application/json": { schema } } },
      "Content-Type": { required: true, schema: { enum: ["odd"] } },
    };
    const wrong = (given: Record<string, string>) =>
      judge(read({ headers }), { status: 200, headers: given, text: "", json: undefined }).map(({ at }) => at);
    expect(wrong({ "x-list": "1, 2", "x-object": "a,1", "x-json": '{"a":1}' })).toEqual([]);
    expect(wrong({ "x-list": "1, x", "x-object": "a,x", "x-json": "oops" })).toEqual([
      "header.X-List.1",
      "header.X-Object.a",
      "header.X-Json",
    ]);
  });

  test("what has no body is not asked for one", () => {
    const given = { status: 200, headers: { "content-type": "application/json" }, text: "", json: undefined };
    expect(judge(read({ content: { "application/json": { schema } } }, "head"), given)).toEqual([]);
    expect(judge(read({ content: { "application/json": { schema } } }), given)).toHaveLength(1);
  });
});
