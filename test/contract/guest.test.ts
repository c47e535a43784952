import { describe, expect, test } from "vitest";
import { connectGuest, undos } from "../../contracts/index.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { BrokenTarget, RunError, type Visit } from "../../src/contract/guest.ts";
import { createLedger } from "../../src/contract/ledger.ts";
import type { Entry, Recovery } from "../../src/contract/recovery.ts";
import { type RequestPlan, TransportError } from "../../src/contract/wire/exchange.ts";
import { isObject, type JsonObject } from "../../src/document/spec.ts";
import { exchanged } from "./scripted.ts";

const baseUrl = "http://target.example";
const arrive = (send: Visit["send"], customer: string) => connectGuest({ customer }).readFirst({ baseUrl, send });

/** Puts back a customer's billing as a run does that has found it so. */
async function leave(send: Visit["send"], customer: string, found: JsonObject) {
  const path = { customerId: customer };
  const ledgerOf = (recovery: Recovery, by: Visit["send"]) => createLedger(undos, { baseUrl, send: by }, recovery);
  let entries: readonly Entry[] = [];
  const recovery: Recovery = {
    pending: () => entries,
    save: (saved) => {
      entries = saved;
    },
    clear() {},
  };
  const update = loadSpec().operations.find(({ id }) => id === "updateCustomerBilling")!;
  await ledgerOf(recovery, async () => exchanged(200, JSON.stringify(found))).enter(update, path);
  return ledgerOf(recovery, send).putBack({ baseUrl, send });
}

describe("arriving at a target", () => {
  test("answers the customer as it stands there", async () => {
    const asked: RequestPlan[] = [];
    const given = await arrive(async (request) => {
      asked.push(request);
      return exchanged(200, '{"customerId":"a/b"}');
    }, "a/b");
    expect(given).toEqual({ customer: "a/b", found: { customerId: "a/b" }, user: "understudy-user" });
    expect(asked[0]).toEqual({ method: "GET", path: "/customers/a%2Fb" });
    expect(asked.map(({ method }) => method)).toEqual(asked.map(() => "GET"));
  });

  test("takes no user of the customer for one to add and remove", async () => {
    const found = { customerId: "cus-1", users: [{ userId: "u-1", name: "Ingrid" }] };
    const send: Visit["send"] = async () => exchanged(200, JSON.stringify(found));
    const guestOf = (user: string) => connectGuest({ customer: "cus-1", user });
    const visit = { send, baseUrl };
    await expect(guestOf("u-1").readFirst(visit)).rejects.toThrow(
      "The user u-1 is associated with customer cus-1; --user should name one who is not",
    );
    expect(await guestOf("u-2").readFirst(visit)).toMatchObject({ user: "u-2" });
  });

  const said = (status: number) => `http://target.example answered ${status} to GET /customers/cus-1`;
  test.each([
    [
      401,
      "{}",
      `${said(401)}: it does not know this API key. Pass one that it knows with --api-key or CONNECT_API_KEY.`,
    ],
    [
      403,
      "{}",
      `${said(403)}: it does not know this API key. Pass one that it knows with --api-key or CONNECT_API_KEY.`,
    ],
    [
      404,
      "{}",
      `${said(404)}: it has no such customer. Name one that the run may write with --customer or CONNECT_CUSTOMER_ID.`,
    ],
    [500, "{}", `${said(500)}; the run needs to read this customer first.`],
    [301, "", `${said(301)}; the run needs to read this customer first.`],
    [
      200,
      "<h1>Hello</h1>",
      `${said(200)} with no media type and no JSON object. Is this the base URL of a Connect API?`,
    ],
  ])("ends the run where the answer is %i %s", async (status, text, message) => {
    await expect(arrive(async () => exchanged(status, text), "cus-1")).rejects.toThrow(new RunError(message));
  });

  test.each(["[]", "null", '"cus-1"'])("finds the target at fault where the customer is %s", async (text) => {
    await expect(arrive(async () => exchanged(200, text), "cus-1")).rejects.toThrow(
      new BrokenTarget(`${said(200)} with JSON that is no customer; nothing else was tried.`),
    );
  });

  test("ends the run where no answer comes", async () => {
    const send = async () => {
      throw new TransportError("nothing listens there (connection refused)");
    };
    await expect(arrive(send, "cus-1")).rejects.toThrow(
      new RunError("Cannot reach http://target.example: nothing listens there (connection refused)."),
    );
  });
});

