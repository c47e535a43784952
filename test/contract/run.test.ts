import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  assumed,
  type ConnectCase,
  type ConnectGiven,
  type ConnectNeed,
  type ConnectScene,
  connectGuest,
  documented,
} from "../../contracts/index.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import { accepted, equal, holds, refused } from "../../src/contract/expect.ts";
import { RunError } from "../../src/contract/guest.ts";
import { type CaseResult, conforms } from "../../src/contract/report/report.ts";
import { type RunOptions, run } from "../../src/contract/run.ts";
import { type Transport, TransportError, Unreadable } from "../../src/contract/wire/exchange.ts";
import { createFetchTransport } from "../../src/contract/wire/transport.ts";
import { type Behaviour, createDeployment, world } from "../deployment/deployment.ts";

const spec = loadSpec();
const email = { method: "EMAIL_INVOICE", email: "run@marlowe.example" };
const paper = {
  method: "PAPER_INVOICE",
  address: { street1: "1 Main Street", city: "Framingham", zip: "01701", country: "US" },
};

/** A case that plays `play`; its basis is documented unless said. */
function caseThat(id: string, play: (scene: ConnectScene) => unknown, make = documented): ConnectCase {
  return make({
    id: `topic/${id}`,
    title: `Title of ${id}`,
    claim: `Claim of ${id}`,
    async run(scene) {
      await play(scene);
    },
  });
}

/** A deployment and the run of some cases against it, in this process. */
function visit(behaviour: Partial<Behaviour> = {}) {
  const deployment = createDeployment({ pause: async () => {}, ...behaviour });
  const transport = createFetchTransport(deployment.fetch);
  const go = (cases: readonly ConnectCase[], options: Partial<RunOptions<ConnectGiven>> = {}) =>
    run({
      spec,
      cases,
      baseUrl: "http://target.example",
      transport,
      apiKey: { value: world.keys.primary, shell: '"$CONNECT_API_KEY"' },
      guest: connectGuest({ customer: world.customer }),
      ...options,
    });
  return { deployment, transport, go, billing: () => deployment.customers.get(world.customer)?.billing };
}

const outcomes = (cases: readonly CaseResult[]) => cases.map(({ id, outcome }) => `${id} ${outcome}`);

describe("what was read last", () => {
  const read = { method: "GET", path: `/customers/${world.customer}` };
  const reads = caseThat("reads", (scene) => scene.send(read));
  const clock = async () => {};
  test.each<[string, boolean, (scene: ConnectScene) => unknown]>([
    ["is still right in the next case", true, () => {}],
    ["is not where another path was read since", false, (scene) => scene.send({ ...read, path: "/customers" })],
    ["is not where it was read with other headers", false, (scene) => scene.send({ ...read, headers: { "X-A": "1" } })],
    ["is not where something was refused since", false, (scene) => scene.send({ ...read, method: "PUT", json: [] })],
    ["is not where the run waited since", false, (scene) => scene.wait(0)],
    ["is not where the clock was moved since", false, (scene) => scene.age(0)],
    ["is not a tenth of a second later", false, () => setTimeout(110)],
  ])("%s", async (_, isStill, meanwhile) => {
    let still: unknown;
    const asks = caseThat("asks", async (scene) => {
      await meanwhile(scene);
      still = scene.still(read)?.status;
    });
    await visit().go([reads, asks], { clock, isAlone: true });
    expect(still).toBe(isStill ? 200 : undefined);
  });
});

describe("the order of a run", () => {
  test("is that of the cases, and each is told as it ends", async () => {
    const played: string[] = [];
    const cases = ["b", "a", "c"].map((id) => caseThat(id, () => played.push(id)));
    const report = await visit().go(cases, { onCase: ({ id, outcome }) => played.push(`${id} ${outcome}`) });
    expect(played).toEqual(["b", "topic/b held", "a", "topic/a held", "c", "topic/c held"]);
    expect(outcomes(report.cases)).toEqual(["topic/b held", "topic/a held", "topic/c held"]);
  });

  test("sends the requests of a case at the same time only where it says so", async () => {
    let running = 0;
    let most = 0;
    const { go } = visit({
      async pause() {
        running++;
        most = Math.max(most, running);
        await setTimeout(1);
        running--;
      },
    });
    const inTurn = caseThat("in-turn", async ({ update }) => {
      await update(email);
      await update(email);
    });
    await go([inTurn, inTurn]);
    expect(most).toBe(1);
    await go([
      caseThat("together", ({ sendTogether, billingUpdate }) =>
        sendTogether([billingUpdate(email), billingUpdate(paper), billingUpdate(email)]),
      ),
    ]);
    expect(most).toBe(3);
  });
});

