import { randomUUID } from "node:crypto";
import { type ConnectGiven, type ConnectGuestOptions, connectGuest } from "../../contracts/index.ts";
import { RunError } from "../contract/guest.ts";
import { createFileRecovery } from "../contract/recovery.ts";
import type { VerifyOptions } from "../contract/verify.ts";
import type { Transport } from "../contract/wire/exchange.ts";
import type { Spec } from "../document/spec.ts";
import { isLoopback } from "../mock/middleware/control-guard.ts";
import { baseUrlOf, checkKeys, connectionOf } from "./connection.ts";
import { createMockTransport } from "./mock-transport.ts";
import type { VerifyCommandOptions } from "./verify-options.ts";

/** What a run is made against, and as whom. */
export type Subject = Pick<
  VerifyOptions<ConnectGiven>,
  "apiKey" | "secondApiKey" | "guest" | "recovery" | "headers" | "secrets" | "allowLeftovers" | "isAlone"
> & {
  readonly target: string;
  readonly transport: Transport;
  readonly strict: boolean;
  /** Lets go of the connections. */
  close(): void;
};

/** The customer of the fixtures that a run against the mock is the guest of. */
export const mockCustomer = "cus-0001-business-email";

const mockUrl = "http://mock.localhost";

/**
 * An API key of one run. Not of the form test_...: those open sandboxes, so the neighbours of such a key are keys as well. Nor does it
 * begin as what cases send does: a report hides the beginnings of keys, too.
 */
function freshApiKey(): string {
  return `key-${randomUUID()}`;
}

/** The mock in this process, with a key of its own. */
export async function mockSubject(): Promise<Subject> {
  const { createMock } = await import("../index.ts");
  const [apiKey, secondApiKey] = [freshApiKey(), freshApiKey()];
  const mock = createMock({ apiKeys: [apiKey, secondApiKey] });
  return {
    target: mockUrl,
    transport: createMockTransport(mock),
    apiKey,
    secondApiKey,
    guest: connectGuest({ customer: mockCustomer }),
    isAlone: true,
    strict: true,
    close() {},
  };
}

/** The mock of another document, in this process. */
export async function otherMockSubject(spec: Spec): Promise<Omit<Subject, "guest">> {
  const { createMock } = await import("../index.ts");
  const apiKey = freshApiKey();
  const mock = createMock({ spec, apiKeys: [apiKey] });
  return {
    target: mockUrl,
    transport: createMockTransport(mock),
    apiKey,
    allowLeftovers: true,
    strict: false,
    close() {},
  };
}

/** A deployment of another API: nothing is known of it but its document and what the command line says. */
export function otherSubject(options: VerifyCommandOptions, target: string): Subject {
  const baseUrl = baseUrlOf(target);
  if (!mayWriteAt(baseUrl, options)) {
    throw new RunError(
      `${baseUrl} is not this machine. Pass --allow-writes if the run may write there; nothing is put back, for this program does not know how. Or --read-only.`,
    );
  }
  const { apiKey = "", secondApiKey } = options;
  return { ...connectionOf(options, baseUrl), apiKey, secondApiKey, allowLeftovers: true, strict: false };
}

/** A deployment of the Connect API, as the guest of one customer. */
export function deploymentSubject(options: VerifyCommandOptions, target: string): Subject {
  const baseUrl = baseUrlOf(target);
  return { ...guestOf(options, baseUrl), ...connectionOf(options, baseUrl), strict: false };
}

/** As whom a run is the guest of a customer of the Connect API. */
export type GuestOptions = Partial<ConnectGuestOptions> & {
  readonly apiKey?: string | undefined;
  readonly secondApiKey?: string | undefined;
  readonly readOnly?: boolean;
  /** Write on a host that is not this machine. */
  readonly allowWrites?: boolean;
  readonly allowLeftovers?: boolean;
};

/** What a run is made as; at no address where it is made in this process. Throws a `RunError` where something is missing. */
export function guestOf(options: GuestOptions, baseUrl?: string) {
  const { apiKey, secondApiKey, customer } = options;
  if (!apiKey) throw new RunError("No API key: pass one with CONNECT_API_KEY or --api-key.");
  if (!customer) {
    throw new RunError(
      "No customer: name one that the run may write with CONNECT_CUSTOMER_ID or --customer; what it writes is put back at the end.",
    );
  }
  checkKeys({ "API key": apiKey, "second API key": secondApiKey });
  if (baseUrl !== undefined && !mayWriteAt(baseUrl, options)) {
    throw new RunError(
      `${baseUrl} is not this machine. Pass --allow-writes if the run may change customer ${customer} there (what it writes is put back at the end), or --read-only.`,
    );
  }
  return {
    apiKey,
    secondApiKey,
    guest: connectGuest({ ...options, customer }),
    ...(baseUrl === undefined ? {} : { recovery: createFileRecovery(baseUrl, customer) }),
    allowLeftovers: options.allowLeftovers === true,
  };
}

function mayWriteAt(
  baseUrl: string,
  { readOnly, allowWrites }: Pick<GuestOptions, "readOnly" | "allowWrites">,
): boolean {
  return readOnly === true || allowWrites === true || isLoopback(new URL(baseUrl).hostname);
}
