import { isDeepStrictEqual } from "node:util";
import {
  accepted,
  contains,
  type Exchange,
  equal,
  errorCode,
  errorDetails,
  holds,
  isObject,
  type JsonObject,
  type LeftBehind,
  memberOf,
  refused,
  type Statement,
  stated,
  type Undo,
  type Visit,
} from "../src/contract/kit.ts";
import {
  address,
  besidesBilling,
  documentedBilling,
  emailInvoice,
  freshEmail,
  paperInvoice,
  usersOf,
  withoutTimes,
} from "./samples.ts";
import {
  assumed,
  billingOf,
  billingPath,
  type ConnectCase,
  type ConnectScene,
  customerPath,
  documented,
  type Topic,
} from "./scene.ts";

const methodClaim = "How invoices should be delivered to the customer: EMAIL_INVOICE, PAPER_INVOICE.";
const emailClaim = "The email address to send invoices to. Required if billing method is EMAIL_INVOICE.";
const addressClaim = "The billing address for the customer. Required if billing method is PAPER_INVOICE.";
const profileClaim =
  "Must be a valid payment profile owned by this customer. Set to null to disable automatic payments.";
const autoPayClaim =
  "Whether to automatically charge the default payment profile for invoices and bills. Requires defaultPaymentProfileId to be set.";
const updatedClaim = "Customer billing configuration updated successfully (said of the 200 answer alone).";

/** Automatic payments off and no profile, in words that every reading of the reference allows. */
const noProfile = () => ({ ...emailInvoice(), defaultPaymentProfileId: null, autoPay: false });

/** Requests that break a documented type, enum or condition; each is refused and changes nothing. */
const documentedRefusals: { id: string; title: string; claim: string; body: () => unknown }[] = [
  ...["FAX", "email_invoice", "EMAIL", " EMAIL_INVOICE"].map((method, index) => ({
    id: `unknown-method-${index + 1}`,
    title: `The method ${JSON.stringify(method)} is refused`,
    claim: methodClaim,
    body: () => ({ ...emailInvoice(), address, method }),
  })),
  ...wrongTypes("method", [0, 1, true, ["EMAIL_INVOICE"]], methodClaim, () => ({ ...emailInvoice(), address })),
  ...wrongTypes("email", [42, ["billing@company.com"], { at: "company.com" }], emailClaim, emailInvoice),
  ...["company.com", "billing", "billing@", "@company.com", "billing company@company.com", ""].map((email, index) => ({
    id: `email-is-an-email-address-${index + 1}`,
    title: `The e-mail address ${JSON.stringify(email)} is refused`,
    claim: "email: string, e-mail.",
    body: () => ({ method: "EMAIL_INVOICE", email }),
  })),
  ...wrongTypes("address", ["1 Main Street", 42, [address]], addressClaim, paperInvoice),
  ...["street1", "city", "zip", "country", "street2", "state", "region", "attention"].flatMap((field) =>
    [1701, true, ["01701"]].map((value, index) => ({
      id: `address-${field}-is-a-string-${index + 1}`,
      title: `An address whose ${field} is ${JSON.stringify(value)} is refused`,
      claim: "Address: its members are strings, zip too.",
      body: () => ({ method: "PAPER_INVOICE", address: { ...address, [field]: value } }),
    })),
  ),
  ...wrongTypes("defaultPaymentProfileId", [42, true, false, {}, ["x"]], profileClaim, emailInvoice),
  ...wrongTypes("autoPay", ["yes", "false", 0], autoPayClaim, () => ({
    ...emailInvoice(),
    defaultPaymentProfileId: null,
  })),
  {
    id: "unknown-profile",
    title: "A payment profile that does not exist is refused",
    claim: profileClaim,
    body: () => ({ ...emailInvoice(), defaultPaymentProfileId: "understudy-no-such-profile" }),
  },
  ...["method", "email", "address", "autoPay"].map((field) => ({
    id: `${field === "autoPay" ? "auto-pay" : field}-is-not-null`,
    title: `A null ${field} is refused`,
    claim: "Of the fields of a billing update only defaultPaymentProfileId may be null.",
    body: () => ({ ...emailInvoice(), [field]: null }),
  })),
  {
    id: "unknown-profile-with-paper-invoice",
    title: "A payment profile that does not exist is refused beside paper invoices too",
    claim: profileClaim,
    body: () => ({ ...paperInvoice(), defaultPaymentProfileId: "understudy-no-such-profile", autoPay: true }),
  },
  {
    id: "empty-profile",
    title: "An empty payment profile id is refused",
    claim: profileClaim,
    body: () => ({ ...emailInvoice(), defaultPaymentProfileId: "" }),
  },
  {
    id: "body-is-an-object-1",
    title: "A body that is an array is refused",
    claim: "Customer billing configuration update: an object.",
    body: () => [emailInvoice()],
  },
  {
    id: "body-is-an-object-2",
    title: "A body that is a string is refused",
    claim: "Customer billing configuration update: an object.",
    body: () => JSON.stringify("EMAIL_INVOICE"),
  },
  {
    id: "body-is-an-object-3",
    title: "A body that is null is refused",
    claim: "Customer billing configuration update: an object.",
    body: () => null,
  },
];

