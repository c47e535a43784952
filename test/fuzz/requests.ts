import fc from "fast-check";
import { createShapes } from "../../src/contract/generated/request.ts";
import {
  type Carrier,
  carrierOf,
  carriersOf,
  carry,
  credentialOf,
  writtenFor,
} from "../../src/contract/wire/credential.ts";
import type { RequestPlan } from "../../src/contract/wire/exchange.ts";
import { random } from "../../src/document/sample/sample.ts";
import type { Operation, Spec } from "../../src/document/spec.ts";
import { altered, type Change, change, changed } from "./changes.ts";
import { type Message, odd, pathOf, type Sent } from "./wire.ts";

/** Who each document is called by. Each of the first two writes its word into its records, and nobody else may ever read it. */
export const words: Readonly<Record<string, string>> = {
  "test_canary-one": "quetzalcoatlus",
  "test_canary-two": "archaeopteryxes",
};
/** In these sandboxes things go wrong on purpose. */
const faulty = ["test_key", "test_faulty-one", "test_faulty-two"];
const plain = ["test_a", "test_b", "test_c", "test_d"];

/** Whether an answer to this key may be whatever a fault, or a state put in the place of another, has made of it. */
export function isFaulty(key: string | undefined): boolean {
  return key === undefined || faulty.includes(key);
}

/** The host of the receiver of webhooks, until it has a port. */
export const receiverHost = "127.0.0.1:9";

const key: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constantFrom(...Object.keys(words)), weight: 5 },
  { arbitrary: fc.constantFrom(...plain), weight: 5 },
  { arbitrary: fc.constantFrom(...faulty), weight: 1 },
  { arbitrary: fc.nat({ max: 1_000_000 }).map((n) => `test_fresh-${n}`), weight: 1 },
);

/** What a request is made of before anything is done to it. */
type Base = {
  readonly operation: Operation;
  readonly plan: (value: Json, fresh: number) => RequestPlan;
  readonly values: readonly Json[];
};
type Json = { readonly [member: string]: unknown };

/** How many requests of each operation there are to begin with. */
const poolSize = 24;

/** Operations of the control plane that take long, hold the others up, or leave nothing to look at: they come less often. */
const sweeping =
  /^(resetSandbox|removeSandbox|clearRequests|restoreSnapshot|setState|addFault|streamEvents|listSandboxes|getState|listRequests|listDeliveries|listChanges)$/;

/** Makes the requests of documents; the same for the same seed. */
export function createRequests(spec: Spec, control: Spec, seed: number): fc.Arbitrary<Sent> {
  const own = basesOf(spec, seed);
  const steered = basesOf(control, seed);
  const usual = carrierOf(spec);
  const controls = steered.flatMap((base) => (sweeping.test(base.operation.id) ? [base] : [base, base, base, base]));
  const made = fc
    .record({
      base: fc.oneof(
        { arbitrary: fc.constantFrom(...own), weight: 7 },
        { arbitrary: fc.constantFrom(...controls), weight: 4 },
      ),
      index: fc.nat({ max: poolSize - 1 }),
      fresh: fc.nat({ max: 20_000 }),
      key,
      changes: fc.oneof(
        { arbitrary: fc.array(change, { minLength: 1, maxLength: 1 }), weight: 5 },
        { arbitrary: fc.array(change, { minLength: 2, maxLength: 3 }), weight: 1 },
      ),
    })
    .map(({ base, index, fresh, key, changes }) =>
      requestOf(base, { index, fresh, key, changes, usual, isControl: steered.includes(base) }),
    );
  return fc.oneof({ arbitrary: made, weight: 5 }, { arbitrary: odd(made), weight: 1 });
}

function basesOf(spec: Spec, seed: number): readonly Base[] {
  const shapeOf = createShapes(spec);
  return spec.operations.flatMap((operation) => {
    const shape = shapeOf(operation);
    if (shape.impossible) return [];
    const making = { schemas: shape.schemas, known: knownIn(operation), view: "request" as const };
    const values = Array.from(
      { length: poolSize },
      (_, index) => (random(shape.schema, making, seed + index) ?? {}) as Json,
    );
    const plan: Base["plan"] = (value, fresh) => shape.plan(value, () => `fuzz-${fresh}`);
    return [{ operation, values, plan }];
  });
}

/** Identifiers that are there, or may be: those of the shipped fixtures, and those that the mock counts. */
function knownIn({ path }: Operation): (name: string) => readonly unknown[] | undefined {
  const ids: Readonly<Record<string, readonly unknown[]>> = {
    customerId: [
      "cus-0001-business-email",
      "cus-0002-consumer-paper",
      "cus-0003-consumer-new",
      "cus-0004-business-autopay",
    ],
    paymentProfileId: [
      "m47ac10b-58cc-4372-a567-0e02b2c3d479",
      "pay-0002-expired-card",
      "pay-0003-first-card",
      "pay-0004-default-card",
    ],
    faultId: ["fault-1", "fault-2"],
    deliveryId: ["delivery-1", "delivery-2", "delivery-3"],
    // What nobody waits for is waited for no longer than that.
    wait: [0, 1, 50, 600_000],
  };
  const isSnapshot = path.includes("/snapshots/");
  return (name) =>
    isSnapshot && name === "name" ? ["one", "two", "three"] : Object.hasOwn(ids, name) ? ids[name] : undefined;
}

