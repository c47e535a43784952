import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { type ConnectGiven, cases, connectGuest, identifiers } from "../../contracts/index.ts";
import type { Guest, Undo } from "../../src/contract/guest.ts";
import type { Entry, Recovery } from "../../src/contract/recovery.ts";
import {
  documented,
  isObject,
  type JsonObject,
  type Report,
  type RequestPlan,
  type VerifyOptions,
  verify,
} from "../../src/contract.ts";
import { parseSpec } from "../../src/document/spec.ts";
import { createDeployment } from "../deployment/deployment.ts";
import { describedBy } from "../deployment/from-document.ts";

vi.setConfig({ testTimeout: 180_000 });

/** The shipped document with two more operations, which nothing in this repository knows. */
const text = documentWithUsers();
const spec = parseSpec(text);
const description = describedBy(parse(text, { maxAliasCount: -1 }));

function documentWithUsers(): string {
  const document = parse(readFileSync(new URL("../../spec/connect.openapi.yaml", import.meta.url), "utf8"), {
    maxAliasCount: -1,
  });
  const { responses } = document.paths["/customers/{customerId}/billing"].put;
  const { 200: _, ...refusals } = responses;
  const user = { userId: "user-1", name: "Tom", role: "MEMBER" };
  document.paths["/customers/{customerId}/team/users"] = {
    parameters: [{ $ref: "#/components/parameters/CustomerId" }],
    post: {
      operationId: "assignTeamUser",
      summary: "Add a user to a customer",
      parameters: [{ $ref: "#/components/parameters/IdempotencyKey" }],
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["userId"],
              additionalProperties: false,
              properties: {
                userId: { type: "string", minLength: 1, maxLength: 40 },
                role: { type: "string", enum: ["MEMBER", "MANAGER", "ADMIN"] },
              },
            },
          },
        },
      },
      responses: {
        200: {
          description: "The user.",
          content: { "application/json": { schema: { $ref: "#/components/schemas/CustomerUser" }, example: user } },
        },
        ...refusals,
      },
    },
    delete: {
      operationId: "unassignTeamUser",
      summary: "Remove a user from a customer",
      parameters: [
        { $ref: "#/components/parameters/IdempotencyKey" },
        { name: "userId", in: "query", required: true, schema: { type: "string" } },
      ],
      responses: { 204: { description: "The user is removed." }, ...refusals },
    },
  };
  return stringify(document, { aliasDuplicateObjects: false });
}

const usersIn = (customer: unknown) =>
  isObject(customer) && Array.isArray(customer.users) ? customer.users.filter(isObject) : [];
const json = { "Content-Type": "application/json" };

/** One undo for two operations: the users of a customer are made what they were. */
const undoUsers: Undo = {
  operations: ["assignTeamUser", "unassignTeamUser"],
  what: ({ customerId }) => `the users of customer ${customerId}`,
  how: "users that were added are removed, and those that were removed are added",
  async capture({ send }, { customerId }) {
    const { status, json } = await send({ method: "GET", path: `/customers/${customerId}` });
    return status === 404 ? null : usersIn(json);
  },
  async restore(visit, path, captured) {
    const there = async () => usersIn(await undoUsers.capture(visit, path).then((users) => ({ users })));
    const before = usersIn({ users: captured });
    const at = `/customers/${path.customerId}/team/users`;
    const has = (list: readonly JsonObject[], { userId }: JsonObject) => list.some((user) => user.userId === userId);
    for (const user of (await there()).filter((user) => !has(before, user)))
      await visit.send({ method: "DELETE", path: `${at}?userId=${encodeURIComponent(String(user.userId))}` });
    for (const { userId, role } of before)
      await visit.send({ method: "POST", path: at, json: { userId, role }, headers: json });
    return undefined;
  },
};

/** A deployment, and runs of some cases against it as the guest of one customer. */
function visit(more: readonly Undo[] = [undoUsers]) {
  const deployment = createDeployment({ pause: async () => {} }, () => description);
  const { customer, keys } = deployment.world;
  const plain = connectGuest({ customer });
  const guest: Guest<ConnectGiven> = { ...plain, undos: [...plain.undos, ...more] };
  const sent: string[] = [];
  const go = (options: Partial<VerifyOptions<ConnectGiven>>): Promise<Report> =>
    verify<ConnectGiven>({
      spec,
      guest,
      apiKey: keys.primary,
      target: "http://deployment.test",
      fetch: (request) => {
        sent.push(`${request.method} ${new URL(request.url).pathname}`);
        return deployment.fetch(request);
      },
      generated: false,
      sleep: async () => {},
      ...options,
    });
  const state = () => {
    const stored = deployment.customers.get(customer)!;
    const { updatedAt: _, users, billing: { address: __, ...billing } = {}, ...rest } = stored;
    return {
      ...rest,
      billing,
      users: usersIn({ users })
        .map(({ userId }) => userId)
        .sort(),
    };
  };
  return { deployment, customer, go, state, sent };
}

