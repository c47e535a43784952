import { describe, expect, test } from "vitest";
import { parseSpec, type Spec } from "../../src/document/spec.ts";

const done = { responses: { 204: { description: "Done." } } };

/** A document whose paths take GET; a value of the map is the path item where it is more than that. */
function specOf(paths: readonly string[] | Readonly<Record<string, object>>, more: object = {}): Spec {
  const items = Array.isArray(paths)
    ? Object.fromEntries(paths.map((path) => [path, { get: done }]))
    : (paths as Readonly<Record<string, object>>);
  return parseSpec(JSON.stringify({ openapi: "3.1.0", info: { title: "Ways", version: "1" }, paths: items, ...more }));
}

/** The template that a path is matched by, with its parameters; `undefined` where none is. */
function found(spec: Spec, target: string, method = "GET"): unknown {
  const match = spec.match(method, target);
  return match.operation && [match.operation.path, match.path];
}

describe("a path is matched by its template", () => {
  test.each<[string, string, object | undefined]>([
    ["/reports/{id}.{format}", "/reports/7.csv", { id: "7", format: "csv" }],
    ["/reports/{id}.json", "/reports/a.b.json", { id: "a.b" }],
    ["/reports/{id}.json", "/reports/7.xml", undefined],
    ["/compare/{base}...{head}", "/compare/main...next", { base: "main", head: "next" }],
    ["/users/{id}:block", "/users/7:block", { id: "7" }],
    ["/users/{id}:block", "/users/7%3Ablock", { id: "7" }],
    ["/x:search", "/x:search", {}],
    ["/x:search", "/x%3asearch", {}],
    ["/files/{path.name}/{the id}", "/files/a/b", { "path.name": "a", "the id": "b" }],
    ["/a b/é", "/a%20b/%C3%A9", {}],
    ["/a.b", "/aXb", undefined],
    ["/p/{name}/end", "/p/a%2Fb/end", { name: "a/b" }],
    ["/p/{name}/end", "/p/a/b/end", undefined],
    ["/p/{name}", "/p/", undefined],
    ["/p/{name}", "/p/%E0%A4%A", { name: "%E0%A4%A" }],
    ["/~me", "/%7Eme", {}],
    ["/star/*", "/star/*", {}],
    ["/star/*", "/star/x", undefined],
    ["/odd/(x)+", "/odd/xx", undefined],
    ["/", "/", {}],
    ["/a/", "/a", undefined],
    ["/user/{name}", "//user/rem", undefined],
  ])("%s by %s", (template, path, parameters) => {
    expect(found(specOf([template]), path)).toEqual(parameters && [template, parameters]);
  });

  test("with its parameters as they were sent beside them decoded", () => {
    const match = specOf(["/l/{ids}"]).match("GET", "/l/a%2Cb,c");
    expect(match.operation && [match.path, match.raw]).toEqual([{ ids: "a,b,c" }, { ids: "a%2Cb,c" }]);
  });
});

describe("of several templates", () => {
  test.each([
    [["/items/{i}/{day}", "/items/{i}/notes"], "/items/2/notes", "/items/{i}/notes"],
    [["/{a}/{b}", "/{a}.json/{b}", "/x/{b}"], "/x/1", "/x/{b}"],
    [["/{a}/{b}", "/{a}.json/{b}"], "/x.json/1", "/{a}.json/{b}"],
    [["/{a}/y", "/x/{b}"], "/x/y", "/x/{b}"],
    [["/x/{b}/{c}", "/{a}/y/z"], "/x/y/z", "/{a}/y/z"],
  ])("the most concrete of %j takes %s", (paths, target, template) => {
    expect(found(specOf(paths), target)).toEqual([template, expect.anything()]);
    expect(found(specOf([...paths].reverse()), target)).toEqual([template, expect.anything()]);
  });

  test("of one shape the first whose parameters take what was sent", () => {
    const taking = (name: string, schema: object) => ({
      get: { parameters: [{ name, in: "path", required: true, schema }], ...done },
    });
    const spec = specOf({
      "/a/{id}": taking("id", { type: "integer" }),
      "/a/{name}": taking("name", { type: "string", pattern: "^[a-z]+$" }),
    });
    expect(found(spec, "/a/7")).toEqual(["/a/{id}", { id: "7" }]);
    expect(found(spec, "/a/rex")).toEqual(["/a/{name}", { name: "rex" }]);
    // Whoever sends what neither takes is told so, and not that there is nothing.
    expect(found(spec, "/a/R-2")).toEqual(["/a/{id}", { id: "R-2" }]);
  });

  test("of one shape the one that knows what was sent, by a default or an example", () => {
    const known = (name: string, more: object) => ({
      get: { parameters: [{ name, in: "path", required: true, schema: { type: "string" }, ...more }], ...done },
    });
    const spec = specOf({
      "/{shelf}/keys": known("shelf", {}),
      "/{cellar}/keys": known("cellar", { schema: { type: "string", default: "cellar" } }),
      "/{attic}/keys": known("attic", { example: "attic" }),
      "/attic/{part}": known("part", { example: "keys" }),
    });
    expect(found(spec, "/hall/keys")).toEqual(["/{shelf}/keys", { shelf: "hall" }]);
    expect(found(spec, "/cellar/keys")).toEqual(["/{cellar}/keys", { cellar: "cellar" }]);
    // Of another shape, which begins more concretely.
    expect(found(spec, "/attic/keys")).toEqual(["/attic/{part}", { part: "keys" }]);
  });

  test("of one shape each keeps its methods", () => {
    const spec = specOf({ "/a/{id}": { get: done }, "/a/{name}": { put: done } });
    expect(found(spec, "/a/1", "PUT")).toEqual(["/a/{name}", { name: "1" }]);
    expect(spec.match("DELETE", "/a/1")).toEqual({ allowed: ["GET", "PUT"] });
  });

  test("the query tells apart what the path does not", () => {
    const spec = specOf(["/files/{id}", "/files/{id}?beta=true"]);
    expect(found(spec, "/files/7?x=1&beta=true")).toEqual(["/files/{id}?beta=true", { id: "7" }]);
    expect(found(spec, "/files/7?beta=false")).toEqual(["/files/{id}", { id: "7" }]);
    expect(found(spec, "/files/7")).toEqual(["/files/{id}", { id: "7" }]);
  });

  test("a fragment never goes over the wire", () => {
    expect(found(specOf(["/files/{id}#link"]), "/files/7")).toEqual(["/files/{id}#link", { id: "7" }]);
  });
});

