import { describe, expect, test } from "vitest";
import { loadSpec } from "../../src/connect/spec.ts";
import { isObject, type JsonObject } from "../../src/document/validator.ts";

const { document, operations, webhooks } = loadSpec();
const { schemas } = document.components as { schemas: Record<string, JsonObject> };

/** A schema in a few words: `string (date)`, `CARD | CASH`, `CustomerUser[]`, `{ name: string }`. */
function typeOf(schema: unknown): string {
  if (!isObject(schema)) return String(schema);
  if (typeof schema.$ref === "string") return schema.$ref.split("/").at(-1)!;
  if (Array.isArray(schema.enum)) return schema.enum.join(" | ");
  if (schema.type === "array") return `${typeOf(schema.items)}[]`;
  if (isObject(schema.properties)) {
    const members = Object.entries(schema.properties).map(([name, member]) => `${name}: ${typeOf(member)}`);
    return `{ ${members.join(", ")} }`;
  }
  const limits = ["format", "pattern", "minLength", "maxLength", "minimum", "maximum", "default"]
    .filter((keyword) => keyword in schema)
    .map((keyword) =>
      keyword === "format" || keyword === "pattern" ? schema[keyword] : `${keyword} ${schema[keyword]}`,
    );
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : String(schema.type);
  return limits.length > 0 ? `${type} (${limits.join(", ")})` : type;
}

/** The members of a schema, each with its type, and how surely it is required where it is. */
function membersOf(schema: JsonObject): Record<string, string> {
  const bases = (schema["x-basis-of"] ?? {}) as Record<string, string>;
  const required = (schema.required ?? []) as string[];
  return Object.fromEntries(
    Object.entries(schema.properties as JsonObject).map(([name, member]) => {
      const basis = bases[`required/${name}`] ?? bases.required ?? schema["x-basis"] ?? "documented";
      return [name, required.includes(name) ? `${typeOf(member)}, required: ${basis}` : typeOf(member)];
    }),
  );
}

describe("the document gives each field the type that the reference gives it, and lists no other field:", () => {
  test.each<[schema: string, members: Record<string, string>]>([
    [
      "Customer",
      {
        customerId: "string, required: documented",
        customerType: "CONSUMER | BUSINESS, required: inferred",
        name: "string, required: inferred",
        contact: "Contact, required: inferred",
        identity: "string",
        preferredLocale: "string (^([A-Za-z]{2,8}|[XIxi]-[A-Za-z0-9]{1,8})(-[A-Za-z0-9]{1,8})*$)",
        humanReadableId: "string",
        billing: "Billing",
        users: "CustomerUser[]",
        contactPersonUserId: "string",
        contactPerson: "CustomerUser",
        shipping: "Shipping",
        createdAt: "Timestamp",
        updatedAt: "Timestamp",
        metadata: "Metadata",
      },
    ],
    [
      "Billing",
      {
        method: "InvoiceMethod, required: inferred",
        currency: "Currency, required: inferred",
        email: "string (email)",
        address: "Address",
        defaultPaymentProfileId: "string or null",
        autoPay: "boolean",
      },
    ],
    [
      "Address",
      {
        street1: "string, required: inferred",
        street2: "string",
        city: "string, required: inferred",
        state: "string",
        region: "string",
        zip: "string, required: inferred",
        country: "string (^[A-Z]{2}$), required: inferred",
        attention: "string",
      },
    ],
    ["Contact", { email: "string", msisdn: "string" }],
    [
      "Shipping",
      {
        name: "string, required: inferred",
        address: "Address, required: inferred",
        msisdn: "string",
        instructions: "string",
      },
    ],
    [
      "CustomerUser",
      {
        userId: "string, required: documented",
        name: "string, required: documented",
        role: "MEMBER | MANAGER | ADMIN",
      },
    ],
    [
      "PaymentProfile",
      {
        paymentProfileId: "string, required: documented",
        type: "string, required: documented",
        status: "ACTIVE | INACTIVE | EXPIRED | REQUIRES_ACTION, required: documented",
        customerId: "string, required: documented",
        createdAt: "Timestamp, required: documented",
        provider: "string",
        displayName: "string",
        expiresAt: "string (date)",
        billingDetails: "{ name: string, email: string, address: Address }",
        metadata: "Metadata",
      },
    ],
    [
      "BillingInput",
      {
        method: "InvoiceMethod, required: assumed",
        email: "string (email)",
        address: "AddressInput",
        currency: "Currency",
        defaultPaymentProfileId: "string or null",
        autoPay: "boolean",
      },
    ],
    [
      "CreateCustomer",
      {
        customerType: "CONSUMER | BUSINESS, required: inferred",
        name: "string (minLength 1), required: inferred",
        contact: "ContactInput, required: inferred",
        identity: "string",
        preferredLocale: "LocaleInput",
        billing: "BillingOfCustomer",
        userIds: "string (minLength 1)[]",
        contactPersonUserId: "string",
        shipping: "ShippingInput",
        metadata: "Metadata",
      },
    ],
    [
      "UpdateCustomer",
      {
        name: "string (minLength 1)",
        identity: "string",
        preferredLocale: "LocaleInput",
        contact: "ContactInput",
        billing: "BillingOfCustomer",
        shipping: "ShippingInput",
      },
    ],
    ["CustomerPage", { items: "Customer[], required: documented", pagination: "Pagination, required: documented" }],
    [
      "Pagination",
      {
        total: "integer (minimum 0), required: documented",
        limit: "integer (minimum 1, maximum 1000), required: documented",
        offset: "integer (minimum 0), required: documented",
        sort: "{ key: string, direction: string }, required: documented",
      },
    ],
    ["PaymentProfileList", { items: "PaymentProfile[], required: documented" }],
    [
      "CustomerEvent",
      {
        eventId: "string (uuid), required: documented",
        type: "customer.created | customer.updated, required: documented",
        occurredAt: "Timestamp, required: documented",
        data: "Customer, required: documented",
      },
    ],
    [
      "Error",
      {
        message: "string, required: inferred",
        code: "string, required: inferred",
        details: "ErrorDetail[]",
        hint: "string",
      },
    ],
    [
      "ErrorDetail",
      {
        message: "string, required: inferred",
        code: "string, required: inferred",
        property: "string",
        suggestion: "string",
      },
    ],
  ])("%s", (schema, members) => {
    expect(membersOf(schemas[schema]!)).toEqual(members);
  });

  test.each([
    ["InvoiceMethod", "EMAIL_INVOICE | PAPER_INVOICE"],
    ["Currency", "string (^[A-Z]{3}$)"],
    ["Timestamp", "string (date-time, ^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$)"],
    ["Metadata", "object"],
  ])("%s", (schema, type) => {
    expect(typeOf(schemas[schema])).toBe(type);
  });

  test("what our own choice adds to a string is marked as assumed", () => {
    const { country } = schemas.Address!.properties as Record<string, JsonObject>;
    expect([country!["x-basis-of"], schemas.Currency!["x-basis-of"]]).toEqual([
      { pattern: "assumed" },
      { pattern: "assumed" },
    ]);
  });

  test("only the customer's metadata and what requests hold say whether there may be more fields", () => {
    const closed = Object.entries(schemas).filter(([, schema]) => "additionalProperties" in schema);
    expect(closed.map(([name, { additionalProperties }]) => [name, additionalProperties])).toEqual([
      ["CreateCustomer", false],
      ["UpdateCustomer", false],
      ["BillingInput", false],
      ["AddCustomerUser", false],
      ["Metadata", true],
    ]);
    for (const name of ["CreateCustomer", "UpdateCustomer", "BillingInput"])
      expect(schemas[name]!["x-basis-of"]).toMatchObject({ additionalProperties: "assumed" });
  });
});

