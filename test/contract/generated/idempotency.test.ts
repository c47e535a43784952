import { describe, expect, test, vi } from "vitest";
import { connectGuest, identifiers } from "../../../contracts/index.ts";
import { loadSpec } from "../../../src/connect/spec.ts";
import { idempotencyCases } from "../../../src/contract/generated/idempotency.ts";
import { run } from "../../../src/contract/run.ts";
import { createFetchTransport } from "../../../src/contract.ts";
import { createMock } from "../../../src/index.ts";
import { type Behaviour, type Call, clean } from "../../deployment/behaviour.ts";
import { casesThat, runAgainst, storyOf } from "../../mutants/run-against.ts";

vi.setConfig({ testTimeout: 180_000 });

const spec = loadSpec();
const cases = () => idempotencyCases(spec, { examples: 5, seed: 1, identifiers: Object.keys(identifiers) });

async function brokenBy(behaviour: Partial<Behaviour>): Promise<string[]> {
  const report = await runAgainst(behaviour, { cases: cases() });
  return casesThat(report, "broken").map(({ id }) => id.replace("generated/update-customer-billing-idempotency-", ""));
}

describe("a deployment that breaks the rules of the document is seen to", () => {
  const faults: [string, Partial<Behaviour>, string][] = [
    ["executes every request anew", { readsKey: () => false }, "replay"],
    [
      "forgets the headers of an answer",
      { replay: ({ kept }) => ({ ...kept, headers: { "Content-Type": "application/json" } }) },
      "replay",
    ],
    ["answers another request from the record", { mismatch: ({ record }) => record.answer! }, "changed-method"],
    [
      "compares no more than the method of billing",
      { fingerprint: (call) => JSON.parse(call.body.toString()).method },
      "changed-address-zip",
    ],
    [
      "compares JSON and not bytes",
      { fingerprint: (call) => JSON.stringify(Object.entries(JSON.parse(call.body.toString())).sort()) },
      "byte-for-byte-reordered",
    ],
    [
      "takes keys in any letter case for the same",
      { slot: (key, _, caller) => `${caller} ${key.toLowerCase()}` },
      "keys-differ-by-case",
    ],
    ["takes keys of any length", { acceptsKey: () => true }, "too-long-key"],
    ["forgets a key after twenty others", { capacity: 20 }, "late-retry"],
    ["executes twins", { inFlight: ({ execute }) => execute() }, "race"],
  ];
  test.each(faults)("that %s", async (_, behaviour, id) => {
    expect(await brokenBy(behaviour)).toContain(id);
  });
});

describe("what is removed is added again, for the same removal to be carried out once more", () => {
  const ofRemovals = (of: (call: Call) => boolean) => (call: Call) => call.method !== "DELETE" && of(call);
  const faults: [string, Partial<Behaviour>, string[]][] = [
    ["reads no key of removals", { readsKey: ofRemovals(clean.readsKey) }, ["replay", "late-retry", "race"]],
    [
      "takes a removal under a used key for the same, whatever its query",
      {
        fingerprint: (call) => (call.method === "DELETE" ? `${call.method} ${call.path}` : clean.fingerprint(call)),
      },
      ["other-query"],
    ],
  ];
  test.each(faults)("that %s", async (_, behaviour, ids) => {
    const broken = await brokenBy(behaviour);
    for (const id of ids) expect(broken).toContain(`generated/remove-customer-user-idempotency-${id}`);
  });
});

/** What no run can decide of the users of a customer: no other user is known. */
const undecidable = /^generated\/add-customer-user-idempotency-changed-user-id$/;

test("the mock passes, its clock included", async () => {
  const [key, second, customer] = ["understudy-one", "understudy-two", "cus-0001-business-email"];
  let ahead = 0;
  const mock = createMock({ spec, apiKeys: [key, second], now: () => Date.now() + ahead });
  const report = await run({
    spec,
    cases: cases(),
    guest: connectGuest({ customer }),
    baseUrl: "http://mock.test",
    transport: createFetchTransport((request) => mock.fetch(request)),
    allowLeftovers: true,
    apiKey: { value: key, shell: '"$CONNECT_API_KEY"' },
    secondApiKey: second,
    clock: async (advanceMs) => {
      ahead += advanceMs;
    },
  });
  const unheld = report.cases.filter(({ outcome }) => outcome !== "held");
  expect(unheld.filter(({ id, outcome }) => outcome !== "skipped" || !undecidable.test(id)).map(storyOf)).toEqual([]);
  expect(report.cases.filter(({ outcome }) => outcome === "held").length).toBeGreaterThan(45);
});

test("a deployment that forgets its keys too early or too late is seen to", async () => {
  const lifetimes = { early: 3_600_000, late: 100 * 3_600_000 };
  for (const lifetime of Object.values(lifetimes)) {
    let ahead = 0;
    const report = await runAgainst(
      { lifetime, now: () => new Date(Date.now() + ahead) },
      {
        cases: cases().map((item) => ({
          ...item,
          needs: [],
          run: (scene) =>
            item.run({
              ...scene,
              given: {
                ...scene.given,
                clock: async (ms) => {
                  ahead += ms;
                },
              },
            }),
        })),
      },
    );
    expect(casesThat(report, "broken").map(({ id }) => id)).toEqual([
      "generated/create-customer-idempotency-expiry",
      "generated/update-customer-billing-idempotency-expiry",
      "generated/add-customer-user-idempotency-expiry",
    ]);
  }
});

test("a clean deployment holds all but what needs a clock", async () => {
  const report = await runAgainst(clean, { cases: cases() });
  const unheld = report.cases.filter(({ id, outcome }) => outcome !== "held" && !undecidable.test(id));
  expect(unheld.map(({ id }) => id)).toEqual([
    "generated/create-customer-idempotency-expiry",
    "generated/update-customer-idempotency-expiry",
    "generated/update-customer-billing-idempotency-expiry",
    "generated/add-customer-user-idempotency-expiry",
  ]);
  expect(report.cases.filter(({ outcome }) => outcome === "broken" || outcome === "differs")).toEqual([]);
});