describe("a path is known behind the base path of a server too", () => {
  test.each([
    ["a path", [{ url: "/api" }], "/api/pets"],
    ["with a slash at its end", [{ url: "https://pets.test/v1/" }], "/v1/pets"],
    ["of any server", [{ url: "https://pets.test" }, { url: "https://pets.test/v2?x" }], "/v2/pets"],
    ["without a slash", [{ url: "api/v1" }], "/api/v1/pets"],
    [
      "with a variable",
      [
        {
          url: "https://{host}/{v}",
          variables: { host: { default: "pets.test" }, v: { default: "v1", enum: ["v1", "v2"] } },
        },
      ],
      "/v2/pets",
    ],
    ["with a variable of any value", [{ url: "/{v}/api", variables: { v: { default: "v1" } } }], "/v7/api/pets"],
    [
      "with a variable for all of it",
      [{ url: "{base}/x", variables: { base: { default: "https://pets.test/v1" } } }],
      "/v1/x/pets",
    ],
    [
      "with a variable for its scheme",
      [{ url: "{scheme}://pets.test/v1", variables: { scheme: { default: "https" } } }],
      "/v1/pets",
    ],
  ])("%s", (_, servers, target) => {
    const spec = specOf(["/pets"], { servers });
    expect(found(spec, target)).toEqual(["/pets", {}]);
    expect(found(spec, "/pets")).toEqual(["/pets", {}]);
    expect(spec.match("PUT", target)).toEqual({ allowed: ["GET"] });
    expect(spec.match("GET", `/other${target}`)).toEqual({ allowed: [] });
  });

  test("a variable has the values that are listed", () => {
    const servers = [{ url: "/{v}", variables: { v: { default: "v1", enum: ["v1", "v2"] } } }];
    expect(found(specOf(["/pets"], { servers }), "/v3/pets")).toBeUndefined();
  });

  test("that of the operation goes before that of its path, and both before the document's", () => {
    const spec = specOf(
      {
        "/a": { servers: [{ url: "/path" }], get: { ...done, servers: [{ url: "/own" }] }, put: done },
        "/b": { get: done },
      },
      { servers: [{ url: "/all" }] },
    );
    const known = (method: string, target: string) => spec.match(method, target).operation !== undefined;
    expect([known("GET", "/own/a"), known("GET", "/path/a"), known("GET", "/all/a")]).toEqual([true, false, false]);
    expect([known("PUT", "/path/a"), known("PUT", "/all/a"), known("GET", "/all/b")]).toEqual([true, false, true]);
  });

  test("a plain path goes before one behind a base path", () => {
    const spec = specOf(["/v1/pets", "/pets"], { servers: [{ url: "/v1" }] });
    expect(found(spec, "/v1/pets")).toEqual(["/v1/pets", {}]);
    expect(found(spec, "/v1/v1/pets")).toEqual(["/v1/pets", {}]);
  });

  test("the root path too", () => {
    const spec = specOf(["/"], { servers: [{ url: "/v1" }] });
    expect([found(spec, "/v1"), found(spec, "/v1/")]).toEqual([
      ["/", {}],
      ["/", {}],
    ]);
  });
});
