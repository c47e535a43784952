import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { Message } from "./wire.ts";

/** What no document has thought of. `__proto__` is a member of its own here, as it is in JSON. */
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -0,
    1e308,
    -1e308,
    5e-324,
    2 ** 53,
    1e21,
    0.1 + 0.2,
    "",
    " ",
    "\u0000",
    "\ud800",
    "\udfff\ud800",
    "\u202e\ufeff",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "../../../etc/passwd",
    "%00%ff%",
    "a\r\nX-Injected: yes",
    "{{7*7}}<script>'\"`;--",
    "💥".repeat(300),
    "a".repeat(40_000),
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!@",
    "1".repeat(400),
    "0000-00-00T99:99:99Z",
    "275760-09-13T00:00:00.001Z",
    [],
    {},
  ),
  fc.constantFrom('{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}').map(parsed),
  fc.constantFrom('{"__proto__":null,"toString":1,"valueOf":2,"hasOwnProperty":3,"length":-1}').map(parsed),
  fc.constantFrom(3, 30, 300, 3000).map((depth) => parsed("[".repeat(depth) + "]".repeat(depth))),
  fc.constantFrom(3, 30, 300, 3000).map((depth) => parsed('{"a":'.repeat(depth) + 1 + "}".repeat(depth))),
  fc.nat({ max: 2000 }).map((length) => Array.from({ length }, (_, index) => index)),
  fc.jsonValue({ maxDepth: 3 }),
  fc.double(),
  fc.maxSafeInteger(),
  fc.string({ unit: "binary" }),
);

function parsed(text: string): unknown {
  return JSON.parse(text);
}

/** How a body is altered once it is text; `at` says where, from 0 to 1. */
type Alter = (text: string, at: number, value: unknown) => string | Buffer;

const around = (text: string, at: number) => {
  const place = Math.floor(text.length * at);
  return [text.slice(0, place), text.slice(place)] as const;
};
const withMember = (text: string, member: string) => text.replace("{", `{${member}${text.includes(":") ? "," : ""}`);

const alterations: Readonly<Record<string, Alter>> = {
  "a member twice": (text, _, value) =>
    withMember(text, `${/"(?:[^"\\]|\\.)*"(?=:)/.exec(text)?.[0] ?? '"a"'}:${JSON.stringify(value) ?? "null"}`),
  "a member __proto__": (text) =>
    withMember(text, '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}'),
  "text that is cut": (text, at) => around(text, at)[0],
  "text that goes on": (text) => `${text}${text}`,
  "bytes in the midst": (text, at, value) =>
    Buffer.concat([
      Buffer.from(around(text, at)[0]),
      Buffer.from(JSON.stringify(value) ?? "", "latin1"),
      Buffer.from(around(text, at)[1]),
    ]),
  "bytes that are no UTF-8": (text, at) =>
    Buffer.concat([
      Buffer.from(around(text, at)[0]),
      Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80, 0xff]),
      Buffer.from(around(text, at)[1]),
    ]),
  "a byte order mark": (text) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]),
  "UTF-16": (text) => Buffer.from(text, "utf16le"),
  "a number beyond numbers": (text, at) =>
    text.replace(/\d+/, at < 0.5 ? "1e999" : `-${"9".repeat(500)}.${"9".repeat(500)}`),
  "half a pair": (text) => text.replace(/"(?=[,}\]])/, '\\ud800"'),
  "lists without end": (_, at) => "[".repeat(Math.ceil(at * 200_000)),
  "objects without end": (_, at) => '{"a":'.repeat(Math.ceil(at * 100_000)),
  "deep lists": (_, at) => "[".repeat(Math.ceil(at * 20_000)) + "]".repeat(Math.ceil(at * 20_000)),
  "deep members": (text, at) =>
    withMember(text, `"deep":${'{"a":'.repeat(Math.ceil(at * 20_000))}1${"}".repeat(Math.ceil(at * 20_000))}`),
  "many members": (text, at) =>
    withMember(text, Array.from({ length: Math.ceil(at * 20_000) }, (_, n) => `"m${n}":${n}`).join()),
  "a long text": (text, at) => withMember(text, `"long":"${"x".repeat(Math.ceil(at * 1_200_000))}"`),
  nothing: () => "",
  "the nothing of programs": () => "undefined",
  "a value of another kind": (_text, _at, value) => JSON.stringify(value) ?? "",
};

const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024));

