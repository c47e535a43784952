import { isDeepStrictEqual } from "node:util";
import { withQuery } from "../../document/path.ts";
import { boundaries, fullest } from "../../document/sample/edges.ts";
import type { IdempotencyRules, Operation, Spec } from "../../document/spec.ts";
import { isObject } from "../../document/validator.ts";
import type { Case, CaseBasis } from "../case.ts";
import { equal, errorCode, holds, refused } from "../expect.ts";
import { Mismatch } from "../findings.ts";
import type { Need } from "../guest.ts";
import type { Scene } from "../scene.ts";
import { type Exchange, isSuccess, type RequestPlan } from "../wire/exchange.ts";
import { caseMaker, kebab } from "./case-maker.ts";
import { memberAt, withAt } from "./places.ts";
import type { RequestShape, RequestValue } from "./request.ts";
import { changes, createSession, type GeneratedOptions, type Session, tried } from "./session.ts";

/** What the cases of one operation share. */
type Subject = {
  readonly session: Session;
  readonly operation: Operation;
  readonly rules: IdempotencyRules;
  readonly shape: RequestShape;
};

/**
 * Two requests that the target accepts, each for itself, and the scene that they are sent in. Of a removal both are the same, and
 * what it removes is there again whenever a key is new.
 */
type TwoRequests = Subject & {
  readonly scene: Scene;
  readonly a: RequestValue;
  readonly b: RequestValue;
  /** A request as it is sent under a key. */
  plan(value: RequestValue, key: string | undefined): RequestPlan;
  send(value: RequestValue, key: string | undefined): Promise<Exchange>;
  /** Has what a removal removes added again; does nothing for other operations. */
  ready(): Promise<void>;
  /** The read that shows what they write; `undefined` where the document has none. */
  readonly read: RequestPlan | undefined;
};

/** One check of the rules: what it shows, the sentence that it rests on, and how it is seen. */
type IdempotencyCheck = {
  readonly what: string;
  readonly title: string;
  readonly claim: string;
  readonly run: (two: TwoRequests) => Promise<void>;
  readonly basis?: CaseBasis;
  readonly needs?: readonly Need[];
  /** Whether it shows as much where the two requests are the same. */
  readonly alone?: true;
};

const hour = 3_600_000;
/** Headers that belong to the connection or to the moment, not to the answer. */
const connectionHeaders =
  /^(date|connection|keep-alive|transfer-encoding|content-length|content-encoding|age|via|set-cookie|cache-status)$|idempot|replay|^x-cache|^x-mock|rate-?limit/i;

/** Checks of the idempotency rules, for every operation whose `x-idempotency` the document gives. */
export function idempotencyCases(spec: Spec, options: GeneratedOptions): readonly Case[] {
  const session = createSession(spec, options);
  return spec.operations.flatMap((operation) => idempotencyOf(session, operation));
}

/** The checks of one operation's idempotency; none where it has no rules of it. */
export function idempotencyOf(session: Session, operation: Operation): readonly Case[] {
  const shape = session.shape(operation);
  const rules = operation.idempotency;
  return rules && shape.impossible === undefined ? casesOf({ session, operation, rules, shape }) : [];
}

function casesOf(subject: Subject): readonly Case[] {
  const named = caseMaker(subject.operation);
  const checks = [replayChecks, comparisonChecks, keyChecks, keepingChecks, timeChecks].flatMap((of) => of(subject));
  const isRemoval = subject.session.isRepeatable(subject.operation);
  return checks
    .filter(({ alone = false }) => alone || !isRemoval)
    .map(({ what, title, claim, run, basis = "documented", needs = [] }) => ({
      ...named(`idempotency-${what}`, title, basis, claim, async (scene) => run(await twoRequests(subject, scene))),
      needs,
    }));
}

