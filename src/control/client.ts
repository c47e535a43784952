import createOpenApiClient from "openapi-fetch";
import type { components, paths } from "./api.ts";
import { type ControlEvent, eventsIn } from "./events.ts";

export type { ControlEvent } from "./events.ts";

/** The schemas of the control plane's document, by their names. */
export type ControlSchemas = components["schemas"];

export type ControlOptions = {
  /** The base URL of a mock, such as `http://127.0.0.1:4010`. */
  readonly baseUrl: string;
  /** The key whose sandbox is meant, or its name as `sandboxes.list` tells it; `test_key` by default. */
  readonly apiKey?: string;
  /** What carries the requests; `globalThis.fetch` by default, `mock.fetch` to stay in process. */
  readonly fetch?: (request: Request) => Promise<Response>;
};

/** The state of a sandbox: the records of each collection, by its name, and what every sandbox has beside them. */
export type ControlState = {
  readonly idempotency?: readonly ControlSchemas["IdempotencyRecord"][];
  readonly clock?: ControlSchemas["Clock"];
  readonly [collection: string]: unknown;
};

/** Which requests are meant: those that pass all of this. */
export type RequestFilter = {
  readonly operationId?: string;
  readonly method?: string;
  /** In it, `*` stands for any text. */
  readonly path?: string;
  readonly status?: number;
  readonly idempotencyKey?: string;
  /** A time of RFC 3339, by the sandbox's clock. */
  readonly since?: string;
};

/** The journal as it is written. It is asked for at once; from when `ready` resolves, nothing goes by. */
export type ControlEvents = AsyncIterable<ControlEvent> & { readonly ready: Promise<void> };

/** Arranges and observes the sandbox of an API key. Every call rejects with a `ControlError` where it is refused. */
export type Control = {
  health(): Promise<ControlSchemas["Health"]>;
  /** Back to the fixtures, the real time, no fault and an empty journal. */
  reset(): Promise<void>;
  state(): Promise<ControlState>;
  /** Puts a state in the place of the present one. */
  setState(state: ControlState): Promise<void>;
  /** Changes records by merge patches, by collection and id; `null` removes. */
  patchState(patch: ControlSchemas["StatePatch"]): Promise<void>;
  readonly snapshots: {
    list(): Promise<ControlSchemas["Snapshots"]["items"]>;
    take(name: string): Promise<void>;
    read(name: string): Promise<ControlState>;
    restore(name: string): Promise<void>;
    remove(name: string): Promise<void>;
  };
  clock(): Promise<ControlSchemas["Clock"]>;
  setClock(change: ControlSchemas["ClockChange"]): Promise<ControlSchemas["Clock"]>;
  /** Moves the clock forward. */
  advance(ms: number): Promise<ControlSchemas["Clock"]>;
  /** Stops the clock: now, or at a time of RFC 3339. */
  freeze(now?: string): Promise<ControlSchemas["Clock"]>;
  readonly faults: {
    add(rule: ControlSchemas["FaultRule"]): Promise<ControlSchemas["Fault"]>;
    list(): Promise<ControlSchemas["Fault"][]>;
    remove(id: string): Promise<void>;
    clear(): Promise<void>;
  };
  /**
   * The requests of the journal that pass the filter. With a `count` it resolves as soon as there are so many, and rejects with an
   * `Error` that says what there was instead when they have not come within `waitMs` milliseconds; 2000 by default.
   */
  requests(
    asked?: RequestFilter & { readonly count?: number; readonly waitMs?: number },
  ): Promise<ControlSchemas["JournalEntry"][]>;
  clearRequests(): Promise<void>;
  /** The latest changes of records, with each before and after; with `after`, those behind the change of that id. */
  changes(asked?: { readonly after?: number }): Promise<ControlSchemas["Change"][]>;
  /** What happens from now on; with `after`, what has happened since the request of that id too. The signal ends it. */
  events(asked?: RequestFilter & { readonly after?: number; readonly signal?: AbortSignal }): ControlEvents;
  readonly webhooks: {
    /** The receivers of the sandbox. */
    list(): Promise<ControlSchemas["Receivers"]>;
    /** Puts receivers in the place of those before. */
    set(receivers: ControlSchemas["Receivers"]): Promise<ControlSchemas["Receivers"]>;
  };
  /** Each event on its way to each receiver, with every attempt. */
  deliveries(): Promise<ControlSchemas["Delivery"][]>;
  /** Sends a delivery again; resolves to it once the attempt has come to its end. */
  replay(deliveryId: string): Promise<ControlSchemas["Delivery"]>;
  readonly sandboxes: {
    list(): Promise<ControlSchemas["Sandbox"][]>;
    /** Forgets a sandbox, named as it is listed or by its key. */
    remove(name: string): Promise<void>;
  };
};

/** A refusal of the control plane. */
export class ControlError extends Error {
  override name = "ControlError";
  readonly status: number;
  readonly code: string | undefined;
  /** Everything that is wrong with the request. */
  readonly details: readonly ControlSchemas["ErrorDetail"][];
  readonly hint: string | undefined;

  constructor(status: number, { message, code, details = [], hint }: Partial<ControlSchemas["Error"]>) {
    const said = message ?? `The control plane answered ${status}, and not as a mock does.`;
    super([said, ...details.map((detail) => detail.message)].join(" "));
    this.status = status;
    this.code = code;
    this.details = details;
    this.hint = hint;
  }
}

/** How long requests are waited for, in milliseconds, unless told. */
const usualWaitMs = 2000;

/** The most requests that a message tells of. */
const mostTold = 10;