describe("what a case needs", () => {
  test("is looked up by reading, unless told", async () => {
    // The last profile comes first: what is not ACTIVE is nowhere taken for what is.
    const { transport } = visit({
      profilesOf: (all, owner) => all.filter(({ customerId }) => customerId === owner).reverse(),
    });
    const send = async ({ method, path }: { method: string; path: string }) => {
      expect(method).toBe("GET");
      const answer = await transport(
        { method, url: `http://target.example${path}`, headers: { "X-API-Key": world.keys.primary }, body: undefined },
        new AbortController().signal,
      );
      return { ...answer, json: JSON.parse(answer.body) } as never;
    };
    const given = async (options: object) => {
      const guest = connectGuest({ customer: world.customer, ...options });
      const { found, ...rest } = await guest.readFirst({ baseUrl: "http://target.example", send });
      expect(found.customerId).toBe(world.customer);
      return rest;
    };
    expect(await given({})).toEqual({
      customer: world.customer,
      user: "understudy-user",
      paymentProfile: world.secondProfile,
      secondPaymentProfile: world.profile,
      inactivePaymentProfile: world.expiredProfile,
      foreignPaymentProfile: world.foreignProfile,
      otherCustomer: world.foreignCustomer,
    });
    const told = { paymentProfile: world.profile, foreignPaymentProfile: "f", otherCustomer: "o" };
    expect(await given(told)).toEqual({
      ...told,
      customer: world.customer,
      user: "understudy-user",
      secondPaymentProfile: world.secondProfile,
      inactivePaymentProfile: world.expiredProfile,
    });
  });

  test.each<[ConnectNeed, string]>([
    ["clock", "the target has no clock that can be moved"],
    ["secondApiKey", "no second API key is known; pass one with CONNECT_SECOND_API_KEY or --second-api-key"],
    ["unbilledCustomer", "only a sandbox has a customer without billing that may be written"],
  ])("and is not there skips it, with the reason: %s", async (need, reason) => {
    const needy = documented({
      id: "topic/needy",
      title: "Needs it",
      claim: "",
      needs: [need],
      run: () => Promise.reject(new Error("it ran")),
    });
    const report = await visit().go([needy]);
    expect(report.cases[0]).toMatchObject({ outcome: "skipped", reason, findings: [] });
    expect(report.summary).toMatchObject({ skipped: 1, held: 0 });
  });

  test("and is there is given to it", async () => {
    let given: unknown;
    const needy = documented({
      id: "topic/needy",
      title: "Needs it",
      claim: "",
      needs: ["clock", "foreignPaymentProfile"],
      async run(scene) {
        given = scene.given.foreignPaymentProfile;
        await scene.given.clock(5);
      },
    });
    const moved: number[] = [];
    const report = await visit().go([needy], { clock: async (ms) => void moved.push(ms) });
    expect(outcomes(report.cases)).toEqual(["topic/needy held"]);
    expect([given, moved]).toEqual([world.foreignProfile, [5]]);
  });
});

