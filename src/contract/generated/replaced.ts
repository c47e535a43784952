import { isDeepStrictEqual } from "node:util";
import type { Operation } from "../../document/spec.ts";
import { isObject } from "../../document/validator.ts";
import { Mismatch } from "../findings.ts";
import { isSuccess } from "../wire/exchange.ts";
import { isPlain } from "./kept.ts";
import { withAt } from "./places.ts";
import { keepsWhatIsReadOnly } from "./read-only.ts";
import type { RequestShape, RequestValue } from "./request.ts";
import { type Item, operationFor } from "./stock.ts";
import { bareItem, bareOf, holdKept, readItem, type Subject, sameItem, shownMembers } from "./subject.ts";

/** How often an item is replaced by all of its members and by the least of them. */
const rounds = 6;

/** A request for another item than it was made for: its path names that one, and so does its body where it names one. */
function forItem({ resource: { id } }: Subject, request: RequestValue, item: Item): RequestValue {
  const there: RequestValue = { ...request, path: item.path };
  return isObject(request.body) && id in request.body ? withAt(there, ["body", id], item.id) : there;
}

export async function replacesAlike(subject: Subject): Promise<void> {
  const { session, resource, operation, scene } = subject;
  const reader = operationFor(resource, "read");
  const [base] = (await session.bases(operation, scene)).accepted.filter(({ body }) => isObject(body) && isPlain(body));
  const item = base && (await bareItem(subject));
  if (!reader || !item)
    return scene.skip(`no request of ${operation.id} is accepted for an item that the run has made`);
  const shape = session.shape(operation);
  const full = forItem(subject, base, item);
  const bare = bareOf(shape, full);
  const put = async (request: RequestValue) => {
    const { exchange, findings, sent } = await session.anew.sent(
      shape,
      await session.ready(operation, request, scene),
      scene,
    );
    for (const finding of findings) scene.find(finding);
    if (!isSuccess(exchange) || exchange.status === 202) return undefined;
    const read = await readItem(subject, item.path);
    if (!read || !isSuccess(read)) return undefined;
    holdKept(subject, sent, operation, operation, exchange);
    holdKept(subject, sent, operation, reader, read);
    sameItem(subject, item, read);
    return shownMembers(subject, operation, read);
  };
  const seen = new Map<string, Set<"kept" | "dropped">>();
  const usual = await put(bare);
  const unlikeIt = unlike(shape, full, usual);
  for (let round = 0; usual && round < rounds; round++) {
    const whole = await put(unlikeIt);
    const left = whole && (await put(bare));
    if (!whole || !left) break;
    for (const name of Object.keys(isObject(full.body) ? full.body : {})) {
      const isLeft = isObject(bare.body) && name in bare.body;
      // What it is anyway tells nothing.
      if (
        isLeft ||
        !(name in whole) ||
        isNothing(whole[name]) ||
        (round === 0 && isDeepStrictEqual(whole[name], usual[name]))
      )
        continue;
      const ways = seen.get(name) ?? new Set();
      if (round > 0 && !seen.has(name)) continue;
      seen.set(name, ways.add(isDeepStrictEqual(left[name], whole[name]) ? "kept" : "dropped"));
    }
  }
  alike(operation, seen);
  const own = await bareItem(subject);
  if (own) await keepsWhatIsReadOnly(subject, forItem(subject, bare, own), own);
}

/** A request that says no of what is usually yes, and the other way round, so that it is seen whether that is kept. */
function unlike(shape: RequestShape, full: RequestValue, usual: RequestValue | undefined): RequestValue {
  return Object.entries(usual ?? {}).reduce((request, [name, value]) => {
    const other = typeof value === "boolean" ? withAt(request, ["body", name], !value) : request;
    return shape.check(other).length === 0 ? other : request;
  }, full);
}

function isNothing(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    isDeepStrictEqual(value, []) ||
    isDeepStrictEqual(value, {})
  );
}

function alike(operation: Operation, seen: ReadonlyMap<string, ReadonlySet<"kept" | "dropped">>): void {
  const of = (way: "kept" | "dropped") => [...seen].filter(([, ways]) => ways.has(way)).map(([name]) => name);
  const [kept, dropped] = [of("kept"), of("dropped")];
  const both = kept.filter((name) => dropped.includes(name));
  const expected = "the same each time";
  if (both.length > 0)
    throw new Mismatch(`${operation.id} replaces at times, and merges at others`, undefined, {
      at: `body.${both[0]}`,
      expected,
      received: `${both.join(", ")}: kept and dropped`,
    });
  if (kept.length > 0 && dropped.length > 0)
    throw new Mismatch(`${operation.id} keeps some of what it is not sent, and drops the rest`, undefined, {
      at: `body.${kept[0]}`,
      expected: "all kept, or none",
      received: `kept: ${kept.join(", ")}; dropped: ${dropped.join(", ")}`,
    });
}
