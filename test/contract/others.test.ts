import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as timer } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { cases, connectGuest } from "../../contracts/index.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { RunError } from "../../src/contract/guest.ts";
import { createOthers } from "../../src/contract/others.ts";
import {
  createFileRecovery,
  type Exchange,
  type Recovery,
  type Report,
  type Visit,
  verify,
} from "../../src/contract.ts";
import { createMock } from "../../src/index.ts";
import { createDeployment } from "../deployment/deployment.ts";
import { ids } from "../mock.ts";

/** Others at a place whose state `read` answers, look by look; what the run has told of waiting. */
async function lookout(read: (look: number) => unknown, begins = true) {
  let looks = 0;
  const told: string[] = [];
  const undo = {
    operations: ["renameTeam"],
    what: ({ team }: Readonly<Record<string, string>>) => `team ${team}`,
    how: "it is sent again",
    capture: async () => read(looks++),
    restore: async () => undefined,
  };
  const visit = {} as Visit;
  const others = createOthers(
    { undos: [undo], marks: /^understudy-\d+$/ },
    { visit, maxWaitMs: 40, wait: () => timer(1), onWait: (text) => told.push(text) },
  );
  if (begins) await others.begin({ team: "blue" });
  return { others, told };
}

describe("somebody else is seen by", () => {
  test("a text that came while nothing was sent, and is read twice", async () => {
    const { others } = await lookout((look) => ({ name: look < 4 ? "the old name" : "Ada's own name" }));
    await others.lookOut();
    expect(others.changed()).toBe("team blue");
  });

  test("a mark that this run has not written, wherever it stands already", async () => {
    const { others } = await lookout((look) => ({ names: [look === 0 ? "the old name" : "understudy-2"] }));
    others.sending({ method: "PUT", path: "/", json: { name: "understudy-1" } });
    await others.lookOut();
    expect(others.changed()).toBe("team blue");
  });
});

describe("a fault of the target is taken for nobody's:", () => {
  const sent = { name: "Name of the run" };
  test.each<[string, (look: number) => unknown]>([
    ["an update that is lost", () => ({ name: "the old name" })],
    ["an update that is carried out late", (look) => ({ name: look < 4 ? "the old name" : "Name of the run" })],
    ["one that is carried out late in other letters", (look) => ({ name: look < 4 ? "the old" : "NAME OF THE RUN" })],
    [
      "a state that it has answered and that comes back",
      (look) => ({ name: look % 2 ? "as answered" : "the old name" }),
    ],
    ["a value that is made up for each answer", (look) => ({ name: "the old name", at: `moment ${look}` })],
    ["a number that grows and a code that changes", (look) => ({ version: look, currency: look < 3 ? "EUR" : "USD" })],
    ["what this run's own writes have left there", (look) => ({ name: look === 0 ? "the old name" : "garbled text" })],
    ["a state that cannot be read", (look) => (look === 0 ? {} : Promise.reject(new Error("answered 500")))],
    ["the mark of a run that was killed before this one", () => ({ name: "understudy-7" })],
  ])("%s", async (_, read) => {
    const { others, told } = await lookout(read);
    others.sending({ method: "PUT", path: "/", json: sent });
    others.answered({ json: { name: "As answered" } } as unknown as Exchange);
    for (let findings = 0; findings < 12; findings++) await others.lookOut();
    expect(others.changed()).toBeUndefined();
    expect(told).toEqual([]);
  });
});

describe("a run that meets somebody at work", () => {
  test("before its first case waits until they are not, and is then as alone as any", async () => {
    const { others, told } = await lookout(
      (look) => ({ name: look < 5 ? `understudy-${look}` : "the old name" }),
      false,
    );
    expect(await others.begin({ team: "blue" })).toBe(true);
    expect(told).toEqual(["Somebody else is changing team blue. Waiting until nobody does, at most 0.04 s."]);
    expect(others.changed()).toBeUndefined();
  });

  test("is not made where they go on for longer than it waits", async () => {
    const { others } = await lookout((look) => ({ name: `understudy-${look}` }), false);
    await expect(others.begin({ team: "blue" })).rejects.toThrow(
      new RunError("Somebody else goes on changing team blue; this run has waited 0.04 s, and written nothing."),
    );
  });

  test("before its first write waits too, for all of its requests, and says that it was not alone", async () => {
    const { others, told } = await lookout((look) => ({ name: look < 1 ? "the old name" : "understudy-1" }));
    await Promise.all([others.beforeWrite(), others.beforeWrite()]);
    expect(told).toHaveLength(1);
    expect(others.changed()).toBe("team blue");
  });
});

describe("two runs at once on one customer", () => {
  const spec = loadSpec();
  const some = cases.filter(({ id }) => /^(billing|idempotency)\//.test(id)).filter((_, index) => index % 3 === 0);

  async function deployment() {
    const { listen, world } = createDeployment({ pause: () => timer(1) });
    const { url, close } = await listen();
    onTestFinished(close);
    return { target: url, customer: world.customer, apiKey: world.keys.primary };
  }
  async function mock() {
    const { url, close } = await createMock({ spec }).listen();
    onTestFinished(close);
    return { target: url, customer: ids.business, apiKey: "test_key" };
  }
  type Place = Awaited<ReturnType<typeof deployment>>;

  /** The reports of both; a run may also refuse to begin. */
  async function both({ target, customer, apiKey }: Place, recovery: () => Recovery | undefined, maxWaitMs = 60_000) {
    const go = async () => {
      const own = recovery();
      const guest = connectGuest({ customer });
      const options = { spec, cases: some, generated: false, target, apiKey, guest, maxWaitMs } as const;
      return verify({ ...options, ...(own ? { recovery: own } : {}) });
    };
    return Promise.all([go(), go()]);
  }
  const found = ({ cases: results }: Report) =>
    results.filter(({ outcome }) => outcome === "broken").map(({ id }) => id);

  test.each([
    ["the deployment", deployment],
    ["one served mock", mock],
  ])(
    "of two machines, on %s: nothing is said of the target that is theirs",
    async (_, make) => {
      const reports = await both(await make(), () => undefined);
      expect(reports.flatMap(found)).toEqual([]);
      for (const { disturbed, summary } of reports) {
        expect(disturbed?.changed).toMatch(/customer/);
        expect(summary.held).toBeGreaterThan(20);
      }
      const undecided = reports.flatMap(({ cases: results }) =>
        results.filter(({ reason }) => reason?.endsWith("meanwhile")),
      );
      expect(undecided).toHaveLength(reports.reduce((sum, { disturbed }) => sum + (disturbed?.undecided ?? 0), 0));
    },
    120_000,
  );

  test.each([
    ["the deployment", deployment],
    ["one served mock", mock],
  ])(
    "of one machine, on %s: the second waits, and both decide all",
    async (_, make) => {
      const place = await make();
      const folder = mkdtempSync(join(tmpdir(), "understudy-both-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const environment = { UNDERSTUDY_RECOVERY: folder };
      const reports = await both(place, () => createFileRecovery(place.target, place.customer, environment));
      expect(reports.flatMap(found)).toEqual([]);
      for (const { disturbed, cutShort } of reports) expect([disturbed, cutShort]).toEqual([undefined, undefined]);
    },
    120_000,
  );
});
