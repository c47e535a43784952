import { isDeepStrictEqual } from "node:util";
import { keyHeaderOf } from "../../document/idempotency.ts";
import { boundaries } from "../../document/sample/edges.ts";
import { simplest } from "../../document/sample/sample.ts";
import type { Operation } from "../../document/spec.ts";
import { isObject } from "../../document/validator.ts";
import type { Case, CaseBasis } from "../case.ts";
import { difference, Mismatch } from "../findings.ts";
import type { Scene } from "../scene.ts";
import { mayWrite } from "../target.ts";
import { type Exchange, isSuccess, type RequestPlan } from "../wire/exchange.ts";
import { caseMaker } from "./case-maker.ts";
import { isPlain } from "./kept.ts";
import { type RequestShape, type RequestValue, schemaAt } from "./request.ts";
import { changes, type Session, tried } from "./session.ts";
import { creatorOf, identifierIn, makeItem, recordShown, resourceFor } from "./stock.ts";

/** What the checks of one operation's key share; `a` and `b` are two requests that the target accepts, each for itself. */
type Keyed = {
  readonly session: Session;
  readonly operation: Operation;
  readonly shape: RequestShape;
  readonly scene: Scene;
  readonly header: string;
  readonly a: RequestValue;
  readonly b: RequestValue;
  key(): string;
  plan(value: RequestValue, key: string): RequestPlan;
  send(value: RequestValue, key: string): Promise<Exchange>;
};

type KeyCheck = {
  readonly what: string;
  readonly title: string;
  readonly claim: string;
  /** `documented` unless told. */
  readonly basis?: CaseBasis;
  readonly run: (keyed: Keyed) => Promise<void>;
};

