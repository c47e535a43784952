import { expect, test } from "vitest";
import { firstMoment, lastMoment, momentOf, timestamp } from "../../src/document/moment.ts";

test.each([
  ["1970-01-01T00:00:00Z", firstMoment],
  ["9999-12-31T23:59:59.999Z", lastMoment],
  ["9999-12-31T23:59:59.9999999Z", lastMoment],
  ["1969-12-31T23:59:59.999Z", undefined],
  ["0001-01-01T00:00:00Z", undefined],
  ["2016-12-31T23:59:60Z", undefined],
  ["+010000-01-01T00:00:00.000Z", undefined],
  ["tomorrow", undefined],
])("%s is the moment %s", (text, moment) => {
  expect(momentOf(text)).toBe(moment);
});

test.each([
  [-1, "1970-01-01T00:00:00.000Z"],
  [lastMoment + 1, "9999-12-31T23:59:59.999Z"],
  [1000, "1970-01-01T00:00:01.000Z"],
])("%s is written %s", (ms, text) => {
  expect(timestamp(ms)).toBe(text);
});