/** Makes a client of the control plane of a mock. */
export function createControl({ baseUrl, apiKey = "test_key", fetch = globalThis.fetch }: ControlOptions): Control {
  const send = (request: Request) => fetch(request);
  const api = createOpenApiClient<paths>({ baseUrl, fetch: send, headers: { "X-API-Key": apiKey } });

  async function requests({ count, waitMs = usualWaitMs, ...filter }: Parameters<Control["requests"]>[0] = {}) {
    const query = count === undefined ? filter : { ...filter, count, wait: waitMs };
    const { items } = await answered(api.GET("/_understudy/requests", { params: { query } }));
    if (count === undefined || items.length >= count) return items;
    const all = await answered(api.GET("/_understudy/requests"));
    throw new Error(unmet({ count, waitMs, filter }, items.length, all.items));
  }

  return {
    health: () => answered(api.GET("/_understudy/health")),
    reset: () => answered(api.POST("/_understudy/reset")),
    state: () => answered(api.GET("/_understudy/state")),
    // The document cannot say that all members but two are lists.
    setState: (state) => answered(api.PUT("/_understudy/state", { body: state as ControlSchemas["State"] })),
    patchState: (body) => answered(api.PATCH("/_understudy/state", { body })),
    clock: () => answered(api.GET("/_understudy/clock")),
    setClock: (body) => answered(api.PUT("/_understudy/clock", { body })),
    advance: (advanceMs) => answered(api.PUT("/_understudy/clock", { body: { advanceMs } })),
    freeze: (now) =>
      answered(api.PUT("/_understudy/clock", { body: { ...(now === undefined ? {} : { now }), frozen: true } })),
    snapshots: snapshotsOf(api),
    faults: faultsOf(api),
    requests,
    clearRequests: () => answered(api.DELETE("/_understudy/requests")),
    changes: async (query = {}) => (await answered(api.GET("/_understudy/changes", { params: { query } }))).items,
    events({ after, signal, ...filter } = {}) {
      const query = after === undefined ? filter : { ...filter, lastEventId: after };
      const ended = new AbortController();
      const end = () => ended.abort();
      if (signal?.aborted) end();
      signal?.addEventListener("abort", end, { once: true });
      const stream = answered(
        api.GET("/_understudy/events", { params: { query }, parseAs: "stream", signal: ended.signal }),
      );
      return eventsIn(stream as Promise<ReadableStream<Uint8Array>>, ended.signal, end);
    },
    webhooks: {
      list: () => answered(api.GET("/_understudy/webhooks")),
      set: (body) => answered(api.PUT("/_understudy/webhooks", { body })),
    },
    deliveries: async () => (await answered(api.GET("/_understudy/webhooks/deliveries"))).items,
    replay: (deliveryId) =>
      answered(api.POST("/_understudy/webhooks/deliveries/{deliveryId}/replay", { params: { path: { deliveryId } } })),
    sandboxes: {
      list: async () => (await answered(api.GET("/_understudy/sandboxes"))).items,
      remove: (name) => answered(api.DELETE("/_understudy/sandboxes/{name}", { params: { path: { name } } })),
    },
  };
}

type Api = ReturnType<typeof createOpenApiClient<paths>>;

function snapshotsOf(api: Api): Control["snapshots"] {
  const of = (name: string) => ({ params: { path: { name } } });
  return {
    list: async () => (await answered(api.GET("/_understudy/snapshots"))).items,
    take: (name) => answered(api.PUT("/_understudy/snapshots/{name}", of(name))),
    read: (name) => answered(api.GET("/_understudy/snapshots/{name}", of(name))),
    restore: (name) => answered(api.POST("/_understudy/snapshots/{name}/restore", of(name))),
    remove: (name) => answered(api.DELETE("/_understudy/snapshots/{name}", of(name))),
  };
}

function faultsOf(api: Api): Control["faults"] {
  return {
    add: (body) => answered(api.POST("/_understudy/faults", { body })),
    list: async () => (await answered(api.GET("/_understudy/faults"))).items,
    remove: (faultId) => answered(api.DELETE("/_understudy/faults/{faultId}", { params: { path: { faultId } } })),
    clear: () => answered(api.DELETE("/_understudy/faults")),
  };
}

/** What a call answers: its body, nothing where there is none. */
async function answered<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<[Data] extends [never] ? undefined : NonNullable<Data>> {
  const { data, error, response } = await call;
  if (!response.ok) throw new ControlError(response.status, refusalIn(error));
  return data as [Data] extends [never] ? undefined : NonNullable<Data>;
}

/** What answers in the place of a mock may answer anything. */
function refusalIn(error: unknown): Partial<ControlSchemas["Error"]> {
  const isOurs = typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";
  return isOurs ? (error as ControlSchemas["Error"]) : {};
}

function unmet(
  { count, waitMs, filter }: { readonly count: number; readonly waitMs: number; readonly filter: RequestFilter },
  came: number,
  all: readonly ControlSchemas["JournalEntry"][],
): string {
  const asked = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  const wanted = `${count} request${count === 1 ? "" : "s"}${asked.length > 0 ? ` with ${asked.join(", ")}` : ""}`;
  const seen = all.slice(-mostTold).map(({ request, response, nearest }) => {
    const { method, target, operationId } = request;
    const by = operationId ?? nearest?.why ?? "no operation";
    return `  ${method} ${target} ${response?.status ?? "unanswered"} (${by})`;
  });
  const rest = all.length === 0 ? "the journal is empty." : `the journal holds ${all.length}, at last:`;
  return [`There should have been ${wanted} within ${waitMs} ms; ${came} came, and ${rest}`, ...seen].join("\n");
}
