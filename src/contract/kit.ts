/** What cases, statements and the guest of an API are written with; `connect-understudy/contract` exports all of it. */
export { isObject, type JsonObject } from "../document/spec.ts";
export { type Case, caseMakers } from "./case.ts";
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
} from "./expect.ts";
export { Mismatch, type Repeat } from "./findings.ts";
export { type Search, search } from "./generated/search.ts";
export { BrokenTarget, type Guest, type LeftBehind, type Need, RunError, type Undo, type Visit } from "./guest.ts";
export type { Scene } from "./scene.ts";
export { type Statement, stated } from "./statement.ts";
export { type Credential, type Exchange, type RequestPlan, TransportError } from "./wire/exchange.ts";