/** Requests that break what we assume of the reference. */
const assumedRefusals: {
  id: string;
  title: string;
  claim: string;
  body: () => unknown;
  property: string;
  code: string;
}[] = [
  {
    id: "method-is-required",
    title: "A change without a method is refused",
    claim: "method is required (assumed).",
    body: () => ({ email: freshEmail() }),
    property: "method",
    code: "FIELD_REQUIRED",
  },
  {
    id: "unknown-field",
    title: "A field that nobody documented is refused",
    claim: "Unknown fields are refused (assumed).",
    body: () => ({ ...emailInvoice(), referenceId: "x" }),
    property: "referenceId",
    code: "UNKNOWN_FIELD",
  },
  {
    id: "unknown-address-field",
    title: "An address field that nobody documented is refused",
    claim: "Unknown fields are refused (assumed).",
    body: () => ({ method: "PAPER_INVOICE", address: { ...address, planet: "Earth" } }),
    property: "address.planet",
    code: "UNKNOWN_FIELD",
  },
  ...["street1", "city", "zip", "country"].map((field) => ({
    id: `address-needs-${field}`,
    title: `An address without ${field} is refused`,
    claim: `Address: ${field} is required (inferred).`,
    body: () => ({ method: "PAPER_INVOICE", address: { ...address, [field]: undefined } }),
    property: `address.${field}`,
    code: "FIELD_REQUIRED",
  })),
  ...["usd", "US", "DOLLAR", "US1", ""].map((currency, index) => ({
    id: `currency-is-three-capitals-${index + 1}`,
    title: `The currency ${JSON.stringify(currency)} is refused`,
    claim: "currency: three capital letters (assumed).",
    body: () => ({ ...emailInvoice(), currency }),
    property: "currency",
    code: "INVALID_FORMAT",
  })),
  {
    id: "currency-is-not-null",
    title: "A null currency is refused",
    claim: "currency: string (inferred).",
    body: () => ({ ...emailInvoice(), currency: null }),
    property: "currency",
    code: "INVALID_TYPE",
  },
  {
    id: "email-beside-paper-invoice-is-an-email-address",
    title: "An e-mail address that is none is refused beside paper invoices too",
    claim: "email: string, e-mail; allowed beside PAPER_INVOICE (assumed).",
    body: () => ({ ...paperInvoice(), email: "company.com" }),
    property: "email",
    code: "INVALID_FORMAT",
  },
  {
    id: "email-with-spaces-around",
    title: "An e-mail address with spaces around it is refused",
    claim: "email: string, e-mail; that it is not trimmed is our choice.",
    body: () => ({ method: "EMAIL_INVOICE", email: " billing@company.com " }),
    property: "email",
    code: "INVALID_FORMAT",
  },
  {
    id: "currency-is-a-string",
    title: "A currency that is a number is refused",
    claim: "currency: string (inferred).",
    body: () => ({ ...emailInvoice(), currency: 840 }),
    property: "currency",
    code: "INVALID_TYPE",
  },
  ...["usa", "us", "U"].map((country, index) => ({
    id: `country-is-two-capitals-${index + 1}`,
    title: `The country ${JSON.stringify(country)} is refused`,
    claim: "country: two capital letters (assumed).",
    body: () => ({ method: "PAPER_INVOICE", address: { ...address, country } }),
    property: "address.country",
    code: "INVALID_FORMAT",
  })),
];

/** The two fields that a method asks for, in the words of the reference "required if". */
const conditions = [
  {
    method: "PAPER_INVOICE",
    field: "address",
    claim: addressClaim,
    lacking: () => [{ method: "PAPER_INVOICE" }, { method: "PAPER_INVOICE", email: freshEmail() }],
    other: { method: "EMAIL_INVOICE", store: emailInvoice },
  },
  {
    method: "EMAIL_INVOICE",
    field: "email",
    claim: emailClaim,
    lacking: () => [{ method: "EMAIL_INVOICE" }, { method: "EMAIL_INVOICE", address }],
    other: { method: "PAPER_INVOICE", store: paperInvoice },
  },
];