/** The kept answer, and that nothing is carried out for it. */
function replayChecks({ rules }: Subject): readonly IdempotencyCheck[] {
  return [
    {
      what: "replay",
      alone: true,
      title: "The same request under the same key gets the first answer again",
      claim: `The first answer is kept under ${rules.header}: status, headers and body.`,
      async run({ scene, a, b, send }) {
        const key = scene.freshKey();
        const first = accepted(await send(a, key));
        const other = await send(b, scene.freshKey());
        for (let round = 0; round < 3; round++) {
          const replay = await send(a, key);
          sameAnswer(replay, first);
          sameHeaders(replay, first, other);
        }
      },
    },
    {
      what: "replay-executes-nothing",
      alone: true,
      title: "A replay changes nothing",
      claim: "A kept answer is returned and nothing is executed again.",
      async run({ scene, a, b, send, ready, read }) {
        const key = scene.freshKey();
        accepted(await send(a, key));
        accepted(await send(b, scene.freshKey()));
        await ready();
        const changed = await changes(scene, read, async () => {
          for (let round = 0; round < 3; round++) accepted(await send(a, key));
        });
        unchanged(changed);
      },
    },
    {
      what: "late-retry",
      alone: true,
      title: "A retry after thirty other keys gets the first answer, and changes nothing",
      claim: rememberedFor(rules),
      async run({ scene, a, b, send, read }) {
        const key = scene.freshKey();
        const first = accepted(await send(a, key));
        for (let round = 0; round < 30; round++) accepted(await send(round % 2 === 0 ? a : b, scene.freshKey()));
        unchanged(await changes(scene, read, async () => sameAnswer(await send(a, key), first)));
      },
    },
  ];
}

/** What makes two requests the same, part by part: another under a used key is a conflict. */
function comparisonChecks(subject: Subject): readonly IdempotencyCheck[] {
  const { rules, shape, operation } = subject;
  const compares = (part: string) => rules.compares.some((item) => item.toLowerCase() === part);
  const hasBody = compares("body") && shape.mediaType !== undefined;
  const hasPath = compares("path") && operation.parameters.some((parameter) => parameter.in === "path");
  return [
    ...changedChecks(subject),
    ...(compares("query") ? [otherQuery(rules)] : []),
    ...(compares("header:content-type") && shape.mediaType ? [otherContentType(rules, shape.mediaType)] : []),
    ...(hasBody ? [...respellings.map((respelling) => respelled(rules, respelling)), otherLetterCase(rules)] : []),
    ...(hasPath ? [otherPath(rules)] : []),
    ...(compares("header:authorization") ? [otherAuthorization(rules)] : []),
    otherHeaders(rules),
  ];
}

function changedChecks(subject: Subject): readonly IdempotencyCheck[] {
  const { rules } = subject;
  return fieldsToChange(subject).map(({ at, part }) => ({
    what: `changed-${kebab(at)}`,
    title: `The same key with another ${at} is a conflict, and changes nothing`,
    claim: `${identical(rules)} Another request under a used key: ${rules.mismatch.status} ${rules.mismatch.code}.`,
    async run(two) {
      const { scene, plan } = two;
      const other = await changedAt(two, part, at);
      if (!other) return scene.skip(`no other valid ${at} is known`);
      const key = scene.freshKey();
      accepted(await scene.send(plan(other.from, key)));
      await conflictOnly(two, plan(other.to, key));
    },
  }));
}

/** Another request under a used key is a conflict, and changes nothing. */
function conflicts(change: (plan: RequestPlan) => RequestPlan): IdempotencyCheck["run"] {
  return async (two) => {
    const key = two.scene.freshKey();
    accepted(await two.send(two.a, key));
    await conflictOnly(two, change(two.plan(two.a, key)));
  };
}

function otherQuery(rules: IdempotencyRules): IdempotencyCheck {
  return {
    what: "other-query",
    alone: true,
    title: "The same key with another query is a conflict",
    claim: identical(rules),
    run: conflicts((plan) => ({ ...plan, path: withQuery(plan.path, "understudy=1") })),
  };
}

function otherContentType(rules: IdempotencyRules, mediaType: string): IdempotencyCheck {
  return {
    what: "other-content-type",
    title: "The same key with another Content-Type is a conflict",
    claim: identical(rules),
    run: conflicts((plan) => withHeaders(plan, { "Content-Type": `${mediaType}; charset=utf-8` })),
  };
}

