import { randomInt } from "node:crypto";
import {
  type ConnectCase,
  type ConnectGiven,
  identifiers,
  modelCases,
  statements,
  cases as writtenCases,
} from "../../contracts/index.ts";
import { loadSpec } from "../connect/spec.ts";
import type { Case } from "../contract/case.ts";
import type { GeneratedOptions } from "../contract/generated/session.ts";
import { RunError } from "../contract/guest.ts";
import type { Report } from "../contract/report/report.ts";
import { playAll, type Run } from "../contract/run.ts";
import {
  casesOf,
  everyGeneratedCase,
  openVerify,
  operationsOf,
  type VerifyOptions as SuiteOptions,
} from "../contract/verify.ts";
import { type LateList, lateList, once } from "../document/late.ts";
import type { Spec } from "../document/spec.ts";
import { refuseUnknown } from "../mock/options.ts";
import { baseUrlOf } from "./connection.ts";
import { type GuestOptions, guestOf, mockSubject, otherMockSubject } from "./verify-subject.ts";

/**
 * A run of the Connect API's suite: against `target` or `fetch`, with its `apiKey`, as the guest of `customer`; against the mock in
 * this process where none of them is given.
 */
export type ConnectVerifyOptions = Omit<SuiteOptions<ConnectGiven>, "spec" | "guest" | "statements" | "apiKey"> &
  GuestOptions & { readonly spec?: undefined };

/** A run of what follows from another document, and of cases and a guest of its own where it is given them. */
export type OtherVerifyOptions<G extends object = object> = Omit<SuiteOptions<G>, "apiKey"> & {
  readonly apiKey?: string;
};

/**
 * Proves a target: of the Connect API, or of another one where `spec` is its document; the mock in this process where none is named.
 * Puts back what it wrote, and answers what it found, however the run ended once it had begun. Throws a `RunError` when the run
 * cannot be made, and a `TypeError` for an option that it does not know.
 */
export function verify(options?: ConnectVerifyOptions): Promise<Report>;
export function verify<G extends object = object>(options: OtherVerifyOptions<G>): Promise<Report>;
export async function verify(options: ConnectVerifyOptions | OtherVerifyOptions = {}): Promise<Report> {
  if (options.spec !== undefined) return playAll(await prepareOther(options).open());
  if (isOfNoTarget(options) && (options.apiKey !== undefined || options.customer !== undefined))
    throw new RunError("An API key or a customer is given and no target: name one with target or fetch.");
  return playAll(await prepareConnect(options).open());
}

/** Read once: it cannot change, and is most of what a short run costs. */
const shippedSpec = once(() => loadSpec());

/** A suite before its run. */
export type Prepared<G extends object> = {
  readonly title: string;
  readonly cases: LateList<Case<G>>;
  /** Whether assumed cases decide too. */
  readonly strict: boolean;
  /** Begins a run of these cases. Throws a `RunError` where it cannot be made. */
  open(): Promise<Run<G>>;
};

/** Makes out a run of the Connect API's suite; of the mock in this process where no target is named, whoever it is made as. Sends nothing yet. */
export function prepareConnect(options: ConnectVerifyOptions): Prepared<ConnectGiven> {
  refuseUnknown("verify", options, connectOptions);
  const { target, fetch, transport, generated = {}, cases: written, spec: _, ...given } = options;
  const isMock = isOfNoTarget(options);
  const spec = shippedSpec();
  const cases = lateList(connectCases(spec, generated, written));
  const operations = operationsOf({ spec, generated });
  const { strict = isMock } = given;
  const run = { ...given, spec, statements, cases, operations, generated: false, strict } as const;
  return {
    title: spec.title,
    cases,
    strict,
    async open() {
      if (isMock) return openVerify<ConnectGiven>({ ...run, ...(await mockSubject()), strict });
      const baseUrl = target === undefined ? undefined : baseUrlOf(target);
      return openVerify<ConnectGiven>({
        ...run,
        ...guestOf(options, fetch || transport ? undefined : baseUrl),
        ...(options.recovery ? { recovery: options.recovery } : {}),
        ...(baseUrl === undefined ? {} : { target: baseUrl }),
        ...(fetch ? { fetch } : {}),
        ...(transport ? { transport } : {}),
      });
    },
  };
}

