import type { Statement, Undo } from "../src/contract/kit.ts";
import { authentication } from "./authentication.contract.ts";
import { billing } from "./billing.contract.ts";
import { customerWrites } from "./customer-writes.contract.ts";
import { customers } from "./customers.contract.ts";
import { idempotency } from "./idempotency.contract.ts";
import { messages } from "./messages.contract.ts";
import { paymentProfiles } from "./payment-profiles.contract.ts";
import type { ConnectCase, Topic } from "./scene.ts";

/** What is known of the Connect API, topic by topic, in the order in which its cases run. */
const topics: readonly Topic[] = [
  authentication,
  customers,
  paymentProfiles,
  messages,
  billing,
  customerWrites,
  idempotency,
];

/** All written cases. */
export const cases: readonly ConnectCase[] = topics.flatMap((topic) => topic.cases);

/** What is known of the part of the API that the document describes, sentence by sentence, and the cases that decide it. */
export const statements: readonly Statement[] = topics.flatMap((topic) => topic.statements);

/** How each write is undone: a run sends no other. */
export const undos: readonly Undo[] = topics.flatMap((topic) => topic.undos ?? []);

/** The identifiers that a guest knows, by the name of a parameter. */
export const identifiers: NonNullable<Topic["identifiers"]> = Object.assign(
  {},
  ...topics.map((topic) => topic.identifiers ?? {}),
);