function respelled(rules: IdempotencyRules, { what, title, respell }: (typeof respellings)[number]): IdempotencyCheck {
  return {
    what: `byte-for-byte-${what}`,
    title: `The same JSON ${title} is another request`,
    claim: identical(rules),
    async run(two) {
      const plan = two.plan(two.a, two.scene.freshKey());
      const text = respell(plan.text ?? "");
      if (text === undefined || text === plan.text)
        return two.scene.skip("no accepted body can be written in this way");
      accepted(await two.scene.send(plan));
      await conflictOnly(two, { ...plan, text });
    },
  };
}

function otherLetterCase(rules: IdempotencyRules): IdempotencyCheck {
  return {
    what: "other-letter-case",
    title: "The same body in other letter case is another request",
    claim: identical(rules),
    async run({ scene, a, plan: planOf, read }) {
      const plan = planOf(a, scene.freshKey());
      const text = inOtherCase(plan.text ?? "");
      if (text === plan.text) return scene.skip("no accepted body has a letter in a value");
      accepted(await scene.send(plan));
      // It may be no valid request any more, and be refused for that.
      unchanged(await changes(scene, read, async () => refused(await scene.send({ ...plan, text }))));
    },
  };
}

function otherPath(rules: IdempotencyRules): IdempotencyCheck {
  return {
    what: "other-path",
    alone: true,
    title: "The same key for another resource does not get this one's answer",
    claim: identical(rules),
    async run(two) {
      const other = elsewhere(two, two.a);
      if (!other) return two.scene.skip("no other path can be written");
      const key = two.scene.freshKey();
      accepted(await two.send(two.a, key));
      // A conflict, or there is no such resource.
      refused(await two.send(other, key));
    },
  };
}

function otherAuthorization(rules: IdempotencyRules): IdempotencyCheck {
  return {
    what: "other-authorization",
    alone: true,
    title: "The same key with another Authorization is a conflict",
    claim: identical(rules),
    async run({ scene, a, plan: planOf }) {
      const plan = planOf(a, scene.freshKey());
      const conflicting = (answer: Exchange) => conflict(answer, rules.mismatch);
      for (const [token, check] of [["understudy-a", accepted] as const, ["understudy-b", conflicting] as const]) {
        const answer = await scene.send(withHeaders(plan, { Authorization: `Bearer ${token}` }));
        if ([400, 401, 403].includes(answer.status))
          return scene.skip("the target knows its users' tokens, and the run has none");
        check(answer);
      }
      conflicting(await scene.send(plan));
    },
  };
}

function otherHeaders(rules: IdempotencyRules): IdempotencyCheck {
  return {
    what: "other-headers-do-not-matter",
    alone: true,
    title: "A retry with other headers beside those that are compared gets the first answer",
    claim: identical(rules),
    async run({ scene, a, plan: planOf }) {
      const plan = planOf(a, scene.freshKey());
      const first = accepted(await scene.send(withHeaders(plan, { "User-Agent": "understudy/1" })));
      for (const headers of [{ "User-Agent": "understudy/2" }, { "X-Understudy": "retry" }])
        sameAnswer(await scene.send(withHeaders(plan, headers)), first);
    },
  };
}

/** What a key is: text of a length, told apart from any other, and with its owner. */
function keyChecks({ rules, session, operation }: Subject): readonly IdempotencyCheck[] {
  const { maxLength, mismatch } = rules;
  return [
    {
      what: "keys-differ-by-case",
      title: "Two keys that differ only by letter case are two keys",
      claim: "The same key is the same text.",
      async run({ scene, a, b, send }) {
        const key = scene.freshKey();
        accepted(await send(a, `${key}-abc`));
        accepted(await send(b, `${key}-ABC`));
      },
    },
    {
      what: "longest-key",
      title: `A key of ${maxLength} characters is taken and remembered whole`,
      claim: `At most ${maxLength} characters.`,
      async run({ scene, a, b, send }) {
        const key = scene.freshKey().padEnd(maxLength - 1, "k");
        const first = accepted(await send(a, `${key}a`));
        accepted(await send(b, `${key}b`));
        sameAnswer(await send(a, `${key}a`), first);
      },
    },
    {
      what: "too-long-key",
      title: `A key of ${maxLength + 1} characters is refused, and nothing is carried out`,
      claim: `At most ${maxLength} characters.`,
      async run({ scene, a, b, send, read }) {
        accepted(await send(b, undefined));
        const tooLong = scene.freshKey().padEnd(maxLength + 1, "k");
        unchanged(await changes(scene, read, async () => refused(await send(a, tooLong))));
      },
    },
    {
      what: "keys-have-owners",
      title: "Another credential has idempotency keys of its own",
      claim: `Keys belong to ${rules.scope.join(" and ")}.`,
      async run({ scene, a, b, send, plan }) {
        const key = scene.freshKey();
        accepted(await send(a, key));
        const second = { ...scene.apiKey, value: scene.given.secondApiKey, shell: '"$CONNECT_SECOND_API_KEY"' };
        const answer = await scene.send({ ...plan(b, key), apiKey: second });
        holds(answer.status !== mismatch.status, "another credential should have keys of its own", answer, {
          at: "status",
          expected: `not ${mismatch.status}`,
          received: answer.status,
        });
      },
      basis: basesOf(session.spec, operation)("scope"),
      needs: ["secondApiKey"],
    },
  ];
}

