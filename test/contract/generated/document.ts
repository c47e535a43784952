import { parseSpec, type Spec } from "../../../src/document/spec.ts";

/** A document of one operation, `PUT /things/{id}`, that takes a body of this schema. */
export function documentOf(schema: unknown, more: Record<string, unknown> = {}, openapi = "3.1.0"): Spec {
  const answer = { description: "Done.", content: { "application/json": { schema: { type: "object" } } } };
  return parseSpec(
    JSON.stringify({
      openapi,
      info: { title: "Things", version: "1" },
      paths: {
        "/things/{id}": {
          parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" }, example: "thing-1" }],
          put: {
            operationId: "putThing",
            requestBody: { required: true, content: { "application/json": { schema } } },
            responses: { "200": answer, "400": { description: "Refused." } },
            ...more,
          },
        },
      },
    }),
  );
}
