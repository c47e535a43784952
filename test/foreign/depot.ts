import type { Fault } from "./faults.ts";

type Json = { [member: string]: unknown };
type Kept = { readonly print: string; readonly answer: Answer };
type Answer = { readonly status: number; readonly headers: Record<string, string>; readonly body: unknown };
type Store = {
  readonly parcels: Map<string, Json>;
  readonly stops: Map<string, Json[]>;
  readonly keys: Map<string, Kept>;
};

export const token = "depot-token-7Q";

const states = ["waiting", "loaded", "returned"];
const countries = ["DE", "FR", "PL"];
const parcelMembers = [
  "id",
  "createdAt",
  "grams",
  "recipient",
  "state",
  "note",
  "email",
  "dueOn",
  "fragile",
  "tags",
  "pin",
];

/** A depot with nothing in it, written by hand and independent of the package; `fault` is what it does wrong. */
export function createDepot(fault?: Fault): (request: Request) => Promise<Response> {
  const store: Store = { parcels: new Map(), stops: new Map(), keys: new Map() };
  let [count, puts] = [0, 0];
  const is = (name: Fault) => fault === name;

  function answer(status: number, body?: unknown, headers: Record<string, string> = {}): Answer {
    return { status, body, headers };
  }
  function refusal(status: number, text: string, headers: Record<string, string> = {}): Answer {
    if (is("html-error")) return answer(status, `<html>${text}</html>`, { ...headers, "Content-Type": "text/html" });
    if (is("error-of-another-form")) return answer(status, { message: text }, headers);
    if (is("empty-error")) return answer(status, undefined, headers);
    return answer(status, { error: { code: `E${status}`, text } }, headers);
  }

  function shown(parcel: Json, use: "made" | "read" | "changed" | "listed"): Json {
    const { pin, ...rest } = parcel;
    const body: Json = { ...rest };
    if (is("id-as-number")) body.id = Number(String(body.id).slice(2));
    if (is("created-at-in-seconds")) body.createdAt = Math.floor(Date.parse(String(body.createdAt)) / 1000);
    if (is("member-missing") && use === "changed") delete body.recipient;
    if (is("internal-member")) body._rev = 3;
    if (is("pin-shown") && pin !== undefined) body.pin = Number(pin);
    if (is("state-not-in-enum") && body.state === "returned") body.state = "RETURNED";
    if (is("flag-as-text") && "fragile" in body) body.fragile = String(body.fragile);
    if (is("list-item-without-recipient") && use === "listed") delete body.recipient;
    return body;
  }
  const tagged = (parcel: Json) => ({ ETag: `"${JSON.stringify(parcel).length}-${parcel.grams}"` });

  /** What is wrong with an address. */
  function wrongAddress(value: unknown): string | undefined {
    if (!isJson(value)) return "recipient is no object";
    const { street, postcode, country, ...rest } = value;
    if (Object.keys(rest).length > 0) return "recipient has an unknown member";
    if (street === undefined && is("nested-required-not-checked")) return undefined;
    if (typeof street !== "string" || [...street].length > 80) return "street";
    if (street === "") {
      if (is("crash-on-empty-text")) throw new Error("cannot read the first letter");
      return "street is empty";
    }
    const code = is("postcode-pattern-not-anchored") ? /[0-9]{4,6}/ : /^[0-9]{4,6}$/;
    if (typeof postcode !== "string" || !code.test(postcode)) return "postcode";
    if (typeof country !== "string") return "country";
    return countries.includes(country) || is("unknown-country-taken") ? undefined : "country is unknown";
  }

  function wrongGrams(grams: unknown): string | undefined {
    if (typeof grams === "string" && /^[0-9]+$/.test(grams) && is("text-for-number-taken")) return undefined;
    if (typeof grams !== "number") return "grams is no number";
    if (!Number.isInteger(grams) && !is("grams-fraction-taken")) return "grams is no integer";
    if (grams === 1 && is("grams-minimum-refused")) return "grams is too small";
    if (grams === 30000 && is("grams-maximum-refused")) return "grams is too large";
    if (grams < (is("grams-zero-taken") ? 0 : 1)) return "grams is too small";
    return grams > (is("grams-over-the-maximum-taken") ? 30001 : 30000) ? "grams is too large" : undefined;
  }

  function wrongNote(note: unknown): string | undefined {
    if (note === null) return is("null-note-refused") ? "note is null" : undefined;
    if (typeof note !== "string") return "note is no text";
    if (is("text-too-long-cut")) return undefined;
    return [...note].length > (is("longest-note-refused") ? 119 : 120) ? "note is too long" : undefined;
  }

  function wrongState(state: unknown): string | undefined {
    if (state === "returned" && is("last-state-refused")) return "state";
    return states.includes(String(state)) && typeof state === "string" ? undefined : "state";
  }

  function wrongTags(tags: unknown): string | undefined {
    if (!Array.isArray(tags)) return "tags";
    if (tags.length > (is("longest-tags-refused") ? 4 : 5) && !is("too-many-tags-taken")) return "too many tags";
    if (new Set(tags.map((tag) => JSON.stringify(tag))).size < tags.length && !is("twin-tags-taken"))
      return "twin tags";
    return tags.every((tag) => typeof tag === "string" && tag !== "" && [...tag].length <= 20) ? undefined : "a tag";
  }

  const wrongMember: Record<string, (value: unknown) => string | undefined> = {
    grams: wrongGrams,
    note: wrongNote,
    state: wrongState,
    tags: wrongTags,
    recipient: wrongAddress,
    email: (value) => (typeof value === "string" && (is("email-not-checked") || isEmail(value)) ? undefined : "email"),
    dueOn: (value) => {
      if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d$/.test(value)) return "dueOn";
      return isDay(value) || is("date-not-checked") ? undefined : "dueOn is no day";
    },
    fragile: (value) => {
      if (value === false && is("false-refused")) return "fragile is missing";
      return typeof value === "boolean" ? undefined : "fragile";
    },
    pin: (value) => (typeof value === "string" && /^[0-9]{4}$/.test(value) ? undefined : "pin"),
  };

  function wrongParcel(value: Json): string | undefined {
    for (const [name, member] of Object.entries(value)) {
      if (name === "id" || name === "createdAt") continue;
      const check = wrongMember[name];
      if (!check && !is("unknown-member-taken")) return `${name} is unknown`;
      const wrong = check?.(member);
      if (wrong) return wrong;
    }
    if (value.grams === undefined) return "grams is missing";
    if (value.recipient === undefined && !is("recipient-optional")) return "recipient is missing";
    return value.note === undefined && is("note-needed") ? "note is missing" : undefined;
  }

  /** A parcel as it is kept. */
  function kept(value: Json): Json {
    const own = Object.fromEntries(
      Object.entries(value).filter(([name]) => parcelMembers.includes(name) && name !== "id" && name !== "createdAt"),
    );
    if (is("numbers-rounded") && typeof own.grams === "number" && own.grams > 100)
      own.grams = Math.round(own.grams / 10) * 10;
    if (is("grams-fraction-taken") && typeof own.grams === "number") own.grams = Math.floor(own.grams);
    if (is("text-for-number-taken")) own.grams = Number(own.grams);
    if (is("text-too-long-cut") && typeof own.note === "string") own.note = [...own.note].slice(0, 120).join("");
    return own;
  }

  function takeIn(value: Json): Answer {
    const id = `p_${++count}`;
    const parcel: Json = { id, createdAt: new Date().toISOString(), ...kept(value) };
    if (is("recipient-optional")) parcel.recipient ??= { street: "Depot", postcode: "0000", country: "DE" };
    if (is("one-member-not-kept"))
      store.parcels.set(id, Object.fromEntries(Object.entries(parcel).filter(([name]) => name !== "dueOn")));
    else if (!is("create-not-kept")) store.parcels.set(id, parcel);
    if (is("created-twice")) store.parcels.set(`p_${++count}`, { ...parcel, id: `p_${count}` });
    const location = is("location-to-nowhere") ? `/v2/parcels/${id}/view` : `/parcels/${id}`;
    return answer(is("created-with-200") ? 200 : 201, shown(parcel, "made"), { Location: location, ...tagged(parcel) });
  }

  function list(query: URLSearchParams): Answer {
    const limit = query.get("limit") ?? "20";
    if (!/^[0-9]+$/.test(limit) && !is("limit-text-taken")) return refusal(400, "limit is no number");
    const most = is("limit-over-the-maximum-taken") ? 1000 : is("limit-maximum-refused") ? 49 : 50;
    if (Number(limit) < 1 || Number(limit) > most) return refusal(400, "limit is out of range");
    const state = query.get("state");
    if (state !== null && !states.includes(state) && !is("unknown-state-filter-taken")) return refusal(400, "state");
    const least = query.get("minGrams") ?? "0";
    if (!/^[0-9]+$/.test(least) || Number(least) > 30000) return refusal(400, "minGrams");
    const after = query.get("after");
    if (after !== null && !/^p_[0-9]+$/.test(after)) return refusal(400, "after");
    const all = [...store.parcels.values()].filter(
      (parcel) =>
        (state === null || parcel.state === state) &&
        Number(parcel.grams) >= Number(least) &&
        (after === null || Number(String(parcel.id).slice(2)) > Number(after.slice(2))),
    );
    const seen = is("list-omits-newest") ? all.slice(0, -1) : all;
    const page = seen.slice(0, Number(limit) || 20).map((parcel) => shown(parcel, "listed"));
    return answer(200, is("bare-list") ? page : { parcels: page, more: seen.length > page.length });
  }

  function put(id: string, value: Json): Answer {
    const old = store.parcels.get(id)!;
    puts++;
    const { createdAt } = old;
    const merged = is("put-merges-sometimes") && puts % 3 === 0 ? old : {};
    const one = is("put-keeps-one-member") && "email" in old ? { email: old.email } : {};
    const parcel: Json = {
      ...merged,
      ...one,
      id: is("put-with-new-id") ? `p_${++count}` : id,
      createdAt,
      ...kept(value),
    };
    if (is("recipient-optional")) parcel.recipient ??= old.recipient;
    if (!is("put-not-kept")) store.parcels.set(id, parcel);
    return answer(200, shown(parcel, "changed"), tagged(parcel));
  }

  function patch(id: string, value: Json): Answer {
    const { note, fragile, ...rest } = store.parcels.get(id)!;
    const old = is("patch-wipes") ? rest : store.parcels.get(id)!;
    const own = kept(value);
    if (is("patch-null-passed-over") && own.note === null) delete own.note;
    const parcel = { ...old, ...own };
    if (!is("patch-not-kept")) store.parcels.set(id, parcel);
    return answer(200, shown(parcel, "changed"), tagged(parcel));
  }

  function remove(id: string): Answer {
    if (is("listed-after-delete")) store.keys.set(`gone ${id}`, { print: "", answer: answer(204) });
    else if (!is("there-after-delete")) store.parcels.delete(id);
    else store.keys.set(`gone ${id}`, { print: "", answer: answer(204) });
    store.stops.delete(id);
    return is("deleted-with-200") ? answer(200, { deleted: true }) : answer(204);
  }

  function bodyOf(text: string, type: string | null): Json | Answer {
    if (!/^application\/json\b/i.test(type ?? "") && !is("any-media-type-taken")) return refusal(415, "send JSON");
    try {
      const value: unknown = JSON.parse(text);
      return isJson(value) ? value : refusal(400, "the body is no object");
    } catch {
      if (is("crash-on-broken-json")) throw new Error("unexpected token");
      return refusal(400, "the body is no JSON");
    }
  }

  /** Carries a write out once for each key. */
  function once(key: string | null, text: string, operation: string, work: () => Answer): Answer {
    if (key === null || is("key-ignored") || (is("key-ignored-by-put") && operation === "PUT")) return work();
    const short = is("keys-compared-by-beginning") ? key.slice(0, 6) : key;
    const name = is("keys-shared-by-operations") ? short : `${operation} ${short}`;
    const before = store.keys.get(name);
    if (!before) {
      const first = work();
      if (first.status < 300 || is("key-kept-for-refused")) store.keys.set(name, { print: text, answer: first });
      return first;
    }
    if (before.print !== text && !is("mismatch-taken") && !is("keys-shared-by-operations"))
      return refusal(409, "the key was used for another request");
    if (is("replay-is-empty")) return answer(before.answer.status, {}, before.answer.headers);
    if (is("replay-is-new")) return { ...before.answer, body: { ...(before.answer.body as Json), id: `p_${++count}` } };
    return before.answer;
  }

  function stopsOf(id: string, method: string, text: string, type: string | null): Answer {
    if (!store.parcels.has(id) && !(is("stop-of-no-parcel") && method === "POST"))
      return refusal(404, "no such parcel");
    const own = store.stops.get(id) ?? [];
    if (method === "GET") return answer(200, is("stops-of-all-parcels") ? [...store.stops.values()].flat() : own);
    const value = bodyOf(text, type);
    if (isAnswer(value)) return value;
    const { place, at } = value;
    if (typeof place !== "string" || place === "" || [...place].length > 40) return refusal(400, "place");
    if (at !== undefined && (typeof at !== "string" || !isMoment(at))) return refusal(400, "at");
    const stop = { id: ++count, place, ...(at === undefined ? {} : { at }) };
    if (!is("stop-not-listed")) store.stops.set(id, [...own, stop]);
    return answer(201, stop);
  }

  function parcelById(id: string, method: string, text: string, request: Request): Answer {
    if (!/^p_[0-9]+$/.test(id)) return refusal(400, "that is no id");
    const isGone = store.keys.has(`gone ${id}`) && !(is("there-after-delete") && method === "GET");
    if (!store.parcels.has(id) || isGone) {
      if (is("crash-on-unknown-id")) throw new Error("cannot read properties of undefined");
      if (is("second-delete-500") && method === "DELETE" && Number(id.slice(2)) <= count) throw new Error("no row");
      return refusal(404, "no such parcel");
    }
    if (method === "GET") {
      const parcel = store.parcels.get(id)!;
      return answer(200, shown(parcel, "read"), is("required-header-missing") ? {} : tagged(parcel));
    }
    if (method === "DELETE") return remove(id);
    const value = bodyOf(text, request.headers.get("content-type"));
    if (isAnswer(value)) return value;
    if (method === "PUT") {
      const key = request.headers.get("idempotence-key");
      if (key !== null && (key.length < 8 || key.length > 64)) return refusal(400, "the key");
      const wrong = wrongParcel(value);
      if (wrong && is("refused-put-writes")) store.parcels.set(id, { ...store.parcels.get(id)!, grams: 4711 });
      return once(key, `${id} ${text}`, "PUT", () => (wrong ? refusal(400, wrong) : put(id, value)));
    }
    if (Object.keys(value).length === 0 && !is("empty-patch-taken")) return refusal(400, "nothing to change");
    for (const [name, member] of Object.entries(value)) {
      if (!["grams", "state", "note", "fragile"].includes(name)) return refusal(400, `${name} is unknown`);
      const wrong = wrongMember[name]!(member);
      if (wrong) return refusal(400, wrong);
    }
    return patch(id, value);
  }

  function parcels(method: string, text: string, request: Request): Answer {
    if (method === "GET") return list(new URL(request.url).searchParams);
    const key = request.headers.get("idempotence-key");
    if (key === null && !is("key-not-required")) return refusal(400, "a key is needed");
    if (key !== null && (key.length < 8 || key.length > 64)) return refusal(400, "the key");
    const value = bodyOf(text, request.headers.get("content-type"));
    if (isAnswer(value)) return value;
    const wrong = wrongParcel(value);
    if (wrong && is("refused-post-writes"))
      takeIn({ grams: 5, recipient: { street: "a", postcode: "1000", country: "DE" } });
    return once(key, text, "POST", () => (wrong ? refusal(400, wrong) : takeIn(value)));
  }

  function refusedMethod(declared: readonly string[], method: string): Answer {
    if (method === "PUT" && is("put-on-collection-answers-200")) return answer(200, {});
    const allowed = is("allow-lies") ? declared.slice(1) : declared;
    return refusal(405, "no such method", is("no-allow") ? {} : { Allow: allowed.join(", ") });
  }

  function isLetIn(request: Request, isItem: boolean): boolean {
    const given = request.headers.get("x-depot-token");
    if (given === token || is("no-token-let-in")) return true;
    if (is("open-read") && isItem && request.method === "GET") return true;
    if (is("open-delete") && isItem && request.method === "DELETE") return true;
    return given !== null && given !== "" && is("any-token-let-in");
  }

  function served(request: Request, text: string): Answer {
    const { method } = request;
    const path = new URL(request.url).pathname.replace(/^\/v2/, "");
    const [, root, id, more, rest] = path.split("/");
    if (root !== "parcels" || rest !== undefined || (more !== undefined && more !== "stops") || id === "")
      return refusal(404, "no such path");
    const declared = more ? ["GET", "POST"] : id ? ["GET", "PUT", "PATCH", "DELETE"] : ["GET", "POST"];
    const known = declared.includes(method === "HEAD" ? "GET" : method);
    const carry = () => {
      if (!known) return refusedMethod(declared, method);
      const as = method === "HEAD" ? "GET" : method;
      if (more) return stopsOf(id!, as, text, request.headers.get("content-type"));
      return id ? parcelById(decodeURIComponent(id), as, text, request) : parcels(as, text, request);
    };
    if (isLetIn(request, id !== undefined && !more)) return carry();
    if (is("refused-after-the-write") && known) carry();
    const key = request.headers.get("idempotence-key");
    const stranger: Kept = { print: "stranger", answer: answer(401) };
    if (key !== null && is("key-kept-for-strangers")) store.keys.set(`${method} ${key}`, stranger);
    return refusal(401, "no such token");
  }

  return async (request) => {
    const text = await request.text();
    try {
      return responseOf(served(request, text), request.method, is("json-as-text") ? "text/plain" : "application/json");
    } catch (error) {
      return responseOf(refusal(500, (error as Error).message), request.method, "application/json");
    }
  };
}

function responseOf({ status, headers, body }: Answer, method: string, type: string): Response {
  if (body === undefined) return new Response(null, { status, headers });
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Response(method === "HEAD" ? null : text, { status, headers: { "Content-Type": type, ...headers } });
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAnswer(value: Json | Answer): value is Answer {
  return typeof value.status === "number" && isJson(value.headers);
}

function isEmail(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(
      text,
    )
  );
}

function isMoment(text: string): boolean {
  const [, day, hours, minutes, seconds] =
    /^(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.exec(text) ?? [];
  const isLeap = seconds === "60";
  return isDay(day ?? "") && Number(hours) < 24 && Number(minutes) < 60 && (Number(seconds) < 60 || isLeap);
}

function isDay(text: string): boolean {
  const [, year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
