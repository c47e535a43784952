import { isDeepStrictEqual } from "node:util";
import { boundaries } from "../../document/sample/edges.ts";
import { random } from "../../document/sample/sample.ts";
import { propertiesOf } from "../../document/schema.ts";
import { isObject } from "../../document/validator.ts";
import { Mismatch } from "../findings.ts";
import { type Exchange, isSuccess } from "../wire/exchange.ts";
import { isPlain, writable } from "./kept.ts";
import { pathIn, schemaWithin } from "./places.ts";
import { keepsWhatIsReadOnly } from "./read-only.ts";
import type { RequestShape, RequestValue } from "./request.ts";
import { tried } from "./session.ts";
import { operationFor } from "./stock.ts";
import {
  bareItem,
  bareOf,
  beside,
  bodySchema,
  holdBeginning,
  holdKept,
  readItem,
  recordIn,
  type Subject,
  sameItem,
  shownMembers,
} from "./subject.ts";

export async function changesAlone(subject: Subject): Promise<void> {
  const { session, resource, operation, scene } = subject;
  if (!operation.requestBody) return showsWhatItAnswers(subject);
  const reader = operationFor(resource, "read");
  const item = (await session.making(operation, scene)).made.get(resource.parameter);
  const { accepted } = await session.bases(operation, scene);
  const [base] = accepted.filter(({ body }) => isObject(body) && isPlain(body));
  const shape = session.shape(operation);
  if (!reader || !item || !base || !isObject(base.body))
    return scene.skip(`no request of ${operation.id} is accepted for an item that the run has made`);
  // Begun with as much as there can be, so that what is wiped is seen.
  await scene.probe(shape.plan(base, scene.freshKey));
  const othersAreKept = await beside(subject);
  let changed = 0;
  for (const sent of singles(subject, shape, base, await session.making(operation, scene))) {
    const before = await readItem(subject, item.path);
    const probed = await tried(scene, shape.plan(sent, scene.freshKey));
    if (!probed || !isSuccess(probed.exchange) || probed.exchange.status === 202) continue;
    changed++;
    const after = await readItem(subject, item.path);
    if (!after || !isSuccess(after)) continue;
    holdKept(subject, sent, operation, operation, probed.exchange);
    holdKept(subject, sent, operation, reader, after);
    sameItem(subject, item, after);
    restKept(subject, sent, before, after);
    holdBeginning(subject, before, after);
    tagChanges(subject, before, after);
    if (changed === 1) await othersAreKept();
    await scene.probe(shape.plan(base, scene.freshKey));
  }
  if (changed === 0) scene.skip(`no request of ${operation.id} changes one member alone`);
  const own = await bareItem(subject);
  if (own) await keepsWhatIsReadOnly(subject, { ...base, path: own.path }, own);
}

/** A strong tag is another one for other content. https://www.rfc-editor.org/rfc/rfc9110#section-8.8.1 */
function tagChanges({ operation }: Subject, before: Exchange | undefined, after: Exchange): void {
  const { etag } = after.headers;
  if (!before || etag === undefined || etag.startsWith("W/") || before.headers.etag !== etag) return;
  if (isDeepStrictEqual(before.json, after.json)) return;
  throw new Mismatch(`after ${operation.id} other content has the same ETag`, after, {
    at: "header.ETag",
    expected: `another one than ${etag}`,
    received: etag,
  });
}

/** What is done to an item without a word is what a read shows then, of the members that have few values. */
async function showsWhatItAnswers(subject: Subject): Promise<void> {
  const { session, resource, operation, scene } = subject;
  const reader = operationFor(resource, "read");
  const [known] = (await session.bases(operation, scene)).accepted;
  if (!reader || !known)
    return scene.skip(`no request of ${operation.id} is accepted for an item that the run has made`);
  const sent = await session.ready(operation, known, scene);
  const path = pathIn(sent);
  const first = await readItem(subject, path);
  const before = first && isSuccess(first) ? recordIn(subject, reader, first) : undefined;
  const answer = await scene.send(session.shape(operation).plan(sent, scene.freshKey));
  const told = isSuccess(answer) && answer.status !== 202 ? recordIn(subject, operation, answer) : undefined;
  const read = told && (await readItem(subject, path));
  const shown = read && isSuccess(read) ? recordIn(subject, reader, read) : undefined;
  if (!before || !told || !shown) return scene.skip(`${operation.id} answers no item that can be read`);
  const { alternatives } = session.shape(operation).schemas;
  for (const plain of alternatives(shown.schema))
    for (const [name, schema] of Object.entries(propertiesOf(plain))) {
      const isClosed = alternatives(schema).every(
        (form) => "enum" in form || "const" in form || form.type === "boolean",
      );
      const [one, other] = [told.value[name], shown.value[name]];
      if (!isClosed || one === undefined || other === undefined || isDeepStrictEqual(one, other)) continue;
      // It may have gone on from there meanwhile.
      if (!isDeepStrictEqual(other, before.value[name])) continue;
      throw new Mismatch(`${reader.id} does not show what ${operation.id} has answered`, read, {
        at: `body.${name}`,
        expected: one,
        received: other,
      });
    }
}

/** Requests that change one member each, beside those that have to be there. */
function singles(
  { session, resource }: Subject,
  shape: RequestShape,
  base: RequestValue,
  making: Parameters<typeof boundaries>[1],
): readonly RequestValue[] {
  const body = isObject(base.body) ? base.body : {};
  const least = bareOf(shape, base);
  const own = isObject(least.body) ? least.body : {};
  const found: RequestValue[] = [];
  for (const name of writable(shape.schemas, bodySchema(shape))) {
    // By another identifier the item would be another one.
    if (name === resource.id || (name in own && Object.keys(own).length > 1)) continue;
    const values = new Map<string, unknown>();
    for (const value of boundaries(schemaWithin(shape, ["body", name]), making)) {
      if (values.size >= 3) break;
      if (isPlain(value) && !isDeepStrictEqual(value, body[name]))
        values.set(value === null ? "null" : typeof value, value);
    }
    const drawn = random(schemaWithin(shape, ["body", name]), making, session.options.seed);
    for (const value of [...values.values(), ...(isPlain(drawn) ? [drawn] : [])]) {
      const alone = { ...base, body: { [name]: value } };
      const isEnough = name in own || (Object.keys(own).length === 1 && shape.check(alone).length === 0);
      const sent = isEnough ? alone : { ...base, body: { ...own, [name]: value } };
      if (value !== undefined && shape.check(sent).length === 0) found.push(sent);
    }
  }
  return found;
}

/** What a change did not name is as it was, of what clients write. */
function restKept(subject: Subject, sent: RequestValue, before: Exchange | undefined, after: Exchange): void {
  const { operation, resource, creator } = subject;
  const named = isObject(sent.body) ? sent.body : {};
  const sides = [creator, operationFor(resource, "replace"), operation].flatMap((one) => one ?? []);
  for (const one of sides) {
    const [was, is] = [shownMembers(subject, one, before), shownMembers(subject, one, after)];
    for (const name of Object.keys(was ?? {})) {
      if (name in named || !was || !is || isDeepStrictEqual(was[name], is[name])) continue;
      throw new Mismatch(`${operation.id} has changed ${name}, which it was not sent`, after, {
        at: `body.${name}`,
        expected: was[name],
        received: is[name] ?? "(absent)",
      });
    }
  }
}