describe("leaving a target", () => {
  const address = { street1: "1 Main Street", city: "Framingham", zip: "01701", country: "US" };
  const found = {
    method: "EMAIL_INVOICE",
    email: "a@b.example",
    currency: "USD",
    defaultPaymentProfileId: "pay-1",
    autoPay: true,
  };

  /** A customer whose billing updates are merged, as far as `takes` lets them. */
  function customerWith(
    billing: JsonObject | undefined,
    takes: (change: JsonObject) => JsonObject | number = (c) => c,
  ) {
    const sent: RequestPlan[] = [];
    let stored = billing;
    return {
      sent,
      billing: () => stored,
      async send(request: RequestPlan) {
        sent.push(request);
        if (request.method === "PUT") {
          const taken = takes(request.json as JsonObject);
          if (!isObject(taken)) return exchanged(taken, "{}");
          stored = { ...stored, ...taken };
        }
        return exchanged(200, JSON.stringify({ customerId: "cus-1", billing: stored }));
      },
    };
  }

  test.each([
    ["the billing as it was", found, found],
    ["no billing as before", undefined, undefined],
    [
      "the same billing with fields that no update can write",
      { ...found, referenceId: "r2", address: { ...address, id: 2 } },
      { ...found, referenceId: "r1", address: { ...address, id: 1 } },
    ],
    ["null where there was nothing", { ...found, address: null }, found],
  ])("writes nothing where it finds %s", async (_, now, before) => {
    const customer = customerWith(now);
    expect(await leave(customer.send, "cus-1", { billing: before })).toBeUndefined();
    expect(customer.sent.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("puts every field back", async () => {
    const before = { ...found, address };
    const customer = customerWith({ method: "PAPER_INVOICE", address: { ...address, city: "Natick" }, autoPay: false });
    expect(await leave(customer.send, "cus-1", { billing: before })).toBeUndefined();
    expect(customer.billing()).toEqual(before);
    expect(customer.sent[1]).toMatchObject({
      method: "PUT",
      path: "/customers/cus-1/billing",
      headers: { "Content-Type": "application/json" },
    });
  });

  test("clears a profile that was not there, and switches automatic payments off", async () => {
    const customer = customerWith(found);
    const before = { method: "EMAIL_INVOICE", email: "a@b.example", currency: "USD" };
    expect(await leave(customer.send, "cus-1", { billing: before })).toBeUndefined();
    expect(customer.billing()).toEqual({ ...before, defaultPaymentProfileId: null, autoPay: false });
  });

  test("says that a billing cannot be taken away from a customer that had none", async () => {
    const customer = customerWith(found);
    expect(await leave(customer.send, "cus-1", { billing: undefined })).toEqual({
      message:
        "Customer cus-1 had no billing before the run, and the API has no way to take one away: it stays as the last case left it.",
      irremovable: true,
    });
    expect(customer.sent).toHaveLength(1);
  });

  test("says which fields cannot be taken away", async () => {
    const customer = customerWith({ ...found, email: "other@b.example", address });
    expect(await leave(customer.send, "cus-1", { billing: found })).toEqual({
      message:
        "Customer cus-1 had no billing address before the run, and the API has no way to take one away; the rest is as it was.",
      irremovable: true,
    });
    expect(customer.billing()).toEqual({ ...found, address });
  });

  test("says how to put the billing back by hand where the target refuses", async () => {
    const customer = customerWith({ ...found, email: "other@b.example" }, () => 400);
    expect(await leave(customer.send, "cus-1", { billing: found })).toEqual({
      message: `The billing of customer cus-1 could not be put back (email; the target answered 400). By hand: ${exchanged(400, "").curl}`,
      irremovable: false,
    });
  });

  test("says what the billing was where no answer comes any more", async () => {
    const send = async () => {
      throw new TransportError("nothing listens there (connection refused)");
    };
    expect(await leave(send, "cus-1", { billing: { method: "EMAIL_INVOICE" } })).toEqual({
      message:
        'The billing of customer cus-1 could not be put back: nothing listens there (connection refused). It was {"method":"EMAIL_INVOICE"}.',
      irremovable: false,
    });
  });

  test("does not take an answer without a customer for a customer without billing", async () => {
    const left = await leave(async () => exchanged(500, "{}"), "cus-1", { billing: undefined });
    expect(left).toEqual({
      message: "The billing of customer cus-1 could not be put back: reading it was answered 500. There was none.",
      irremovable: false,
    });
  });
});