/** Headers that mean something, as nobody means them. */
const oddHeaders: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(
    fc.constant("Content-Type"),
    fc.constantFrom(
      "",
      "application/json; charset=utf-16",
      "application/json;charset=\xff",
      "application/json; charset=x-unknown",
      "APPLICATION/JSON",
      "application/vnd.x+json",
      "text/plain; charset=nothing",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "multipart/form-data; boundary=",
      `multipart/form-data; boundary=${"-".repeat(3000)}`,
      "multipart/form-data; boundary=a",
      "application/octet-stream",
      "application/xml",
      "/",
      ";",
      "a/b/c",
      "__proto__",
      "constructor/prototype",
      `a/${"b;".repeat(4000)}`,
    ),
  ),
  fc.tuple(
    fc.constantFrom("X-Idempotency-Key", "Idempotency-Key", "Idempotence-Key"),
    fc.oneof(
      fc.constantFrom("", "__proto__", "constructor", "k".repeat(256), "k".repeat(9000), "\xff\xfe", "k1", "k2", "k3"),
      fc.uuid(),
    ),
  ),
  fc.tuple(
    fc.constant("Prefer"),
    fc.constantFrom(
      "code=400",
      "code=404",
      "code=503",
      "code=204",
      "code=304",
      "code=299",
      "code=100",
      "code=999",
      "example=__proto__",
      "example=toString",
      "dynamic=true",
      "dynamic=maybe",
      "delay=3",
      "delay=-1",
      "delay=1e9",
      "connection=drop-before",
      "connection=drop-after",
      "connection=truncate",
      "connection=garbage",
      "connection=hang",
      "connection=__proto__",
      "__proto__=1",
      `code=200, ${"a=b, ".repeat(800)}`,
      `${"\\".repeat(3000)}`,
      `example="${'\\"'.repeat(2000)}`,
      `${" ".repeat(5000)}=`,
      "code",
      "=",
    ),
  ),
  fc.tuple(
    fc.constantFrom(
      "Accept",
      "If-Match",
      "If-None-Match",
      "Range",
      "Cookie",
      "Content-Encoding",
      "Accept-Encoding",
      "Connection",
      "Upgrade",
      "Last-Event-ID",
    ),
    fc.constantFrom(
      "",
      "*",
      "*/*;q=2",
      "a/b;q=x,".repeat(500),
      "text/html",
      "bytes=0-1,5-",
      '"a"',
      "gzip",
      "br, gzip, deflate",
      "x",
      "close",
      "keep-alive, x-api-key",
      "websocket",
      "h2c",
      "-1",
      "1e400",
      "__proto__=1; a; =; ==",
      "a=\xff",
    ),
  ),
  fc.tuple(
    fc.constantFrom("Origin", "Sec-Fetch-Site", "Access-Control-Request-Method", "Access-Control-Request-Headers"),
    fc.constantFrom(
      "",
      "null",
      "http://localhost:3000",
      "https://page.example",
      "http://127.0.0.1.example",
      "http://[::1]:1",
      "cross-site",
      "same-origin",
      "x-a,\t\xff",
      "PUT",
    ),
  ),
  fc.tuple(
    fc.constantFrom("Host", "X-Forwarded-Host"),
    fc.constantFrom(
      "localhost",
      "LOCALHOST:80",
      "[::1]:1",
      "127.1",
      "evil.example",
      "127.0.0.1.evil.example",
      "a b",
      "a/b",
      "a@b",
      "",
      "[",
      "\xff",
      "localhost:99999",
      "%6c",
      "x".repeat(5000),
    ),
  ),
  fc.tuple(
    fc.constantFrom("X-A", "__proto__", "constructor", "Forwarded", "X-HTTP-Method-Override", "TE", "Expect"),
    fc.string({
      unit: fc
        .integer({ min: 0x20, max: 0xff })
        .filter((code) => code !== 0x7f)
        .map((code) => String.fromCharCode(code)),
      maxLength: 40,
    }),
  ),
);

const oddSegments = [
  "",
  ".",
  "..",
  "%",
  "%zz",
  "%00",
  "%ff",
  "%2e%2e",
  "%2f",
  "%5c",
  "__proto__",
  "constructor",
  "toString",
  "a".repeat(6000),
  "\u00e4",
  "%ed%a0%80",
  ";a=b",
  "a;b",
  "*",
  "~",
  "'",
  "%0d%0aX:1",
  "a%20b",
  "+",
  "0",
  "-1",
  "1e400",
  "{id}",
  "%7Bid%7D",
  "💥",
];
const oddQueries = [
  "",
  "?",
  "&&&&",
  "=",
  "=&=",
  "a",
  "%",
  "%zz=%zz",
  "__proto__[polluted]=1",
  "__proto__=1",
  "constructor[prototype][polluted]=1",
  "a=1&a=2&a=3",
  "limit=1e9",
  "limit=-1",
  "limit=__proto__",
  "offset=99999999999999999999",
  "cursor=%00",
  `filter${"[a]".repeat(2500)}=1`,
  `${"a[]=1&".repeat(900)}`,
  `x=${"y".repeat(12_000)}`,
  "a=%F0%28%8C%BC",
  "__code=404",
  "__code=418",
  "__code=503",
  "__example=x&__delay=2",
  "__connection=drop-after",
  "key=test_key",
  "a;b;c",
  "a|b",
  "a=b#c",
];

