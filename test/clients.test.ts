import { existsSync } from "node:fs";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Listening } from "../src/index.ts";

/** The folder of the documents that these clients are made for: too large to be copied, and not ours to copy. */
const folder = process.env.UNDERSTUDY_DOCUMENTS;

/** Why the tests of a client cannot run, as the end of their title. */
function without(name: string, source: string): string {
  if (folder && existsSync(join(folder, name))) return "";
  return ` (skipped: there is no ${name}; save ${source} under this name in a folder, and name the folder in UNDERSTUDY_DOCUMENTS)`;
}

/** The built mock of a document on a port, for as long as its tests run. */
function serving(name: string): () => string {
  let server: Listening;
  beforeAll(async () => {
    const built = new URL("../dist/index.js", import.meta.url).href;
    const { createMock } = (await import(built)) as typeof import("../src/index.ts");
    server = await createMock({ spec: join(folder!, name) }).listen({ port: 0 });
  });
  afterAll(() => server?.close());
  return () => server.url;
}

const noStripe = without(
  "stripe-2022.json",
  "openapi/spec3.json of https://github.com/stripe/openapi as it was early in 2022, for its API of 2020-08-27,",
);

describe.skipIf(noStripe)(`the client of Stripe${noStripe}`, () => {
  const url = serving("stripe-2022.json");
  /** A client with a key of its own, and so with a world of its own. */
  function clientOf(name: string): Stripe {
    const { hostname, port } = new URL(url());
    return new Stripe(`test_${name}`, { host: hostname, port, protocol: "http", telemetry: false });
  }

  test("creates, reads, changes, lists and deletes a record, which is not there afterwards", async () => {
    const { customers } = clientOf("records");
    const ada = await customers.create({ email: "ada@example.com", name: "Ada", metadata: { plan: "gold" } });
    const bo = await customers.create({ email: "bo@example.com" });
    expect(ada).toMatchObject({
      object: "customer",
      email: "ada@example.com",
      name: "Ada",
      metadata: { plan: "gold" },
    });
    expect(await customers.retrieve(ada.id)).toMatchObject({ id: ada.id, email: "ada@example.com" });
    const changed = await customers.update(ada.id, { name: "Ada L.", metadata: { tier: "1" } });
    expect(changed).toMatchObject({ id: ada.id, name: "Ada L.", metadata: { plan: "gold", tier: "1" } });
    expect(await customers.list({ limit: 1 })).toMatchObject({ has_more: true, data: [{ id: ada.id }] });
    expect(await customers.list({ email: "bo@example.com" })).toMatchObject({ has_more: false, data: [{ id: bo.id }] });
    const all = await customers.list({ limit: 1 }).autoPagingToArray({ limit: 10 });
    expect(all.map(({ id }) => id)).toEqual([ada.id, bo.id]);
    expect(await customers.del(ada.id)).toMatchObject({ id: ada.id, object: "customer", deleted: true });
    await expect(customers.retrieve(ada.id)).rejects.toMatchObject({
      type: "StripeInvalidRequestError",
      statusCode: 404,
      message: `There is no customer "${ada.id}".`,
    });
    expect((await customers.list()).data.map(({ id }) => id)).toEqual([bo.id]);
  });

  test("is refused a form with what is no number, in its own words", async () => {
    const { paymentIntents } = clientOf("forms");
    const made = await paymentIntents.create({ amount: 2000, currency: "eur" });
    expect(made).toMatchObject({ amount: 2000, currency: "eur" });
    expect(await paymentIntents.confirm(made.id)).toMatchObject({ id: made.id, amount: 2000 });
    // @ts-expect-error the types of the client refuse it too
    await expect(paymentIntents.create({ amount: "x", currency: "eur" })).rejects.toMatchObject({
      type: "StripeInvalidRequestError",
      statusCode: 400,
      param: "amount",
      message: 'amount should be an integer; received "x".',
    });
  });

  test("repeats a request under its key", async () => {
    const { products } = clientOf("keys");
    const create = (name: string) => products.create({ name }, { idempotencyKey: "once" });
    const [first, second] = [await create("Tea"), await create("Tea")];
    expect(second.id).toBe(first.id);
    expect((await products.list()).data).toHaveLength(1);
    await expect(create("Milk")).rejects.toMatchObject({ type: "StripeIdempotencyError", statusCode: 422 });
  });
});

const noGitHub = without("github.json", "generated/api.github.com.json of the npm package @octokit/openapi 23.0.2");

describe.skipIf(noGitHub)(`the client of GitHub${noGitHub}`, () => {
  const url = serving("github.json");
  const repo = { owner: "ada", repo: "engine" };
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const clientOf = (name: string) => new Octokit({ auth: `test_${name}`, baseUrl: url(), log: silent });

  test("creates, reads, changes, lists and deletes what the client names", async () => {
    const { issues, paginate } = clientOf("labels");
    const label = { ...repo, name: "help wanted", color: "ff0000" };
    expect((await issues.createLabel(label)).data).toMatchObject({ name: "help wanted", color: "ff0000" });
    await expect(issues.createLabel(label)).rejects.toMatchObject({ status: 422 });
    await issues.createLabel({ ...repo, name: "bug", color: "00ff00" });
    expect((await issues.updateLabel({ ...label, color: "0000ff" })).data.color).toBe("0000ff");
    expect((await issues.getLabel(label)).data.color).toBe("0000ff");
    const pages = await paginate(issues.listLabelsForRepo, { ...repo, per_page: 1 });
    expect(pages.map(({ name }) => name)).toEqual(["help wanted", "bug"]);
    expect((await issues.deleteLabel(label)).status).toBe(204);
    await expect(issues.getLabel(label)).rejects.toMatchObject({ status: 404 });
    expect((await issues.listLabelsForRepo(repo)).data.map(({ name }) => name)).toEqual(["bug"]);
  });

  test("finds what is open, and what is numbered by the server", async () => {
    const { issues } = clientOf("issues");
    const { data: first } = await issues.create({ ...repo, title: "It breaks", labels: ["bug"], assignees: ["bo"] });
    const { data: second } = await issues.create({ ...repo, title: "It is slow" });
    expect(first).toMatchObject({ number: 1, title: "It breaks", state: "open", assignees: [{ login: "bo" }] });
    expect(second.number).toBe(2);
    await issues.update({ ...repo, issue_number: 1, state: "closed" });
    const numbers = async (state?: "all") =>
      (await issues.listForRepo({ ...repo, ...(state && { state }) })).data.map(({ number }) => number);
    expect([await numbers(), await numbers("all")]).toEqual([[2], [1, 2]]);
    await expect(issues.get({ ...repo, issue_number: 3 })).rejects.toMatchObject({ status: 404 });
  });
});
