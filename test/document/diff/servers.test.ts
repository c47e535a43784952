import { describe, expect, test } from "vitest";
import { compare } from "../../../src/document/diff/diff.ts";

type Members = Record<string, unknown>;
type Servers = readonly (string | Members)[];

const server = (given: string | Members) => (typeof given === "string" ? { url: given } : given);
const ok = { "200": { description: "Done." } };

/** A document of these servers and paths; where a path is given with servers, they are its own. */
function document(servers: Servers, paths: Record<string, Servers | Members>) {
  const items = Object.entries(paths).map(([path, given]) => {
    const parameters = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => ({
      ...{ name, in: "path", required: true, schema: { type: "string" } },
    }));
    const own = Array.isArray(given) ? { servers: given.map(server) } : given;
    return [path, { parameters, get: { responses: ok }, ...own }];
  });
  return {
    openapi: "3.1.0",
    info: { title: "Pets", version: "1" },
    ...(servers.length > 0 ? { servers: servers.map(server) } : {}),
    paths: Object.fromEntries(items),
  };
}

type Given = Parameters<typeof document>;

function told(was: Given, is: Given): string[] {
  return compare(document(...was), document(...is)).map(
    ({ breaking, keyword, at, was, is }) => `${breaking ? "breaking" : "harmless"} ${keyword} ${at}: ${was} -> ${is}`,
  );
}

const one = (path: string, more: Servers | Members = {}) => ({ [path]: more });
const versioned = (more: Members) => ({ url: "/{v}", variables: { v: { default: "v1", ...more } } });

describe("a base path that stands in the paths now, or no more", () => {
  test.each<[name: string, was: Given, is: Given]>([
    ["of a relative URL", [["/v1"], one("/pets")], [["/"], one("/v1/pets")]],
    ["of no server", [["/v1"], one("/pets")], [[], one("/v1/pets")]],
    ["of one host", [["https://a.example/v1/"], one("/pets/{id}")], [["https://A.example:443"], one("/v1/pets/{key}")]],
    [
      "of two hosts",
      [["https://a.example/v1", "https://b.example/v1"], one("/pets")],
      [["https://b.example", "https://a.example"], one("/v1/pets")],
    ],
    ["of a server of the path", [["/"], one("/pets", ["/v1"])], [["/"], one("/v1/pets")]],
    [
      "of a server of the operation",
      [["/v1"], one("/pets")],
      [["/v9"], one("/pets", { get: { servers: [{ url: "/v1" }], responses: ok } })],
    ],
    ["of two versions", [["/v1", "/v2"], one("/pets")], [[], { ...one("/v1/pets"), ...one("/v2/pets") }]],
    ["of a variable", [[versioned({})], one("/pets")], [["/"], one("/v1/pets")]],
    ["of a part", [["/api/v1"], one("/pets")], [["/api"], one("/v1/pets")]],
    ["of a variable that any text may be", [[versioned({})], one("/pets/{id}")], [[], one("/{v}/pets/{id}")]],
    [
      "of a host with a variable",
      [[{ url: "https://{at}.example/v1", variables: { at: { default: "a" } } }], one("/pets")],
      [["https://a.example/"], one("/v1/pets")],
    ],
  ])("%s", (_, was, is) => {
    expect([told(was, is), told(is, was)]).toEqual([[], []]);
  });

  test("what has changed behind it is met", () => {
    const [was, is] = [
      [["/v1"], one("/pets", { get: { parameters: [{ name: "q", in: "query" }], responses: ok } })],
      [["/"], one("/v1/pets", { get: { responses: ok } })],
    ] as const satisfies Given[];
    expect(told([[...was[0]], was[1]], [[...is[0]], is[1]])).toEqual([
      "breaking parameters GET /pets query.q: q -> undefined",
    ]);
  });

  test("a variable that is a parameter now takes no less, or it breaks", () => {
    const listed = [versioned({ enum: ["v1", "v2"] })];
    const parameter = (values: string[]) => ({
      parameters: [{ name: "v", in: "path", required: true, schema: { type: "string", enum: values } }],
    });
    const [few, same, many] = [["v1"], ["v2", "v1"], ["v1", "v2", "v3"]].map((values) =>
      told([listed, one("/pets")], [[], one("/{v}/pets", parameter(values))]),
    );
    expect([few, same]).toEqual([["breaking enum GET /pets path.v: v1,v2 -> v1"], []]);
    expect(many).toEqual(["harmless enum GET /pets path.v: v1,v2 -> v1,v2,v3"]);
  });
});

describe("another base URL", () => {
  test.each<[name: string, was: Given, is: Given, wanted: string[]]>([
    [
      "of all paths",
      [["/v1"], { ...one("/pets"), ...one("/toys") }],
      [["/v2"], { ...one("/pets"), ...one("/toys") }],
      ["breaking servers servers: /v1 -> undefined", "harmless servers servers: undefined -> /v2"],
    ],
    [
      "of one path that was left behind",
      [["/v1"], { ...one("/pets"), ...one("/toys") }],
      [["/"], { ...one("/v1/pets"), ...one("/toys") }],
      ["breaking servers servers: /v1 -> undefined", "harmless servers servers: undefined -> /"],
    ],
    [
      "with the same path behind it",
      [["https://a.example/v1"], one("/pets")],
      [["https://b.example"], one("/v1/pets")],
      [
        "breaking servers servers: https://a.example/v1 -> undefined",
        "harmless servers servers: undefined -> https://b.example",
      ],
    ],
    [
      "that another operation had",
      [["/", "/v1"], one("/pets")],
      [["/", "/v1"], one("/v1/pets")],
      ["breaking servers GET /pets: / -> undefined", "harmless servers GET /v1/pets: undefined -> /v1"],
    ],
    [
      "of a path that is gone meanwhile",
      [["/v1"], { ...one("/pets"), ...one("/toys") }],
      [["/"], one("/v1/pets")],
      ["breaking paths GET /toys: GET /toys -> undefined"],
    ],
    [
      "which is one version less",
      [["/v1", "/v2"], one("/pets")],
      [["/"], one("/v2/pets")],
      ["breaking servers servers: /v1 -> undefined"],
    ],
  ])("%s", (_, was, is, wanted) => {
    expect(told(was, is)).toEqual(wanted);
  });
});
