// The users of a customer: how they are added and removed.

import { omit } from "../alter.ts";
import { type Behaviour, type Call, clean, type Desk } from "../behaviour.ts";
import type { CustomerUser } from "../world.ts";
import { breaking, type Fault } from "./fault.ts";

const addRow =
  "POST /customers/{customerId}/users adds the user, with the role MEMBER where none is given, and answers it";
const removeRow = "DELETE /customers/{customerId}/users?userId= removes that user and answers with an empty body";
const keyRow = "Same key, identical request: also of a user the kept answer is returned and nothing is executed again";

const adds = (call: Call) => call.method === "POST" && call.path.endsWith("/users");
const removes = (call: Call) => call.method === "DELETE" && call.path.endsWith("/users");

/** Stores other users than those that a write has made. */
function storingUsers(change: (after: CustomerUser[], before: CustomerUser[]) => CustomerUser[]): Behaviour["store"] {
  return (desk, after, before) => {
    const isOfUsers = after.users !== before.users;
    const users = isOfUsers ? change(after.users ?? [], before.users ?? []) : after.users;
    clean.store(desk, { ...after, ...(users && { users }) }, before);
  };
}

/** Rewrites the user that an addition answers. */
function answering(change: (user: CustomerUser, desk: Desk) => unknown): Behaviour["answer"] {
  return (answer, call, desk) =>
    adds(call) && answer.status < 300
      ? { ...answer, body: JSON.stringify(change(JSON.parse(answer.body), desk)) }
      : answer;
}

const grew = (after: CustomerUser[], before: CustomerUser[]) => after.length > before.length;
const shrank = (after: CustomerUser[], before: CustomerUser[]) => after.length < before.length;

export const userFaults: Fault[] = [
  ...breaking("documented", addRow, {
    "user-not-stored": { store: storingUsers((after, before) => (grew(after, before) ? before : after)) },
    "user-stored-as-member": {
      store: storingUsers((after, before) =>
        grew(after, before) ? after.map((user) => (before.includes(user) ? user : { ...user, role: "MEMBER" })) : after,
      ),
    },
    "user-added-takes-the-place-of-others": {
      store: storingUsers((after, before) => (grew(after, before) ? after.slice(-1) : after)),
    },
    "user-answered-with-another-id": { answer: answering((user) => ({ ...user, userId: "u-0" })) },
    "user-answered-with-another-role": { answer: answering((user) => ({ ...user, role: "ADMIN" })) },
    "user-answered-in-a-list": { answer: answering((user) => [user]) },
    "user-answered-without-id": { answer: answering(({ userId: _, ...user }) => user) },
    "user-answered-as-the-customer": {
      answer: answering((_, { customers, world }) => customers.get(world.customer)),
    },
    "user-without-a-role-is-admin": {
      store: storingUsers((after, before) =>
        grew(after, before)
          ? after.map((user) => (before.includes(user) || user.role !== "MEMBER" ? user : { ...user, role: "ADMIN" }))
          : after,
      ),
      answer: answering((user) => (user.role === "MEMBER" ? { ...user, role: "ADMIN" } : user)),
    },
  }),
  ...breaking("documented", removeRow, {
    "user-removed-is-kept": { store: storingUsers((after, before) => (shrank(after, before) ? before : after)) },
    "all-users-removed": { store: storingUsers((after, before) => (shrank(after, before) ? [] : after)) },
    "another-user-removed": {
      store: storingUsers((after, before) => (shrank(after, before) ? before.slice(1) : after)),
    },
    "removal-takes-the-billing": {
      store: (desk, after, before) =>
        clean.store(desk, shrank(after.users ?? [], before.users ?? []) ? omit(after, "billing") : after, before),
    },
    "removal-answers-the-customer": {
      answer: (answer, call, { customers, world }) =>
        removes(call) && answer.status < 300
          ? {
              ...answer,
              status: 200,
              headers: { ...answer.headers, "Content-Type": "application/json" },
              body: JSON.stringify(customers.get(world.customer)),
            }
          : answer,
    },
    "removal-fails-with-500": {
      beforeKey(call) {
        if (removes(call)) throw new Error("no such column");
      },
    },
  }),
  ...breaking("documented", keyRow, {
    "removal-executed-again": {
      replay: async (visit) => (removes(visit.call) ? visit.execute() : clean.replay(visit)),
    },
    "addition-with-another-role-replayed": {
      mismatch: (visit) => (adds(visit.call) && visit.record.answer ? visit.record.answer : clean.mismatch(visit)),
    },
  }),
];