/** What is done to one request. */
export type Change =
  | { readonly kind: "none" }
  | {
      readonly kind: "value";
      readonly place: number;
      readonly value: unknown;
      readonly how: "replace" | "remove" | "add";
    }
  | { readonly kind: "text"; readonly name: string; readonly at: number; readonly value: unknown }
  | { readonly kind: "headers"; readonly headers: readonly (readonly [string, string])[] }
  | { readonly kind: "packed"; readonly bytes: Buffer | undefined; readonly coding: string }
  | {
      readonly kind: "target";
      readonly segment: string | undefined;
      readonly place: number;
      readonly query: string | undefined;
    }
  | { readonly kind: "method"; readonly method: string }
  | { readonly kind: "key"; readonly key: string | undefined };

export const change: fc.Arbitrary<Change> = fc.oneof(
  { arbitrary: fc.constant<Change>({ kind: "none" }), weight: 4 },
  {
    arbitrary: fc.record({
      kind: fc.constant("value" as const),
      place: fc.nat({ max: 60 }),
      value: hostile,
      how: fc.constantFrom("replace" as const, "replace" as const, "remove" as const, "add" as const),
    }),
    weight: 6,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("text" as const),
      name: fc.constantFrom(...Object.keys(alterations)),
      at: fc.double({ min: 0, max: 1, noNaN: true }).map((at) => at ** 3),
      value: hostile,
    }),
    weight: 5,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("headers" as const),
      headers: fc.array(oddHeaders, { minLength: 1, maxLength: 3 }),
    }),
    weight: 5,
  },
  {
    arbitrary: fc.oneof(
      { arbitrary: fc.constant<Change>({ kind: "packed", bytes: undefined, coding: "gzip" }), weight: 8 },
      {
        arbitrary: fc
          .uint8Array({ maxLength: 200 })
          .map((bytes): Change => ({ kind: "packed", bytes: Buffer.from(bytes), coding: "gzip, br" })),
        weight: 8,
      },
      { arbitrary: fc.constant<Change>({ kind: "packed", bytes: bomb, coding: "gzip" }), weight: 1 },
    ),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("target" as const),
      segment: fc.option(fc.constantFrom(...oddSegments), { nil: undefined }),
      place: fc.nat({ max: 8 }),
      query: fc.option(fc.constantFrom(...oddQueries), { nil: undefined }),
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("method" as const),
      method: fc.constantFrom(
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "QUERY",
        "M-SEARCH",
        "PURGE",
        "LINK",
      ),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("key" as const),
      key: fc.constantFrom(
        undefined,
        "",
        "test_",
        "nobody",
        "__proto__",
        "test_a, test_b",
        "te***-0",
        "x".repeat(9000),
        "test_a\xff",
      ),
    }),
    weight: 1,
  },
);

/** A value with something else in one of its places. */
export function altered(value: unknown, { place, value: other, how }: Extract<Change, { kind: "value" }>): unknown {
  const places: (readonly string[])[] = [];
  const visit = (inner: unknown, path: readonly string[]): void => {
    if (path.length > 1) places.push(path);
    if (typeof inner !== "object" || inner === null || places.length > 200) return;
    for (const [name, member] of Object.entries(inner)) visit(member, [...path, name]);
  };
  visit(value, []);
  const path = places[place % Math.max(1, places.length)];
  if (!path) return { ...(value as object), body: other };
  const set = (inner: unknown, [name, ...rest]: readonly string[]): unknown => {
    if (name === undefined)
      return how === "add" && typeof inner === "object" ? withOwn(inner, "__proto__", other) : other;
    const copy = (Array.isArray(inner) ? [...inner] : { ...(inner as object) }) as Record<string, unknown>;
    if (rest.length === 0 && how === "remove") delete copy[name];
    else copy[name] = set(copy[name], rest);
    return copy;
  };
  return set(value, path);
}

function withOwn(inner: unknown, name: string, value: unknown): unknown {
  const copy = { ...(inner as object) };
  return Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
}

/** A message after a change. */
export function changed(message: Message, one: Change): Message {
  switch (one.kind) {
    case "text": {
      if (!message.body && !/^(POST|PUT|PATCH)$/.test(message.method)) return message;
      const body = alterations[one.name]!((message.body ?? Buffer.from("{}")).toString(), one.at, one.value);
      return { ...message, body: Buffer.isBuffer(body) ? body : Buffer.from(body) };
    }
    case "headers":
      return { ...message, headers: [...message.headers, ...one.headers] };
    case "packed":
      return {
        ...message,
        headers: [...message.headers, ["Content-Encoding", one.coding]],
        body: one.bytes ?? gzipSync(message.body ?? Buffer.alloc(0)),
      };
    case "target": {
      const [path = "", ...query] = message.target.split("?");
      const parts = path.split("/");
      if (one.segment !== undefined) parts[1 + (one.place % Math.max(1, parts.length - 1))] = one.segment;
      const asked = one.query === undefined ? query : [...query, one.query];
      return { ...message, target: parts.join("/") + (asked.length > 0 ? `?${asked.join("&")}` : "") };
    }
    case "method":
      return { ...message, method: one.method };
    default:
      return message;
  }
}