describe("what becomes of a case", () => {
  const fails = (scene: ConnectScene) =>
    scene.update(email).then((answer) => equal(answer.status, 201, "the status", answer));

  test.each([
    ["documented", documented, false, "broken", false],
    ["documented", documented, true, "broken", false],
    ["assumed", assumed, false, "differs", true],
    ["assumed", assumed, true, "differs", false],
  ] as const)("a mismatch of a %s case (strict: %3$s)", async (_, make, strict, outcome, conforming) => {
    const report = await visit().go([caseThat("wrong", fails, make as typeof documented)], { strict });
    expect(report.cases[0]).toMatchObject({
      id: "topic/wrong",
      title: "Title of wrong",
      claim: "Claim of wrong",
      outcome,
      findings: [
        {
          message: "the status is not as it should be",
          at: "the status",
          expected: 201,
          received: 200,
          weight: outcome,
        },
      ],
    });
    expect(report.cases[0]?.findings[0]?.curl).toContain("/billing' -H 'Accept: application/json'");
    expect(conforms(report)).toBe(conforming);
  });

  const presenting = (change: object): Partial<Behaviour> => ({
    present: (customer) => ({ ...customer, billing: { ...customer.billing, ...change } }),
  });

  test.each([
    ["what is documented breaks an assumed case too", presenting({ autoPay: "yes" }), assumed, "broken"],
    ["what is assumed differs in a documented case too", presenting({ currency: "usd" }), documented, "differs"],
    ["what later copies document differs", presenting({ method: "E_INVOICE" }), documented, "differs"],
    ["null where a field could be absent differs", presenting({ autoPay: null }), documented, "differs"],
  ] as const)("an answer that the schema does not allow: %s", async (_, behaviour, make, outcome) => {
    const reading = caseThat("reading", ({ read }) => read(), make as typeof documented);
    const report = await visit(behaviour).go([reading]);
    expect(report.cases[0]?.findings.map(({ weight }) => weight)).toEqual([outcome]);
    expect(report.cases[0]?.outcome).toBe(outcome);
  });

  test("the same wrong member in many answers is one finding", async () => {
    const reading = caseThat("reading", async ({ read }) => {
      for (let n = 0; n < 5; n++) await read();
    });
    const report = await visit(presenting({ autoPay: "yes" })).go([reading]);
    expect(report.cases[0]?.findings).toHaveLength(1);
  });

  test("a case that cannot be decided is skipped, unless something was found before", async () => {
    const { go } = visit({ present: ({ name: _, ...customer }) => customer });
    const report = await go([
      caseThat("open", ({ skip }) => skip("nobody can tell")),
      caseThat("open-but-wrong", async ({ read, skip }) => {
        await read();
        skip("nobody can tell");
      }),
    ]);
    expect(report.cases).toMatchObject([
      { outcome: "skipped", reason: "nobody can tell", findings: [] },
      { outcome: "differs", findings: [{ at: "body.name" }] },
    ]);
  });

  test("a failure of the server is broken in a case that accepts any answer", async () => {
    const { go } = visit({
      firstLook: ({ path }) => (path === "/teapot" ? { status: 500, headers: {}, body: "oops" } : undefined),
    });
    const careless = caseThat("careless", ({ send }) => send({ method: "GET", path: "/teapot" }), assumed);
    expect((await go([careless])).cases[0]).toMatchObject({
      outcome: "broken",
      findings: [{ message: "the target failed with 500", received: 500 }],
    });
  });

  test("a bug of a case is told as such, and the customer is put back", async () => {
    const { go, billing, deployment } = visit();
    const before = billing();
    const report = await go([
      caseThat("buggy", async ({ update }) => {
        await update(email);
        (undefined as unknown as { oops(): void }).oops();
      }),
      caseThat("next", ({ read }) => read()),
    ]);
    expect(outcomes(report.cases)).toEqual(["topic/buggy broken", "topic/next held"]);
    expect(report.cases[0]?.findings[0]?.message).toMatch(/^the case itself failed: TypeError: Cannot read/);
    expect(deployment.executions).toBe(2);
    expect(billing()).toEqual(before);
    expect(report.leftBehind).toBeUndefined();
  });
});

describe("the customer at the end of a run", () => {
  test("has the billing that the run found", async () => {
    const { go, billing } = visit();
    const before = billing();
    const report = await go([
      caseThat("writes", ({ update }) => update({ ...email, defaultPaymentProfileId: null, autoPay: false })),
    ]);
    expect(billing()).toEqual(before);
    expect(report.leftBehind).toBeUndefined();
  });

  test("keeps an address that it lacked, and the run says so", async () => {
    const { go, billing } = visit();
    const before = billing();
    const report = await go([caseThat("writes", ({ update }) => update(paper))]);
    expect(billing()).toEqual({ ...before, address: paper.address });
    expect(report.leftBehind).toEqual({
      message: `Customer ${world.customer} had no billing address before the run, and the API has no way to take one away; the rest is as it was.`,
      irremovable: true,
    });
  });

  test("keeps a billing that it lacked, and the run says so", async () => {
    const { go, deployment } = visit();
    const report = await go([caseThat("writes", ({ update }) => update(email))], {
      guest: connectGuest({ customer: world.unbilledCustomer }),
    });
    expect(deployment.customers.get(world.unbilledCustomer)?.billing).toMatchObject(email);
    expect(report.leftBehind?.message).toContain("had no billing before the run");
  });

  test("still lacks a billing that no case gave it", async () => {
    const { go, deployment } = visit();
    const report = await go([caseThat("reads", ({ read }) => read())], {
      guest: connectGuest({ customer: world.unbilledCustomer }),
    });
    expect(deployment.customers.get(world.unbilledCustomer)?.billing).toBeUndefined();
    expect(report.leftBehind).toBeUndefined();
  });
});