/** What is kept under a key, and what is not: refusals and conflicts. */
function keepingChecks({ rules, session, operation }: Subject): readonly IdempotencyCheck[] {
  const basis = basesOf(session.spec, operation)("keeps");
  return [
    refusedBody(rules),
    conflictKeepsRecord(rules),
    refusedRequest(rules),
    ...(rules.keeps(401) ? [] : [{ ...unauthorized, basis }]),
    ...(rules.keeps(400) ? [{ ...keptRefusal(rules), basis }] : []),
  ];
}

function refusedBody({ mismatch, locked }: IdempotencyRules): IdempotencyCheck {
  return {
    what: "refused-body-is-no-conflict",
    title: "A request that breaks its schema, sent again under its key, is refused again and no conflict",
    claim: "Same key, identical request: neither another request nor still running.",
    async run(two) {
      const plan = two.plan(await brokenBody(two), two.scene.freshKey());
      if (isSuccess(await two.scene.send(plan))) return two.scene.skip("the target accepts what the document forbids");
      const again = await two.scene.send(plan);
      refused(again);
      noConflict(again, mismatch);
      noConflict(again, locked);
    },
  };
}

function conflictKeepsRecord(rules: IdempotencyRules): IdempotencyCheck {
  return {
    what: "conflict-keeps-the-record",
    title: "After a conflict the first request still gets its answer",
    claim: `${identical(rules)} The first answer is kept.`,
    async run({ scene, a, b, send }) {
      const key = scene.freshKey();
      const first = accepted(await send(a, key));
      conflict(await send(b, key), rules.mismatch);
      sameAnswer(await send(a, key), first);
    },
  };
}

function refusedRequest({ mismatch }: IdempotencyRules): IdempotencyCheck {
  return {
    what: "refused-request-is-no-conflict",
    alone: true,
    title: "A request without credentials leaves its key free, or is refused again",
    claim: "Same key, identical request: neither another request nor still running.",
    async run({ scene, operation, a, plan: planOf }) {
      if (operation.security.length === 0) return scene.skip("the operation needs no credentials");
      const plan = { ...planOf(a, scene.freshKey()), apiKey: null };
      refused(await scene.send(plan));
      const again = await scene.send(plan);
      refused(again);
      noConflict(again, mismatch);
    },
  };
}

const unauthorized: IdempotencyCheck = {
  what: "401-is-not-kept",
  alone: true,
  title: "A refusal for want of credentials is not kept",
  claim: "Of the answers that are kept, 401 is none.",
  async run({ scene, operation, a, plan, send }) {
    if (operation.security.length === 0) return scene.skip("the operation needs no credentials");
    const key = scene.freshKey();
    refused(await scene.send({ ...plan(a, key), apiKey: null }));
    accepted(await send(a, key));
  },
};

function keptRefusal({ mismatch }: IdempotencyRules): IdempotencyCheck {
  return {
    what: "400-is-kept",
    title: "A refusal of the request itself is kept under its key",
    claim: "Of the answers that are kept, 400 is one.",
    async run(two) {
      const { scene } = two;
      const key = scene.freshKey();
      const broken = two.plan(await brokenBody(two), key);
      const first = await scene.send(broken);
      if (first.status !== 400) return scene.skip("the target answers a broken request with another status");
      sameAnswer(await scene.send(broken), first);
      conflict(await two.send(two.a, key), mismatch);
    },
  };
}

