import { describe, expect, test } from "vitest";
import { controlRefusal } from "../../../src/mock/middleware/control-guard.ts";
import { testMock } from "../../mock.ts";

const named = new Set(["mock.lan", "192.168.1.5", "0.0.0.0", "[::]", "[FE80::1]"]);

function refusal(caller: { host?: string; origin?: string; secFetchSite?: string }) {
  const { host = "127.0.0.1:4010", origin, secFetchSite } = caller;
  return controlRefusal({ host, origin, secFetchSite }, named);
}

describe("the host", () => {
  test.each([
    ["127.0.0.1:4010"],
    ["127.0.0.1"],
    ["127.8.9.10:1"],
    ["127.1"],
    ["[::1]:4010"],
    ["[0:0:0:0:0:0:0:1]"],
    ["localhost:4010"],
    ["LOCALHOST"],
    ["shop.localhost:4010"],
    ["mock.lan:4010"],
    ["MOCK.LAN"],
    ["192.168.1.5:80"],
    ["0.0.0.0:4010"],
    ["[::]:4010"],
    ["[fe80::1]"],
  ])("%s is answered", (host) => {
    expect(refusal({ host })).toBeUndefined();
  });

  test.each([
    ["rebound.example:4010"],
    ["localhost.rebound.example"],
    ["127.0.0.1.rebound.example"],
    ["notlocalhost"],
    [".localhost.example"],
    ["128.0.0.1"],
    ["192.168.1.6"],
    ["other.mock.lan"],
    ["[::2]"],
    ["::1"],
    [""],
    ["localhost/"],
    ["user@localhost"],
    ["rebound.example#@localhost"],
    ["rebound.example\\.localhost"],
    ["localhost, localhost"],
    ["localhost:x"],
    ["localhost:99999"],
  ])("%j is refused", (host) => {
    expect(refusal({ host })?.message).toBe(
      `The control plane answers where the header Host is a loopback one, such as 127.0.0.1:4010, or one that --host names; received ${JSON.stringify(host)}.`,
    );
  });

  test("must be there", () => {
    const problem = controlRefusal({ host: undefined, origin: undefined, secFetchSite: undefined }, named);
    expect(problem?.message).toMatch(/ names; received nothing\.$/);
  });
});

describe("a page", () => {
  test.each([["http://localhost:3000"], ["https://127.0.0.1"], ["http://[::1]:8080"], ["http://app.localhost"]])(
    "of %s is answered, whatever site the browser takes it for",
    (origin) => {
      for (const secFetchSite of ["same-origin", "same-site", "cross-site"]) {
        expect(refusal({ origin, secFetchSite })).toBeUndefined();
      }
    },
  );

  test.each([
    ["https://page.example"],
    ["null"],
    [""],
    ["http://localhost.page.example"],
    ["http://mock.lan:4010"],
    ["chrome-extension://localhost"],
    ["file://localhost"],
    ["http://localhost http://page.example"],
    ["http://page.example/@localhost"],
    ["localhost"],
  ])("of %j is refused, whatever site the browser takes it for", (origin) => {
    for (const secFetchSite of ["same-origin", "cross-site", undefined]) {
      expect(refusal({ origin, ...(secFetchSite && { secFetchSite }) })?.message).toBe(
        `The control plane answers pages of loopback origins only, such as http://localhost:3000; received Origin: ${origin}.`,
      );
    }
  });

  test("of another site that names no origin is refused", () => {
    expect(refusal({ secFetchSite: "cross-site" })?.message).toBe(
      "The control plane answers pages of loopback origins only, such as http://localhost:3000; received Sec-Fetch-Site: cross-site and no Origin.",
    );
  });

  test.each(["same-origin", "same-site", "none"])("that names no origin is answered from %s", (secFetchSite) => {
    expect(refusal({ secFetchSite })).toBeUndefined();
  });
});