describe("a run that is stopped", () => {
  test("ends the case under way, skips the others and puts the customer back", async () => {
    const stop = new AbortController();
    const played: string[] = [];
    const { go, billing, deployment } = visit();
    const before = billing();
    const report = await go(
      [
        caseThat("first", ({ update }) => update(email)),
        caseThat("second", async ({ update, read }) => {
          await update(paper);
          stop.abort();
          await read();
        }),
        caseThat("third", () => void played.push("third")),
      ],
      { signal: stop.signal },
    );
    expect(outcomes(report.cases)).toEqual(["topic/first held", "topic/second skipped", "topic/third skipped"]);
    expect(report.cases.map(({ reason }) => reason)).toEqual([undefined, "the run was stopped", "the run was stopped"]);
    expect(played).toEqual([]);
    expect(deployment.executions).toBe(3);
    expect(billing()).toEqual({ ...before, address: paper.address });
  });

  test("does not sit out the wait that the target asked for", async () => {
    const stop = new AbortController();
    const { go, billing, deployment } = visit();
    const before = billing();
    const busy = { status: 429, headers: { "retry-after": "20" }, body: "{}" };
    const transport = createFetchTransport(deployment.fetch);
    const report = await go(
      [
        caseThat("waits", async ({ update, send }) => {
          await update(email);
          queueMicrotask(() => stop.abort());
          await send({ method: "GET", path: "/busy" });
        }),
      ],
      {
        signal: stop.signal,
        transport: async (request, signal) => (request.url.endsWith("/busy") ? busy : transport(request, signal)),
      },
    );
    expect(report.cases[0]).toMatchObject({ outcome: "skipped", reason: "the run was stopped" });
    expect(report.durationMs).toBeLessThan(5_000);
    expect(billing()).toEqual(before);
  });

  test("before its first case was never made", async () => {
    await expect(visit().go([], { signal: AbortSignal.abort() })).rejects.toThrow(
      new RunError("The run ended before its first case: the run was stopped."),
    );
  });
});

describe("the time of a run", () => {
  const deaf: Partial<Behaviour> = {
    firstLook: ({ path }) => (path === "/deaf" ? new Promise(() => {}) : undefined),
  };

  test("ends it, with what was found and everything put back", async () => {
    const { go, billing, transport } = visit(deaf);
    const before = billing();
    const report = await go(
      [
        caseThat("first", ({ update }) => update({ ...email, autoPay: false })),
        caseThat("hangs", ({ send }) => send({ method: "GET", path: "/deaf" })),
        caseThat("third", ({ read }) => read()),
      ],
      {
        maxTimeMs: 1_000,
        // As a socket would: it lets go when it is told.
        transport: (request, signal) =>
          Promise.race([
            transport(request, signal),
            new Promise<never>((_, reject) =>
              signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true }),
            ),
          ]),
      },
    );
    const reason = "the run's time of 1 s was over";
    expect(report.cases).toMatchObject([
      { outcome: "held" },
      { outcome: "skipped", reason },
      { outcome: "skipped", reason },
    ]);
    expect(report.cutShort).toEqual({ reason, at: "topic/hangs" });
    expect(report.leftBehind).toBeUndefined();
    expect(billing()).toEqual(before);
  });

  test("is not spent on a wait that would outlast it", async () => {
    const { go } = visit({
      firstLook: ({ path }) =>
        path === "/busy" ? { status: 429, headers: { "Retry-After": "58" }, body: "{}" } : undefined,
    });
    const report = await go([caseThat("busy", ({ send }) => send({ method: "GET", path: "/busy" }))], {
      maxTimeMs: 30_000,
    });
    const reason = "a wait of 58 s would have outlasted the run's time of 30 s";
    expect(report.cases[0]).toMatchObject({ outcome: "skipped", reason });
    expect(report.cutShort).toEqual({ reason, at: "topic/busy" });
    expect(report.durationMs).toBeLessThan(20_000);
  });

  test("that is over before the first case makes no run", async () => {
    const { go } = visit({ pause: () => setTimeout(50) });
    const slowly: Transport = async (request, signal) => {
      await setTimeout(200, undefined, { signal });
      return visit().transport(request, signal);
    };
    await expect(go([], { maxTimeMs: 20, transport: slowly })).rejects.toThrow(
      new RunError("The run ended before its first case: the run's time of 0.02 s was over."),
    );
  });
});

