// Deployments that break the API, each in one way: the contract test has to notice them.

import { accessFaults } from "./faults/access.ts";
import { customerFaults } from "./faults/customers.ts";
import type { Fault } from "./faults/fault.ts";
import { idempotencyFaults } from "./faults/idempotency.ts";
import { readingFaults } from "./faults/reading.ts";
import { ruleFaults } from "./faults/rules.ts";
import { userFaults } from "./faults/users.ts";
import { writeFaults } from "./faults/writes.ts";

export type { Basis, Fault, Need } from "./faults/fault.ts";

/** The faults by what they break. */
export const topics = {
  access: accessFaults,
  idempotency: idempotencyFaults,
  rules: ruleFaults,
  writes: writeFaults,
  reading: readingFaults,
  users: userFaults,
  customers: customerFaults,
};

export const faults: Fault[] = Object.values(topics).flat();
