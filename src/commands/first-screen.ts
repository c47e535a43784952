import type { ConnectFixtures, Customer } from "../connect/records.ts";
import { resourcesOf } from "../document/resources.ts";
import type { Operation, Spec } from "../document/spec.ts";
import { exampleOf, keySchemeOf, placeOf } from "../mock/middleware/credentials.ts";
import type { Paint } from "./paint.ts";

/** A terminal is at least so wide, in characters. */
const columns = 80;

/** The most operations that it lists, and the most resources: 24 rows have room for no more. */
const most = { operations: 5, resources: 3 };

/** What a user needs to make a first request, in 80 columns and 24 rows. */
export function firstScreen(
  spec: Spec,
  { fixtures, handled }: { readonly fixtures: Partial<ConnectFixtures>; readonly handled: object },
  url: string,
  paint: Paint,
): string {
  const { customers = [], paymentProfiles = [] } = fixtures;
  const served = `, served at ${url}`;
  const rows = [
    paint("bold", cut(`${spec.title} ${spec.version}`, columns - served.length)) + served,
    "",
    ...operationRows(spec.operations).map((row, index) => (index === 0 ? row : paint("gray", row))),
    "",
    `${paint("cyan", "Docs")}   ${url}/docs`,
    `${paint("cyan", "Live")}   ${url}/_understudy/`,
    ...keyRows(spec).map((row) => paint("cyan", row.slice(0, 3)) + row.slice(3)),
    ...stateRows(spec, handled),
    ...customerRows({ customers, paymentProfiles }),
    ...tryRows(spec, { customers, paymentProfiles }, url),
    "",
    paint("gray", "Ctrl-C ends it."),
  ];
  return `${rows.join("\n")}\n`;
}

/** The first line of a text, no longer than there is room. */
function cut(text: string, room: number): string {
  const [line = ""] = text.trim().split(/[\r\n]/, 1);
  return line.length > room ? `${line.slice(0, Math.max(room, 10) - 1)}…` : line;
}

function operationRows(operations: readonly Operation[]): string[] {
  const listed = operations.slice(0, most.operations);
  const count = operations.length === 1 ? "1 operation" : `${operations.length} operations`;
  const head = listed.length < operations.length ? `${count}, the first ${listed.length}:` : count;
  const paths = listed.map(({ path }) => cut(path, 44));
  const width = Math.max(0, ...paths.map((path) => path.length));
  const rows = listed.map(({ method, summary }, index) =>
    cutRow(`  ${method.padEnd(6)}  ${paths[index]!.padEnd(width)}  ${cut(summary, columns)}`),
  );
  return [head, ...rows];
}

function cutRow(row: string): string {
  return row.length > columns ? `${row.slice(0, columns - 1)}…` : row.trimEnd();
}

/** What to send as a credential, where the document asks for any. */
function credentialOf(spec: Spec): string | undefined {
  const asked = spec.operations.flatMap(({ security }) => security.flat());
  const scheme = keySchemeOf(spec) ?? asked.find((scheme) => placeOf(scheme));
  return scheme && exampleOf(scheme);
}

function keyRows(spec: Spec): string[] {
  const credential = credentialOf(spec);
  if (credential === undefined) return [];
  const hint = [
    "(any other that begins with test_ opens a sandbox of its own)",
    "(any test_... key opens its own sandbox)",
    "",
  ];
  const rows = hint.map((text) => `Key    ${credential}   ${text}`.trimEnd());
  return [rows.find((row) => row.length <= columns) ?? cutRow(rows.at(-1)!)];
}

/** Whose records are kept without a handler, by which operations, and which member names one. */
function stateRows(spec: Spec, handled: object): string[] {
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
  const more = rows.length - most.resources;
  const rest = "x-understudy-resource at a path corrects this";
  const all = [...rows.slice(0, most.resources), more > 0 ? `and ${more} more; ${rest}` : rest];
  return all.map((row, index) => cutRow(`${index === 0 ? "State" : "     "}  ${row}`));
}