describe("a target that limits requests", () => {
  const waiting = (headers: Record<string, string>, status = 429) => {
    let refusals = 1;
    return visit({
      firstLook: ({ path }) => (path === "/busy" && refusals-- > 0 ? { status, headers, body: "{}" } : undefined),
    });
  };
  const busy = caseThat("busy", async ({ send }) => refused(await send({ method: "GET", path: "/busy" }), 404));

  test.each([429, 503])("is waited for, which is told and counted: %i", async (status) => {
    const told: string[] = [];
    const slept: number[] = [];
    const report = await waiting({ "Retry-After": "58" }, status).go([busy], {
      onWait: (text) => told.push(text),
      sleep: async (ms) => void slept.push(ms),
    });
    expect(outcomes(report.cases)).toEqual(["topic/busy held"]);
    expect(told).toEqual([
      status === 429
        ? "Waiting 58 s: the target limits requests (429, Retry-After)"
        : "Waiting 58 s: the target serves nothing for now (503, Retry-After)",
    ]);
    expect([slept, report.waitedMs]).toEqual([[58_000], 58_000]);
  });

  test.each([429, 503])("for longer than the run waits leaves a case undecided: %i", async (status) => {
    const report = await waiting({ "Retry-After": "58" }, status).go([busy, busy], { maxWaitMs: 20_000 });
    const reason = "the target asks to wait 58 s, longer than this run waits (20 s)";
    expect(report.cases).toMatchObject([{ outcome: "skipped", reason, findings: [] }, { outcome: "held" }]);
    expect(conforms(report)).toBe(true);
  });

  test("is told of once where it asks for moments only", async () => {
    let requests = 0;
    const { go } = visit({
      firstLook: ({ path }) =>
        path === "/busy" && requests++ % 2 === 0
          ? { status: 429, headers: { "Retry-After": "1" }, body: "{}" }
          : undefined,
    });
    const told: string[] = [];
    const report = await go([busy, busy, busy], { onWait: (text) => told.push(text), sleep: async () => {} });
    expect(told).toEqual(["Waiting 1 s: the target limits requests (429, Retry-After)"]);
    expect(report.waitedMs).toBe(3_000);
  });
});

describe("cases that only read", () => {
  const reader = (id: string, play: (scene: ConnectScene) => unknown): ConnectCase => ({
    ...caseThat(id, play),
    reads: true,
  });

  test("run so many at the same time, none beside one that writes, and are told in their order", async () => {
    const story: string[] = [];
    const told: string[] = [];
    const taking = (ms: number, id: string) => async () => {
      story.push(id);
      await setTimeout(ms);
      story.push(`${id}.`);
    };
    const cases = [
      ...["a", "b", "c"].map((id, index) => reader(id, taking(90 - 30 * index, id))),
      caseThat("D", taking(1, "D")),
      ...["e", "f"].map((id) => reader(id, taking(1, id))),
    ];
    const report = await visit().go(cases, { concurrency: 2, onCase: ({ id }) => told.push(id) });
    expect(story.slice(0, 4)).toEqual(["a", "b", "b.", "c"]);
    expect(story.slice(4, 6).sort()).toEqual(["a.", "c."]);
    expect(story.slice(6)).toEqual(["D", "D.", "e", "f", "e.", "f."]);
    expect(told).toEqual(cases.map(({ id }) => id));
    expect(outcomes(report.cases)).toEqual(cases.map(({ id }) => `${id} held`));
  });

  test("and would write are not let, and say so", async () => {
    const { go, deployment } = visit();
    const report = await go([reader("liar", ({ update }) => update(email))]);
    expect(report.cases[0]).toMatchObject({
      outcome: "skipped",
      reason: "it says that it only reads, and would send PUT",
    });
    expect(deployment.executions).toBe(0);
  });

  test("and ran ahead when the run was cut short have found what they have found", async () => {
    const stop = new AbortController();
    const wrong = (id: string) => reader(id, () => holds(false, "it should hold"));
    const report = await visit().go(
      [reader("stops", () => setTimeout(30).then(() => stop.abort())), wrong("a"), wrong("b"), wrong("c")],
      { signal: stop.signal, concurrency: 3 },
    );
    expect(outcomes(report.cases).slice(0, 3)).toEqual(["topic/stops held", "topic/a broken", "topic/b broken"]);
    expect(report.cutShort?.reason).toBe("the run was stopped");
  });
});

describe("a run that cannot go on", () => {
  test("for a failure of this program answers what was found, and where it failed", async () => {
    const { go, billing } = visit();
    const before = billing();
    const report = await go(
      ["a", "b", "c"].map((id) => caseThat(id, ({ update }) => update(email))),
      {
        onCase({ id }) {
          if (id === "topic/b") throw new TypeError("oops");
        },
      },
    );
    expect(report.cutShort).toMatchObject({ reason: "this program failed: oops", at: "topic/c" });
    expect(report.cutShort?.stack).toMatch(/^TypeError: oops\n/);
    expect(outcomes(report.cases)).toEqual(["topic/a held", "topic/b held", "topic/c skipped"]);
    expect(billing()).toEqual(before);
  });

  test("for it can keep nothing writes nothing, and says so", async () => {
    const { go, deployment } = visit();
    const recovery = {
      pending: () => [],
      save() {
        throw new RunError("The disk is full.");
      },
      clear() {},
    };
    const report = await go(
      ["a", "b"].map((id) => caseThat(id, ({ update }) => update(email))),
      { recovery },
    );
    expect(report.cutShort).toEqual({ reason: "The disk is full", at: "topic/a" });
    expect(outcomes(report.cases)).toEqual(["topic/a skipped", "topic/b skipped"]);
    expect(deployment.executions).toBe(0);
    expect(report.leftBehind).toBeUndefined();
  });

  test("shows what it has found at any time", async () => {
    let seen: string[] = [];
    let soFar: (() => string[]) | undefined;
    await visit().go([caseThat("a", ({ read }) => read()), caseThat("b", () => (seen = soFar?.() ?? []))], {
      onBegin(report) {
        soFar = () => outcomes(report({ reason: "asked" }).cases);
      },
    });
    expect(seen).toEqual(["topic/a held", "topic/b skipped"]);
  });
});