const cases: ConnectCase[] = [
  // First, while the customer may still lack the stored value.
  ...conditions.map(({ method, field, claim, lacking, other }) =>
    documented({
      id: `billing/${method.toLowerCase().replace("_", "-")}-needs-${field}`,
      title: `${method} without ${field} is refused, and nothing changes`,
      claim,
      async run({ read, update, establish, skip }) {
        for (const body of lacking()) {
          const before = await read();
          const answer = await update(body);
          if (answer.status >= 300) {
            refused(answer);
            equal(withoutTimes(await read()), withoutTimes(before), "customer", answer);
            continue;
          }
          // A stored value may stand in for the one that the request lacks, but then it does so for both methods.
          if (memberOf(before, `billing.${field}`) === undefined) refused(answer);
          await establish(other.store());
          const sibling = await update({ method: other.method });
          if (sibling.status >= 300) refused(answer);
          skip("the target lets a stored e-mail address or postal address stand in, which the reference leaves open");
        }
      },
    }),
  ),
  documented({
    id: "billing/email-invoice",
    title: "E-mail invoices are accepted, answered and read back",
    claim: emailClaim,
    async run({ update, read }) {
      const sent = emailInvoice();
      const answer = await update(sent);
      contains(billingOf(accepted(answer)), sent, "billing", answer);
      contains(billingOf(await read()), sent, "billing read back");
    },
  }),
  documented({
    id: "billing/paper-invoice",
    title: "Paper invoices are accepted, answered and read back",
    claim: addressClaim,
    async run({ update, read }) {
      const sent = paperInvoice();
      const answer = await update(sent);
      contains(billingOf(accepted(answer)), sent, "billing", answer);
      contains(billingOf(await read()), sent, "billing read back");
    },
  }),
  documented({
    id: "billing/from-paper-to-email-and-back",
    title: "The method can be changed in both directions",
    claim: methodClaim,
    async run({ update }) {
      for (const sent of [paperInvoice(), emailInvoice(), paperInvoice()]) {
        const answer = await update(sent);
        contains(billingOf(accepted(answer)), sent, "billing", answer);
      }
    },
  }),
  documented({
    id: "billing/whole-address",
    title: "Every field of an address is kept",
    claim: "Address: street1, city, zip, country, street2, state, region, attention.",
    async run({ update, read }) {
      const answer = await update({ method: "PAPER_INVOICE", address });
      contains(memberOf(accepted(answer), "billing.address"), address, "billing.address", answer);
      contains(memberOf(await read(), "billing.address"), address, "billing.address read back");
    },
  }),
  documented({
    id: "billing/zip-begins-with-zero",
    title: "A postal code stays a string and keeps its leading zero",
    claim: "zip: a string, such as 01701.",
    async run({ update }) {
      const answer = await update({ method: "PAPER_INVOICE", address: { ...address, zip: "00501" } });
      equal(memberOf(accepted(answer), "billing.address.zip"), "00501", "billing.address.zip", answer);
    },
  }),
  documented({
    id: "billing/letters-of-a-documented-locale",
    title: "Letters beyond ASCII are kept as they are",
    claim: "Locales such as sv-SE are documented; names and addresses there hold å, ä and ö.",
    async run({ update, read }) {
      const sent = { ...address, street1: "Åsögatan 1", city: "Göteborg", country: "SE", attention: "Örjan Ågren" };
      const answer = await update({ method: "PAPER_INVOICE", address: sent });
      contains(memberOf(accepted(answer), "billing.address"), sent, "billing.address", answer);
      contains(memberOf(await read(), "billing.address"), sent, "billing.address read back");
    },
  }),
  documented({
    id: "billing/unusual-text",
    title: "Text of any script is kept as it is, or refused, but does not fail",
    claim: "The members of an address are strings.",
    async run({ update, read }) {
      const sent = {
        ...address,
        street1: "1 Main & O'Hara <Street>",
        city: "東京都",
        attention: 'Zoë 🧾 O\'Hara "Ltd" <b>\\',
      };
      const answer = await update({ method: "PAPER_INVOICE", address: sent });
      if (answer.status >= 300) return refused(answer);
      contains(memberOf(await read(), "billing.address"), sent, "billing.address read back", answer);
    },
  }),
  documented({
    id: "billing/long-text",
    title: "Long text is kept whole, or refused, but does not fail",
    claim: "The members of an address are strings, without a documented length.",
    async run({ update, read }) {
      for (const length of [100, 200, 1_000, 10_000]) {
        const street1 = "x".repeat(length);
        const answer = await update({ method: "PAPER_INVOICE", address: { ...address, street1 } });
        if (answer.status >= 300) refused(answer);
        else
          equal(
            memberOf(await read(), "billing.address.street1"),
            street1,
            "billing.address.street1 read back",
            answer,
          );
      }
    },
  }),
  documented({
    id: "billing/email-with-plus",
    title: "An e-mail address with a plus sign, dots and hyphens is kept as it is",
    claim: emailClaim,
    async run({ update, read }) {
      const email = "first.last+invoices-2026@mail.company-name.example";
      const answer = await update({ method: "EMAIL_INVOICE", email });
      equal(memberOf(accepted(answer), "billing.email"), email, "billing.email", answer);
      equal(memberOf(await read(), "billing.email"), email, "billing.email read back");
    },
  }),
  assumed({
    id: "billing/email-keeps-its-letter-case",
    title: "An e-mail address keeps its letter case",
    claim: "A stored value is answered as it was sent (assumed).",
    async run({ update }) {
      const answer = await update({ method: "EMAIL_INVOICE", email: "Billing.Desk@company.example" });
      equal(memberOf(accepted(answer), "billing.email"), "Billing.Desk@company.example", "billing.email", answer);
    },
  }),
  ...["USD", "EUR", "SEK"].map((currency) =>
    documented({
      id: `billing/currency-${currency.toLowerCase()}`,
      title: `The currency ${currency} is kept, where the target knows it`,
      claim: "The currency for customer billing and payments.",
      async run({ update, read, skip }) {
        const answer = await update({ ...emailInvoice(), currency });
        if (answer.status >= 400 && answer.status <= 499 && currency !== "USD")
          skip(`the target does not bill in ${currency}`);
        equal(memberOf(accepted(answer), "billing.currency"), currency, "billing.currency", answer);
        equal(memberOf(await read(), "billing.currency"), currency, "billing.currency read back");
      },
    }),
  ),
  documented({
    id: "billing/answers-the-whole-customer",
    title: "The answer is the whole customer, with all that the update does not concern",
    claim: "Response: a customer is a billable entity ... (the whole Customer, its type, name, contact and billing).",
    async run({ read, update }) {
      const before = besidesBilling(await read());
      const answer = await update(emailInvoice());
      contains(besidesBilling(accepted(answer)), before, "customer", answer);
    },
  }),
  documented({
    id: "billing/answer-is-what-is-stored",
    title: "What the update answers is what a read then answers",
    claim: updatedClaim,
    async run({ update, read }) {
      for (const body of [emailInvoice(), { method: "PAPER_INVOICE", address }]) {
        const answer = await update(body);
        contains(withoutTimes(await read()), withoutTimes(accepted(answer)), "customer read back", answer);
      }
    },
  }),
  documented({
    id: "billing/touches-nothing-else",
    title: "An update leaves everything but billing as it was",
    claim: "Request to update customer billing configuration and payment preferences.",
    async run({ found, read, update }) {
      const usersBefore = usersOf(await read());
      accepted(await update({ method: "PAPER_INVOICE", address }));
      accepted(await update(emailInvoice()));
      const customer = await read();
      const { users: _, ...after } = besidesBilling(customer);
      const { users: __, ...before } = besidesBilling(found);
      // Since before the first write of the run: what was lost then would not be missed now. Users are written by other cases.
      equal(after, before, "customer");
      equal(usersOf(customer), usersBefore, "customer.users");
    },
  }),
  documented({
    id: "billing/touches-no-other-customer",
    title: "An update leaves another customer as it was",
    claim: "Path parameter: the unique identifier for the customer.",
    needs: ["otherCustomer"],
    async run({ read, update, given }) {
      const before = withoutTimes(await read(given.otherCustomer));
      accepted(await update(emailInvoice()));
      accepted(await update(paperInvoice()));
      equal(withoutTimes(await read(given.otherCustomer)), before, "the other customer");
    },
  }),
  documented({
    id: "billing/unknown-customer",
    title: "The billing of a customer that does not exist cannot be updated",
    claim: "The unique identifier for the customer.",
    async run({ update }) {
      refused(await update(emailInvoice(), { customer: "understudy-no-such-customer" }));
    },
  }),
  assumed({
    id: "billing/unknown-customer-is-404",
    title: "An update of a customer that does not exist is answered 404",
    claim: "Statuses in use: 404 (inferred).",
    async run({ update }) {
      refused(await update(emailInvoice(), { customer: "understudy-no-such-customer" }), 404);
    },
  }),
  documented({
    id: "billing/unknown-customer-is-not-made",
    title: "An update of a customer that does not exist does not make one",
    claim: "The unique identifier for the customer.",
    async run({ update, send }) {
      await update(emailInvoice(), { customer: "understudy-no-such-customer" });
      refused(await send({ method: "GET", path: "/customers/understudy-no-such-customer" }));
    },
  }),

  documented({
    id: "billing/profile",
    title: "An active profile of the customer becomes its default profile",
    claim: profileClaim,
    needs: ["paymentProfile"],
    async run({ establish, update, read, given }) {
      await establish(noProfile());
      const answer = await update({ ...emailInvoice(), defaultPaymentProfileId: given.paymentProfile });
      equal(
        memberOf(accepted(answer), "billing.defaultPaymentProfileId"),
        given.paymentProfile,
        "billing.defaultPaymentProfileId",
        answer,
      );
      equal(
        memberOf(await read(), "billing.defaultPaymentProfileId"),
        given.paymentProfile,
        "billing.defaultPaymentProfileId read back",
      );
    },
  }),
  documented({
    id: "billing/profile-null",
    title: "null clears the default profile",
    claim: profileClaim,
    needs: ["paymentProfile"],
    async run({ establish, update, read, given }) {
      await establish({ ...emailInvoice(), defaultPaymentProfileId: given.paymentProfile, autoPay: false });
      const answer = await update({ ...emailInvoice(), defaultPaymentProfileId: null });
      equal(
        memberOf(accepted(answer), "billing.defaultPaymentProfileId"),
        undefined,
        "billing.defaultPaymentProfileId",
        answer,
      );
      equal(
        memberOf(await read(), "billing.defaultPaymentProfileId"),
        undefined,
        "billing.defaultPaymentProfileId read back",
      );
    },
  }),
  documented({
    id: "billing/profile-null-disables-automatic-payments",
    title: "null disables automatic payments that were on",
    claim: "Set to null to disable automatic payments.",
    needs: ["paymentProfile"],
    async run({ establish, update, read, given }) {
      await establish({ ...emailInvoice(), defaultPaymentProfileId: given.paymentProfile, autoPay: true });
      const answer = await update({ ...emailInvoice(), defaultPaymentProfileId: null });
      equal(
        memberOf(accepted(answer), "billing.defaultPaymentProfileId"),
        undefined,
        "billing.defaultPaymentProfileId",
        answer,
      );
      const { defaultPaymentProfileId } = billingOf(await read());
      equal(defaultPaymentProfileId ?? undefined, undefined, "billing.defaultPaymentProfileId read back");
    },
  }),
  assumed({
    id: "billing/profile-null-sets-auto-pay-false",
    title: "null makes a stored autoPay false",
    claim: "null profile while autoPay is stored true: the profile is cleared and autoPay becomes false (assumed).",
    needs: ["paymentProfile"],
    async run({ establish, update, given }) {
      await establish({ ...emailInvoice(), defaultPaymentProfileId: given.paymentProfile, autoPay: true });
      const answer = await update({ ...emailInvoice(), defaultPaymentProfileId: null });
      equal(memberOf(accepted(answer), "billing.autoPay"), false, "billing.autoPay", answer);
    },
  }),
  documented({
    id: "billing/auto-pay",
    title: "Automatic payments can be turned on and off beside a profile",
    claim: autoPayClaim,
    needs: ["paymentProfile"],
    async run({ establish, update, read, given }) {
      await establish(noProfile());
      for (const autoPay of [true, false, true]) {
        const answer = await update({ ...emailInvoice(), defaultPaymentProfileId: given.paymentProfile, autoPay });
        for (const [at, customer] of [
          ["billing", accepted(answer)],
          ["billing read back", await read()],
        ] as const) {
          equal(
            memberOf(customer, "billing.defaultPaymentProfileId"),
            given.paymentProfile,
            `${at}.defaultPaymentProfileId`,
            answer,
          );
          // Off may be shown as false or not at all.
          equal(memberOf(customer, "billing.autoPay") ?? false, autoPay, `${at}.autoPay`, answer);
        }
      }
    },
  }),
  documented({
    id: "billing/auto-pay-needs-profile",
    title: "Automatic payments are not turned on without a profile",
    claim: autoPayClaim,
    run: (scene) => staysOff(scene, { ...emailInvoice(), autoPay: true }),
  }),
  documented({
    id: "billing/auto-pay-needs-profile-not-null",
    title: "Automatic payments are not turned on together with a null profile",
    claim: autoPayClaim,
    run: (scene) => staysOff(scene, { ...emailInvoice(), defaultPaymentProfileId: null, autoPay: true }),
  }),
  documented({
    id: "billing/auto-pay-false-needs-no-profile",
    title: "autoPay: false needs no profile",
    claim: autoPayClaim,
    async run({ establish, update }) {
      await establish(noProfile());
      const answer = await update({ ...emailInvoice(), autoPay: false });
      holds(memberOf(accepted(answer), "billing.autoPay") !== true, "autoPay should be off", answer, {
        at: "billing.autoPay",
        expected: false,
        received: true,
      });
    },
  }),
  assumed({
    id: "billing/auto-pay-uses-the-stored-profile",
    title: "autoPay: true is accepted where a profile is stored",
    claim: 'Where "autoPay requires a profile" is read: on the merged result (assumed).',
    needs: ["paymentProfile"],
    async run({ establish, update, given }) {
      await establish({ ...emailInvoice(), defaultPaymentProfileId: given.paymentProfile, autoPay: false });
      const answer = await update({ ...emailInvoice(), autoPay: true });
      equal(memberOf(accepted(answer), "billing.autoPay"), true, "billing.autoPay", answer);
    },
  }),
  assumed({
    id: "billing/auto-pay-names-its-property",
    title: "The refusal of automatic payments without a profile names autoPay",
    claim: "Violation 400, property autoPay (assumed).",
    async run({ establish, update }) {
      await establish(noProfile());
      for (const body of [
        { ...emailInvoice(), autoPay: true },
        { ...emailInvoice(), autoPay: true, defaultPaymentProfileId: null },
      ]) {
        const answer = await update(body);
        refused(answer, 400);
        equal(
          errorDetails(answer).map(({ property }) => property),
          ["autoPay"],
          "details.property",
          answer,
        );
      }
    },
  }),
  documented({
    id: "billing/foreign-profile",
    title: "A payment profile of another customer is refused and not taken over",
    claim: profileClaim,
    needs: ["foreignPaymentProfile"],
    async run({ establish, update, read, given }) {
      await establish(emailInvoice());
      const before = withoutTimes(await read());
      refused(await update({ ...emailInvoice(), defaultPaymentProfileId: given.foreignPaymentProfile }));
      equal(withoutTimes(await read()), before, "customer");
    },
  }),
  assumed({
    id: "billing/foreign-profile-looks-unknown",
    title: "Foreign and unknown profiles get the same answer, so that nothing about other customers leaks",
    claim: "Unknown and foreign profiles get the same answer, 400, property defaultPaymentProfileId (assumed).",
    needs: ["foreignPaymentProfile"],
    async run({ establish, update, given }) {
      const id = given.foreignPaymentProfile;
      // What is refused then is the profile, and not the key.
      await establish(emailInvoice());
      const foreign = await update({ ...emailInvoice(), defaultPaymentProfileId: id });
      const unknown = await update({ ...emailInvoice(), defaultPaymentProfileId: "understudy-no-such-profile" });
      refused(foreign, 400);
      equal(saidOf(foreign, id), saidOf(unknown, "understudy-no-such-profile"), "body", foreign);
      equal(
        errorDetails(foreign).map(({ property }) => property),
        ["defaultPaymentProfileId"],
        "details.property",
        foreign,
      );
    },
  }),
  documented({
    id: "billing/second-profile",
    title: "Each active profile of the customer can become its default profile",
    claim: profileClaim,
    needs: ["paymentProfile", "secondPaymentProfile"],
    async run({ update, read, given }) {
      for (const defaultPaymentProfileId of [given.paymentProfile, given.secondPaymentProfile, given.paymentProfile]) {
        accepted(await update({ ...emailInvoice(), defaultPaymentProfileId }));
        equal(
          memberOf(await read(), "billing.defaultPaymentProfileId"),
          defaultPaymentProfileId,
          "billing.defaultPaymentProfileId read back",
        );
      }
    },
  }),
  documented({
    id: "billing/profile-in-an-object",
    title: "A payment profile in the place of its id is refused",
    claim: profileClaim,
    needs: ["paymentProfile"],
    async run({ establish, update, given }) {
      await establish(noProfile());
      const { paymentProfile: paymentProfileId } = given;
      refused(await update({ ...emailInvoice(), defaultPaymentProfileId: { paymentProfileId } }));
      refused(await update({ ...emailInvoice(), defaultPaymentProfileId: [paymentProfileId] }));
    },
  }),
  assumed({
    id: "billing/inactive-profile",
    title: "A payment profile that is not ACTIVE is refused",
    claim: "A valid profile exists, belongs to this customer and is ACTIVE (assumed).",
    needs: ["inactivePaymentProfile"],
    async run({ update, given }) {
      refused(await update({ ...emailInvoice(), defaultPaymentProfileId: given.inactivePaymentProfile }), 400);
    },
  }),

  ...documentedRefusals.map(({ id, title, claim, body }) =>
    documented({
      id: `billing/${id}`,
      title: `${title}, and nothing changes`,
      claim,
      async run({ establish, update, read }) {
        // Neither stored value may stand in for the one that the request lacks.
        await establish(noProfile());
        const before = withoutTimes(await read());
        refused(await update(body()));
        equal(withoutTimes(await read()), before, "customer");
      },
    }),
  ),
  ...assumedRefusals.map(({ id, title, claim, body, property, code }) =>
    assumed({
      id: `billing/${id}`,
      title: `${title} with 400`,
      claim,
      async run({ update }) {
        const answer = await update(body());
        refused(answer, 400);
        equal(errorCode(answer), "VALIDATION_ERROR", "code", answer);
        const detail = errorDetails(answer).find((candidate) => candidate.property === property);
        equal(detail?.code, code, `the detail code of ${property}`, answer);
      },
    }),
  ),
  documented({
    id: "billing/refused-request-changes-nothing",
    title: "A request with one wrong field does not store its right ones",
    claim: updatedClaim,
    async run({ establish, update, read }) {
      await establish(noProfile());
      const before = withoutTimes(await read());
      const right = { ...emailInvoice(), currency: "USD", address };
      for (const wrong of [
        { autoPay: "yes" },
        { email: "not an e-mail address" },
        { defaultPaymentProfileId: "understudy-no-such-profile" },
        { autoPay: true, defaultPaymentProfileId: "understudy-no-such-profile" },
        { address: "1 Main Street" },
        { method: "FAX" },
      ]) {
        const answer = await update({ ...right, ...wrong });
        refused(answer);
        equal(withoutTimes(await read()), before, "customer", answer);
      }
    },
  }),
  assumed({
    id: "billing/refused-request-keeps-updated-at",
    title: "A refused request does not advance updatedAt",
    claim: "A refused request changes nothing at all (assumed).",
    async run({ establish, update, read }) {
      await establish(emailInvoice());
      const before = timed(await read());
      refused(await update({ method: "EMAIL_INVOICE" }));
      equal(timed(await read()), before, "customer");
    },
  }),
  assumed({
    id: "billing/updated-at-advances",
    title: "updatedAt advances with every executed update",
    claim: "updatedAt advances on every executed write (assumed).",
    async run({ update, skip }) {
      const times: number[] = [];
      for (let round = 0; round < 3; round++) {
        const answer = await update(emailInvoice());
        const { updatedAt } = accepted(answer);
        if (updatedAt == null) skip("the target does not show when a customer was last updated");
        times.push(Date.parse(String(updatedAt)));
        const [earlier, later] = times.slice(-2);
        holds(times.length < 2 || later! > earlier!, "updatedAt should advance", answer, {
          at: "updatedAt",
          expected: `later than ${earlier}`,
          received: later,
        });
      }
    },
  }),
  assumed({
    id: "billing/left-out-fields-stay",
    title: "Fields left out of an update keep their stored value",
    claim: "Merge of top-level fields: what is left out keeps its stored value (assumed).",
    async run({ establish, update }) {
      await establish({ method: "PAPER_INVOICE", address, currency: "EUR", email: "kept@company.example" });
      const sent = emailInvoice();
      const answer = await update(sent);
      contains(billingOf(accepted(answer)), { ...sent, address, currency: "EUR" }, "billing", answer);
    },
  }),
  assumed({
    id: "billing/left-out-payment-fields-stay",
    title: "A profile and automatic payments left out of an update stay as they are",
    claim: "Merge of top-level fields: what is left out keeps its stored value (assumed).",
    needs: ["paymentProfile"],
    async run({ establish, update, given }) {
      const defaultPaymentProfileId = given.paymentProfile;
      await establish(noProfile());
      for (const autoPay of [false, true]) {
        const sent = autoPay ? { defaultPaymentProfileId, autoPay } : { defaultPaymentProfileId };
        const first = await update({ ...emailInvoice(), ...sent });
        contains(billingOf(accepted(first)), { defaultPaymentProfileId, autoPay }, "billing", first);
        const second = await update(paperInvoice());
        contains(billingOf(accepted(second)), { defaultPaymentProfileId, autoPay }, "billing", second);
      }
    },
  }),
  assumed({
    id: "billing/refused-null-profile-changes-nothing",
    title: "A null profile refused together with autoPay: true leaves the stored profile in force",
    claim: "null together with `autoPay: true` is refused; a refused request changes nothing at all (assumed).",
    needs: ["paymentProfile"],
    async run({ establish, update, read, given }) {
      await establish({ ...emailInvoice(), defaultPaymentProfileId: given.paymentProfile, autoPay: true });
      const before = timed(await read());
      refused(await update({ ...emailInvoice(), defaultPaymentProfileId: null, autoPay: true }), 400);
      equal(timed(await read()), before, "customer");
    },
  }),
  assumed({
    id: "billing/address-is-replaced-whole",
    title: "An address is replaced as a whole",
    claim: "`address` is replaced as a whole (assumed).",
    async run({ establish, update }) {
      await establish({ method: "PAPER_INVOICE", address });
      const sent = paperInvoice();
      const answer = await update(sent);
      equal(memberOf(documentedBilling(accepted(answer)), "address"), sent.address, "billing.address", answer);
    },
  }),
  assumed({
    id: "billing/both-email-and-address",
    title: "An e-mail address beside paper invoices, and an address beside e-mail invoices, are kept",
    claim: "`email` beside PAPER_INVOICE, `address` beside EMAIL_INVOICE: allowed and kept (assumed).",
    async run({ update }) {
      for (const method of ["PAPER_INVOICE", "EMAIL_INVOICE"]) {
        const sent = { method, email: freshEmail(), address };
        const answer = await update(sent);
        contains(billingOf(accepted(answer)), sent, "billing", answer);
      }
    },
  }),
  ...[
    { id: "stored-email-does-not-count", stored: emailInvoice, sent: { method: "EMAIL_INVOICE" }, property: "email" },
    {
      id: "stored-address-does-not-count",
      stored: paperInvoice,
      sent: { method: "PAPER_INVOICE" },
      property: "address",
    },
  ].map(({ id, stored, sent, property }) =>
    assumed({
      id: `billing/${id}`,
      title: `A stored ${property} does not stand in for one that the request lacks`,
      claim:
        "The conditions on `email` and `address` are read in the request itself, even if a value is stored (assumed).",
      async run({ establish, update }) {
        await establish(stored());
        const answer = await update(sent);
        refused(answer, 400);
        equal(
          errorDetails(answer).map(({ code, property: named }) => `${code} ${named}`),
          [`FIELD_REQUIRED ${property}`],
          "details",
          answer,
        );
      },
    }),
  ),
  assumed({
    id: "billing/all-violations-at-once",
    title: "A refusal names every violation of the request, each with a suggestion",
    claim: "All violations at once, each with property, code and suggestion (assumed).",
    async run({ update }) {
      const answer = await update({
        method: "EMAIL_INVOICE",
        currency: "usd",
        autoPay: "yes",
        address: { ...address, zip: 1701, country: undefined },
      });
      refused(answer, 400);
      const named = errorDetails(answer)
        .map(({ property }) => String(property))
        .sort();
      equal(
        named,
        ["address.country", "address.zip", "autoPay", "currency", "email"],
        "the properties in details",
        answer,
      );
      for (const { property, suggestion } of errorDetails(answer)) {
        holds(
          typeof suggestion === "string" && suggestion !== "",
          `the violation of ${property} should come with a suggestion`,
          answer,
        );
      }
    },
  }),
  assumed({
    id: "billing/first-billing",
    title: "A customer that had no billing gets USD and no automatic payments",
    claim:
      "A customer that had no billing: currency falls back to the tenant's default, USD; autoPay to false (assumed).",
    needs: ["unbilledCustomer"],
    async run({ update, given, read }) {
      equal(memberOf(await read(given.unbilledCustomer), "billing"), undefined, "billing");
      const sent = emailInvoice();
      const answer = await update(sent, { customer: given.unbilledCustomer });
      contains(billingOf(accepted(answer)), { ...sent, currency: "USD", autoPay: false }, "billing", answer);
    },
  }),
];

