import { declaredResponse } from "../../document/spec.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";
import { difference, Mismatch } from "../findings.ts";
import { isGone, isSuccess } from "../wire/exchange.ts";
import { elsewhere } from "./anew.ts";
import { listed } from "./listed.ts";
import { pathIn, withAt } from "./places.ts";
import { tried } from "./session.ts";
import { type Item, makeItem, namesItself, operationFor, resourceNamed } from "./stock.ts";
import { isAsSent, readItem, recordIn, type Subject } from "./subject.ts";

/** The parameter of a path that names the item around those of a resource, and the resource of that; `undefined` where none does. */
function parentOf({ session, resource, creator }: Subject) {
  const names = creator.parameters.filter((one) => one.in === "path").map(({ name }) => name);
  const name = names.filter((one) => one !== resource.parameter || !namesItself(resource, creator)).at(-1);
  const parent = name === undefined ? undefined : resourceNamed(session.spec, creator, name);
  return parent && name !== undefined ? { name, parent } : undefined;
}

/** The items around those of a resource, the nearest of them replaced by a new one; `undefined` where there are none. */
async function elsewhereOf(subject: Subject, item: Item) {
  const found = parentOf(subject);
  if (!found || !isObject(item.sent.path)) return undefined;
  const { name, parent } = found;
  const other = await makeItem(subject.session, parent, item.path, subject.scene);
  return !other || String(other.id) === String(item.sent.path[name]) ? undefined : { name, id: other.id };
}

/** Nothing is made below an item that is not there, where the document says what is answered then. */
export async function notBelowNothing(subject: Subject, { sent }: Item): Promise<void> {
  const { session, creator, scene } = subject;
  const found = parentOf(subject);
  if (!found || !declaredResponse(creator, 404)) return;
  const shape = session.shape(creator);
  const nowhere = elsewhere(shape, session.anew.renewed(shape, sent, scene), found.name, scene);
  const around = nowhere && (await readItem({ ...subject, resource: found.parent }, pathIn(nowhere), false));
  if (!nowhere || !around || !isGone(around)) return;
  const probed = await tried(scene, shape.plan(nowhere, scene.freshKey));
  if (!probed || !isSuccess(probed.exchange)) return;
  const message = `${creator.id} makes something below a ${found.name} that nobody has made`;
  scene.find(difference(message, probed.exchange, { at: "status", expected: "404", received: probed.exchange.status }));
}

/** What was made below one item is not read below another one, which is new. */
export async function notReadElsewhere(subject: Subject, item: Item): Promise<void> {
  const { session, resource, creator, scene } = subject;
  const other = await elsewhereOf(subject, item);
  const reader = operationFor(resource, "read");
  if (!other || !reader) return;
  const path = { ...item.path, [other.name]: other.id };
  const read = await readItem(subject, path, false);
  const shown = read && isSuccess(read) ? recordIn(subject, reader, read)?.value : undefined;
  if (!read || !shown || !isAsSent(subject, item, shown)) return;
  // Some make up whatever is asked for.
  const nobodys = elsewhere(session.shape(reader), { path }, resource.parameter, scene);
  const made = nobodys && (await readItem(subject, pathIn(nobodys), false));
  if (!made || !isGone(made)) return;
  throw new Mismatch(`${reader.id} shows what ${creator.id} has made below another ${other.name}`, read, {
    at: "status",
    expected: "404",
    received: read.status,
  });
}

/** What was made below one item is not listed below another one, which is new. */
export async function notElsewhere(subject: Subject, item: Item, isIt: (one: JsonObject) => boolean): Promise<void> {
  const { session, resource, creator, scene } = subject;
  const other = await elsewhereOf(subject, item);
  if (!other) return;
  const { name, id } = other;
  const beside = () => listed(session, resource, withAt(item.sent, ["path", name], id), scene);
  const before = await beside();
  if (!before?.items.some((one) => isIt(one) && isAsSent(subject, item, one))) return;
  // It may be one of the same name that was there before; that of the next is not.
  const next = await makeItem(session, resource, item.path, scene, item.sent);
  const isNext = (one: JsonObject) => String(one[resource.id]) === String(next?.id);
  const there = await beside();
  const same = there?.items.find((one) => isNext(one) && isAsSent(subject, item, one));
  if (!next || !there || !same || before.items.some(isNext)) return;
  throw new Mismatch(`${there.operation.id} lists what ${creator.id} has made below another ${name}`, there.exchange, {
    at: "body",
    expected: `no item with ${resource.id} ${next.id}`,
    received: same,
  });
}
