import { randomUUID, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ConnectGiven, connectGuest } from "../../contracts/index.ts";
import { RunError } from "../contract/guest.ts";
import { createFileRecovery } from "../contract/recovery.ts";
import type { VerifyOptions } from "../contract/verify.ts";
import type { Transport } from "../contract/wire/exchange.ts";
import { createFetchTransport, createHttpTransport } from "../contract/wire/transport.ts";
import type { Spec } from "../document/spec.ts";
import type { VerifyCommandOptions } from "./verify-options.ts";

/** What a run is made against, and as whom. */
export type Subject = Pick<
  VerifyOptions<ConnectGiven>,
  "apiKey" | "secondApiKey" | "guest" | "recovery" | "headers" | "secrets" | "allowLeftovers"
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

/** The mock in this process, with a key of its own. */
export async function mockSubject(): Promise<Subject> {
  const { createMock } = await import("../index.ts");
  // Not of the form test_...: those open sandboxes, so the neighbours of such a key are keys as well.
  const [apiKey, secondApiKey] = [`understudy-${randomUUID()}`, `understudy-${randomUUID()}`];
  const mock = createMock({ apiKeys: [apiKey, secondApiKey] });
  return {
    target: mockUrl,
    transport: createFetchTransport((request) => mock.fetch(request)),
    apiKey,
    secondApiKey,
    guest: connectGuest({ customer: mockCustomer }),
    strict: true,
    close() {},
  };
}

/** The mock of another document, in this process. */
export async function otherMockSubject(spec: Spec): Promise<Subject> {
  const { createMock } = await import("../index.ts");
  const apiKey = `understudy-${randomUUID()}`;
  const mock = createMock({ spec, apiKeys: [apiKey] });
  return {
    target: mockUrl,
    transport: createFetchTransport((request) => mock.fetch(request)),
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
  const { apiKey, secondApiKey, customer } = options;
  if (!apiKey) throw new RunError("No API key: pass one with CONNECT_API_KEY or --api-key.");
  if (!customer) {
    throw new RunError(
      "No customer: name one that the run may write with CONNECT_CUSTOMER_ID or --customer; what it writes is put back at the end.",
    );
  }
  for (const [name, key] of Object.entries({ "API key": apiKey, "second API key": secondApiKey })) {
    if (key && !/^[\x20-\x7e]+$/.test(key))
      throw new RunError(`The ${name} holds a character that no header can carry, such as a line break.`);
  }
  if (!mayWriteAt(baseUrl, options)) {
    throw new RunError(
      `${baseUrl} is not this machine. Pass --allow-writes if the run may change customer ${customer} there (what it writes is put back at the end), or --read-only.`,
    );
  }
  return {
    ...connectionOf(options, baseUrl),
    apiKey,
    secondApiKey,
    guest: connectGuest({ ...options, customer }),
    recovery: createFileRecovery(baseUrl, customer),
    allowLeftovers: options.allowLeftovers === true,
    strict: false,
  };
}

/** How requests go to a deployment, and what goes with each. */
function connectionOf(options: VerifyCommandOptions, target: string) {
  const headers = headersIn(options.header ?? []);
  const transport = createHttpTransport({
    timeoutMs: options.timeout * 1000,
    ...(options.ca === undefined ? {} : { ca: certificateOf(options.ca) }),
  });
  return { target, transport, headers, secrets: Object.values(headers), close: () => transport.close() };
}

function mayWriteAt(baseUrl: string, { readOnly, allowWrites }: VerifyCommandOptions): boolean {
  return readOnly === true || allowWrites === true || isLoopback(new URL(baseUrl).hostname);
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

function headersIn(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, text] = /^([!#$%&'*+.^`|~\w-]+):(.*)$/s.exec(line) ?? [];
    // Not the whole of it: it may hold a credential.
    if (!name || text === undefined)
      throw new RunError(`--header begins with "${line.slice(0, 4)}"; it should be of the form "Name: value".`);
    const value = text.trim();
    if (!/^[\t\x20-\x7e]*$/.test(value))
      throw new RunError(`--header ${name} holds a character that no header can carry, such as a line break.`);
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

function certificateOf(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new RunError(`--ca ${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    new X509Certificate(text);
    return text;
  } catch {
    throw new RunError(
      `--ca ${file} holds no certificate in PEM; it should be a text with -----BEGIN CERTIFICATE----- in it.`,
    );
  }
}

function baseUrlOf(target: string): string {
  const right = "it should be an absolute URL, such as https://connect.example.com";
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new RunError(`--target is "${target}"; ${right}.`);
  if (url.username || url.password) {
    throw new RunError(
      `--target holds a user name or a password, which would stand in every report; pass --header "Authorization: Basic ..." instead.`,
    );
  }
  if (url.search || url.hash) throw new RunError(`--target "${target}" has a query or a fragment; ${right}.`);
  return url.href.replace(/\/$/, "");
}