function wrongTypes(field: string, values: readonly unknown[], claim: string, right: () => JsonObject) {
  return values.map((value, index) => ({
    id: `${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-type-${index + 1}`,
    title: `The ${field} ${JSON.stringify(value)} is refused`,
    claim,
    body: () => ({ ...right(), [field]: value }),
  }));
}

/** The documented members of a customer, the time of its last change among them. */
function timed(customer: JsonObject): JsonObject {
  return { ...withoutTimes(customer), updatedAt: customer.updatedAt };
}

/** What a refusal says by its documented members, with an id that it names left out. */
function saidOf({ status, json }: Exchange, id: string): unknown {
  const { message, code, details } = isObject(json) ? json : {};
  return JSON.parse(JSON.stringify({ status, message, code, details }).replaceAll(id, "ID"));
}

/** Without a profile, a request for automatic payments is refused, or at least not obeyed. */
async function staysOff({ establish, update, read }: ConnectScene, body: JsonObject): Promise<void> {
  await establish(noProfile());
  const before = withoutTimes(await read());
  const answer = await update(body);
  const after = withoutTimes(await read());
  if (answer.status >= 300) {
    refused(answer);
    equal(after, before, "customer", answer);
  }
  holds(memberOf(after, "billing.autoPay") !== true, "autoPay should not be on without a profile", answer, {
    at: "billing.autoPay",
    expected: "a refusal, or false",
    received: true,
  });
}