describe("the document has the operations and statuses of the reference:", () => {
  const reads = ["400", "401", "403", "404", "429", "500"];

  test.each([
    ["GET /customers", ["query limit", "query offset", "query filter"], reads.filter((status) => status !== "404")],
    ["GET /customers/{customerId}", ["path customerId, required"], reads],
    [
      "POST /customers",
      ["header X-Idempotency-Key"],
      ["400", "401", "403", "409", "412", "413", "415", "429", "500"],
      "201",
    ],
    [
      "PUT /customers/{customerId}",
      ["path customerId, required", "header X-Idempotency-Key"],
      ["400", "401", "403", "404", "409", "412", "413", "415", "429", "500"],
    ],
    [
      "PUT /customers/{customerId}/billing",
      ["path customerId, required", "header X-Idempotency-Key"],
      // 413 and 415 are of HTTP.
      ["400", "401", "403", "404", "409", "412", "413", "415", "429", "500"],
    ],
    ["GET /payment-profiles", ["query customerId, required"], reads],
    ["GET /payment-profiles/{paymentProfileId}", ["path paymentProfileId, required"], reads],
  ])("%s", (name, parameters, refusals, success = "200") => {
    const operation = operations.find(({ method, path }) => `${method} ${path}` === name)!;
    const named = operation.parameters.map((one) => `${one.in} ${one.name}${one.required ? ", required" : ""}`);
    expect(named).toEqual(parameters);
    expect([...operation.responses.keys()].sort()).toEqual([success, ...refusals]);
  });

  test.each([
    ["Limit", "integer (minimum 1, maximum 1000, default 100)"],
    ["Offset", "integer (minimum 0, default 0)"],
    ["IdempotencyKey", "string (minLength 1, maxLength 256)"],
    ["CustomerId", "string"],
  ])("the parameter %s", (name, type) => {
    const { parameters } = document.components as { parameters: Record<string, JsonObject> };
    expect(typeOf(parameters[name]!.schema)).toBe(type);
  });

  test.each(["customer.created", "customer.updated"])("the webhook %s, which no other event passes for", (type) => {
    const webhook = webhooks.find(({ path }) => path === type)!;
    const { check } = webhook.requestBody!.content.get("application/json")!;
    const event = {
      eventId: "6f1c2a52-3a55-4cf0-9b39-0b6f4f1f7a10",
      occurredAt: "2026-01-15T09:30:00Z",
      data: { customerId: "cus", customerType: "CONSUMER", name: "Ada", contact: {} },
    };
    expect(check({ ...event, type })).toEqual([]);
    expect(
      check({ ...event, type: type === "customer.created" ? "customer.updated" : "customer.created" }),
    ).toHaveLength(1);
    for (const field of ["eventId", "occurredAt", "data"])
      expect(check({ ...event, type, [field]: undefined }).map(({ at }) => at)).toEqual([`body.${field}`]);
  });
});