const addUser = (customer: string, userId: string): RequestPlan => ({
  method: "POST",
  path: `/customers/${customer}/team/users`,
  headers: json,
  json: { userId },
});

const caseThat = (id: string, run: Parameters<typeof documented>[0]["run"]) =>
  documented({ id: `topic/${id}`, title: id, claim: id, run });

test("all kinds of writes are put back, each as its undo knows how", async () => {
  const { go, state, customer, sent } = visit();
  const before = state();
  const report = await go({
    cases: [
      caseThat("writes", async ({ send }) => {
        await send(addUser(customer, "u-new"));
        await send({ method: "DELETE", path: `/customers/${customer}/team/users?userId=${before.users[0]}` });
        const email = { method: "EMAIL_INVOICE", email: "other@marlowe.example" };
        await send({ method: "PUT", path: `/customers/${customer}/billing`, headers: json, json: email });
        expect(state()).not.toEqual(before);
        expect(state().users).toContain("u-new");
      }),
    ],
  });
  expect(report.cases.map(({ outcome, findings }) => [outcome, findings])).toEqual([["held", []]]);
  expect(state()).toEqual(before);
  expect(report.leftBehind).toBeUndefined();
  // The last is put back first.
  const writes = sent.filter((line) => !line.startsWith("GET"));
  expect(writes.indexOf(`PUT /customers/${customer}/billing`, 3)).toBeLessThan(
    writes.lastIndexOf(`POST /customers/${customer}/team/users`),
  );
});

test("the generated cases of operations that nobody wrote a behaviour for hold, and leave what they found", async () => {
  const { go, state } = visit();
  const before = state();
  const report = await go({ generated: { examples: 3, seed: 1, identifiers: Object.keys(identifiers) } });
  const own = report.cases.filter(({ id }) => /-team-user-/.test(id));
  expect(own.length).toBeGreaterThan(10);
  expect(own.filter(({ outcome }) => outcome === "broken").map(({ id, findings }) => [id, findings[0]])).toEqual([]);
  expect(own.filter(({ outcome }) => outcome === "held").map(({ id }) => id)).toEqual(
    expect.arrayContaining(["generated/assign-team-user-valid", "generated/assign-team-user-idempotency-replay"]),
  );
  expect(state()).toEqual(before);
});

describe("a write that nothing is known to undo", () => {
  const reason = "it would send POST /customers/{customerId}/team/users, and nothing is known that undoes it";

  test("is not sent, and its case is skipped", async () => {
    const { go, state, customer, sent } = visit([]);
    const before = state();
    const report = await go({
      cases: [caseThat("adds", async ({ send }) => void (await send(addUser(customer, "u-new"))))],
    });
    expect(report.cases[0]).toMatchObject({ outcome: "skipped", reason });
    expect(sent.filter((line) => !line.startsWith("GET"))).toEqual([]);
    expect(state()).toEqual(before);
  });

  test("is sent where leftovers are allowed", async () => {
    const { go, state, customer } = visit([]);
    const cases = [caseThat("adds", async ({ send }) => void (await send(addUser(customer, "u-new"))))];
    expect((await go({ cases, allowLeftovers: true })).cases[0]).toMatchObject({ outcome: "held" });
    expect(state().users).toContain("u-new");
  });

  test("is told of where leftovers are allowed, as nothing that will ever be put back", async () => {
    const { go, customer } = visit([]);
    const cases = [caseThat("adds", async ({ send }) => void (await send(addUser(customer, "u-new"))))];
    expect((await go({ cases, allowLeftovers: true })).leftBehind).toEqual({
      message:
        "What these have made stays there, for nothing is known that undoes it: POST /customers/{customerId}/team/users (accepted 1 times).",
      irremovable: true,
    });
  });

  test("skips the generated cases that would send it, and no other", async () => {
    const { go, state } = visit([]);
    const before = state();
    const report = await go({ generated: { examples: 2, seed: 1, identifiers: Object.keys(identifiers) } });
    const skipped = report.cases.filter((item) => item.reason === reason);
    expect(skipped.map(({ id }) => id)).toContain("generated/assign-team-user-valid");
    expect(skipped.filter(({ id }) => !/assign-team-user|get-customer-/.test(id))).toEqual([]);
    expect(state()).toEqual(before);
  });

  test("is not taken for a question whether a method is there", async () => {
    const { go, customer, sent } = visit([]);
    await go({ cases: cases.filter(({ id }) => id === "messages/wrong-method") });
    expect(sent).toContain(`POST /customers/${customer}/billing`);
  });
});

