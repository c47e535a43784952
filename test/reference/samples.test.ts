import { describe, expect, test } from "vitest";
import { loadSpec } from "../../src/connect/spec.ts";
import { parseSpec } from "../../src/document/spec.ts";
import { modelOf } from "../../src/reference/make-model.ts";
import { type Filled, requestOf } from "../../src/reference/page/request.ts";
import { samplesOf } from "../../src/reference/page/samples.ts";
import { createSearch } from "../../src/reference/page/search.ts";

const connect = modelOf(loadSpec(), { isServed: true, hasClient: true });
const billing = connect.operations.find(({ id }) => id === "updateCustomerBilling")!;

const filled: Filled = {
  base: "http://127.0.0.1:4010",
  credentials: { ApiKey: "test_key" },
  values: { "path customerId": "cus/1" },
  key: "k-1",
  prefer: "",
  bodyType: "application/json",
  body: '{"method": "EMAIL_INVOICE", "email": "it\'s@company.example"}',
};

describe("samples", () => {
  const samples = new Map(samplesOf(connect, billing, filled).map(({ label, text }) => [label, text]));

  test("all carry the credential and the key", () => {
    expect([...samples.keys()]).toEqual(["curl", "fetch", "createClient", "HTTPie"]);
    for (const text of samples.values()) {
      expect(text).toContain("test_key");
      expect(text).toMatch(/X-Idempotency-Key\W+k-1/);
    }
  });

  test("are written as a shell reads them", () => {
    expect(samples.get("curl")).toBe(
      [
        "curl -i -X PUT 'http://127.0.0.1:4010/customers/cus%2F1/billing' \\",
        "  -H 'X-API-Key: test_key' \\",
        "  -H 'X-Idempotency-Key: k-1' \\",
        "  -H 'Content-Type: application/json' \\",
        `  --data-raw '{"method":"EMAIL_INVOICE","email":"it'\\''s@company.example"}'`,
      ].join("\n"),
    );
    expect(samples.get("HTTPie")).toContain(
      "http PUT 'http://127.0.0.1:4010/customers/cus%2F1/billing' \\\n  'X-API-Key:test_key'",
    );
  });

  test("are written as a script reads them", () => {
    expect(samples.get("createClient")).toBe(
      [
        'import { createClient } from "connect-understudy/client";',
        "",
        'const client = createClient({ baseUrl: "http://127.0.0.1:4010", apiKey: "test_key" });',
        'const { data, error, response } = await client.PUT("/customers/{customerId}/billing", {',
        "  params: {",
        '    path: { customerId: "cus/1" },',
        '    header: { "X-Idempotency-Key": "k-1" },',
        "  },",
        `  body: { method: "EMAIL_INVOICE", email: "it's@company.example" },`,
        "});",
      ].join("\n"),
    );
    expect(samples.get("fetch")).toContain('method: "PUT",');
  });

  test("of another document take its types, and its header of the credential", () => {
    const security = [{ Token: [] }];
    const schemes = { Token: { type: "http", scheme: "bearer" } };
    const parameters = [{ name: "limit", in: "query", required: true, schema: { type: "integer" }, example: 5 }];
    const paths = { "/books": { get: { operationId: "listBooks", parameters, responses: {} } } };
    const info = { title: "Books", version: "1" };
    const components = { securitySchemes: schemes };
    const model = modelOf(parseSpec(JSON.stringify({ openapi: "3.1.0", info, security, paths, components })), {
      isServed: false,
    });
    const given = {
      ...filled,
      credentials: { Token: "test_key" },
      values: { "query limit": "5" },
      bodyType: undefined,
    };
    const [curl, , client] = samplesOf(model, model.operations[0]!, given);
    expect(curl!.text).toBe("curl -i 'http://127.0.0.1:4010/books?limit=5' \\\n  -H 'Authorization: Bearer test_key'");
    expect(client!.text).toContain("const client = createClient<paths>({");
    for (const option of ['apiKey: "test_key"', 'apiKeyHeader: "Authorization"', "idempotencyHeader: false"])
      expect(client!.text).toContain(option);
    expect(client!.text).toContain('await client.GET("/books", {\n  params: { query: { limit: 5 } },');
  });
});

test.each([
  ["basic", { type: "http", scheme: "basic" }, ["Authorization", `Basic ${btoa("test_key:")}`]],
  ["a key in the query", { type: "apiKey", in: "query", name: "key" }, "?key=test_key"],
  ["a key in a cookie", { type: "apiKey", in: "cookie", name: "key" }, ["Cookie", "key=test_key"]],
])("a credential is sent as %s", (_, scheme, wanted) => {
  const document = {
    openapi: "3.1.0",
    info: { title: "A", version: "1" },
    paths: { "/a": { get: { security: [{ S: [] }], responses: {} } } },
    components: { securitySchemes: { S: scheme } },
  };
  const model = modelOf(parseSpec(JSON.stringify(document)), { isServed: false });
  const { url, headers } = requestOf(model, model.operations[0]!, { ...filled, credentials: { S: "test_key" } });
  if (typeof wanted === "string") expect(url).toContain(wanted);
  else expect(headers).toContainEqual(wanted);
});

describe("the search", () => {
  const search = createSearch(connect, [
    { kind: "chapter", text: "Only the mock", beside: "sandboxes", address: "#mock" },
  ]);
  const found = (find: string) => search(find).map(({ kind, text, address }) => [kind, text, address]);

  test.each([
    ["mismatch", ["code", "idempotency_key_mismatch", "#code/idempotency_key_mismatch"]],
    ["UNKNOWN_F", ["code", "UNKNOWN_FIELD", "#code/UNKNOWN_FIELD"]],
    ["put billing", ["operation", "Update customer billing configuration", "#operation/updateCustomerBilling"]],
    ["has changed", ["webhook", "A customer has changed", "#webhook/customerUpdated"]],
    ["autopay", ["member", "autoPay", "#operation/updateCustomerBilling"]],
    ["sandboxes", ["chapter", "Only the mock", "#mock"]],
  ])("finds %s", (find, wanted) => expect(found(find)).toContainEqual(wanted));

  test("finds nothing for nothing, and for what is not there", () => {
    expect(found(" ")).toEqual([]);
    expect(found("no such word")).toEqual([]);
  });
});