/** What happens at the same time, a little later, and when a key expires. */
function timeChecks({ rules }: Subject): readonly IdempotencyCheck[] {
  const { locked, mismatch, lifetimeMs } = rules;
  const hours = hoursOf(rules);
  return [
    {
      what: "remembered-for-a-while",
      title: "Most of a second later a key still tells the same request from another",
      claim: rememberedFor(rules),
      async run({ scene, a, b, send }) {
        const key = scene.freshKey();
        const first = accepted(await send(a, key));
        await scene.age(700);
        sameAnswer(await send(a, key), first);
        conflict(await send(b, key), mismatch);
      },
    },
    {
      what: "race",
      alone: true,
      title: "Of eight identical requests at once, one is carried out",
      claim: `While the first request runs: ${locked.status} ${locked.code}; afterwards its answer.`,
      async run(two) {
        for (const value of [two.a, two.b, two.a]) await race(two, value);
      },
    },
    {
      what: "expiry",
      title: `A key is remembered for ${hours} hours, and free after that`,
      claim: `A key expires ${hours} hours after it was first used.`,
      async run({ scene, a, b, send }) {
        const key = scene.freshKey();
        const first = accepted(await send(a, key));
        await scene.given.clock(Math.max(0, lifetimeMs - 60_000));
        sameAnswer(await send(a, key), first);
        await scene.given.clock(120_000);
        accepted(await send(b, key));
      },
      needs: ["clock"],
    },
  ];
}

async function race({ scene, plan, rules, ready }: TwoRequests, value: RequestValue): Promise<void> {
  await ready();
  const request = plan(value, scene.freshKey());
  const answers = await scene.sendTogether(new Array(8).fill(request));
  const [first, ...others] = answers.filter(isSuccess);
  for (const answer of answers) if (!isSuccess(answer)) conflict(answer, rules.locked);
  if (!first)
    throw new Mismatch("one of the requests should be carried out", answers[0], {
      at: "status",
      expected: "2xx",
      received: answers.map(({ status }) => status),
    });
  for (const other of others) sameAnswer(other, first);
  sameAnswer(await untilUnlocked(rules, scene, request), first);
}

function hoursOf({ lifetimeMs }: IdempotencyRules): number {
  return Math.round(lifetimeMs / hour);
}

function rememberedFor(rules: IdempotencyRules): string {
  return `A key is remembered for ${hoursOf(rules)} hours.`;
}

function identical({ compares }: IdempotencyRules): string {
  return `Two requests are the same where these are: ${compares.join(", ")}.`;
}

/** The same JSON in other bytes; `undefined` where a body has nothing to write otherwise. */
const respellings: { what: string; title: string; respell: (text: string) => string | undefined }[] = [
  {
    what: "spaced",
    title: "with spaces between its tokens",
    respell: (text) => JSON.stringify(JSON.parse(text), null, 1),
  },
  { what: "line-end", title: "with a line end after it", respell: (text) => `${text}\n` },
  {
    what: "reordered",
    title: "with its members in another order",
    respell(text) {
      const value: unknown = JSON.parse(text);
      return isObject(value) ? JSON.stringify(Object.fromEntries(Object.entries(value).reverse())) : undefined;
    },
  },
  {
    what: "escaped",
    title: "with a letter escaped",
    respell: (text) =>
      text.replace(
        /(:"[^"\\]*)([A-Za-z])/,
        (_, before, letter) => `${before}\\u${letter.codePointAt(0).toString(16).padStart(4, "0")}`,
      ),
  },
];

/** The same JSON with the first letter of a value in the other case. */
function inOtherCase(text: string): string {
  return text.replace(/(:"[^"\\A-Za-z]*)([A-Za-z])/, (_, before: string, letter: string) =>
    letter === letter.toUpperCase() ? before + letter.toLowerCase() : before + letter.toUpperCase(),
  );
}