describe("a request that its undo forbids", () => {
  const noAdmins: Undo = {
    ...undoUsers,
    forbids: (captured, body) =>
      Array.isArray(captured) && isObject(body) && body.role === "ADMIN" ? "make an admin for good" : undefined,
  };
  const admin = (customer: string) => ({ ...addUser(customer, "u-new"), json: { userId: "u-new", role: "ADMIN" } });

  test("is not sent, while others of its operation are", async () => {
    const { go, customer, sent, state } = visit([noAdmins]);
    const before = state();
    const cases = [
      caseThat("adds-an-admin", async ({ send }) => void (await send(admin(customer)))),
      caseThat("adds-a-member", async ({ send }) => void (await send(addUser(customer, "u-new")))),
    ];
    const report = await go({ cases });
    expect(report.cases.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ["skipped", "it would make an admin for good, and nothing is known that undoes it"],
      ["held", undefined],
    ]);
    expect(sent.filter((line) => line.startsWith("POST"))).toHaveLength(1 + before.users.length);
    expect(state()).toEqual(before);
  });

  test("is left out of the generated cases, which go on without it", async () => {
    const { go } = visit([noAdmins]);
    const bodies: unknown[] = [];
    const report = await go({
      generated: { examples: 3, seed: 1, identifiers: Object.keys(identifiers) },
      onCase: ({ exchanges = [] }) => {
        for (const { request } of exchanges) if (/\/team\/users$/.test(request.url)) bodies.push(request.body);
      },
    });
    expect(report.cases.find(({ id }) => id === "generated/assign-team-user-valid")).toMatchObject({ outcome: "held" });
    expect(bodies.length).toBeGreaterThan(0);
    expect(JSON.stringify(bodies)).not.toContain("ADMIN");
  });

  test("is sent where leftovers are allowed", async () => {
    const { go, customer, state } = visit([noAdmins]);
    const cases = [
      caseThat("adds-an-admin", async ({ send }) => {
        await send(admin(customer));
        expect(state().users).toContain("u-new");
      }),
    ];
    expect((await go({ cases, allowLeftovers: true })).cases[0]).toMatchObject({ outcome: "held" });
  });
});

describe("what was written is put back", () => {
  test("where what stands there cannot be read, by not writing at all", async () => {
    const unreadable: Undo = { ...undoUsers, capture: () => Promise.reject(new Error("reading it was answered 403")) };
    const { go, customer, sent } = visit([unreadable]);
    const report = await go({
      cases: [caseThat("adds", async ({ send }) => void (await send(addUser(customer, "u-new"))))],
    });
    expect(report.cases[0]).toMatchObject({
      outcome: "skipped",
      reason: `the users of customer ${customer} cannot be read, so nothing is written there: reading it was answered 403`,
    });
    expect(sent.filter((line) => !line.startsWith("GET"))).toEqual([]);
  });

  test("after the run was stopped", async () => {
    const { go, state, customer } = visit();
    const before = state();
    const stop = new AbortController();
    const report = await go({
      signal: stop.signal,
      cases: [
        caseThat("adds", async ({ send }) => {
          await send(addUser(customer, "u-new"));
          stop.abort();
        }),
        caseThat("never", async () => {}),
      ],
    });
    expect(report.cases.map(({ outcome }) => outcome)).toEqual(["held", "skipped"]);
    expect(state()).toEqual(before);
  });

  test("by the next run after one that was killed", async () => {
    const { go, state, customer } = visit();
    const before = state();
    let held: readonly Entry[] = [];
    const recovery: Recovery = {
      pending: () => held,
      save: (entries) => {
        held = structuredClone(entries);
      },
      clear: () => {
        held = [];
      },
    };
    // A killed run does nothing more: it hangs in its case, and what it has saved is all that is left of it.
    await new Promise<void>((written) => {
      const cases = [
        caseThat("adds", async ({ send }) => {
          await send(addUser(customer, "u-new"));
          written();
          await new Promise(() => {});
        }),
      ];
      void go({ recovery, cases });
    });
    expect(held).toEqual([
      { operationId: "assignTeamUser", path: { customerId: customer }, captured: expect.any(Array) },
    ]);
    expect(state().users).toContain("u-new");
    const recovered: unknown[] = [];
    await go({ recovery, cases: [], onRecovered: (left) => recovered.push(left) });
    expect(recovered).toEqual([undefined]);
    expect(state()).toEqual(before);
    expect(held).toEqual([]);
  });

  test("once for requests that were sent together", async () => {
    let captured = 0;
    const counting: Undo = {
      ...undoUsers,
      capture(...args) {
        captured++;
        return undoUsers.capture(...args);
      },
    };
    const { go, state, customer } = visit([counting]);
    const before = state();
    const together = ["a", "b", "c"].map((id) => addUser(customer, `u-${id}`));
    await go({ cases: [caseThat("adds", async ({ sendTogether }) => void (await sendTogether(together)))] });
    // Before the first case and before the first write, to see whether somebody else writes there, and then once for all three.
    expect(captured).toBe(3);
    expect(state()).toEqual(before);
  });
});
