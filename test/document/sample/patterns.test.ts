import { faker } from "@faker-js/faker/locale/en";
import { describe, expect, test } from "vitest";
import { createPattern } from "../../../src/document/pattern.ts";
import { isOfFormat } from "../../../src/document/sample/fits.ts";
import { formats } from "../../../src/document/sample/formats.ts";
import { likely, random } from "../../../src/document/sample/sample.ts";
import { createSchemas } from "../../../src/document/sample/schemas.ts";

const making = { schemas: createSchemas({}), known: () => undefined };
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

/** Values of a schema that has no reference, in both of the ways in which they are made. */
function valuesOf(schema: object): readonly unknown[] {
  return seeds.flatMap((seed) => [likely(schema, making, seed, faker).value, random(schema, making, seed)]);
}

describe("a text of a pattern", () => {
  test.each<[pattern: string, more?: object]>([
    ["^\\d{3}-\\w+$"],
    ["^(red|green|blue)$"],
    ["^a$|^b$"],
    ["^v\\d+(\\.\\d+)*(-rc\\d)?$"],
    ["^(?=.*[A-Z])(?=.*\\d).{8,}$"],
    ["^(?!-)[a-z-]{3,12}(?<!-)$"],
    ["^(\\d\\d)([-/])\\1\\2\\d{4}$"],
    ["^(?<half>[ab]{2})\\k<half>$"],
    ["^\\bone\\b two$"],
    ["^\\p{Lu}\\p{L}+$"],
    ["^[\\w\\-\\_]+\\@[a-z]+$"],
    ["^[^\\s,]+$"],
    ["needle"],
    ["^$"],
    ["^[A-Z0-9]+$", { minLength: 30, maxLength: 30 }],
    ["^usr_[a-z]*$", { minLength: 20 }],
    ["^(ab)+$", { minLength: 11, maxLength: 12 }],
    ["^[a-z]{1,64}$", { minLength: 40 }],
    ["^[0-9]+$", { maxLength: 2 }],
    ["^https://[a-z]+[.]example[.]com/", { format: "uri" }],
    ["@mail[.]example$", { format: "email" }],
    ["^2[0-9]{3}-0", { format: "date" }],
    ["^[A-Z]{2}$", { format: "country" }],
  ])("%s matches", (pattern, more = {}) => {
    const { minLength = 0, maxLength = 10_000, format } = more as Record<string, never>;
    for (const value of valuesOf({ type: "string", pattern, ...more })) {
      expect(value).toMatch(createPattern(pattern)!);
      expect((value as string).length).toBeGreaterThanOrEqual(minLength);
      expect((value as string).length).toBeLessThanOrEqual(maxLength);
      expect(isOfFormat(format, value as string)).toBe(true);
    }
  });
});

test("what the pattern of one value cost is not missing for the next", () => {
  const costly = {
    type: "object",
    required: ["description"],
    properties: { description: { type: "string", pattern: "^(\\w+\\s?)*$" } },
  };
  likely(costly, making, 1, faker);
  expect(likely({ type: "string", pattern: "^(a+)+$", minLength: 30, maxLength: 40 }, making, 1, faker).value).toMatch(
    /^a{30,40}$/,
  );
});

describe("a value of a format", () => {
  const numeric = (format: string) => formats[format]!.valid.some((value) => typeof value === "number");
  test.each(Object.keys(formats))("%s is one", (format) => {
    for (const value of valuesOf({ type: numeric(format) ? "number" : "string", format })) {
      expect(value).toBeDefined();
      expect(isOfFormat(format, value as string), String(value)).toBe(true);
    }
  });

  test.each([
    ["email", { maxLength: 8 }],
    ["email", { minLength: 60 }],
    ["uri", { minLength: 100, maxLength: 200 }],
    ["date-time", { maxLength: 20 }],
    ["byte", { minLength: 50 }],
    ["hostname", { minLength: 20 }],
  ])("%s of a length is one", (format, lengths) => {
    const { minLength = 0, maxLength = 10_000 } = lengths as { minLength?: number; maxLength?: number };
    for (const value of valuesOf({ type: "string", format, ...lengths })) {
      expect(isOfFormat(format, value as string), String(value)).toBe(true);
      expect((value as string).length).toBeGreaterThanOrEqual(minLength);
      expect((value as string).length).toBeLessThanOrEqual(maxLength);
    }
  });

  test.each(["int32", "int64", "decimal"])("a text in the format %s is a number", (format) => {
    expect(likely({ type: "string", format }, making, 1, faker).value).toMatch(/^\d+(\.\d+)?$/);
  });
});
