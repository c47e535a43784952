import { describe, expect, test } from "vitest";
import { declaredResponse } from "../../src/document/spec.ts";
import { loadSpec, parseSpec } from "../../src/index.ts";
import { billingPath, emailInvoice, ids, testMock } from "../mock.ts";

const spec = loadSpec();

describe("every answer is one that the document declares", () => {
  test.each<[string, string, unknown, number]>([
    ["GET", "/customers", undefined, 200],
    ["GET", "/customers?limit=0", undefined, 400],
    ["GET", `/customers/${ids.autopay}`, undefined, 200],
    ["GET", "/customers/nobody", undefined, 404],
    ["PUT", billingPath, emailInvoice, 200],
    ["PUT", billingPath, {}, 400],
    ["PUT", "/customers/nobody/billing", emailInvoice, 404],
    ["GET", `/payment-profiles?customerId=${ids.business}`, undefined, 200],
    ["GET", "/payment-profiles", undefined, 400],
    ["GET", `/payment-profiles/${ids.card}`, undefined, 200],
    ["GET", "/payment-profiles/nobody", undefined, 404],
  ])("%s %s %j", async (method, path, body, wanted) => {
    const { call } = testMock();
    const reply = await call(method, path, body === undefined ? {} : { body });
    const { operation } = spec.match(method, path.split("?")[0]!);
    const media = declaredResponse(operation!, reply.status)?.content.get("application/json");
    expect(reply.status).toBe(wanted);
    expect(reply.headers.get("Content-Type")).toBe("application/json");
    expect(media?.check(reply.body)).toEqual([]);
  });
});

describe("a path or method that the document does not know", () => {
  test.each([
    ["GET", "/nowhere"],
    ["GET", "/customers/"],
    ["GET", "/customers//billing"],
    ["PUT", `${billingPath}/more`],
    ["GET", "/_understudy/nowhere"],
    ["GET", "/docs/nowhere.js"],
    ["GET", "/docs/..%2fpackage.json"],
  ])("%s %s is not found", async (method, path) => {
    const { call } = testMock();
    const { status, body } = await call(method, path);
    expect([status, body.code]).toEqual([404, "not_found"]);
  });

  test.each([
    ["PUT", "/customers", "GET, POST, HEAD, OPTIONS"],
    ["DELETE", `/customers/${ids.business}`, "GET, PUT, HEAD, OPTIONS"],
    ["GET", billingPath, "PUT, OPTIONS"],
    ["HEAD", billingPath, "PUT, OPTIONS"],
    ["QUERY", "/customers", "GET, POST, HEAD, OPTIONS"],
  ])("%s %s is told what the path takes", async (method, path, allow) => {
    const { call } = testMock();
    const { status, headers } = await call(method, path);
    expect([status, headers.get("Allow")]).toEqual([405, allow]);
  });

  test("says which methods would do", async () => {
    const { call } = testMock();
    expect((await call("PATCH", "/customers")).body).toEqual({
      message: 'The path "/customers" should be called with GET or POST or HEAD or OPTIONS; received PATCH.',
      code: "method_not_allowed",
    });
  });
});

test("OPTIONS tells what a path takes, and needs no key", async () => {
  const { mock } = testMock();
  const options = (path: string) => mock.fetch(new Request(`http://mock.test${path}`, { method: "OPTIONS" }));
  const response = await options(billingPath);
  expect([response.status, response.headers.get("Allow"), await response.text()]).toEqual([204, "PUT, OPTIONS", ""]);
  expect((await options("/nowhere")).status).toBe(404);
});

test("HEAD answers as GET does, without the body", async () => {
  const { call } = testMock();
  const [head, get] = [await call("HEAD", "/customers"), await call("GET", "/customers")];
  expect([head.status, head.text]).toEqual([200, ""]);
  expect(head.headers.get("Content-Type")).toBe(get.headers.get("Content-Type"));
  expect((await call("HEAD", "/customers/nobody")).status).toBe(404);
});