describe("a key that lacks a right", () => {
  const forbidden = {
    status: 403,
    headers: { "Content-Type": "application/json" },
    body: '{"message":"No.","code":"forbidden"}',
  };
  /** Refuses the key so many writes, after so many. */
  const refusing = (from: number, to: number) => {
    let writes = 0;
    return visit({
      firstLook(call) {
        if (call.method !== "PUT") return undefined;
        const index = writes++;
        return index >= from && index < to ? forbidden : undefined;
      },
    });
  };
  const accepts = (id: string, make = documented) =>
    caseThat(id, async ({ update }) => void accepted(await update(email)), make);
  const refuses = caseThat("refuses", async ({ update }) => refused(await update({})));
  const reason = "the API key may not call updateCustomerBilling (answered 403)";

  test("leaves undecided what it is refused, and what would hold by that", async () => {
    const { go } = refusing(0, 9);
    const keyless = caseThat("keyless", async ({ update }) => refused(await update(email, { apiKey: null })));
    const assuming = accepts("assumed", assumed as typeof documented);
    const report = await go([
      accepts("documented"),
      assuming,
      refuses,
      keyless,
      caseThat("reads", ({ read }) => read()),
    ]);
    expect(outcomes(report.cases)).toEqual([
      "topic/documented skipped",
      "topic/assumed skipped",
      "topic/refuses skipped",
      "topic/keyless held",
      "topic/reads held",
    ]);
    expect(report.cases.slice(0, 3).map((item) => [item.reason, item.findings])).toEqual(Array(3).fill([reason, []]));
  });

  test.each([
    ["before", 1, 2],
    ["later", 0, 1],
  ])("is no excuse where the operation lets it in %s", async (_, from, to) => {
    const report = await refusing(from, to).go([accepts("a"), accepts("b")]);
    expect(outcomes(report.cases).sort()).toEqual([
      `topic/a ${from === 0 ? "broken" : "held"}`,
      `topic/b ${from === 0 ? "held" : "broken"}`,
    ]);
  });

  test("is no excuse for what is found beside it", async () => {
    const wrong = caseThat("wrong", async ({ update, read }) => {
      await update(email);
      equal((await read()).name, "Somebody", "name");
    });
    expect(outcomes((await refusing(0, 9).go([wrong])).cases)).toEqual(["topic/wrong broken"]);
  });

  test("is not what a target says that lets nobody through any more", async () => {
    const { go } = visit({
      firstLook: ({ method }) =>
        method === "PUT" ? { status: 429, headers: { "Retry-After": "3600" }, body: "{}" } : undefined,
    });
    const report = await go([
      accepts("a"),
      caseThat("b", ({ read }) => read()),
      accepts("c"),
      accepts("d"),
      accepts("e"),
      accepts("f"),
    ]);
    expect(outcomes(report.cases)).toEqual(
      ["a skipped", "b held", "c skipped", "d skipped", "e skipped", "f skipped"].map((text) => `topic/${text}`),
    );
    const asked = "the target asks to wait 3600 s, longer than this run waits (60 s)";
    expect(report.cases[0]?.reason).toBe(asked);
    expect(report.cutShort).toEqual({
      reason: `http://target.example lets this run through no more: ${asked}`,
      at: "topic/c",
    });
  });
});

test("an answer that this program cannot read leaves a case undecided", async () => {
  const { go, transport } = visit();
  const coded: Transport = async (request, signal) => {
    if (request.url.endsWith("/coded")) throw new Unreadable("the answer is coded as zstd");
    return transport(request, signal);
  };
  const report = await go([caseThat("coded", ({ send }) => send({ method: "GET", path: "/coded" }))], {
    transport: coded,
  });
  expect(report.cases[0]).toMatchObject({ outcome: "skipped", reason: "the answer is coded as zstd", findings: [] });
});

/** The requests that look, before the first write, whether somebody else writes there: one for the billing, two for the customer, one for its users. */
const looks = 4;

