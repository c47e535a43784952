// An API server written from the reference alone: the thing that a contract test is judged against.

import { type Answer, type Behaviour, type Call, clean, type Desk, type Kept, Refusal } from "./behaviour.ts";
import { shippedDescription } from "./from-document.ts";
import { listen } from "./listen.ts";
import { operate } from "./operations.ts";
import { type Customer, renameWorld, settle, type World } from "./world.ts";

export { type Behaviour, clean } from "./behaviour.ts";
export { type World, world } from "./world.ts";

export interface Deployment {
  fetch(request: Request): Promise<Response>;
  /** Serves on a free port of the loopback interface. */
  listen(): Promise<{ url: string; close(): Promise<void> }>;
  /** The stored customers, live. */
  customers: Map<string, Customer>;
  /** How many billing writes were carried out. */
  readonly executions: number;
  /** The ids of this deployment; they differ from the constant `world` where a variant has another form of id. */
  world: World;
}

/**
 * A deployment with its own data; whatever `behaviour` leaves out is done carefully, and what it has no behaviour for as the
 * document says.
 */
export function createDeployment(behaviour: Partial<Behaviour> = {}, description = shippedDescription): Deployment {
  const all = { ...clean, ...behaviour };
  const world = renameWorld(all.id);
  const desk: Desk = {
    behaviour: all,
    world,
    description,
    ...settle(world),
    records: new Map(),
    executions: 0,
    scratch: new Map(),
  };
  return {
    fetch: async (request) => toResponse(await serve(desk, await fromRequest(request))),
    listen: () => listen((call) => serve(desk, call), all.wire),
    customers: desk.customers,
    get executions() {
      return desk.executions;
    },
    world,
  };
}

async function fromRequest(request: Request): Promise<Call> {
  const { pathname, search } = new URL(request.url);
  const body = Buffer.from(await request.arrayBuffer());
  return { method: request.method, path: pathname, query: search, headers: [...request.headers], body };
}

function toResponse({ status, headers, body }: Answer): Response {
  // A 204 has no body on the wire, whatever a fault makes of it.
  return new Response(body === "" || status === 204 ? null : body, { status, headers });
}

/** From a call to its answer: the first look, the API key, the idempotency key, the operation, the last look. */
async function serve(desk: Desk, call: Call): Promise<Answer> {
  const { behaviour } = desk;
  const answer = await settled(desk, async () => {
    const early = await behaviour.firstLook(call, desk);
    if (early) return early;
    const caller = callerOf(desk, call);
    behaviour.beforeKey(call, desk);
    const execute = () => settled(desk, () => operate(desk, call));
    const key = behaviour.readsKey(call) ? behaviour.header(call, "X-Idempotency-Key") : undefined;
    return key === undefined ? execute() : underKey(desk, call, key, caller, execute);
  });
  const last = await behaviour.answer(answer, call, desk);
  return { ...last, headers: { Date: behaviour.now().toUTCString(), ...last.headers } };
}

/** The one place where a refusal becomes an answer, and an accident a 500. */
async function settled(desk: Desk, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    return desk.behaviour.refuse(error instanceof Refusal ? error : new Refusal("crash"));
  }
}

function callerOf(desk: Desk, call: Call): string {
  const given = desk.behaviour.header(call, "X-API-Key") ?? "";
  const known = Object.values(desk.world.keys).find((key) => desk.behaviour.keyMatches(given, key));
  if (known === undefined && desk.behaviour.needsKey(call)) throw new Refusal("unauthorized");
  return known ?? "nobody";
}

async function underKey(desk: Desk, call: Call, key: string, caller: string, execute: () => Promise<Answer>) {
  const { behaviour, records } = desk;
  if (!behaviour.acceptsKey(key)) {
    const message = "An idempotency key has 1 to 256 characters.";
    throw new Refusal("invalid", [{ message, code: "INVALID_VALUE", property: "X-Idempotency-Key" }]);
  }
  const slot = behaviour.slot(key, call, caller);
  const fingerprint = behaviour.fingerprint(call);
  const now = behaviour.now().getTime();

  const record = records.get(slot);
  if (record && now - record.firstUsed < behaviour.lifetime) {
    const visit = { desk, call, slot, fingerprint, record, execute };
    if (record.fingerprint !== fingerprint) return behaviour.mismatch(visit);
    if (record.answer === undefined) return behaviour.inFlight(visit);
    return behaviour.replay({ ...visit, kept: record.answer });
  }

  // The record is set before the operation's first await: a twin that arrives meanwhile finds it.
  const first: Kept = { fingerprint, firstUsed: now, running: execute() };
  records.delete(slot);
  records.set(slot, first);
  for (const oldest of records.keys()) {
    if (records.size <= behaviour.capacity) break;
    records.delete(oldest);
  }
  const answer = await first.running;
  if (behaviour.keeps(answer)) first.answer = answer;
  else if (records.get(slot) === first) records.delete(slot);
  return answer;
}