/** Makes out a run of what follows from another document. Sends nothing yet. */
export function prepareOther<G extends object>(options: OtherVerifyOptions<G>): Prepared<G> {
  refuseUnknown("verify", options, otherOptions);
  const { spec, apiKey = "", strict = false } = options;
  const cases = casesOf(options);
  const operations = operationsOf(options);
  const run = { ...options, apiKey, cases, operations, generated: false } as const;
  return {
    title: spec.title,
    cases,
    strict,
    open: async () =>
      openVerify<G>(isOfNoTarget(options) ? { ...run, ...(await otherMockSubject(spec)), strict } : run),
  };
}

/** The options of a run that the environment holds, under the names by which the command knows them. */
export function optionsIn(environment: Readonly<Record<string, string | undefined>>): ConnectVerifyOptions {
  const { CONNECT_BASE_URL: target, UNDERSTUDY_SEED: seed, UNDERSTUDY_PATH: path } = environment;
  const flags = Object.entries(flagVariables).filter(([, name]) => environment[name]);
  const always = {
    ...Object.fromEntries(flags.map(([option]) => [option, true])),
    ...(seed ? { generated: { seed: wholeNumber(seed, "UNDERSTUDY_SEED"), ...(path ? { path } : {}) } } : {}),
  };
  if (!target) return always;
  const texts = Object.entries(textVariables).filter(([, name]) => environment[name]);
  return { ...always, target, ...Object.fromEntries(texts.map(([option, name]) => [option, environment[name]])) };
}

const flagVariables = {
  strict: "UNDERSTUDY_STRICT",
  readOnly: "UNDERSTUDY_READ_ONLY",
  allowWrites: "UNDERSTUDY_ALLOW_WRITES",
  allowLeftovers: "UNDERSTUDY_ALLOW_LEFTOVERS",
} satisfies Partial<Record<keyof ConnectVerifyOptions, string>>;

/** What is said of a target; without one it is nobody's. */
const textVariables = {
  apiKey: "CONNECT_API_KEY",
  secondApiKey: "CONNECT_SECOND_API_KEY",
  customer: "CONNECT_CUSTOMER_ID",
  user: "CONNECT_USER_ID",
  paymentProfile: "CONNECT_PAYMENT_PROFILE_ID",
  foreignPaymentProfile: "CONNECT_FOREIGN_PAYMENT_PROFILE_ID",
} satisfies Partial<Record<keyof ConnectVerifyOptions, string>>;

function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RunError(`${name} is "${text}"; it should be a whole number, such as 250.`);
  return Number(text);
}

/** The cases of the Connect API: the written ones, those that follow from its document, and random sequences of what clients do. */
export function* connectCases(
  spec: Spec,
  generated: Partial<GeneratedOptions> | false,
  written: Iterable<ConnectCase> = writtenCases,
): Generator<ConnectCase> {
  yield* written;
  if (generated === false) return;
  const { seed = randomInt(1, 1_000_000), examples = 20, path } = generated;
  const options = { identifiers: Object.keys(identifiers), ...generated, seed, examples };
  yield* everyGeneratedCase<ConnectGiven>(spec, options);
  yield* modelCases({ seed, sequences: examples, path });
}

/** Whether the mock in this process is to be run against. */
function isOfNoTarget({ target, fetch, transport }: Pick<SuiteOptions, "target" | "fetch" | "transport">): boolean {
  return target === undefined && fetch === undefined && transport === undefined;
}

const sharedOptions: Readonly<Record<Exclude<keyof SuiteOptions, "guest" | "statements">, true>> = {
  target: true,
  fetch: true,
  transport: true,
  apiKey: true,
  secondApiKey: true,
  spec: true,
  cases: true,
  generated: true,
  timeoutMs: true,
  ca: true,
  deviations: true,
  strict: true,
  headers: true,
  secrets: true,
  maxRequests: true,
  operations: true,
  rate: true,
  maxWaitMs: true,
  maxTimeMs: true,
  concurrency: true,
  recovery: true,
  isAlone: true,
  readOnly: true,
  allowLeftovers: true,
  signal: true,
  now: true,
  sleep: true,
  onWait: true,
  onRecovered: true,
  onBegin: true,
  onCase: true,
};

const otherOptions: Readonly<Record<keyof SuiteOptions, true>> = { ...sharedOptions, guest: true, statements: true };

const connectOptions: Readonly<Record<keyof ConnectVerifyOptions, true>> = {
  ...sharedOptions,
  allowWrites: true,
  customer: true,
  user: true,
  paymentProfile: true,
  secondPaymentProfile: true,
  inactivePaymentProfile: true,
  foreignPaymentProfile: true,
  otherCustomer: true,
  unbilledCustomer: true,
};