describe("a target that stops answering", () => {
  /** Answers so many requests and no more. */
  function dying(transport: Transport, answers: number): Transport {
    let left = answers;
    return async (request, signal) => {
      if (left-- <= 0) throw new TransportError("nothing listens there (connection refused)");
      return transport(request, signal);
    };
  }
  const reading = ["a", "b", "c", "d", "e"].map((id) => caseThat(id, ({ update }) => update(email)));

  test("ends the run after three cases in a row, with what is left to do by hand", async () => {
    const { go, transport } = visit();
    const told: string[] = [];
    // Those before the first case, those before the first write, and one for what is to be written: the first case is served.
    const answers = (await requestsBefore(go)) + looks + 1;
    const report = await go(reading, {
      transport: dying(transport, answers + 1),
      onCase: ({ id, outcome }) => told.push(`${id} ${outcome}`),
    });
    expect(report.cutShort).toEqual({
      reason: "http://target.example stopped answering: 3 cases in a row got no answer",
      at: "topic/b",
    });
    expect(report.leftBehind?.message).toBe(
      `The billing of customer ${world.customer} could not be put back: nothing listens there (connection refused). It was {"method":"EMAIL_INVOICE","email":"invoices@marlowe.example","currency":"EUR","defaultPaymentProfileId":"${world.profile}","autoPay":true}.`,
    );
    expect(told).toEqual(["topic/a held", "topic/b skipped", "topic/c skipped", "topic/d skipped"]);
    expect(outcomes(report.cases)).toEqual([...told, "topic/e skipped"]);
    expect(report.cases[1]?.reason).toBe("no answer: nothing listens there (connection refused)");
  });

  test("does not hide what was broken before", async () => {
    const { go, transport } = visit();
    const broken = caseThat("broken", ({ read }) => read().then(() => holds(false, "it should hold")));
    const report = await go([broken, ...reading], { transport: dying(transport, (await requestsBefore(go)) + 1) });
    expect(outcomes(report.cases).slice(0, 2)).toEqual(["topic/broken broken", "topic/a skipped"]);
    expect(report.cases.at(-1)?.reason).toBe(report.cutShort?.reason);
  });

  test("and answers again fails only the case it left alone", async () => {
    const { go, transport } = visit();
    let n = 0;
    const hiccup: Transport = async (request, signal) => {
      if (request.method === "PUT" && ++n === 2) throw new TransportError("no whole answer within 1 s");
      return transport(request, signal);
    };
    const [first, , ...others] = reading;
    const lost = caseThat("lost", ({ update }) => update(email), assumed as typeof documented);
    const report = await go([first!, lost, ...others], { transport: hiccup });
    // No answer at all is nothing that the reference leaves open.
    expect(outcomes(report.cases).slice(0, 3)).toEqual(["topic/a held", "topic/lost broken", "topic/c held"]);
    expect(report.summary).toMatchObject({ held: 4, broken: 1 });
    expect(report.cases[1]?.findings[0]?.message).toBe("no answer: no whole answer within 1 s");
  });

  test("ends the run though cases between send nothing", async () => {
    const { go, transport } = visit();
    const idle = (id: string) => caseThat(id, ({ skip }) => skip("nothing to send"));
    const cases = reading.flatMap((item, index) => [item, idle(`idle-${index}`)]);
    const report = await go(cases, { transport: dying(transport, await requestsBefore(go)) });
    expect(report.cutShort).toEqual({
      reason: "http://target.example stopped answering: 3 cases in a row got no answer",
      at: "topic/a",
    });
    expect(report.summary).toMatchObject({ broken: 0, skipped: cases.length });
  });

  test("in time, each answer nearly too late, ends the run in bounded time", async () => {
    const { go, transport } = visit();
    let sent = 0;
    const tiring: Transport = async (request, signal) => {
      if (sent++ > 8) await setTimeout(45);
      return transport(request, signal);
    };
    const many = Array.from({ length: 40 }, (_, n) => caseThat(`n${n}`, ({ read }) => read()));
    const report = await go(many, { transport: tiring, timeoutMs: 50 });
    expect(report.cutShort?.reason).toBe(
      "the target has become slow: 20 answers in a row took 0.04 s or more, and the run waits 0.05 s for one",
    );
    expect(report.requests).toBeLessThanOrEqual(9 + 20);
    expect(report.summary.broken).toBe(0);
  });

  test("before the first case makes no run", async () => {
    const { go, transport } = visit();
    await expect(go(reading, { transport: dying(transport, 1) })).rejects.toThrow(
      new RunError("http://target.example stopped answering: nothing listens there (connection refused)."),
    );
  });

  async function requestsBefore(go: (cases: readonly ConnectCase[]) => ReturnType<typeof run>): Promise<number> {
    return (await go([])).requests;
  }
});

