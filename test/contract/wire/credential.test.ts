import { describe, expect, test } from "vitest";
import { wireRequestOf } from "../../../src/contract/target.ts";
import { carrierOf, credentialOf } from "../../../src/contract/wire/credential.ts";
import { parseSpec } from "../../../src/document/spec.ts";

/** A document whose one operation wants a credential of this scheme, or none. */
const documentWith = (scheme?: object) =>
  parseSpec(
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Teams", version: "1" },
      ...(scheme ? { security: [{ Key: [] }], components: { securitySchemes: { Key: scheme } } } : {}),
      paths: { "/teams": { get: { operationId: "listTeams", responses: { 200: { description: "All." } } } } },
    }),
  );

/** A request to such an API, as it goes out and as a shell line. */
function sent(scheme: object | undefined, key: string, path = "/teams", headers = {}) {
  const spec = documentWith(scheme);
  const apiKey = credentialOf(spec, key, "KEY");
  const options = { baseUrl: "http://t.test", apiKey };
  const { request, curl } = wireRequestOf({ method: "GET", path, headers }, options, carrierOf(spec));
  const { Accept: _, ...rest } = request.headers;
  return { url: request.url, headers: rest, curl: curl.replace(" -H 'Accept: application/json'", "") };
}

describe("a credential goes where the document says", () => {
  test.each([
    [
      "a header",
      { type: "apiKey", in: "header", name: "X-Team-Key" },
      { "X-Team-Key": "k 1" },
      `-H 'X-Team-Key: '"$KEY"`,
    ],
    [
      "a bearer token",
      { type: "http", scheme: "bearer" },
      { Authorization: "Bearer k 1" },
      `-H 'Authorization: '"Bearer $KEY"`,
    ],
    [
      "a user without a password",
      { type: "http", scheme: "basic" },
      { Authorization: `Basic ${Buffer.from("k 1:").toString("base64")}` },
      `-H 'Authorization: '"Basic $(printf %s "$KEY:" | base64 -w0)"`,
    ],
    ["a cookie", { type: "apiKey", in: "cookie", name: "sid" }, { Cookie: "sid=k 1" }, `-H 'Cookie: ''sid='"$KEY"`],
  ])("as %s", (_, scheme, headers, line) => {
    const { url, headers: given, curl } = sent(scheme, "k 1");
    expect([url, given]).toEqual(["http://t.test/teams", headers]);
    expect(curl).toBe(`curl -sS -i -X GET 'http://t.test/teams' ${line}`);
  });

  test("behind the path, with no trace of it in the shell line", () => {
    const scheme = { type: "apiKey", in: "query", name: "api key" };
    expect(sent(scheme, "k&1")).toEqual({
      url: "http://t.test/teams?api%20key=k%261",
      headers: {},
      curl: `curl -sS -i -X GET 'http://t.test/teams?api%20key='"$KEY"`,
    });
    expect(sent(scheme, "k1", "/teams?limit=1").url).toBe("http://t.test/teams?limit=1&api%20key=k1");
  });

  test("beside the cookies that a request has already", () => {
    const scheme = { type: "apiKey", in: "cookie", name: "sid" };
    expect(sent(scheme, "k1", "/teams", { cookie: "a=b" }).headers).toEqual({ cookie: "a=b; sid=k1" });
  });

  test("nowhere where it wants none", () => {
    expect(sent(undefined, "k1")).toEqual({
      url: "http://t.test/teams",
      headers: {},
      curl: "curl -sS -i -X GET 'http://t.test/teams'",
    });
  });

  test("as it is where it is whole already", () => {
    expect(sent({ type: "http", scheme: "bearer" }, "Bearer k1").headers).toEqual({ Authorization: "Bearer k1" });
    expect(sent({ type: "http", scheme: "basic" }, "me:secret").headers).toEqual({
      Authorization: `Basic ${Buffer.from("me:secret").toString("base64")}`,
    });
  });
});
