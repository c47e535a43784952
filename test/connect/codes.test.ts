import { describe, expect, test } from "vitest";
import { detailCodes, errorCodes } from "../../src/connect/codes.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { refusals } from "../../src/document/problem.ts";
import { ids, testMock } from "../mock.ts";

const { schemas } = loadSpec().document.components as { schemas: Record<string, { enum: string[] }> };

test("the codes are those of the document, in its order", () => {
  expect(errorCodes).toEqual(schemas.ErrorCode!.enum);
  expect(detailCodes).toEqual(schemas.DetailCode!.enum);
});

test("every way to refuse a request of this API has a code of the document", () => {
  // The handlers of this API leave nothing to the engine that could end in one of these.
  const never = ["conflict", "example_needed"];
  expect(Object.keys(refusals).filter((code) => !never.includes(code))).toEqual(
    expect.arrayContaining(errorCodes.filter((code) => code !== "too_many_requests")),
  );
  expect(
    Object.keys(refusals).filter((code) => !never.includes(code) && !(errorCodes as string[]).includes(code)),
  ).toEqual([]);
});

describe("a violation has a code of the document:", () => {
  test.each([
    ["FIELD_REQUIRED", { method: "EMAIL_INVOICE" }],
    ["INVALID_TYPE", { method: "EMAIL_INVOICE", email: 5 }],
    ["INVALID_FORMAT", { method: "EMAIL_INVOICE", email: "none" }],
    ["INVALID_VALUE", { method: "FAX" }],
    ["UNKNOWN_FIELD", { method: "EMAIL_INVOICE", email: "a@b.example", colour: "red" }],
  ])("%s", async (code, body) => {
    const { call } = testMock();
    const reply = await call("PUT", `/customers/${ids.business}/billing`, { body });
    expect(reply.body.details.map((detail: { code: string }) => detail.code)).toEqual([code]);
  });
});