test.each(["text/html", "*/*;q=0", "nonsense", "application/xml, */*"])("Accept: %s does no harm", async (accept) => {
  const { call } = testMock();
  const { status, headers } = await call("GET", "/customers", { headers: { Accept: accept } });
  expect([status, headers.get("Content-Type")]).toEqual([200, "application/json"]);
});

test.each(["%E0%A4%A", "%", "%00", "..%2F..%2Fetc", "%252F", "a%20b", "é", "__proto__", "a;b=c"])(
  "a customer called %s is not found, and nothing breaks",
  async (id) => {
    const { call, lines } = testMock();
    expect((await call("GET", `/customers/${id}`)).status).toBe(404);
    expect(lines).toEqual([]);
  },
);

test("a bug is answered with a bare 500, and leaves a line in the log", async () => {
  const { call, mock, lines } = testMock();
  Object.assign((await mock.sandbox()).collection("customers"), {
    get: () => Promise.reject(new Error("out of order")),
  });
  const { status, body } = await call("GET", `/customers/${ids.business}`);
  expect([status, body]).toEqual([
    500,
    { message: "The server failed to answer this request.", code: "internal_error" },
  ]);
  expect(lines).toEqual([
    expect.stringMatching(/^GET \/customers\/cus-0001-business-email failed: Error: out of order\n/),
  ]);
});

describe("pages for people and tools need no key, and may be read by any page", () => {
  test.each([
    ["/openapi.yaml", "application/yaml", /^openapi: 3\.1\.0/],
    ["/openapi.json", "application/json", /^\{"openapi":"3\.1\.0"/],
    ["/docs", "text/html; charset=UTF-8", /^<!doctype html>/],
    ["/docs/reference.css", "text/css; charset=utf-8", /./],
  ])("%s", async (path, type, begin) => {
    const { mock } = testMock();
    const response = await mock.fetch(`http://mock.test${path}`, { headers: { Origin: "https://page.example" } });
    expect([response.status, response.headers.get("Content-Type")]).toEqual([200, type]);
    expect(response.headers.get("Access-Control-Allow-Origin")).toBe("https://page.example");
    expect(await response.text()).toMatch(begin);
  });

  test("the root leads to the docs", async () => {
    const { mock } = testMock();
    const response = await mock.fetch(new Request("http://mock.test/"));
    expect([response.status, response.headers.get("Location")]).toEqual([302, "docs"]);
  });
});

test("two mocks in one process know nothing of each other", async () => {
  const [one, two] = [testMock(), testMock()];
  await one.call("PUT", billingPath, { body: { ...emailInvoice, currency: "EUR" } });
  expect((await two.call("GET", `/customers/${ids.business}`)).body.billing.currency).toBe("USD");
});

test.each<[string, Record<string, string>]>([
  ["Token: { type: http, scheme: bearer }", { Authorization: "Bearer test_a" }],
  ["Token: { type: apiKey, in: cookie, name: pass }", { Cookie: "pass=test_a" }],
])("a request that no operation takes is in the sandbox of its credential: %s", async (scheme, headers) => {
  const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
components: { securitySchemes: { ${scheme} } }
security: [{ Token: [] }]
paths: { /pets: { get: { responses: { "204": { description: None. } } } } }
`);
  const { mock } = testMock({ spec });
  await mock.control("test_key").faults.add({ answer: { status: 503 } });
  expect((await mock.fetch("http://mock.test/nowhere", { headers })).status).toBe(404);
  expect((await mock.fetch("http://mock.test/nowhere")).status).toBe(503);
  const targets = async (apiKey: string) =>
    (await (await mock.sandbox(apiKey)).journal.read()).entries.map(({ answer }) => answer?.status);
  expect([await targets("test_a"), await targets("test_key")]).toEqual([[404], [503]]);
});

test("reset brings every sandbox back", async () => {
  const { call, mock } = testMock();
  await call("PUT", billingPath, { body: { ...emailInvoice, currency: "EUR" } });
  await mock.reset();
  expect((await call("GET", `/customers/${ids.business}`)).body.billing.currency).toBe("USD");
});
