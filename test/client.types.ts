/**
 * What must not compile in a client of the document; `npm run check` compiles this file and runs nothing of it. Which
 * members a method of invoicing needs is no matter of types: a form that is half filled in has one type with one that is whole.
 */
import { createClient } from "../src/client.ts";

const client = createClient({ baseUrl: "http://127.0.0.1:4010", apiKey: "test_key" });
const params = { path: { customerId: "cus-0001-business-email" } };
const address = { street1: "1 Main Street", city: "Framingham", zip: "01701", country: "US" };

export const right = [
  client.PUT("/customers/{customerId}/billing", { params, body: { method: "EMAIL_INVOICE", email: "a@b.example" } }),
  client.PUT("/customers/{customerId}/billing", { params, body: { method: "PAPER_INVOICE", address } }),
  client.PUT("/customers/{customerId}/billing", {
    params,
    body: { method: "PAPER_INVOICE", address, email: "a@b.example", defaultPaymentProfileId: null, autoPay: false },
  }),
];

export const wrong = [
  client.PUT("/customers/{customerId}/billing", {
    params,
    // @ts-expect-error there is no such method
    body: { method: "FAX" },
  }),
  client.PUT("/customers/{customerId}/billing", {
    params,
    // @ts-expect-error an address is whole
    body: { method: "PAPER_INVOICE", address: { street1: "1 Main Street" } },
  }),
  client.PUT("/customers/{customerId}/billing", {
    // @ts-expect-error the customer is named
    params: {},
    body: { method: "EMAIL_INVOICE", email: "a@b.example" },
  }),
  // @ts-expect-error there is no such path
  client.GET("/subscribers"),
];