describe("the budget of a run", () => {
  test("skips what it does not reach, and puts the customer back all the same", async () => {
    const { go, billing } = visit();
    const before = billing();
    const { requests } = await go([]);
    const report = await go(
      ["a", "b"].map((id) => caseThat(id, ({ update }) => update(email))),
      // What is to be written is read first.
      { maxRequests: requests + looks + 2 },
    );
    expect(report.cases).toMatchObject([
      { outcome: "held" },
      { outcome: "skipped", reason: `the budget of ${requests + looks + 2} requests is spent` },
    ]);
    expect(billing()).toEqual(before);
  });

  test("does not count what puts the customer back", async () => {
    const { go, billing, transport } = visit();
    const before = billing();
    const { requests } = await go([]);
    let refusals = 0;
    let written = false;
    const busy: Transport = async (request, signal) => {
      if (written && refusals++ % 3 < 2) return { status: 429, headers: { "retry-after": "0" }, body: "{}" };
      written ||= request.method === "PUT";
      return transport(request, signal);
    };
    const report = await go([caseThat("a", ({ update }) => update(email))], {
      maxRequests: requests + looks + 2,
      transport: busy,
    });
    expect(refusals).toBe(9);
    expect(report.leftBehind).toBeUndefined();
    expect(billing()).toEqual(before);
  });

  test.each([0, 1])("of %i makes no run", async (maxRequests) => {
    await expect(visit().go([], { maxRequests })).rejects.toThrow(
      new RunError(`The run could not begin: the budget of ${maxRequests} requests is spent.`),
    );
  });
});

describe("secrets", () => {
  const secret = world.keys.primary;
  const second = world.keys.secondary;

  test.each([0, 270, 275, 280, 285, 299])(
    "are not told by a target that echoes its request, wherever its answer is cut: after %i characters",
    async (length) => {
      const echo: Transport = async (request) => {
        const text = `${"x".repeat(length)}${request.headers["X-API-Key"]}`;
        return { status: 200, headers: { "content-type": `text/plain; ${text}` }, body: text };
      };
      const { go, transport } = visit();
      const calls = async (request: Parameters<Transport>[0], signal: AbortSignal) =>
        request.method === "PUT" ? echo(request, signal) : transport(request, signal);
      const results: CaseResult[] = [];
      const report = await go(
        [
          caseThat("refuses", ({ update }) => update(email).then((answer) => refused(answer))),
          caseThat("accepts", ({ update }) => update(email).then((answer) => void accepted(answer))),
          caseThat("compares", ({ update }) => update(email).then((answer) => equal(answer.headers, {}, "headers"))),
          caseThat("second", ({ update }) =>
            update(email, { apiKey: { value: second, shell: '"$CONNECT_SECOND_API_KEY"' } }).then((answer) =>
              refused(answer),
            ),
          ),
          caseThat("crashes", ({ update }) => update(email).then(({ text }) => JSON.parse(text))),
        ],
        { transport: calls, secondApiKey: second, onCase: (result) => results.push(result) },
      );
      expect(report.summary.broken).toBe(5);
      const told = JSON.stringify([report, results]);
      for (const key of [secret, second]) {
        // What is left of a key that was cut off is no key, but not much of it needs to be seen either.
        expect(told).not.toContain(key.slice(0, 14));
        expect(told).not.toContain(key.slice(-8));
      }
    },
  );

  test("are named by their variables instead", async () => {
    const { go } = visit();
    const report = await go([caseThat("wrong", ({ read }) => read().then(() => equal(secret, "", "the key")))]);
    expect(report.cases[0]?.findings[0]).toMatchObject({
      received: "$CONNECT_API_KEY",
      curl: expect.stringContaining(`-H 'X-API-Key: '"$CONNECT_API_KEY"`),
    });
  });
});

test("the report says what was run, against what, and what the answers covered", async () => {
  const { go } = visit();
  const report = await go([caseThat("reads", ({ read }) => read()), caseThat("writes", ({ update }) => update({}))], {
    now: () => new Date("2026-01-15T09:30:00Z"),
  });
  expect(report).toMatchObject({
    target: { baseUrl: "http://target.example" },
    spec: { title: spec.title, version: spec.version, sha256: spec.sha256 },
    startedAt: "2026-01-15T09:30:00.000Z",
    strict: false,
    summary: { held: 2, broken: 0, differs: 0, deviates: 0, skipped: 0 },
  });
  expect(report.coverage.operations.find(({ operationId }) => operationId === "updateCustomerBilling")).toMatchObject({
    operationId: "updateCustomerBilling",
    statuses: { "400": 1 },
    missing: ["200", "401", "403", "404", "409", "412", "413", "415", "429", "500"],
  });
});