/** The same request for a resource that hardly exists; `undefined` where the document's schemas allow no such name. */
function elsewhere({ operation }: Subject, value: RequestValue): RequestValue | undefined {
  if (!isObject(value.path)) return undefined;
  for (const parameter of operation.parameters) {
    if (parameter.in !== "path") continue;
    const other = "understudy-no-such-resource";
    if (parameter.check(other).length === 0) return { ...value, path: { ...value.path, [parameter.name]: other } };
  }
  return undefined;
}

/** How sure a member of the document's `x-idempotency` is. */
function basesOf(spec: Spec, operation: Operation): (member: string) => CaseBasis {
  const rules = [operationObject(spec, operation)?.["x-idempotency"], spec.document["x-idempotency"]];
  return (member) => {
    for (const rule of rules) {
      const of = isObject(rule) ? rule["x-basis-of"] : undefined;
      if (isObject(of) && member in of) return of[member] === "documented" ? "documented" : "assumed";
    }
    return "documented";
  };
}

function operationObject(spec: Spec, { place }: Operation) {
  let value: unknown = spec.document;
  for (const token of place) value = isObject(value) ? value[token] : undefined;
  return isObject(value) ? value : undefined;
}

/** Two different requests that the target accepts. */
async function twoRequests(subject: Subject, scene: Scene): Promise<TwoRequests> {
  const { session, operation, shape, rules } = subject;
  const { accepted: bases } = await session.bases(operation, scene);
  const isRemoval = session.isRepeatable(operation);
  const [a] = bases;
  if (!a) return scene.skip(`no request of ${operation.id} is accepted`);
  const name = Object.keys(isObject(a.header) ? a.header : {}).find(
    (one) => one.toLowerCase() === rules.header.toLowerCase(),
  );
  const plan: TwoRequests["plan"] = (value, key) => {
    const header = Object.fromEntries(
      Object.entries(isObject(value.header) ? value.header : {}).filter(([one]) => one !== name),
    );
    const planned = shape.plan({ ...value, header }, scene.freshKey);
    return key === undefined ? planned : withHeaders(planned, { [rules.header]: key });
  };
  const fresh = { ...a, path: a.path, header: {} };
  const used = new Set<string>();
  const ready = async () => {
    if (isRemoval) await session.ready(operation, fresh, scene);
  };
  const send: TwoRequests["send"] = async (value, key) => {
    if (key === undefined || !used.has(key)) await ready();
    if (key !== undefined) used.add(key);
    return scene.send(plan(value, key));
  };
  const two = { ...subject, scene, a: fresh, b: fresh, plan, send, ready, read: session.readBack(operation, a) };
  await ready();
  if (isRemoval) return two;
  const making = await session.making(operation, scene);
  let tries = 0;
  for (const value of chained(bases.slice(1), boundaries(shape.schema, making))) {
    if (!isObject(value)) continue;
    const b: RequestValue = { ...value, path: a.path, header: {} };
    if (shape.check(b).length > 0 || isDeepStrictEqual(b, fresh)) continue;
    if (++tries > 12) break;
    const probed = await tried(scene, plan(b, scene.freshKey()));
    if (probed && isSuccess(probed.exchange)) return { ...two, b };
  }
  return scene.skip(`no two different requests of ${operation.id} are accepted`);
}

function* chained<T>(...lists: readonly Iterable<T>[]): Generator<T> {
  for (const list of lists) yield* list;
}

/** The fields of a request that can be changed, told from its schemas. */
function fieldsToChange({
  session,
  operation,
  shape,
  rules,
}: Subject): readonly { at: string; part: "body" | "query" }[] {
  const found = new Map<string, "body" | "query">();
  for (const value of fullest(shape.schema, session.beforehand(operation)).filter(isObject)) {
    for (const part of ["body", "query"] as const)
      if (rules.compares.includes(part))
        for (const path of pathsOf(value[part])) if (path !== "") found.set(path, part);
  }
  return [...found].map(([at, part]) => ({ at, part }));
}

/** Every place in a JSON value, as dotted paths; items of lists are not told apart. */
function pathsOf(value: unknown, path = ""): readonly string[] {
  if (!isObject(value)) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, path === "" ? name : `${path}.${name}`)),
  ];
}

