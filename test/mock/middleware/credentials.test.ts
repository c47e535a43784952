import { describe, expect, test } from "vitest";
import { parseSpec } from "../../../src/index.ts";
import { testMock } from "../../mock.ts";

/** What a mock answers whose one operation wants these credentials: the status, and who the request is taken for. */
async function ask(security: string, headers: Record<string, string> = {}, path = "/pets") {
  const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
components:
  securitySchemes:
    Key: { type: apiKey, in: header, name: X-Pet-Key }
    Other: { type: apiKey, in: header, name: X-Other }
    Query: { type: apiKey, in: query, name: pet_key }
    Cookie: { type: apiKey, in: cookie, name: session }
    Bearer: { type: http, scheme: Bearer }
    Basic: { type: http, scheme: basic }
    Digest: { type: http, scheme: Digest }
    Signed: { type: http, scheme: AWS4-HMAC-SHA256 }
    Whole: { type: apiKey, in: header, name: authorization }
    OAuth: { type: oauth2, flows: {} }
    OpenID: { type: openIdConnect, openIdConnectUrl: https://id.test/ }
    Certificate: { type: mutualTLS }
    Nowhere: { type: apiKey, in: body, name: key }
    Unnamed: { type: http }
paths: { /pets: { get: { security: ${security}, responses: { "204": { description: None. } } } } }
`);
  const { mock } = testMock({ spec });
  const response = await mock.fetch(new Request(`http://mock.test${path}`, { headers }));
  const owners = [];
  for (const key of ["test_key", "test_own"])
    if ((await (await mock.sandbox(key)).journal.read()).entries.length > 0) owners.push(key);
  const challenge = response.headers.get("WWW-Authenticate");
  return {
    status: response.status,
    body: response.status === 401 ? await response.json() : undefined,
    owners,
    challenge,
  };
}

const basic = `Basic ${Buffer.from("test_key:").toString("base64")}`;

describe("a known key opens its sandbox, however it is carried", () => {
  test.each<[string, Record<string, string>, string?]>([
    ["[{ Bearer: [] }]", { Authorization: "Bearer test_own" }],
    ["[{ Bearer: [] }]", { authorization: "bearer test_own" }],
    ["[{ Basic: [] }]", { Authorization: basic }],
    ["[{ Query: [] }]", {}, "/pets?pet_key=test_own"],
    ["[{ Cookie: [] }]", { Cookie: "theme=dark; session=test_own" }],
    ["[{ Other: [] }]", { "X-Other": "test_own" }],
    ["[{ Query: [], Bearer: [] }]", { Authorization: "Bearer test_own" }, "/pets?pet_key=test_own"],
    ["[{ Cookie: [] }, { Bearer: [] }]", { Authorization: "Bearer test_own" }],
    ["[{ Key: [] }, { Bearer: [] }]", { Authorization: "Bearer test_own" }],
    ["[{ Bearer: [] }, {}]", {}],
    ["[{ OAuth: [pets] }]", { Authorization: "Bearer test_own" }],
    ["[{ OpenID: [pets] }]", { Authorization: "Bearer test_own" }],
    ["[{ Digest: [] }]", { Authorization: 'Digest username="test_own", realm="Pets", nonce="1", uri="/pets"' }],
    ["[{ Signed: [] }]", { Authorization: "AWS4-HMAC-SHA256 Credential=test_own/20260101/eu/x, Signature=0a" }],
    ["[{ Whole: [] }]", { Authorization: "test_own" }],
    ["[{ Whole: [] }]", { Authorization: "Token test_own" }],
    ["[{ Whole: [] }]", { Authorization: "Token token=test_own" }],
    ["[{ Whole: [] }]", { Authorization: basic }],
    ["[{ Whole: [], Bearer: [] }]", { Authorization: "Bearer test_own" }],
    ["[{ OAuth: [], Bearer: [] }]", { Authorization: "Bearer test_own" }],
    ["[{ OAuth: [] }, { Whole: [] }]", { Authorization: "Bearer test_own" }],
    // No header carries both.
    ["[{ Basic: [], Bearer: [] }]", { Authorization: "Bearer test_own" }],
    ["[{ Basic: [], Bearer: [] }]", { Authorization: basic }],
    // What a request does not show is taken to be in order.
    ["[{ Certificate: [] }]", {}],
    ["[{ Certificate: [], Bearer: [] }]", { Authorization: "Bearer test_own" }],
    ["[{ Nowhere: [] }]", {}],
    ["[{ Unnamed: [] }]", {}],
    ["[{ Undeclared: [] }]", {}],
    // Open to all, so open to those whose credential is for something else.
    ["[]", { "X-Pet-Key": "nobody" }],
    ["[{ Key: [] }, {}]", { "X-Pet-Key": "nobody" }],
    ["[{ Key: [] }, {}]", { "X-Pet-Key": "test_own" }],
  ])("%s with %j", async (security, headers, path) => {
    const own = /test_own/.test(JSON.stringify([headers, path])) ? "test_own" : "test_key";
    expect(await ask(security, headers, path)).toMatchObject({ status: 204, owners: [own] });
  });
});

test.each([
  ["[{ Key: [] }]", {}],
  ["[{ Key: [] }, { Bearer: [] }]", {}],
  ["[{ Key: [], Bearer: [] }]", { Authorization: "Bearer test_anything" }],
])("a known API key opens its own sandbox: %s", async (security, headers) => {
  expect(await ask(security, { "X-Pet-Key": "test_own", ...headers })).toMatchObject({
    status: 204,
    owners: ["test_own"],
  });
});

describe("a request is refused", () => {
  const bearer = "the header Authorization with a credential of the scheme Bearer";
  const any = 'any other key that begins with "test_" opens a sandbox of its own.';
  test.each<[string, Record<string, string>, string, string, string?]>([
    ["[{ Bearer: [] }]", {}, `${bearer}; received none`, `"Authorization: Bearer test_key"; ${any}`],
    [
      "[{ Bearer: [] }]",
      { Authorization: basic },
      `${bearer}; received "Basi***"`,
      `"Authorization: Bearer test_key"; ${any}`,
    ],
    [
      "[{ Bearer: [] }]",
      { Authorization: "Bearer " },
      `${bearer}; received "B***"`,
      `"Authorization: Bearer test_key"; ${any}`,
    ],
    [
      "[{ Basic: [] }]",
      { Authorization: "Bearer a" },
      'the header Authorization with a credential of the scheme Basic; received "Be***"',
      `"Authorization: ${basic}"; ${any}`,
    ],
    ["[{ Query: [] }]", {}, "the query parameter pet_key; received none", `"?pet_key=test_key"; ${any}`],
    [
      "[{ Query: [] }]",
      {},
      "the query parameter pet_key; received none",
      `"?pet_key=test_key"; ${any}`,
      "/pets?pet_key=",
    ],
    [
      "[{ Cookie: [] }]",
      { Cookie: "a=session" },
      "the cookie session; received none",
      `"Cookie: session=test_key"; ${any}`,
    ],
    [
      "[{ Cookie: [], Bearer: [] }, { Other: [] }]",
      { Cookie: "session=test_a" },
      `the cookie session and ${bearer}, or the header X-Other; received none`,
      `"Cookie: session=test_key" and "Authorization: Bearer test_key"; ${any}`,
    ],
    [
      "[{ Key: [], Query: [] }]",
      {},
      "the header X-Pet-Key and the query parameter pet_key; received none",
      `"X-Pet-Key: test_key" and "?pet_key=test_key"; ${any}`,
    ],
  ])("%s with %j", async (security, headers, needed, hint, path) => {
    const { status, body, owners } = await ask(security, headers, path);
    const refused = { status: 401, code: "unauthorized", hint: `Send ${hint}` };
    expect(body).toMatchObject({ ...refused, detail: `The request needs ${needed}.` });
    expect([status, owners]).toEqual([401, []]);
  });

  test.each<[string, Record<string, string>]>([
    ["[{ OAuth: [] }]", {}],
    ["[{ OpenID: [] }]", { Authorization: basic }],
    ["[{ Basic: [], Bearer: [] }]", {}],
    ["[{ Whole: [], Bearer: [] }]", { Authorization: "test_own" }],
    ["[{ Certificate: [], Bearer: [] }]", {}],
    ["[{ Undeclared: [], Bearer: [] }]", {}],
    ["[{ '#/components/securitySchemes/Bearer': [] }]", {}],
    ["[{ Undeclared: [] }, { Bearer: [] }]", {}],
    ["[{ Digest: [] }]", { Authorization: 'Digest username="nobody", realm="test"' }],
  ])("for want of credentials: %s with %j", async (security, headers) => {
    expect(await ask(security, headers)).toMatchObject({ status: 401, owners: [] });
  });

  test.each<[string, Record<string, string>, string | RegExp]>([
    ["[{ Bearer: [] }]", {}, 'Bearer realm="Pets"'],
    ["[{ Bearer: [] }]", { Authorization: "Bearer nobody" }, 'Bearer realm="Pets", error="invalid_token"'],
    ["[{ OAuth: [pets] }, { OpenID: [] }]", {}, 'Bearer realm="Pets"'],
    ["[{ Basic: [] }]", {}, 'Basic realm="Pets", charset="UTF-8"'],
    ["[{ Bearer: [] }, { Basic: [] }]", {}, 'Bearer realm="Pets", Basic realm="Pets", charset="UTF-8"'],
    ["[{ Digest: [] }]", {}, /^Digest realm="Pets", qop="auth", nonce="[^"]+"$/],
    ["[{ Signed: [] }]", {}, 'Aws4-hmac-sha256 realm="Pets"'],
    ["[{ Key: [] }]", {}, 'ApiKey realm="Pets", in="header", name="X-Pet-Key"'],
    [
      "[{ Query: [], Cookie: [] }]",
      {},
      /^ApiKey .* in="query", name="pet_key", ApiKey .* in="cookie", name="session"$/,
    ],
  ])("with a challenge for each scheme that would do: %s with %j", async (security, headers, challenge) => {
    expect((await ask(security, headers)).challenge).toEqual(
      typeof challenge === "string" ? challenge : expect.stringMatching(challenge),
    );
  });

  test.each<[string, Record<string, string>]>([
    ["[{ Key: [] }, { Bearer: [] }]", { "X-Pet-Key": "nobody", Authorization: "Bearer nobody" }],
    ["[{ Key: [], Bearer: [] }]", { "X-Pet-Key": "nobody", Authorization: "Bearer test_own" }],
    ["[{ Bearer: [] }]", { Authorization: "Bearer nobody" }],
    ["[{ Basic: [] }]", { Authorization: `Basic ${Buffer.from("nobody:test_key").toString("base64")}` }],
  ])("with unknown credentials: %s", async (security, headers) => {
    const { status, body, owners } = await ask(security, headers);
    expect([status, owners]).toEqual([401, []]);
    expect(body).toMatchObject({ detail: expect.stringMatching(/; received "\w+\*\*\*"\.$/) });
  });

  test("as if an alternative that wants more were not there", async () => {
    const { body } = await ask("[{ Key: [], Bearer: [] }, { Key: [] }]", { Authorization: "Bearer test_anything" });
    expect(body).toMatchObject({
      detail: "The request needs the header X-Pet-Key with a known key; received none.",
      code: "unauthorized",
      hint: 'Send "X-Pet-Key: test_key"; any other key that begins with "test_" opens a sandbox of its own.',
    });
  });
});

test("a title with letters that no header has is said as far as it can be", async () => {
  const spec = parseSpec(`
openapi: 3.1.0
info: { title: 'Zoë''s "Pets"', version: "1" }
components: { securitySchemes: { Bearer: { type: http, scheme: bearer } } }
paths: { /pets: { get: { security: [{ Bearer: [] }], responses: { "204": { description: None. } } } } }
`);
  const response = await testMock({ spec }).mock.fetch(new Request("http://mock.test/pets"));
  expect(response.headers.get("WWW-Authenticate")).toBe(String.raw`Bearer realm="Zo?'s \"Pets\""`);
});

test.each([
  ["open to all", "[]", 404],
  ["guarded", "[{ Key: [] }]", 401],
])("a path that is not there, where the operations are %s, answers nobody %s", async (_, security, status) => {
  const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
components: { securitySchemes: { Key: { type: apiKey, in: header, name: X-Pet-Key } } }
paths: { /pets: { get: { security: ${security}, responses: { "204": { description: None. } } } } }
`);
  expect((await testMock({ spec }).mock.fetch(new Request("http://mock.test/nothing"))).status).toBe(status);
});
