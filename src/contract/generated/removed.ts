import { isDeepStrictEqual } from "node:util";
import { Mismatch } from "../findings.ts";
import { isSuccess } from "../wire/exchange.ts";
import { listed } from "./listed.ts";
import { makeItem, operationFor } from "./stock.ts";
import { aroundOf, beside, patience, readItem, recordIn, type Subject } from "./subject.ts";

export async function removedIsGone(subject: Subject): Promise<void> {
  const { session, resource, operation, scene } = subject;
  const [known] = (await session.bases(operation, scene)).accepted;
  const item = known && (await makeItem(session, resource, await aroundOf(subject), scene));
  if (!item) return scene.skip(`no request of ${operation.id} is accepted for an item that the run has made`);
  const othersAreKept = await beside(subject);
  const shape = session.shape(operation);
  const before = await readItem(subject, item.path);
  const plan = () => shape.plan({ ...known, path: item.path }, scene.freshKey);
  const removal = await scene.send(plan());
  if (!isSuccess(removal) || removal.status === 202)
    return scene.skip(`${operation.id} answers ${removal.status} to a new item`);
  // Some show what is gone, as gone: then it shows something else.
  let read = before && (await readItem(subject, item.path, false));
  for (const ms of patience.slice(1)) {
    if (!read || !isSuccess(read) || !isDeepStrictEqual(read.json, before?.json)) break;
    await scene.wait(ms);
    read = await readItem(subject, item.path, false);
  }
  if (before && read && isSuccess(before) && isSuccess(read) && isDeepStrictEqual(read.json, before.json))
    throw new Mismatch(`what ${operation.id} has removed is still there`, read, {
      at: "status",
      expected: "404 or 410",
      received: read.status,
    });
  const list = await listed(session, resource, item.sent, scene);
  const still = list?.items.find((one) => String(one[resource.id]) === String(item.id));
  const record =
    before && isSuccess(before) ? recordIn(subject, operationFor(resource, "read")!, before)?.value : undefined;
  if (list && still && (!record || isDeepStrictEqual({ ...record, ...still }, record)))
    throw new Mismatch(`${list.operation.id} still lists what ${operation.id} has removed`, list.exchange, {
      at: "body",
      expected: `no item with ${resource.id} ${item.id}`,
      received: still,
    });
  await othersAreKept();
  await scene.send(plan());
}