/** One customer, to begin with. */
function customerRows(world: ConnectFixtures): string[] {
  const customer = firstOf(world);
  if (!customer) return [];
  const { customerId, billing } = customer;
  const profiles = world.paymentProfiles.filter((profile) => profile.customerId === customerId);
  const count = profiles.length === 1 ? "1 payment profile" : `${profiles.length} payment profiles`;
  const method = billing ? `${billing.method}${billing.autoPay ? ", autoPay" : ""}` : "no billing";
  const others = world.customers.length === 1 ? "" : ` (one of ${world.customers.length})`;
  return ["", cutRow(`Customer  ${customerId}, ${method}, ${count}${others}`)];
}

/** A customer with a payment profile that works, else the first. */
function firstOf({ customers, paymentProfiles }: ConnectFixtures): Customer | undefined {
  const owners = new Set(paymentProfiles.flatMap((one) => (one.status === "ACTIVE" ? [one.customerId] : [])));
  return customers.find(({ customerId }) => owners.has(customerId)) ?? customers[0];
}

/** A request for a POSIX shell: one that changes a customer's billing, or else the first read that needs no more than a credential. */
function tryRows(spec: Spec, world: ConnectFixtures, url: string): string[] {
  const customer = firstOf(world);
  const update = spec.operations.find(({ id }) => id === "updateCustomerBilling");
  const credential = credentialOf(spec);
  const header = credential?.startsWith("?") === false ? [`-H ${quoted(credential)}`] : [];
  if (customer && update) {
    const path = update.path.replace("{customerId}", encodeURIComponent(customer.customerId));
    const headers = ["X-Idempotency-Key: try-1", "Content-Type: application/json"].map((one) => `-H ${quoted(one)}`);
    const words = ["curl -X PUT", quoted(url + path), ...header, ...headers, `-d ${bodyWord(customer, world)}`];
    return ["", "Try", ...folded(words)];
  }
  const query = credential?.startsWith("?") ? credential : "";
  const read = spec.operations.find(
    ({ method, path, parameters }) =>
      method === "GET" &&
      !/[{?#]/.test(path) &&
      !parameters.some(({ required }) => required) &&
      quoted(url + path + query).length + 6 <= columns,
  );
  return read ? ["", "Try", ...folded(["curl", quoted(url + read.path + query), ...header])] : [];
}

/** Words of a command in rows that a shell reads as one, as far as they fit. */
function folded(words: readonly string[]): string[] {
  const rows: string[] = [];
  let row = " ";
  for (const word of words) {
    const [first = ""] = word.split("\n", 1);
    if (row.trim() !== "" && row.length + first.length + 3 > columns) {
      rows.push(`${row} \\`);
      row = "   ";
    }
    row += ` ${word}`;
  }
  return [...rows, row].flatMap((one) => one.split("\n"));
}

/** The body of a change of billing, a line break after a member where it would be too long; JSON takes that as a space. */
function bodyWord({ customerId, contact }: Customer, { paymentProfiles }: ConnectFixtures): string {
  const profile = paymentProfiles.find((one) => one.customerId === customerId && one.status === "ACTIVE");
  const body = {
    method: "EMAIL_INVOICE",
    email: contact.email ?? "billing@company.com",
    ...(profile ? { defaultPaymentProfileId: profile.paymentProfileId, autoPay: true } : {}),
  };
  const members = Object.entries(body).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  let text = "{";
  let room = columns - 10;
  for (const [index, member] of members.entries()) {
    const piece = member + (index === members.length - 1 ? "}" : ",");
    if (piece.length > room) {
      text += "\n    ";
      room = columns - 4;
    }
    text += piece;
    room -= piece.length;
  }
  return quoted(text);
}

/** A word as a POSIX shell reads it. */
function quoted(text: string): string {
  return /^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
