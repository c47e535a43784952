import { expect, test } from "vitest";
import { fixturesOf } from "../../contracts/index.ts";
import { createMirror, describeFidelity, type ReadJson } from "../../src/commands/against-mock.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { createFetchTransport } from "../../src/contract.ts";
import { createMock } from "../../src/index.ts";
import { createDeployment } from "../deployment/deployment.ts";

const spec = loadSpec();
const baseUrl = "http://deployment.test";
const signal = new AbortController().signal;
const fixturesAround = (customer: string) => (read: ReadJson) => fixturesOf(read, { customer, profiles: [] });

const put = (customer: string, key: string, body: unknown) => ({
  method: "PUT",
  url: `${baseUrl}/customers/${customer}/billing`,
  headers: { "X-API-Key": key, "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

test("a mock beside a mock of the same world answers all alike", async () => {
  const { fetch } = createMock();
  const customer = "cus-0001-business-email";
  const world = { baseUrl, apiKeys: ["test_key"], headers: {}, fixtures: fixturesAround(customer) };
  const mirror = await createMirror(spec, createFetchTransport(fetch), world);
  const bodies = [{ method: "EMAIL_INVOICE", email: "a@b.example" }, { method: "EMAIL_INVOICE" }, { method: "FAX" }];
  for (const body of bodies) await mirror.transport(put(customer, "test_key", body), signal);
  expect(mirror.fidelity()).toEqual({ compared: 3, alike: 3, differences: [] });
});

test("what a deployment answers otherwise is told once, with a count and a request that shows it", async () => {
  const deployment = createDeployment();
  const { customer, keys } = deployment.world;
  const world = { baseUrl, apiKeys: [keys.primary], headers: {}, fixtures: fixturesAround(customer) };
  const mirror = await createMirror(spec, createFetchTransport(deployment.fetch), world);
  const unsupported = {
    ...put(customer, keys.primary, {}),
    headers: { "X-API-Key": keys.primary, "Content-Type": "text/plain" },
  };
  for (let round = 0; round < 2; round++) await mirror.transport({ ...unsupported, method: "POST" }, signal);
  const [difference, ...others] = mirror.fidelity().differences;
  expect(others).toEqual([]);
  expect(difference).toMatchObject({
    at: "status",
    mock: "405 method_not_allowed",
    deployment: "404 not_found",
    count: 2,
  });
  expect(difference?.curl).toContain("$CONNECT_API_KEY");
  expect(difference?.curl).not.toContain(keys.primary);
  expect(describeFidelity(mirror.fidelity())).toContain("Beside the mock: 0 of 2 answers alike, 0 %");
});

test("requests that overlap are not compared", async () => {
  const { fetch } = createMock({ latencyMs: 5 });
  const customer = "cus-0001-business-email";
  const world = { baseUrl, apiKeys: ["test_key"], headers: {}, fixtures: fixturesAround(customer) };
  const mirror = await createMirror(spec, createFetchTransport(fetch), world);
  const body = { method: "EMAIL_INVOICE", email: "a@b.example" };
  await Promise.all([1, 2, 3].map(() => mirror.transport(put(customer, "test_key", body), signal)));
  expect(mirror.fidelity().compared).toBe(0);
});
