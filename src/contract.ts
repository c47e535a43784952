export {
  assumed,
  type Case,
  type CaseBasis,
  type CaseMakers,
  caseMakers,
  documented,
  type WrittenCase,
} from "./contract/case.ts";
export type { Deviation } from "./contract/deviations.ts";
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
export { type Finding, Mismatch, type Remarks } from "./contract/findings.ts";
export type { GeneratedOptions } from "./contract/generated/session.ts";
export {
  BrokenTarget,
  type Facilities,
  type Given,
  type Guest,
  type LeftBehind,
  type Need,
  type OptionalMember,
  type PathValues,
  RunError,
  type Undo,
  type Visit,
} from "./contract/guest.ts";
export type { Holder, Lock } from "./contract/lock.ts";
export { createFileRecovery, type Entry, type Recovery } from "./contract/recovery.ts";
export {
  type CaseResult,
  type CutShort,
  conforms,
  type Disturbed,
  type Outcome,
  type RecordedBody,
  type RecordedExchange,
  type Report,
  type RuleCoverage,
  type StatementCoverage,
} from "./contract/report/report.ts";
export type { RunOptions } from "./contract/run.ts";
export type { Probed, Scene } from "./contract/scene.ts";
export { mismatches, type Statement, stated } from "./contract/statement.ts";
export { type VerifyOptions, verify } from "./contract/verify.ts";
export type {
  Credential,
  Exchange,
  RequestPlan,
  Transport,
  WireRequest,
  WireResponse,
} from "./contract/wire/exchange.ts";
export { TransportError } from "./contract/wire/exchange.ts";
export { createFetchTransport, createHttpTransport, type HttpOptions } from "./contract/wire/transport.ts";
export type { Encoding, Encodings } from "./document/form.ts";
export type { Kind } from "./document/kind.ts";
export type { Header } from "./document/operations.ts";
export type { WireParameter } from "./document/reading.ts";
export {
  type IdempotencyRules,
  isObject,
  type JsonObject,
  type Match,
  type Matcher,
  type MediaType,
  type Method,
  type Operation,
  type Parameter,
  type Remark,
  type RemarkKind,
  type ResponseDescription,
  type SecurityScheme,
  type Spec,
} from "./document/spec.ts";
export type { Basis, Check, Place, Validators, View, Violation } from "./document/validator.ts";
