import { expect, test } from "vitest";
import { unkept } from "../../../src/contract/generated/kept.ts";
import { createSchemas } from "../../../src/document/sample/schemas.ts";

const text = { type: "string" };
const object = (properties: object) => ({ type: "object", properties });
const list = (items: object) => ({ type: "array", items });

/** The places that are not shown as they were sent, where both have the same schema unless told. */
function at(sent: unknown, shown: unknown, schema: object, shownSchema = schema) {
  const schemas = createSchemas({ openapi: "3.1.0" });
  const sides = { schemas, sent: { value: sent, schema }, shown: { value: shown, schema: shownSchema } };
  return unkept(sides).map(({ at }) => at);
}

test("another text, number or list, or none, is not what was sent", () => {
  const schema = object({ a: text, n: { type: "number" }, l: list(text), o: object({ b: text }) });
  const sent = { a: "x", n: 1, l: ["p", "q"], o: { b: "y" } };
  expect(at(sent, sent, schema)).toEqual([]);
  expect(at(sent, { a: "z", n: 2, l: ["p"], o: { b: "x" } }, schema)).toEqual([
    "body.a",
    "body.n",
    "body.l",
    "body.o.b",
  ]);
  expect(at(sent, {}, schema)).toEqual(["body.a", "body.n", "body.l", "body.o"]);
});

test("a target may write otherwise what means the same", () => {
  const schema = object({ a: text, m: { type: "string", format: "email" }, l: list(text), e: text });
  expect(
    at({ a: " x ", m: "A@b.example", l: ["p", "q"], e: "" }, { a: "x", m: "a@b.example", l: ["q", "p"] }, schema),
  ).toEqual([]);
});

test("what only a request, or only an answer, speaks of is not compared", () => {
  expect(at({ a: "x" }, {}, object({ a: { ...text, writeOnly: true } }))).toEqual([]);
  expect(at({ a: "x" }, {}, object({ a: text }), object({}))).toEqual([]);
});

test("names that are sent and shown as the records that they name are not compared", () => {
  const [names, records] = [object({ l: list(text) }), object({ l: list(object({ name: text })) })];
  expect(at({ l: ["x"] }, { l: [{ name: "x" }] }, names, records)).toEqual([]);
  expect(at({ l: ["x"] }, { l: ["y"] }, names)).toEqual(["body.l"]);
});

test("of several kinds of records, it is the members of the shown one that are compared", () => {
  const kind = (name: string) => ({ required: ["kind"], properties: { kind: { const: name }, [name]: text } });
  const either = { anyOf: [kind("saw"), kind("axe")] };
  const sent = object({ saw: text, axe: text });
  expect(at({ saw: "x", axe: "y" }, { kind: "axe", axe: "y" }, sent, either)).toEqual([]);
  expect(at({ saw: "x", axe: "y" }, { kind: "axe", axe: "z" }, sent, either)).toEqual(["body.axe"]);
});
