import { sha256Of } from "#platform";
import type { Clock, Delay, Fault, FaultRequest, FaultRule, FaultRules, KeptFault } from "./store.ts";

/** The longest delay, in milliseconds: what a lognormal one draws now and then is longer than anybody waits. */
export const longestDelayMs = 600_000;

/** What the rules of a preset have in common with the networks and servers that they are named after. */
export const presets = {
  "flaky-network": [
    { rate: 0.05, connection: "drop-before" },
    { rate: 0.05, connection: "drop-after" },
    { rate: 0.02, connection: "truncate" },
    { delayMs: { median: 150, sigma: 0.7 } },
  ],
  "rate-limited": [{ rate: 0.3, answer: { status: 429, headers: { "Retry-After": "1" } } }],
  maintenance: [{ answer: { status: 503, headers: { "Retry-After": "120" } } }],
  "slow-3g": [{ delayMs: { min: 1800, max: 2200 }, bytesPerSecond: 50_000 }],
  "lost-responses": ["POST", "PUT", "PATCH", "DELETE"].map((method) => ({
    match: { method },
    rate: 0.5,
    connection: "drop-after",
  })),
} as const satisfies Record<string, readonly FaultRule[]>;

export type PresetName = keyof typeof presets;

/** A rule with what was seen of it; plain data. */
type Active = {
  readonly id: string;
  readonly rule: FaultRule;
  /** Until when it is in force, in milliseconds since 1970; for ever unless told. */
  readonly until: number | undefined;
  matched: number;
  applied: number;
};

/** The faults of a sandbox as plain data. */
export type FaultState = {
  made: number;
  posts: { readonly id: string; readonly posted: object; readonly rules: readonly Active[] }[];
};

/** Where the faults of a sandbox are kept. */
export type FaultPlace = {
  read(): Promise<FaultState>;
  /** Lets the state be changed in one step, whoever else changes it; answers what `change` does, which may be called again. */
  change<Told>(change: (state: FaultState) => Told): Promise<Told>;
};

/** A place in this process. */
function inMemory(): FaultPlace {
  const state: FaultState = { made: 0, posts: [] };
  return {
    async read() {
      return state;
    },
    async change(change) {
      return change(state);
    },
  };
}

/** Makes the faults of a sandbox, in this process unless told. What is left to chance follows from `seed`. */
export function createFaultRules(clock: Pick<Clock, "now">, seed: number, place = inMemory()): FaultRules {
  const tell = ({ id, posted, rules }: FaultState["posts"][number]): KeptFault => ({
    id,
    posted,
    applied: rules.reduce((sum, { applied }) => sum + applied, 0),
  });

  return {
    async add(posted, rules) {
      const now = await clock.now();
      return place.change((state) => {
        state.made += 1;
        const id = `fault-${state.made}`;
        const untilOf = ({ forMs }: FaultRule) => (forMs === undefined ? undefined : now + forMs);
        const active = rules.map((rule) => ({ id, rule, until: untilOf(rule), matched: 0, applied: 0 }));
        const post = { id, posted, rules: active };
        state.posts.push(post);
        return tell(post);
      });
    },
    list: async () => (await place.read()).posts.map(tell),
    remove: (id) =>
      place.change((state) => {
        const before = state.posts.length;
        state.posts = state.posts.filter((post) => post.id !== id);
        return state.posts.length < before;
      }),
    clear: () => place.change((state) => void Object.assign(state, { made: 0, posts: [] })),
    async take(request) {
      if ((await place.read()).posts.length === 0) return undefined;
      const now = await clock.now();
      return place.change((state) => taken(state, request, now, seed));
    },
  };
}

/** What goes wrong with a request, by the first rule that is for it; what was seen of the rules changes. */
function taken({ posts }: FaultState, request: FaultRequest, now: number, seed: number): Fault | undefined {
  for (const [index, active] of posts.flatMap(({ rules }) => rules).entries()) {
    if ((active.until !== undefined && now >= active.until) || !matches(active.rule, request)) continue;
    active.matched += 1;
    const draw = (what: string) => share(`${seed} ${active.id} ${index} ${what} ${active.matched}`);
    if (!isDue(active, draw)) continue;
    active.applied += 1;
    const { delayMs, bytesPerSecond, answer, connection } = active.rule;
    return { by: active.id, delayMs: lengthOf(delayMs, draw), bytesPerSecond, answer, connection };
  }
  return undefined;
}

function matches({ match = {} }: FaultRule, request: FaultRequest): boolean {
  const { operationId, method, path, header = {} } = match;
  return (
    (operationId === undefined || operationId === request.operationId) &&
    (method === undefined || method.toUpperCase() === request.method) &&
    (path === undefined || fits(path, request.path)) &&
    Object.entries(header).every(([name, value]) => {
      const given = request.header(name.toLowerCase());
      return given !== undefined && fits(value, given);
    })
  );
}

/** Whether a text is as a pattern has it, in which `*` stands for anything. */
export function fits(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return text === pattern;
  const last = rest.pop()!;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= text.length - last.length;
}

/** Whether a rule is for this one of the requests that it matches. */
function isDue({ rule, matched, applied }: Active, draw: (what: string) => number): boolean {
  const { nth = 1, times = rule.nth === undefined ? Infinity : 1, rate = 1 } = rule;
  return matched >= nth && applied < times && draw("rate") < rate;
}

/** How long a delay is this time, in milliseconds. */
function lengthOf(delay: Delay | undefined, draw: (what: string) => number): number {
  if (delay === undefined) return 0;
  if (typeof delay === "number") return delay;
  if ("min" in delay) return Math.round(delay.min + (delay.max - delay.min) * draw("delay"));
  // Box and Muller: two even draws make a normal one.
  const normal = Math.sqrt(-2 * Math.log(1 - draw("delay"))) * Math.cos(2 * Math.PI * draw("angle"));
  return Math.round(Math.min(longestDelayMs, delay.median * Math.exp(delay.sigma * normal)));
}

/** A number from 0 to 1, without 1, that follows from a text. */
function share(text: string): number {
  return Number.parseInt(sha256Of(text).slice(0, 12), 16) / 2 ** 48;
}
