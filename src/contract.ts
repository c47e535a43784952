export { assumed, type Case, type CaseBasis, documented, type Need, type World } from "./contract/case.ts";
export {
  accepted,
  conflict,
  contains,
  equal,
  errorCode,
  errorDetails,
  holds,
  memberOf,
  omit,
  refused,
  withoutNulls,
} from "./contract/expect.ts";
export { type Finding, Mismatch } from "./contract/findings.ts";
export { NoCustomer, RunError } from "./contract/guest.ts";
export { type CaseResult, conforms, type Outcome, type Report } from "./contract/report/report.ts";
export { type RunOptions, run } from "./contract/run.ts";
export { billingOf, billingPath, type Scene, type UpdateOptions } from "./contract/scene.ts";
export { mismatches, type Statement } from "./contract/statement.ts";
export type { Credential, Exchange, RequestPlan, Transport } from "./contract/wire/exchange.ts";
export { TransportError } from "./contract/wire/exchange.ts";
export { createFetchTransport, createHttpTransport } from "./contract/wire/transport.ts";
export { isObject, type JsonObject } from "./document/spec.ts";
