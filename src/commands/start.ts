import { setImmediate } from "node:timers/promises";
import type { ConnectFixtures, Customer } from "../connect/records.ts";
import { isShipped, loadSpec } from "../connect/spec.ts";
import { readAhead } from "../document/late.ts";
import { sayRemarks } from "../document/remarks.ts";
import { resourcesOf } from "../document/resources.ts";
import { judgeExamples, type Spec, SpecError, uncheckedIn } from "../document/spec.ts";
import { FixturesError } from "../mock/fixtures.ts";
import { defaultApiKey, exampleOf, keySchemeOf, placeOf } from "../mock/middleware/credentials.ts";
import { ListenError, lightenGlobals } from "../mock/server.ts";
import { ReceiverError } from "../mock/webhooks.ts";
import { behaviourOf, createMock, fixturesOf } from "./connect-mock.ts";
import { HandlersError, loadHandlers } from "./handlers.ts";

/** The options of `understudy start`, as the command line gives them. */
export type StartOptions = {
  readonly port: number;
  readonly host: string;
  readonly apiKey?: readonly string[];
  readonly fixtures?: string;
  readonly seed: number;
  /** Milliseconds. */
  readonly latency: number;
  /** Bytes. */
  readonly maxBody: number;
  readonly spec?: string;
  readonly overlay?: string;
  readonly handlers?: string;
  readonly webhook?: readonly string[];
  readonly allowWebhooksTo?: readonly string[];
  readonly quiet?: boolean;
};

/** The most operations that the first screen lists. */
const mostOperations = 40;

/** The longest summary that it shows, in characters. */
const longest = 80;

/** The most customers that it shows, and the most resources. */
const mostRows = 10;

/** What a user can mend. */
const saidToUser = [SpecError, FixturesError, ListenError, HandlersError, ReceiverError];

/** Serves the mock until the process is told to end. `fail` ends the command with one line that says why. */
export async function start(options: StartOptions, fail: (message: string) => never): Promise<void> {
  try {
    const { overlay } = options;
    const spec = loadSpec(options.spec, { unknownKeywords: "list", ...(overlay === undefined ? {} : { overlay }) });
    const unchecked = uncheckedIn(spec);
    if (unchecked) console.error(unchecked);
    const given = options.handlers === undefined ? {} : await loadHandlers(options.handlers, spec);
    const fixtures = await fixturesOf(spec, options.fixtures, options.seed, given);
    const mock = createMock({
      ...given,
      spec,
      fixtures,
      seed: options.seed,
      apiKeys: options.apiKey ?? [],
      latencyMs: options.latency,
      maxBodyBytes: options.maxBody,
      webhooks: options.webhook ?? [],
      allowWebhooksTo: options.allowWebhooksTo ?? [],
    });
    const { port, host } = options;
    const { url, close } = await mock.listen({ port, host });
    const handled = { ...behaviourOf(spec).handlers, ...given.handlers };
    console.log(options.quiet ? url : firstScreen(spec, { fixtures, handled }, url));
    void afterStart(spec);
    // Once: whoever cannot wait for the last answer asks a second time.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void close());
  } catch (error) {
    if (saidToUser.some((kind) => error instanceof kind)) fail((error as Error).message);
    throw error;
  }
}

/** Reads what judges and answers requests, and says which examples go unused, once there is a port: a start would wait too long. */
async function afterStart(spec: Spec): Promise<void> {
  await setImmediate(undefined, { ref: false });
  lightenGlobals();
  readAhead();
  if (isShipped(spec)) return;
  const before = new Set(spec.remarks);
  for (const _ of judgeExamples(spec)) await setImmediate(undefined, { ref: false });
  const said = sayRemarks(spec.remarks.filter((remark) => !before.has(remark)));
  if (said) console.error(said);
}

/** What a user needs to make a first request. */
function firstScreen(
  spec: Spec,
  { fixtures, handled }: { readonly fixtures: Partial<ConnectFixtures>; readonly handled: object },
  url: string,
): string {
  const { customers = [], paymentProfiles = [] } = fixtures;
  const listed = spec.operations.slice(0, mostOperations);
  const operations = listed.map(({ method, path, summary }) => [method, path, inOneLine(summary)]);
  const more = spec.operations.length - listed.length;
  return [
    `${spec.title} ${spec.version}, served at ${url}`,
    "",
    ...table(operations),
    ...(more > 0 ? [`  and ${more} more`] : []),
    "",
    `Docs   ${url}/docs`,
    ...keyLines(spec),
    ...stateLines(spec, handled),
    ...customerLines({ customers, paymentProfiles }),
    ...tryLines(spec, { customers, paymentProfiles }, url),
    "",
    "Ctrl-C ends it.",
  ].join("\n");
}

