import { accepted, equal, holds, refused, type Statement, stated, TransportError } from "../src/contract/kit.ts";
import { emailInvoice, withoutTimes } from "./samples.ts";
import { assumed, billingPath, type ConnectCase, type ConnectScene, documented, type Topic } from "./scene.ts";

const jsonClaim = "JSON in, JSON out.";

const brokenBodies: { id: string; title: string; text: string }[] = [
  { id: "cut-short", title: "JSON that is cut short", text: '{"method":"EMAIL_INVOICE","email":"billing@company.com"' },
  {
    id: "trailing-comma",
    title: "JSON with a comma too many",
    text: '{"method":"EMAIL_INVOICE","email":"billing@company.com",}',
  },
  {
    id: "single-quotes",
    title: "JSON with single quotes",
    text: "{'method':'EMAIL_INVOICE','email':'billing@company.com'}",
  },
  { id: "two-values", title: "Two JSON values", text: '{"method":"EMAIL_INVOICE","email":"billing@company.com"}{}' },
  { id: "no-json", title: "A form", text: "method=EMAIL_INVOICE&email=billing%40company.com" },
  { id: "empty", title: "An empty body", text: "" },
];

const cases: ConnectCase[] = [
  ...brokenBodies.map(({ id, title, text }) =>
    documented({
      id: `messages/body-${id}`,
      title: `${title} in the place of a body is refused, and nothing changes`,
      claim: jsonClaim,
      run: (scene) => refusesUnchanged(scene, () => scene.update(text)),
    }),
  ),
  documented({
    id: "messages/body-missing",
    title: "An update without a body is refused, and nothing changes",
    claim: "Body: customer billing configuration update.",
    run: (scene) => refusesUnchanged(scene, () => scene.update(undefined)),
  }),
  assumed({
    id: "messages/broken-json-is-400",
    title: "Broken JSON is answered 400 with VALIDATION_ERROR",
    claim: "400 (validation too; 422 is not used), code VALIDATION_ERROR (inferred).",
    async run({ update }) {
      const answer = await update(brokenBodies[0]!.text);
      refused(answer, 400);
      holds(answer.text.includes("VALIDATION_ERROR"), "the refusal should carry the code VALIDATION_ERROR", answer);
    },
  }),
  documented({
    id: "messages/body-without-members",
    title: "An empty object is taken or refused, but the target does not fail",
    claim: "A client's request is no failure of the server.",
    async run({ update }) {
      const answer = await update({});
      if (answer.status >= 300) refused(answer);
    },
  }),
  documented({
    id: "messages/body-xml",
    title: "XML is refused, and nothing changes",
    claim: jsonClaim,
    run: (scene) =>
      refusesUnchanged(scene, () =>
        scene.update("<billing><method>EMAIL_INVOICE</method></billing>", {
          headers: { "Content-Type": "application/xml" },
        }),
      ),
  }),
  ...["text/plain", "application/xml", "application/x-www-form-urlencoded"].map((type) =>
    assumed({
      id: `messages/media-type-${type.replace(/[^a-z]+/g, "-")}`,
      title: `A body sent as ${type} is answered 415`,
      claim: "415 for another media type (assumed).",
      async run({ update }) {
        refused(await update(JSON.stringify(emailInvoice()), { headers: { "Content-Type": type } }), 415);
      },
    }),
  ),
  documented({
    id: "messages/media-type-with-charset",
    title: "JSON with a charset is JSON",
    claim: jsonClaim,
    async run({ update }) {
      accepted(await update(emailInvoice(), { headers: { "Content-Type": "application/json; charset=utf-8" } }));
    },
  }),
  documented({
    id: "messages/accept-anything",
    title: "A client that accepts anything gets JSON",
    claim: jsonClaim,
    reads: true,
    async run({ send, customer }) {
      accepted(
        await send({ method: "GET", path: `/customers/${encodeURIComponent(customer)}`, headers: { Accept: "*/*" } }),
      );
    },
  }),
  documented({
    id: "messages/very-large-body",
    title: "A body of two megabytes is answered, and the target does not fail",
    claim: "A client's request is no failure of the server.",
    async run({ establish, update, read }) {
      await establish(emailInvoice());
      const before = withoutTimes(await read());
      try {
        refused(await update({ ...emailInvoice(), address: "x".repeat(2_000_000) }));
      } catch (error) {
        // A server may close the connection rather than read so much; then it must be there for the next request.
        if (!(error instanceof TransportError)) throw error;
      }
      equal(withoutTimes(await read()), before, "customer");
    },
  }),
  assumed({
    id: "messages/unknown-path",
    title: "A path that nobody documented is answered 404",
    claim: "Statuses in use: 404 (inferred).",
    reads: true,
    async run({ send }) {
      refused(await send({ method: "GET", path: "/understudy-no-such-path" }), 404);
    },
  }),
  assumed({
    id: "messages/wrong-method",
    title: "A method that the path does not know is answered 405 and says which it knows",
    claim: "405 with Allow (assumed).",
    async run({ send, customer }) {
      const answer = await send({
        method: "POST",
        path: billingPath(customer),
        json: {},
      });
      refused(answer, 405);
      const allow = (answer.headers.allow ?? "").split(/,\s*/);
      holds(allow.includes("PUT"), "the header Allow should name PUT", answer, {
        at: "header Allow",
        expected: "PUT",
        received: answer.headers.allow ?? "(absent)",
      });
    },
  }),
];

async function refusesUnchanged(
  { establish, read }: ConnectScene,
  request: () => Promise<Parameters<typeof refused>[0]>,
): Promise<void> {
  await establish(emailInvoice());
  const before = withoutTimes(await read());
  refused(await request());
  equal(withoutTimes(await read()), before, "customer");
}

const statements: Statement[] = [
  stated.documented("JSON in, JSON out.", "messages/body-*", "messages/media-type-*", "messages/accept-anything"),
  stated.documented(
    "The paths are those of the reference, each with its methods.",
    "messages/unknown-path",
    "messages/wrong-method",
  ),
  stated.inferred(
    "A refusal is JSON with message and code, and may have details and a hint.",
    "customers/read-unknown",
    "billing/email-invoice-needs-email",
  ),
  stated.inferred(
    "A client's request is no failure of the server.",
    "customers/unknown-query-parameter",
    "messages/very-large-body",
    "billing/body-is-an-object-*",
  ),
  stated.inferred(
    "A request that cannot be read is a 400, a resource that is not there a 404.",
    "messages/broken-json-is-400",
    "*-is-404",
  ),
  stated.assumed(
    "A refusal names every property that is wrong.",
    "billing/all-violations-at-once",
    "billing/auto-pay-names-its-property",
  ),
];

/** What is known of how requests and answers are written, and the cases that decide it. */
export const messages: Topic = { cases, statements };
