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
export type { components as ControlComponents } from "./control/api.ts";
export {
  type Control,
  ControlError,
  type ControlEvent,
  type ControlEvents,
  type ControlOptions,
  type ControlSchemas,
  type ControlState,
  createControl,
  type RequestFilter,
} from "./control/client.ts";
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
export type { PageFile, Pages } from "./mock/app.ts";
export type { Env, Incoming, Outgoing, RequestInput } from "./mock/context.ts";
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
export type { ObservedEntry } from "./mock/journal.ts";
export type { Listening, ListenOptions } from "./mock/listening.ts";
export { ListenError } from "./mock/listening.ts";
export type { Mock, MockOptions, ReloadOptions } from "./mock/mock.ts";
export { StateError, type StateLog } from "./mock/store/state.ts";
export type {
  Attempt,
  Change,
  Clock,
  ClockState,
  Collection,
  CollectionOptions,
  Connection,
  Delay,
  Delivery,
  DeliveryChange,
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
  KeptChange,
  KeptEntry,
  KeptFault,
  KeptRecord,
  NearMiss,
  OpenSandbox,
  Receiver,
  Refused,
  Reservation,
  Sandbox,
  Snapshot,
  Standing,
  Ticket,
  WebhookEvent,
  Webhooks,
} from "./mock/store/store.ts";
export type { WebhookOptions } from "./mock/store/webhooks.ts";
export { ReceiverError } from "./mock/webhooks.ts";
