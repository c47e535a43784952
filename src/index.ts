export type { components, operations, paths } from "./api.ts";
export { createMock } from "./commands/connect-mock.ts";
export { type Client, type ClientOptions, createClient } from "./connect/client.ts";
export { type DetailCode, detailCodes, type ErrorCode, errorCodes } from "./connect/codes.ts";
export { generateFixtures } from "./connect/generate-fixtures.ts";
export type {
  BillingInput,
  ConnectFixtures,
  Customer,
  CustomerChange,
  CustomerInput,
  PaymentProfile,
} from "./connect/records.ts";
export { loadSpec } from "./connect/spec.ts";
export type { Answer } from "./document/answer.ts";
export type { Encoding, Encodings } from "./document/form.ts";
export type { Kind } from "./document/kind.ts";
export type { Header } from "./document/operations.ts";
export { type Code, type Detail, invalid, notFound, Problem, type ProblemOptions } from "./document/problem.ts";
export type { WireParameter } from "./document/reading.ts";
export {
  type IdempotencyRules,
  type Match,
  type Matcher,
  type MediaType,
  type Method,
  type Operation,
  type Parameter,
  parseSpec,
  type Remark,
  type RemarkKind,
  type ResponseDescription,
  type SecurityScheme,
  type Spec,
  SpecError,
  type SpecOptions,
} from "./document/spec.ts";
export type { Basis, Check, JsonObject, Place, Validators, View, Violation } from "./document/validator.ts";
export type { Pages } from "./mock/app.ts";
export type { Env, RequestInput } from "./mock/context.ts";
export { FixturesError, type RecordRules } from "./mock/fixtures.ts";
export type {
  AnyHandler,
  AnyOperation,
  Handler,
  Handlers,
  Input,
  Output,
  Said,
  SuccessStatus,
} from "./mock/handler.ts";
export { ListenError } from "./mock/listen-error.ts";
export type { Mock, MockOptions } from "./mock/mock.ts";
export type { Listening, ListenOptions } from "./mock/server.ts";
export type {
  Clock,
  ClockState,
  Collection,
  CollectionOptions,
  Connection,
  Delay,
  Fault,
  FaultRequest,
  FaultRule,
  FaultRules,
  Fixtures,
  ForcedAnswer,
  History,
  IdempotencyRecords,
  Journal,
  JournalEntry,
  KeptFault,
  KeptRecord,
  Reservation,
  Sandbox,
  Snapshot,
  Standing,
  Ticket,
} from "./mock/store/store.ts";
