import { isDeepStrictEqual } from "node:util";
import { fullest } from "../../document/sample/edges.ts";
import type { Making } from "../../document/sample/run.ts";
import { simplest } from "../../document/sample/sample.ts";
import type { Operation, Spec } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import type { Need } from "../case.ts";
import type { Scene } from "../scene.ts";
import type { Exchange, RequestPlan } from "../wire/exchange.ts";
import { type Break, breaksOf } from "./breaks.ts";
import { createShapes, type RequestShape, type RequestValue } from "./request.ts";

export type GeneratedOptions = {
  /** How many random requests each operation is sent, valid ones and invalid ones each. */
  readonly examples: number;
  /** What the random ones follow from. */
  readonly seed: number;
  /** Values that no schema can tell, by the name of a parameter or a property. */
  readonly params?: Readonly<Record<string, readonly string[]>>;
  /** Whether the run is the guest of one customer: identifiers that it does not know are then left out. */
  readonly guest?: boolean;
};

/** What the generated cases of one run share: the shapes of requests, and what was found out about the target. */
export type Session = {
  readonly spec: Spec;
  readonly options: GeneratedOptions;
  shape(operation: Operation): RequestShape;
  /** What is known before the run: enough to say which cases there are. */
  beforehand(operation: Operation): Making;
  /** What is known of the target, looked up where that takes a read. */
  making(operation: Operation, scene: Scene<Need>): Promise<Making & { readonly guessed: readonly string[] }>;
  /** Valid requests, as large as the target accepts them, one for each form; those it refuses too, where it accepts none. */
  bases(operation: Operation, scene: Scene<Need>): Promise<Bases>;
  /** The ways to break exactly one keyword of those requests. */
  breaks(operation: Operation, scene: Scene<Need>): Promise<readonly Break[]>;
  /** The read that shows what a request may have changed; `undefined` where the document has none. */
  readBack(operation: Operation, value: RequestValue): RequestPlan | undefined;
};

export type Bases = { readonly accepted: readonly RequestValue[]; readonly all: readonly RequestValue[] };

/** Parameters whose values a run of the Connect API knows. */
const guestNames = ["customerId", "paymentProfileId"];
const placeholder = "understudy-placeholder";