/** The billing that was found is sent again. */
export const undoBilling: Undo = {
  operations: ["updateCustomerBilling"],
  what: ({ customerId = "" }) => `the billing of customer ${customerId}`,
  how: "the billing that was found is sent again; a field that was not there cannot be taken away, and updatedAt advances",
  capture: (visit, { customerId = "" }) => billingThere(visit, customerId),
  async restore(visit, { customerId = "" }, captured) {
    const now = await billingThere(visit, customerId);
    if (isDeepStrictEqual(now, captured)) return undefined;
    if (!isObject(captured)) {
      return {
        message: `Customer ${customerId} had no billing before the run, and the API has no way to take one away: it stays as the last case left it.`,
        irremovable: true,
      };
    }
    const { autoPay = false, defaultPaymentProfileId = null, ...rest } = captured;
    const answer = await visit.send({
      method: "PUT",
      path: billingPath(customerId),
      headers: { "Content-Type": "application/json" },
      json: { ...rest, defaultPaymentProfileId, autoPay },
    });
    return leftOfBilling(customerId, captured, (await billingThere(visit, customerId)) ?? {}, answer);
  },
};

/** What of a billing is not as it was, after it was sent again. */
function leftOfBilling(
  customer: string,
  before: JsonObject,
  after: JsonObject,
  answer: Exchange,
): LeftBehind | undefined {
  const differing = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) =>
      !isDeepStrictEqual(before[name] ?? null, after[name] ?? null) &&
      !(name === "autoPay" && !before.autoPay && !after.autoPay),
  );
  if (differing.length === 0) return undefined;
  if (differing.every((name) => before[name] === undefined)) {
    return {
      message: `Customer ${customer} had no billing ${differing.join(", ")} before the run, and the API has no way to take one away; the rest is as it was.`,
      irremovable: true,
    };
  }
  return {
    message: `The billing of customer ${customer} could not be put back (${differing.join(", ")}; the target answered ${answer.status}). By hand: ${answer.curl}`,
    irremovable: false,
  };
}

