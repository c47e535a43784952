import { describe, expect, test } from "vitest";
import { bodyFormatOf, inAcceptedOrder, mediaFor, mediaParameter, mediaTypeOf } from "../../src/document/media-type.ts";

test.each([
  ["Application/JSON; Charset=UTF-8", "application/json"],
  [" text/plain ;x=1", "text/plain"],
  ["", ""],
  [undefined, ""],
  [null, ""],
])("the media type of %j is %j", (given, type) => {
  expect(mediaTypeOf(given)).toBe(type);
});

test("a parameter, with or without quotes", () => {
  const type = 'multipart/form-data; Boundary="a;b \\"c\\""; charset = utf-8';
  expect(mediaParameter(type, "boundary")).toBe('a;b "c"');
  expect(mediaParameter(type, "charset")).toBe("utf-8");
  expect(mediaParameter(type, "q")).toBeUndefined();
});

describe("the entry of a content that a media type falls under", () => {
  test.each([
    [["application/json"], "application/json", "application/json"],
    [["application/json; charset=utf-8"], "application/json", "application/json; charset=utf-8"],
    [["application/json;charset=utf-8"], 'application/JSON; charset="UTF-8"', "application/json;charset=utf-8"],
    [["application/json"], "application/json; charset=latin1", "application/json"],
    [["application/json"], "application/problem+json", undefined],
    [["application/json"], undefined, undefined],
    [["*/*"], undefined, "*/*"],
    [["*/*", "application/*", "application/json"], "application/json", "application/json"],
    [["*/*", "application/*", "application/json"], "application/xml", "application/*"],
    [["*/*", "application/*", "application/json"], "text/plain", "*/*"],
    [["application/*", "application/*+json"], "application/vnd.x+json", "application/*+json"],
    [["application/*+json"], "application/json", undefined],
    [["application/*"], "text/plain", undefined],
    [["a/b;v=1", "a/b;v=2"], "a/b;v=2", "a/b;v=2"],
    [["a/b;v=1", "a/b"], "a/b;v=2", "a/b"],
    [["a/b", "a/b;v=1"], "a/b;v=1", "a/b;v=1"],
    [[], "a/b", undefined],
  ])("of %j for %j: %j", (declared, received, expected) => {
    const content = new Map(declared.map((type) => [type, type]));
    expect(mediaFor(content, received)?.[0]).toBe(expected);
  });
});

test.each([
  ["application/json;charset=utf-8", "json"],
  ["application/vnd.x+json", "json"],
  ["application/x-ndjson", "bytes"],
  ["application/x-www-form-urlencoded", "form"],
  ["multipart/form-data; boundary=x", "multipart"],
  ["multipart/mixed", "bytes"],
  ["text/csv", "text"],
  ["image/png", "bytes"],
  [undefined, "bytes"],
])("%s is read as %s", (type, format) => {
  expect(bodyFormatOf(type)).toBe(format);
});

describe("the media types that an Accept takes, in its order", () => {
  const types = ["application/json", "application/xml", "text/plain"];
  test.each([
    ["*/*", types],
    ["application/xml", ["application/xml"]],
    ["Application/XML ; q=1", ["application/xml"]],
    ["text/plain;q=0.5, application/json;q=0.9", ["application/json", "text/plain"]],
    ["text/plain, application/json", ["text/plain", "application/json"]],
    ["*/*, application/xml", ["application/xml", "application/json", "text/plain"]],
    ["application/json;q=0, */*;q=0.1", ["application/xml", "text/plain"]],
    ["text/*, application/xml;q=0.1", ["text/plain", "application/xml"]],
    ["image/png", []],
    ["application/xml;q=much", ["application/xml"]],
    ["", []],
  ])("%s", (accept, wanted) => {
    expect(inAcceptedOrder(types, accept)).toEqual(wanted);
  });
});