/**
 * Checks of the idempotency key of each write that has a header parameter for one and states no rules of its own: what any such key
 * is for, and no more. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function keysOf(session: Session, operation: Operation): readonly Case[] {
  const header = keyHeaderOf(operation);
  if (header === undefined || operation.idempotency || !mayWrite(operation.method)) return [];
  if (session.shape(operation).impossible !== undefined) return [];
  const named = caseMaker(operation);
  return checks.map(({ what, title, claim, run, basis = "documented" }) =>
    named(`key-${what}`, title, basis, claim, async (scene) => run(await keyed(session, operation, header, scene))),
  );
}

const checks: readonly KeyCheck[] = [
  {
    what: "replay",
    title: "The same request under the same key is carried out once",
    claim: "A key is for requests that are repeated: they are not carried out again.",
    run: replay,
  },
  {
    what: "mismatch",
    title: "Another request under a used key is not answered as if it had been carried out",
    claim: "A key stands for one request.",
    run: mismatch,
  },
  {
    what: "free-after-refusal",
    title: "A request that was refused leaves its key free",
    claim: "What was not carried out cannot be repeated; but a server may keep the answer to a mistake as well.",
    basis: "assumed",
    run: freeAfterRefusal,
  },
  {
    what: "free-after-stranger",
    title: "A request without credentials leaves its key free",
    claim: "Who may not call may not use up the keys of others.",
    run: freeAfterStranger,
  },
  {
    what: "of-one-operation",
    title: "A key that was used for one operation does not get its answer from another",
    claim: "A key stands for one request.",
    run: ofOneOperation,
  },
  {
    what: "of-one-item",
    title: "A key that was used for one item does not get its answer for another",
    claim: "A key stands for one request.",
    run: ofOneItem,
  },
  {
    what: "told-apart",
    title: "Keys that differ by their last character are two keys",
    claim: "The same key is the same text.",
    run: toldApart,
  },
];

async function keyed(session: Session, operation: Operation, header: string, scene: Scene): Promise<Keyed> {
  const shape = session.shape(operation);
  const parameter = operation.parameters.find((one) => one.in === "header" && one.name === header);
  const sample = parameter?.place
    ? simplest(schemaAt(parameter.place), { schemas: shape.schemas, known: () => undefined })
    : "key";
  const nameIn = (value: RequestValue) => ({
    ...value,
    header: { ...(isObject(value.header) ? value.header : {}), [header]: sample },
  });
  const plan: Keyed["plan"] = (value, key) => {
    const planned = shape.plan(nameIn(value), scene.freshKey);
    return { ...planned, headers: { ...planned.headers, [header]: key } };
  };
  const key = () => shape.plan(nameIn({}), scene.freshKey).headers?.[header] ?? scene.freshKey();
  const { accepted } = await session.bases(operation, scene);
  const plain = accepted.filter(({ body }) => isPlain(body));
  const known = plain[0] ?? accepted[0];
  if (!known) return scene.skip(`no request of ${operation.id} is accepted`);
  const a = await session.ready(operation, known, scene);
  const making = await session.making(operation, scene);
  let tries = 0;
  for (const value of [...plain.slice(1), ...boundaries(shape.schema, making)]) {
    if (!isObject(value) || !isPlain(value.body) || isDeepStrictEqual(value.body, a.body)) continue;
    const other: RequestValue = { ...value, ...(a.path === undefined ? {} : { path: a.path }) };
    if (shape.check(nameIn(other)).length > 0) continue;
    if (++tries > 12) break;
    const probed = await tried(scene, plan(await session.ready(operation, other, scene), key()));
    const b = await session.ready(operation, other, scene);
    if (probed && isSuccess(probed.exchange))
      return {
        session,
        operation,
        shape,
        scene,
        header,
        a,
        b,
        key,
        plan,
        send: (one, under) => scene.send(plan(one, under)),
      };
  }
  return scene.skip(`no two different requests of ${operation.id} are accepted`);
}

async function replay(keyed: Keyed): Promise<void> {
  const { session, operation, scene, a, b, key, send } = keyed;
  const used = key();
  const first = await carriedOut(keyed, a, used);
  const made = madeBy(keyed, first);
  if (made !== undefined) {
    const again = await send(a, used);
    if (!isSuccess(again)) {
      const message = "a repeated request is refused, in place of what the first was answered";
      scene.find(
        difference(message, again, { at: "body", expected: first.status, received: `${again.status} ${again.text}` }),
      );
      return;
    }
    if (String(madeBy(keyed, again)) !== String(made))
      throw new Mismatch("the same request under the same key is carried out twice", again, {
        at: "body",
        expected: made,
        received: madeBy(keyed, again) ?? again.text,
      });
    if (!isDeepStrictEqual(again.json, first.json) && again.status === first.status)
      scene.find(
        difference("a repeated request gets another answer than the first", again, {
          at: "body",
          expected: first.json,
          received: again.json,
        }),
      );
    return;
  }
  await carriedOut(keyed, b, key());
  const changed = await changes(scene, session.readBack(operation, a), async () => void (await send(a, used)));
  if (changed)
    throw new Mismatch("the same request under the same key is carried out twice", undefined, {
      at: "body",
      expected: changed.before,
      received: changed.after,
    });
}

async function mismatch(keyed: Keyed): Promise<void> {
  const { operation, scene, a, b, key, send } = keyed;
  const used = key();
  await carriedOut(keyed, a, used);
  const other = await send(b, used);
  if (!isSuccess(other)) return;
  const isDeclared = ["409", "422"].some((status) => operation.responses.get(status)?.basis === "documented");
  const message = "another request under a used key is answered as if it had been carried out";
  const finding = difference(message, other, {
    at: "body",
    expected: "409 or 422",
    received: `${other.status} ${other.text}`,
  });
  scene.find(isDeclared ? { ...finding, weight: "broken" } : finding);
}

async function freeAfterRefusal(keyed: Keyed): Promise<void> {
  const { session, operation, scene, a, key, plan } = keyed;
  const breaks = await session.breaks(operation, scene);
  const broken = breaks.find(({ violation }) => violation.at.startsWith("body.") && violation.basis === "documented");
  if (!broken || !isObject(broken.value)) return scene.skip("no body can be broken");
  const used = key();
  const refusal = await scene.send(plan(broken.value, used));
  if (refusal.status < 400) return scene.skip("the target accepts what the document forbids");
  await mustBeFree(keyed, a, used, "a request that was refused uses up its key");
}

async function freeAfterStranger(keyed: Keyed): Promise<void> {
  const { operation, scene, a, key, plan } = keyed;
  if (operation.security.length === 0) return scene.skip("the operation needs no credentials");
  const used = key();
  const refusal = await scene.send({ ...plan(a, used), apiKey: null });
  if (refusal.status < 400) return scene.skip("the target asks for no credentials");
  await mustBeFree(keyed, a, used, "a request without credentials uses up a key");
}

async function mustBeFree({ send, key, scene }: Keyed, a: RequestValue, used: string, message: string): Promise<void> {
  const answer = await send(a, used);
  if (isSuccess(answer)) return;
  // It may be refused for something else by now.
  if (!isSuccess(await send(a, key()))) return scene.skip("the request is not accepted under another key either");
  throw new Mismatch(message, answer, { at: "status", expected: "2xx", received: `${answer.status} ${answer.text}` });
}

async function ofOneOperation(keyed: Keyed): Promise<void> {
  const { session, operation, scene, a, key } = keyed;
  const others = session.spec.operations.filter(
    (one) => one !== operation && keyHeaderOf(one) !== undefined && mayWrite(one.method),
  );
  for (const other of others.slice(0, 3)) {
    const [value] = (await session.bases(other, scene)).accepted;
    if (!value) continue;
    const used = key();
    const first = await carriedOut(keyed, a, used);
    const send = async (under?: string) => {
      const planned = session.shape(other).plan(await session.ready(other, value, scene), scene.freshKey);
      const key = under === undefined ? {} : { [keyHeaderOf(other)!]: under };
      return scene.send({ ...planned, headers: { ...planned.headers, ...key } });
    };
    const answer = await send(used);
    if (isSuccess(answer) && first.text !== "" && answer.text === first.text)
      throw new Mismatch(`${other.id} gets the answer of ${operation.id} under its key`, answer, {
        at: "body",
        expected: `what ${other.id} answers`,
        received: answer.text,
      });
    // It may be refused for something else by now.
    if (!isSuccess(answer) && isSuccess(await send()))
      scene.find(
        difference(`a key of ${operation.id} is used up for ${other.id}`, answer, {
          at: "body",
          expected: "2xx",
          received: `${answer.status} ${answer.text}`,
        }),
      );
    return;
  }
  scene.skip("no other operation takes a key");
}

async function ofOneItem(keyed: Keyed): Promise<void> {
  const { session, operation, scene, a, key, send } = keyed;
  const { made } = await session.making(operation, scene);
  const own = [...made.values()].at(-1);
  const other = own && (await makeItem(session, own.resource, own.path, scene, own.sent));
  if (!own || !other || !isObject(a.path)) return scene.skip("no other item can be made");
  const used = key();
  const first = await carriedOut(keyed, a, used);
  const answer = await send({ ...a, path: { ...a.path, ...other.path } }, used);
  const shown = recordIdIn(keyed, answer);
  if (
    isSuccess(answer) &&
    shown !== undefined &&
    String(shown) === String(recordIdIn(keyed, first)) &&
    String(shown) !== String(other.id)
  )
    throw new Mismatch("a key that was used for one item gets its answer for another", answer, {
      at: "body",
      expected: other.id,
      received: shown,
    });
}

function recordIdIn({ session, operation }: Keyed, exchange: Exchange): unknown {
  const resource = resourceFor(session.spec, operation);
  return resource && recordShown(session.spec, resource, operation, exchange)?.value[resource.id];
}

async function toldApart(keyed: Keyed): Promise<void> {
  const { operation, scene, header, a, b, key, send } = keyed;
  const parameter = operation.parameters.find((one) => one.in === "header" && one.name === header);
  const stem = key().slice(0, -1);
  const [one, other] = [`${stem}a`, `${stem}b`];
  if ([one, other].some((text) => parameter && parameter.check(text).length > 0))
    return scene.skip("no such keys can be written");
  const first = await carriedOut(keyed, a, one);
  const second = await send(b, other);
  const made = madeBy(keyed, first);
  const isNew = isSuccess(second) && (made === undefined || madeBy(keyed, second) !== made);
  if (isNew) return;
  if (!isSuccess(second) && !isSuccess(await send(b, key())))
    return scene.skip("the request is not accepted under another key either");
  throw new Mismatch("keys that differ by their last character are taken for one", second, {
    at: "status",
    expected: "2xx, of a new item",
    received: `${second.status} ${second.text}`,
  });
}

/** The identifier of what an answer says was made; `undefined` where the operation makes nothing that is known. */
function madeBy({ session, operation }: Keyed, exchange: Exchange): unknown {
  const resource = resourceFor(session.spec, operation);
  if (!resource || creatorOf(resource) !== operation) return undefined;
  return identifierIn(session.spec, resource, operation, exchange);
}

async function carriedOut({ send, scene, operation }: Keyed, value: RequestValue, key: string): Promise<Exchange> {
  const answer = await send(value, key);
  return isSuccess(answer)
    ? answer
    : scene.skip(`${operation.id} answers ${answer.status} to what it has accepted before`);
}