/** The billing of a customer as far as an update can write it; `null` where there is none. */
async function billingThere({ send }: Visit, customer: string): Promise<JsonObject | null> {
  const { status, json } = await send({ method: "GET", path: customerPath(customer) });
  if (status === 404) return null;
  if (!isObject(json) || status > 299) throw new Error(`reading it was answered ${status}`);
  const billing = documentedBilling(json);
  return isObject(billing) ? billing : null;
}

const statements: Statement[] = [
  stated.documented(
    "method is EMAIL_INVOICE or PAPER_INVOICE.",
    "billing/unknown-method-*",
    "billing/method-type-*",
    "billing/from-paper-*",
  ),
  stated.assumed("method is required.", "billing/method-is-required", "billing/method-is-not-null"),
  stated.documented(
    "email is an e-mail address.",
    "billing/email-type-*",
    "billing/email-is-an-email-address-*",
    "billing/email-with-plus",
    "billing/email-keeps-its-letter-case",
    "billing/email-with-spaces-around",
    "billing/email-beside-*",
    "billing/email-is-not-null",
  ),
  stated.documented("EMAIL_INVOICE requires email.", "billing/email-invoice*"),
  stated.documented(
    "address is an address of strings.",
    "billing/address-type-*",
    "billing/address-*-is-a-string-*",
    "billing/whole-address",
    "billing/zip-begins-with-zero",
    "billing/letters-of-a-documented-locale",
    "billing/unusual-text",
    "billing/long-text",
    "billing/address-is-not-null",
  ),
  stated.documented("PAPER_INVOICE requires address.", "billing/paper-invoice*"),
  stated.assumed(
    "An address needs street1, city, zip and country, of two capital letters.",
    "billing/address-needs-*",
    "billing/country-is-two-capitals-*",
  ),
  stated.inferred(
    "currency is an optional string.",
    "billing/currency-usd",
    "billing/currency-eur",
    "billing/currency-sek",
    "billing/currency-is-a-string",
  ),
  stated.assumed(
    "A currency is three capital letters.",
    "billing/currency-is-three-capitals-*",
    "billing/currency-is-not-null",
  ),
  stated.documented(
    "defaultPaymentProfileId names a payment profile of this customer.",
    "billing/profile",
    "billing/unknown-profile*",
    "billing/empty-profile",
    "billing/foreign-profile",
    "billing/second-profile",
    "billing/default-payment-profile-id-type-*",
    "billing/profile-in-an-object",
  ),
  stated.documented("A null profile turns automatic payments off.", "billing/profile-null*"),
  stated.documented(
    "autoPay is a boolean.",
    "billing/auto-pay-type-*",
    "billing/auto-pay",
    "billing/auto-pay-is-not-null",
  ),
  stated.documented(
    "autoPay requires a payment profile.",
    "billing/auto-pay-needs-profile*",
    "billing/auto-pay-false-needs-no-profile",
  ),
  stated.documented(
    "The answer is the whole customer, as it is stored.",
    "billing/answers-the-whole-customer",
    "billing/answer-is-what-is-stored",
  ),
  stated.documented(
    "An update touches this customer's billing and nothing else.",
    "billing/touches-*",
    "billing/unknown-customer*",
  ),
  stated.assumed(
    "Fields that are left out stay; an address is replaced as a whole.",
    "billing/left-out-*",
    "billing/address-is-replaced-whole",
  ),
  stated.assumed("email and address are asked for in the request itself.", "billing/stored-*-does-not-count"),
  stated.assumed("A stored profile will do for autoPay.", "billing/auto-pay-uses-the-stored-profile"),
  stated.assumed(
    "A null profile beside autoPay true is refused.",
    "billing/auto-pay-needs-profile-not-null",
    "billing/refused-null-profile-changes-nothing",
  ),
  stated.assumed(
    "A profile has to be active; a foreign one looks like one that is not there.",
    "billing/inactive-profile",
    "billing/foreign-profile-looks-unknown",
  ),
  stated.assumed("email and address may stand beside each other.", "billing/both-email-and-address"),
  stated.assumed("Unknown fields are refused.", "billing/unknown-field", "billing/unknown-address-field"),
  stated.assumed("A first billing is in USD, without automatic payments.", "billing/first-billing"),
  stated.assumed(
    "updatedAt advances with every executed write.",
    "billing/updated-at-advances",
    "billing/refused-request-keeps-updated-at",
  ),
  stated.assumed("A refused request changes nothing at all.", "billing/refused-request-changes-nothing"),
  stated.hidden(
    "The webhook customer.updated tells of every change of billing.",
    "it goes to an address that only the vendor's portal sets",
  ),
];

/** What is known of a customer's billing, and the cases that decide it. */
export const billing: Topic = { cases, statements, undos: [undoBilling] };