type Making = {
  readonly index: number;
  /** What is new in a key that should be. */
  readonly fresh: number;
  readonly key: string;
  readonly changes: readonly Change[];
  readonly usual: Carrier | undefined;
  readonly isControl: boolean;
};

function requestOf(base: Base, { index, fresh, key: given, changes: wanted, usual, isControl }: Making): Sent {
  const { operation } = base;
  // A state that is put in the place of another may hold any answer, and a snapshot is for every sandbox.
  const isUnruly = /^(addFault|setState|takeSnapshot|restoreSnapshot)$/.test(operation.id) && isControl;
  const key = isUnruly && !isFaulty(given) ? faulty[given.length % faulty.length]! : given;
  // Another method would make such an operation of one that is none.
  const changes = isControl && !isFaulty(key) ? wanted.filter(({ kind }) => kind !== "method") : wanted;
  const keyChange = changes.find((one) => one.kind === "key");
  const carriers = isControl ? [{ in: "header", name: "X-API-Key" } as Carrier] : carriersOf(operation, usual);
  const isOwn = keyChange === undefined && carriers.length > 0;
  const word = isOwn && Object.hasOwn(words, key) ? words[key] : undefined;
  let value = base.values[index % base.values.length]!;
  if (word && operation.requestBody) value = planted(value, word) as Json;
  if (operation.id === "setWebhooks" && isControl)
    value = { ...value, body: [{ url: `http://${receiverHost}/${key}` }] };
  if (operation.id === "addFault" && isControl) value = tamed(value);
  for (const one of changes) if (one.kind === "value") value = altered(value, one) as Json;
  const plan = planOf(base, value, fresh);
  const credential = credentialOf({ operations: [operation] }, key, "KEY");
  let target = plan.path;
  const headers: [string, string][] = Object.entries(plan.headers ?? {});
  const sentKey = keyChange ? keyChange.key : key;
  for (const carrier of sentKey === undefined ? [] : carriers) {
    const own = keyChange ? { value: sentKey!, shell: "" } : writtenFor(credential, carrier);
    const carried = carry(own, carrier, target, Object.fromEntries(headers));
    target += carried.query;
    headers.push(...Object.entries(carried.headers));
  }
  let message: Message = { method: plan.method, target, headers, body: bodyOf(plan) };
  for (const one of changes) message = changed(message, one);
  const oddity = changes.map((one) => (one.kind === "text" ? one.name : one.kind)).join(" and ");
  // What has left the control plane may have its key where the document looks for none.
  const isElsewhere = isControl && !pathOf(message.target).startsWith("/_understudy/") && usual?.name !== "X-API-Key";
  const isAsked = /__(?!proto)|prefer/i.test(`${message.target} ${message.headers.map(([name]) => name).join()}`);
  const isLate = isControl && /^(listRequests|streamEvents|replayDelivery)$/.test(operation.id);
  return {
    oddity: `${operation.id}, ${oddity}`,
    key: isOwn && !isElsewhere ? key : undefined,
    messages: [message],
    most: 1,
    isAsked,
    isPatient: isAsked || isLate || isFaulty(key) || !isOwn || isElsewhere,
  };
}

/** What a value says as it goes over the wire; of one that no request says, as much as one does. */
function planOf(base: Base, value: Json, fresh: number): RequestPlan {
  try {
    return base.plan(value, fresh);
  } catch {
    return { ...base.plan(base.values[0]!, fresh), text: JSON.stringify(value.body) ?? "" };
  }
}

function bodyOf({ text, json }: RequestPlan): Buffer | undefined {
  if (json !== undefined) return Buffer.from(JSON.stringify(json));
  return text === undefined ? undefined : Buffer.from(text);
}

/** A value with a word in the place of each text of it that is free. */
function planted(value: unknown, word: string): unknown {
  if (typeof value === "string")
    return /^[A-Z_]*$|^[\w-]+-\d|^\d/.test(value) ? value : value.includes("@") ? `${word}@example.com` : word;
  if (Array.isArray(value)) return value.map((item) => planted(item, word));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      ["path", "header", "query"].includes(name) ? member : planted(member, word),
    ]),
  );
}

/** A fault that is over soon, so that the run goes on. */
function tamed(value: Json): Json {
  const body = value.body as Json | undefined;
  if (!body) return value;
  const { delayMs, bytesPerSecond, ...rest } = body;
  const short =
    delayMs === undefined ? {} : { delayMs: typeof delayMs === "number" ? delayMs % 20 : { min: 0, max: 9 } };
  return {
    ...value,
    body: { times: 5, ...rest, ...short, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond: 100_000 }) },
  };
}