/** Two valid requests that differ in one field; the first of them is one that the target accepts. */
async function changedAt(
  { session, operation, shape, scene, a, plan }: TwoRequests,
  part: string,
  at: string,
): Promise<{ readonly from: RequestValue; readonly to: RequestValue } | undefined> {
  const making = await session.making(operation, scene);
  const { accepted: bases } = await session.bases(operation, scene);
  const names = [part, ...at.split(".")];
  const froms = [a, ...bases].map((value): RequestValue => ({ ...value, header: {} }));
  for (const from of [...froms.filter((value) => memberAt(value, names) !== undefined), ...froms]) {
    const own = memberAt(from, names);
    for (const other of chained(boundaries(shape.schema, making), fullest(shape.schema, making))) {
      const given = memberAt(other, names);
      if (given === undefined || isDeepStrictEqual(given, own)) continue;
      const to = withAt(from, names, given);
      if (shape.check(to).length > 0) continue;
      const { exchange } = await scene.probe(plan(from, scene.freshKey()));
      return isSuccess(exchange) ? { from, to } : undefined;
    }
  }
  return undefined;
}

/** The answer to a locked key, asked again until it is none. */
async function untilUnlocked(rules: IdempotencyRules, scene: Scene, plan: RequestPlan): Promise<Exchange> {
  for (let tries = 1; ; tries++) {
    const answer = await scene.send(plan);
    if (answer.status !== rules.locked.status || tries > 10) return answer;
    await scene.wait(rules.locked.retryAfterMs.min);
  }
}

async function conflictOnly({ rules, scene, read }: TwoRequests, plan: RequestPlan): Promise<void> {
  unchanged(await changes(scene, read, async () => conflict(await scene.send(plan), rules.mismatch)));
}

/** The same request was sent before: it may be refused, but not for that. */
function noConflict(answer: Exchange, { status, code }: { readonly status: number; readonly code: string }): void {
  holds(answer.status !== status || errorCode(answer) !== code, "the identical request should be no conflict", answer, {
    at: "status",
    expected: "4xx",
    received: answer.status,
  });
}

/** A request whose body breaks one keyword of its schema; ends the case where none can be made. */
async function brokenBody({ session, operation, scene }: TwoRequests): Promise<RequestValue> {
  const breaks = await session.breaks(operation, scene);
  const broken = breaks.find(({ violation }) => violation.at.startsWith("body."));
  return broken && isObject(broken.value) ? broken.value : scene.skip("no body can be broken");
}

function withHeaders(plan: RequestPlan, headers: Readonly<Record<string, string>>): RequestPlan {
  return { ...plan, headers: { ...plan.headers, ...headers } };
}

/** The refusal that the document declares; a body that names no code at all is of a form that it may have. */
function conflict(answer: Exchange, { status, code }: { readonly status: number; readonly code: string }): void {
  refused(answer, status);
  const named = errorCode(answer);
  if (answer.text.includes(code) || named === undefined) return;
  throw new Mismatch(`the ${status} should carry the code ${code}`, answer, {
    at: "body.code",
    expected: code,
    received: named,
  });
}

function accepted(answer: Exchange): Exchange {
  if (isSuccess(answer)) return answer;
  throw new Mismatch("the request should be accepted", answer, {
    at: "status",
    expected: "2xx",
    received: `${answer.status} ${answer.text}`,
  });
}

function sameAnswer(answer: Exchange, first: Exchange): void {
  equal(answer.status, first.status, "the status of the replay", answer);
  equal(answer.text, first.text, "the body of the replay", answer);
}

/** What differs between two executed answers may be a gateway's, new each time: only that it is there can be asked for. */
function sameHeaders(replay: Exchange, first: Exchange, other: Exchange): void {
  for (const [name, value] of Object.entries(first.headers)) {
    if (connectionHeaders.test(name)) continue;
    if (other.headers[name] === value) equal(replay.headers[name], value, `header ${name}`, replay);
    else
      holds(replay.headers[name] !== undefined, `the replay lacks the header ${name}`, replay, {
        at: `header ${name}`,
        expected: value,
        received: "(absent)",
      });
  }
}

function unchanged(changed: Awaited<ReturnType<typeof changes>>): void {
  if (!changed) return;
  throw new Mismatch("what should change nothing has changed what a read shows", undefined, {
    at: "body",
    expected: changed.before,
    received: changed.after,
  });
}
