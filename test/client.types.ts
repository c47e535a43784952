/** What must not compile in a client of the document; `npm run check` compiles this file and runs nothing of it. */
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
    // @ts-expect-error e-mail invoices need an e-mail address
    body: { method: "EMAIL_INVOICE" },
  }),
  client.PUT("/customers/{customerId}/billing", {
    params,
    // @ts-expect-error paper invoices need an address
    body: { method: "PAPER_INVOICE", email: "a@b.example" },
  }),
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
