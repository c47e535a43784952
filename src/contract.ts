export {
  type ConnectVerifyOptions,
  type OtherVerifyOptions,
  verify,
} from "./commands/connect-verify.ts";
export type { GuestOptions } from "./commands/verify-subject.ts";
export { assumed, type CaseBasis, type CaseMakers, documented, type WrittenCase } from "./contract/case.ts";
export { type Deviation, deviationsOf, parseDeviations } from "./contract/deviations.ts";
export type { Finding, Remarks } from "./contract/findings.ts";
export { generatedCases } from "./contract/generated/cases.ts";
export { idempotencyCases } from "./contract/generated/idempotency.ts";
export type { GeneratedOptions } from "./contract/generated/session.ts";
export type { Facilities, Given, OptionalMember, PathValues } from "./contract/guest.ts";
export * from "./contract/kit.ts";
export type { Holder, Lock } from "./contract/lock.ts";
export { createFileRecovery, type Entry, type Recovery } from "./contract/recovery.ts";
export { annotationsOf } from "./contract/report/annotations.ts";
export {
  type Comparison,
  compareReports,
  type EarlierReport,
  type OutcomeChange,
  readReport,
} from "./contract/report/compare.ts";
export { harOf } from "./contract/report/har.ts";
export { htmlOf } from "./contract/report/html-report.ts";
export { junitOf } from "./contract/report/junit.ts";
export type { FindingKind } from "./contract/report/kinds.ts";
export {
  type CaseResult,
  type CutShort,
  conforms,
  type Disturbed,
  type Outcome,
  type RecordedBody,
  type RecordedExchange,
  type Report,
  type ReportedCause,
  type RuleCoverage,
  type StatementCoverage,
} from "./contract/report/report.ts";
export { describeRun } from "./contract/report/terminal.ts";
export { writeReport } from "./contract/report/write-report.ts";
export type { RunOptions } from "./contract/run.ts";
export type { Probed } from "./contract/scene.ts";
export type { SoFarOptions } from "./contract/so-far.ts";
export { mismatches } from "./contract/statement.ts";
export { everyGeneratedCase, type VerifyOptions } from "./contract/verify.ts";
export type { Transport, WireRequest, WireResponse } from "./contract/wire/exchange.ts";
export { createFetchTransport, createHttpTransport, type HttpOptions } from "./contract/wire/transport.ts";
export type { Encoding, Encodings } from "./document/form.ts";
export type { Kind } from "./document/kind.ts";
export type { Header } from "./document/operations.ts";
export type { WireParameter } from "./document/reading.ts";
export type {
  IdempotencyRules,
  Match,
  Matcher,
  MediaType,
  Method,
  Operation,
  Parameter,
  Remark,
  RemarkKind,
  ResponseDescription,
  SecurityScheme,
  Spec,
} from "./document/spec.ts";
export type { Basis, Check, Place, Validators, View, Violation } from "./document/validator.ts";
