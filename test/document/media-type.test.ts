import { describe, expect, test } from "vitest";
import { bodyFormatOf, mediaFor, mediaParameter, mediaTypeOf } from "../../src/document/media-type.ts";

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