describe("in the mock", () => {
  const foreign = { Origin: "https://page.example" };
  const local = { Origin: "http://localhost:3000" };

  test.each([
    ["GET", "/_understudy/state"],
    ["POST", "/_understudy/reset"],
    ["PUT", "/_understudy/clock"],
    ["DELETE", "/_understudy/requests"],
    ["HEAD", "/_understudy/health"],
    ["OPTIONS", "/_understudy/state"],
    ["GET", "/_understudy/nowhere"],
  ])("%s %s is refused a foreign page, with 403 and no leave to read it", async (method, path) => {
    const { call, mock } = testMock();
    const before = await (await mock.sandbox()).snapshot();
    const given = method === "PUT" ? { body: { frozen: true }, headers: foreign } : { headers: foreign };
    const { status, headers } = await call(method, path, given);
    expect(status).toBe(403);
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect((await (await mock.sandbox()).snapshot()).clock.frozen).toBe(before.clock.frozen);
  });

  test("the refusal is an error body of the control plane's", async () => {
    const { body } = await testMock().call("GET", "/_understudy/health", { headers: foreign });
    expect(body).toEqual({
      message:
        "The control plane answers pages of loopback origins only, such as http://localhost:3000; received Origin: https://page.example.",
      code: "forbidden",
      hint: "Call it from a page of this machine, or from a program that is no page.",
    });
  });

  test.each([
    ["/_understudy/health", 200],
    ["/_understudy/clock", 200],
    ["/_understudy/nowhere", 404],
  ])("a loopback page may read %s", async (path, wanted) => {
    const { status, headers } = await testMock().call("GET", path, { headers: local });
    expect(status).toBe(wanted);
    expect(headers.get("Access-Control-Allow-Origin")).toBe(local.Origin);
    expect(headers.get("Vary")).toBe("Origin");
  });

  test("a loopback page's preflight is answered, a foreign one's is refused", async () => {
    const { mock } = testMock();
    const preflight = (origin: Record<string, string>) =>
      mock.fetch(
        new Request("http://localhost/_understudy/clock", {
          method: "OPTIONS",
          headers: {
            ...origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type,x-api-key",
          },
        }),
      );
    const answer = await preflight(local);
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toEqual({
      "access-control-allow-origin": local.Origin,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
      "access-control-allow-headers": "content-type,x-api-key",
      "access-control-expose-headers":
        "Access-Control-Allow-Methods, Access-Control-Allow-Headers, Access-Control-Max-Age",
      "access-control-max-age": "600",
      vary: "Origin",
    });
    const refused = await preflight(foreign);
    expect([refused.status, refused.headers.has("Access-Control-Allow-Origin")]).toEqual([403, false]);
  });

  test("in process the host of the URL counts, whatever header Host says", async () => {
    const { mock } = testMock();
    const status = async (host: string, headers = {}) =>
      (await mock.fetch(new Request(`http://${host}/_understudy/health`, { headers }))).status;
    expect([await status("localhost:9"), await status("mock.example")]).toEqual([200, 403]);
    expect(await status("mock.example", { Host: "localhost" })).toBe(403);
  });

  test("a host that it was told to serve on counts too", async () => {
    const { mock } = testMock();
    const status = async () => (await mock.fetch(new Request("http://0.0.0.0/_understudy/health"))).status;
    expect(await status()).toBe(403);
    const { close } = await mock.listen({ host: "0.0.0.0" });
    await close();
    expect(await status()).toBe(200);
  });

  test("the API itself stays open to every page and host", async () => {
    const { mock } = testMock();
    const headers = { ...foreign, "Sec-Fetch-Site": "cross-site", "X-API-Key": "test_key" };
    const answer = await mock.fetch(new Request("http://rebound.example/customers", { headers }));
    expect(answer.status).toBe(200);
    expect(answer.headers.has("Access-Control-Allow-Origin")).toBe(true);
  });
});