/** Makes what the generated cases of one run share. */
export function createSession(spec: Spec, options: GeneratedOptions): Session {
  const shapeOf = createShapes(spec);
  const params = options.params ?? {};
  const makings = new Map<Operation, ReturnType<Session["making"]>>();
  const bases = new Map<Operation, Promise<Bases>>();
  const breaks = new Map<Operation, Promise<readonly Break[]>>();

  /** `defaultPaymentProfileId` is known where `paymentProfileId` is. */
  function knownBy(values: Readonly<Record<string, readonly unknown[]>>): Making["known"] {
    return (name) => {
      const own = values[name];
      if (own) return own;
      const [, similar] =
        Object.entries(values).find(([known]) => name.endsWith(known.charAt(0).toUpperCase() + known.slice(1))) ?? [];
      if (similar) return similar;
      return options.guest && /(Id|_id)s?$/.test(name) ? [] : undefined;
    };
  }

  function once<T>(memory: Map<Operation, Promise<T>>, operation: Operation, work: () => Promise<T>): Promise<T> {
    const before = memory.get(operation);
    if (before) return before;
    const running = work();
    memory.set(operation, running);
    // What failed is tried again by the next case.
    running.catch(() => memory.delete(operation));
    return running;
  }

  async function look(operation: Operation, scene: Scene<Need>): Promise<Making & { guessed: string[] }> {
    const { schemas } = shapeOf(operation);
    const values: Record<string, readonly unknown[]> = {
      ...(options.guest ? { customerId: [scene.customer] } : {}),
      ...(options.guest && scene.given.paymentProfile ? { paymentProfileId: [scene.given.paymentProfile] } : {}),
      ...params,
    };
    const guessed: string[] = [];
    for (const parameter of operation.parameters.filter((given) => given.in === "path")) {
      const { name, example, place, types, check } = parameter;
      if (values[name]) {
        // The schema of a number reads no text.
        if (types.includes("integer")) values[name] = values[name].map((value) => Number(value));
        continue;
      }
      const found = await firstListed(operation, name, scene, knownBy(values));
      const listed = found.find((value) => check(value).length === 0);
      if (listed === undefined) guessed.push(name);
      const made = () =>
        simplest({ $ref: `#${place?.map(escaped).join("") ?? ""}` }, { schemas, known: () => undefined });
      const fitting = example !== undefined && check(example).length === 0 ? example : undefined;
      values[name] = [listed ?? fitting ?? (place ? made() : placeholder)];
    }
    return { schemas, known: knownBy(values), guessed };
  }

  /** What may identify the first item of the list that a path goes through: of `GET /things` for `/things/{thingId}`. */
  async function firstListed(
    operation: Operation,
    name: string,
    scene: Scene<Need>,
    known: Making["known"],
  ): Promise<readonly unknown[]> {
    const path = operation.path.slice(0, operation.path.indexOf(`/{${name}}`));
    const lists = spec.operations.find((other) => other.method === "GET" && other.path === path);
    if (!lists || !path) return [];
    const shape = shapeOf(lists);
    const value = simplest(shape.schema, { schemas: shape.schemas, known });
    if (shape.impossible || !isObject(value) || shape.check(value).length > 0) return [];
    const { exchange } = await scene.probe(shape.plan(value, scene.freshKey));
    const { json } = exchange;
    const items = Array.isArray(json) ? json : isObject(json) ? Object.values(json).find(Array.isArray) : undefined;
    const [first] = Array.isArray(items) ? items.filter(isObject) : [];
    const members = Object.entries(first ?? {});
    const ranked = [name, name.toLowerCase(), "id"].flatMap((wanted) =>
      members.filter(([member]) => member.toLowerCase() === wanted.toLowerCase()),
    );
    return [...ranked, ...members.filter(([member]) => /id$/i.test(member))].map(([, value]) => value);
  }

  async function accept(
    full: RequestValue,
    shape: RequestShape,
    scene: Scene<Need>,
  ): Promise<RequestValue | undefined> {
    const accepts = async (value: RequestValue) => {
      const { exchange } = await scene.probe(shape.plan(value, scene.freshKey));
      return isSuccess(exchange);
    };
    if (await accepts(full)) return full;
    const optional = Object.entries(full).flatMap(([part, members]) =>
      isObject(members) ? Object.keys(members).map((member) => [part, member] as const) : [],
    );
    let least = full;
    const removed: (readonly [string, string])[] = [];
    for (const [part, member] of optional) {
      const smaller = withMember(least, part, member, undefined);
      if (shape.check(smaller).length > 0) continue;
      least = smaller;
      removed.push([part, member]);
    }
    if (!(await accepts(least))) return undefined;
    for (const [part, member] of removed) {
      const larger = withMember(least, part, member, (full[part] as JsonObject)[member]);
      if (shape.check(larger).length === 0 && (await accepts(larger))) least = larger;
    }
    return least;
  }

  const session: Session = {
    spec,
    options,
    shape: shapeOf,
    beforehand(operation) {
      const { schemas } = shapeOf(operation);
      const names = [...(options.guest ? guestNames : []), ...Object.keys(params)];
      const examples = operation.parameters.flatMap(({ in: place, name, example }) =>
        place === "path" && example !== undefined ? [[name, [example]] as const] : [],
      );
      return {
        schemas,
        known: knownBy({
          ...Object.fromEntries(names.map((name) => [name, params[name] ?? [placeholder]])),
          ...Object.fromEntries(examples),
        }),
      };
    },
    making: (operation, scene) => once(makings, operation, () => look(operation, scene)),
    bases: (operation, scene) =>
      once(bases, operation, async () => {
        const shape = shapeOf(operation);
        const making = await session.making(operation, scene);
        const all = fullest(shape.schema, making)
          .filter(isObject)
          .filter((value) => shape.check(value).length === 0);
        const accepted: RequestValue[] = [];
        for (const full of all) {
          const value = await accept(full, shape, scene);
          if (value) accepted.push(value);
        }
        return { accepted, all };
      }),
    breaks: (operation, scene) =>
      once(breaks, operation, async () => {
        const shape = shapeOf(operation);
        const making = await session.making(operation, scene);
        const { accepted, all } = await session.bases(operation, scene);
        return (accepted.length > 0 ? accepted : all).flatMap((value) =>
          breaksOf(shape.schema, value, making, shape.check),
        );
      }),
    readBack(operation, value) {
      const reads = readerOf(spec, operation);
      if (!reads) return undefined;
      const shape = shapeOf(reads);
      const read = { path: value.path ?? {} };
      return shape.check(read).length === 0 ? shape.plan(read, () => "") : undefined;
    },
  };
  return session;
}

/** The read of the same path, or of the nearest one above it; none for a read. */
export function readerOf(spec: Spec, operation: Operation): Operation | undefined {
  if (operation.method === "GET" || operation.method === "HEAD") return undefined;
  for (let { path } = operation; path !== ""; path = path.slice(0, path.lastIndexOf("/"))) {
    const reads = spec.operations.find((other) => other.method === "GET" && other.path === path);
    if (reads?.parameters.every(({ in: place, required }) => place === "path" || !required)) return reads;
  }
  return undefined;
}

/** Runs what should change nothing, and answers whether something changed; what changes by itself does not count. */
export async function changes(
  scene: Scene<Need>,
  read: RequestPlan | undefined,
  work: () => Promise<void>,
): Promise<{ readonly before: unknown; readonly after: unknown } | undefined> {
  if (!read) {
    await work();
    return undefined;
  }
  const state = async () => {
    const { exchange } = await scene.probe(read);
    return isSuccess(exchange) ? (exchange.json ?? exchange.text) : undefined;
  };
  const before = await state();
  await work();
  const after = await state();
  if (before === undefined || after === undefined || isDeepStrictEqual(before, after)) return undefined;
  return isDeepStrictEqual(after, await state()) ? { before, after } : undefined;
}

export function isSuccess({ status }: Pick<Exchange, "status">): boolean {
  return status >= 200 && status <= 299;
}

/** The request with a member of one of its parts replaced; without it where there is no value. */
export function withMember(request: RequestValue, part: string, member: string, value: unknown): RequestValue {
  const members = isObject(request[part]) ? request[part] : {};
  const rest = Object.fromEntries(Object.entries(members).filter(([name]) => name !== member));
  return { ...request, [part]: value === undefined ? rest : { ...rest, [member]: value } };
}

function escaped(token: string): string {
  return `/${encodeURIComponent(token.replaceAll("~", "~0").replaceAll("/", "~1"))}`;
}