/** The first line of a text, without what no screen has room for. */
function inOneLine(text: string): string {
  const [line = ""] = text.trim().split(/[\r\n]/, 1);
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** Which credential to send, where the document asks for any. */
function keyLines(spec: Spec): string[] {
  const asked = spec.operations.flatMap(({ security }) => security.flat());
  const scheme = keySchemeOf(spec) ?? asked.find((scheme) => placeOf(scheme));
  const example = scheme && exampleOf(scheme);
  return example ? [`Key    ${example}   (any other that begins with test_ opens a sandbox of its own)`] : [];
}

/** Whose records are kept without a handler, by which operations, and which member names one. */
function stateLines(spec: Spec, handled: object): string[] {
  const rows = resourcesOf(spec).flatMap(({ name, id, itemPath, listPath, uses }) => {
    const operations = [...uses.keys()].filter(
      ({ id, path }) => [itemPath, listPath].includes(path) && !Object.hasOwn(handled, id),
    );
    const isKept = operations.some(({ method }) => method !== "GET");
    const methods = ["POST", "GET", "PUT", "PATCH", "DELETE"].filter((name) =>
      operations.some(({ method }) => method === name),
    );
    const shown = name.includes("/") ? listPath.split("/").findLast(Boolean) : name;
    return isKept ? [`${shown}: ${methods.join(", ")} ${itemPath} by ${id}`] : [];
  });
  if (rows.length === 0) return [];
  const more = rows.length - mostRows;
  const all = [
    ...rows.slice(0, mostRows),
    ...(more > 0 ? [`and ${more} more`] : []),
    "x-understudy-resource at a path corrects this",
  ];
  return all.map((row, index) => `${index === 0 ? "State" : "     "}  ${row}`);
}

function customerLines({ customers, paymentProfiles }: ConnectFixtures): string[] {
  if (customers.length === 0) return [];
  const rows = customers.slice(0, mostRows).map(({ customerId, billing }) => {
    const profiles = paymentProfiles.filter((profile) => profile.customerId === customerId);
    const first = billing ? `${billing.method}${billing.autoPay ? ", autoPay" : ""}` : "no billing";
    return [
      customerId,
      first,
      profiles.map(({ paymentProfileId, status }) => `${paymentProfileId} ${status}`).join(", "),
    ];
  });
  const more = customers.length - rows.length;
  return ["", "Customers and their payment profiles", ...table(rows), ...(more > 0 ? [`  and ${more} more`] : [])];
}

function tryLines(spec: Spec, { customers, paymentProfiles }: ConnectFixtures, url: string): string[] {
  const active = paymentProfiles.filter(({ status }) => status === "ACTIVE");
  const owners = new Set(active.map(({ customerId }) => customerId));
  const customer = customers.find(({ customerId }) => owners.has(customerId)) ?? customers[0];
  const update = spec.operations.find(({ id }) => id === "updateCustomerBilling");
  if (!customer || !update) return [];
  const path = update.path.replace("{customerId}", encodeURIComponent(customer.customerId));
  const profile = active.find(({ customerId }) => customerId === customer.customerId);
  return ["", "Try", `  ${curlLine(url + path, customer, profile?.paymentProfileId)}`];
}

/** One line for a POSIX shell that changes a customer's billing. */
function curlLine(url: string, { contact }: Customer, profileId: string | undefined): string {
  const body = {
    method: "EMAIL_INVOICE",
    email: contact.email ?? "billing@company.com",
    ...(profileId === undefined ? {} : { defaultPaymentProfileId: profileId, autoPay: true }),
  };
  const headers = [`X-API-Key: ${defaultApiKey}`, "X-Idempotency-Key: try-1", "Content-Type: application/json"];
  const parts = [
    "curl -X PUT",
    quoted(url),
    ...headers.map((header) => `-H ${quoted(header)}`),
    `-d ${quoted(JSON.stringify(body))}`,
  ];
  return parts.join(" ");
}

/** A word as a POSIX shell reads it. */
function quoted(text: string): string {
  return /^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Rows with their columns under each other. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}
