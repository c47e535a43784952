import { isDeepStrictEqual } from "node:util";
import { boundaries, fullest } from "../../document/sample/edges.ts";
import type { IdempotencyRules, Operation, Spec } from "../../document/spec.ts";
import { isObject } from "../../document/validator.ts";
import type { Case, CaseBasis, Need } from "../case.ts";
import { equal, errorCode, holds, refused } from "../expect.ts";
import { Mismatch } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Exchange, RequestPlan } from "../wire/exchange.ts";
import { caseMaker, kebab } from "./cases.ts";
import type { RequestShape, RequestValue } from "./request.ts";
import { changes, createSession, type GeneratedOptions, isSuccess, type Session } from "./session.ts";

type Play = Scene<Need>;

/** What the cases of one operation share. */
type Subject = {
  readonly session: Session;
  readonly operation: Operation;
  readonly rules: IdempotencyRules;
  readonly shape: RequestShape;
};

/** Two requests that the target accepts, each for itself, and how the first is sent under a key. */
type Pair = {
  readonly a: RequestValue;
  readonly b: RequestValue;
  plan(value: RequestValue, key: string | undefined): RequestPlan;
  read: RequestPlan | undefined;
};

const hour = 3_600_000;
/** Headers that belong to the connection or to the moment, not to the answer. */
const connectionHeaders =
  /^(date|connection|keep-alive|transfer-encoding|content-length|content-encoding|age|via|set-cookie|cache-status)$|idempot|replay|^x-cache|^x-mock/i;

/** Checks of the idempotency rules, for every operation whose `x-idempotency` the document gives. */
export function idempotencyCases(spec: Spec, options: GeneratedOptions): readonly Case[] {
  const session = createSession(spec, options);
  return spec.operations.flatMap((operation) => {
    const shape = session.shape(operation);
    const rules = operation.idempotency;
    return rules && shape.impossible === undefined ? casesOf({ session, operation, rules, shape }) : [];
  });
}

function casesOf(subject: Subject): readonly Case[] {
  const { operation, rules, session } = subject;
  const basisOf = basesOf(session.spec, operation);
  const named = caseMaker(operation);
  const { header, mismatch, locked, maxLength } = rules;
  const hours = Math.round(rules.lifetimeMs / hour);
  const identical = `Two requests are the same where these are: ${rules.compares.join(", ")}.`;
  const make = (
    what: string,
    title: string,
    claim: string,
    run: (pair: Pair, scene: Play) => Promise<void>,
    basis: CaseBasis = "documented",
    needs: readonly Need[] = [],
  ): Case => ({
    ...named(`idempotency-${what}`, title, basis, claim, async (scene) => run(await pairOf(subject, scene), scene)),
    needs,
  });
  /** Another request under a used key is a conflict, and changes nothing. */
  const conflicts = (
    what: string,
    title: string,
    claim: string,
    change: (plan: RequestPlan, pair: Pair) => RequestPlan,
  ) =>
    make(what, title, claim, async (pair, scene) => {
      const key = scene.freshKey();
      accepted(await scene.send(pair.plan(pair.a, key)));
      await conflictOnly(subject, scene, pair, change(pair.plan(pair.a, key), pair));
    });

  const compares = (part: string) => rules.compares.some((item) => item.toLowerCase() === part);
  return [
    make(
      "replay",
      "The same request under the same key gets the first answer again",
      `The first answer is kept under ${header}: status, headers and body.`,
      async (pair, scene) => {
        const key = scene.freshKey();
        const first = accepted(await scene.send(pair.plan(pair.a, key)));
        const other = await scene.send(pair.plan(pair.b, scene.freshKey()));
        for (let round = 0; round < 3; round++) {
          const replay = await scene.send(pair.plan(pair.a, key));
          sameAnswer(replay, first);
          sameHeaders(replay, first, other);
        }
      },
    ),
    make(
      "replay-executes-nothing",
      "A replay changes nothing",
      "A kept answer is returned and nothing is executed again.",
      async (pair, scene) => {
        const key = scene.freshKey();
        accepted(await scene.send(pair.plan(pair.a, key)));
        accepted(await scene.send(pair.plan(pair.b, scene.freshKey())));
        const changed = await changes(scene, pair.read, async () => {
          for (let round = 0; round < 3; round++) accepted(await scene.send(pair.plan(pair.a, key)));
        });
        unchanged(changed);
      },
    ),
    make(
      "late-retry",
      "A retry after thirty other keys gets the first answer, and changes nothing",
      `A key is remembered for ${hours} hours.`,
      async (pair, scene) => {
        const key = scene.freshKey();
        const first = accepted(await scene.send(pair.plan(pair.a, key)));
        for (let round = 0; round < 30; round++)
          accepted(await scene.send(pair.plan(round % 2 === 0 ? pair.a : pair.b, scene.freshKey())));
        unchanged(
          await changes(scene, pair.read, async () => sameAnswer(await scene.send(pair.plan(pair.a, key)), first)),
        );
      },
    ),
    ...changesOf(subject).map(({ at, part }) =>
      make(
        `changed-${kebab(at)}`,
        `The same key with another ${at} is a conflict, and changes nothing`,
        `${identical} Another request under a used key: ${mismatch.status} ${mismatch.code}.`,
        async (pair, scene) => {
          const other = await changedAt(subject, scene, pair, part, at);
          if (!other) return scene.skip(`no other valid ${at} is known`);
          const key = scene.freshKey();
          accepted(await scene.send(pair.plan(other.from, key)));
          await conflictOnly(subject, scene, pair, pair.plan(other.to, key));
        },
      ),
    ),
    ...(compares("query")
      ? [
          conflicts("other-query", "The same key with another query is a conflict", identical, (plan) => ({
            ...plan,
            path: `${plan.path}${plan.path.includes("?") ? "&" : "?"}understudy=1`,
          })),
        ]
      : []),
    ...(compares("header:content-type") && subject.shape.mediaType
      ? [
          conflicts("other-content-type", "The same key with another Content-Type is a conflict", identical, (plan) =>
            withHeaders(plan, { "Content-Type": `${subject.shape.mediaType}; charset=utf-8` }),
          ),
        ]
      : []),
    ...(compares("body") && subject.shape.mediaType
      ? respellings.map(({ what, title, respell }) =>
          make(`byte-for-byte-${what}`, `The same JSON ${title} is another request`, identical, async (pair, scene) => {
            const key = scene.freshKey();
            const plan = pair.plan(pair.a, key);
            const text = respell(plan.text ?? "");
            if (text === undefined || text === plan.text)
              return scene.skip("no accepted body can be written in this way");
            accepted(await scene.send(plan));
            await conflictOnly(subject, scene, pair, { ...plan, text });
          }),
        )
      : []),
    ...(compares("body") && subject.shape.mediaType
      ? [
          make(
            "other-letter-case",
            "The same body in other letter case is another request",
            identical,
            async (pair, scene) => {
              const key = scene.freshKey();
              const plan = pair.plan(pair.a, key);
              const text = inOtherCase(plan.text ?? "");
              if (text === plan.text) return scene.skip("no accepted body has a letter in a value");
              accepted(await scene.send(plan));
              // It may be no valid request any more, and be refused for that.
              unchanged(await changes(scene, pair.read, async () => refused(await scene.send({ ...plan, text }))));
            },
          ),
        ]
      : []),
    ...(compares("path") && operation.parameters.some((parameter) => parameter.in === "path")
      ? [
          make(
            "other-path",
            "The same key for another resource does not get this one's answer",
            identical,
            async (pair, scene) => {
              const other = elsewhere(subject, pair.a);
              if (!other) return scene.skip("no other path can be written");
              const key = scene.freshKey();
              accepted(await scene.send(pair.plan(pair.a, key)));
              // A conflict, or there is no such resource.
              refused(await scene.send(pair.plan(other, key)));
            },
          ),
        ]
      : []),
    ...(compares("header:authorization")
      ? [
          make(
            "other-authorization",
            "The same key with another Authorization is a conflict",
            identical,
            async (pair, scene) => {
              const key = scene.freshKey();
              const plan = pair.plan(pair.a, key);
              for (const [token, check] of [
                ["understudy-a", accepted],
                ["understudy-b", (answer: Exchange) => conflict(answer, mismatch)],
              ] as const) {
                const answer = await scene.send(withHeaders(plan, { Authorization: `Bearer ${token}` }));
                if ([400, 401, 403].includes(answer.status))
                  return scene.skip("the target knows its users' tokens, and the run has none");
                check(answer);
              }
              conflict(await scene.send(plan), mismatch);
            },
          ),
        ]
      : []),
    make(
      "other-headers-do-not-matter",
      "A retry with other headers beside those that are compared gets the first answer",
      identical,
      async (pair, scene) => {
        const key = scene.freshKey();
        const plan = pair.plan(pair.a, key);
        const first = accepted(await scene.send(withHeaders(plan, { "User-Agent": "understudy/1" })));
        for (const headers of [{ "User-Agent": "understudy/2" }, { "X-Understudy": "retry" }])
          sameAnswer(await scene.send(withHeaders(plan, headers)), first);
      },
    ),
    make(
      "remembered-for-a-while",
      "Most of a second later a key still tells the same request from another",
      `A key is remembered for ${hours} hours.`,
      async (pair, scene) => {
        const key = scene.freshKey();
        const first = accepted(await scene.send(pair.plan(pair.a, key)));
        await scene.wait(700);
        sameAnswer(await scene.send(pair.plan(pair.a, key)), first);
        conflict(await scene.send(pair.plan(pair.b, key)), mismatch);
      },
    ),
    make(
      "refused-body-is-no-conflict",
      "A request that breaks its schema, sent again under its key, is refused again and no conflict",
      "Same key, identical request: neither another request nor still running.",
      async (pair, scene) => {
        const plan = pair.plan(await brokenBody(subject, scene), scene.freshKey());
        if (isSuccess(await scene.send(plan))) return scene.skip("the target accepts what the document forbids");
        const again = await scene.send(plan);
        refused(again);
        noConflict(again, mismatch);
        noConflict(again, locked);
      },
    ),
    make(
      "conflict-keeps-the-record",
      "After a conflict the first request still gets its answer",
      `${identical} The first answer is kept.`,
      async (pair, scene) => {
        const key = scene.freshKey();
        const first = accepted(await scene.send(pair.plan(pair.a, key)));
        conflict(await scene.send(pair.plan(pair.b, key)), mismatch);
        sameAnswer(await scene.send(pair.plan(pair.a, key)), first);
      },
    ),
    make(
      "keys-differ-by-case",
      "Two keys that differ only by letter case are two keys",
      "The same key is the same text.",
      async (pair, scene) => {
        const key = scene.freshKey();
        accepted(await scene.send(pair.plan(pair.a, `${key}-abc`)));
        accepted(await scene.send(pair.plan(pair.b, `${key}-ABC`)));
      },
    ),
    make(
      "longest-key",
      `A key of ${maxLength} characters is taken and remembered whole`,
      `At most ${maxLength} characters.`,
      async (pair, scene) => {
        const key = scene.freshKey().padEnd(maxLength - 1, "k");
        const first = accepted(await scene.send(pair.plan(pair.a, `${key}a`)));
        accepted(await scene.send(pair.plan(pair.b, `${key}b`)));
        sameAnswer(await scene.send(pair.plan(pair.a, `${key}a`)), first);
      },
    ),
    make(
      "too-long-key",
      `A key of ${maxLength + 1} characters is refused, and nothing is carried out`,
      `At most ${maxLength} characters.`,
      async (pair, scene) => {
        accepted(await scene.send(pair.plan(pair.b, undefined)));
        unchanged(
          await changes(scene, pair.read, async () =>
            refused(await scene.send(pair.plan(pair.a, scene.freshKey().padEnd(maxLength + 1, "k")))),
          ),
        );
      },
    ),
    make(
      "refused-request-is-no-conflict",
      "A request without credentials leaves its key free, or is refused again",
      "Same key, identical request: neither another request nor still running.",
      async (pair, scene) => {
        if (operation.security.length === 0) return scene.skip("the operation needs no credentials");
        const key = scene.freshKey();
        const plan = pair.plan(pair.a, key);
        refused(await scene.send({ ...plan, apiKey: null }));
        const again = await scene.send({ ...plan, apiKey: null });
        refused(again);
        noConflict(again, mismatch);
      },
    ),
    ...(rules.keeps(401)
      ? []
      : [
          make(
            "401-is-not-kept",
            "A refusal for want of credentials is not kept",
            "Of the answers that are kept, 401 is none.",
            async (pair, scene) => {
              if (operation.security.length === 0) return scene.skip("the operation needs no credentials");
              const key = scene.freshKey();
              refused(await scene.send({ ...pair.plan(pair.a, key), apiKey: null }));
              accepted(await scene.send(pair.plan(pair.a, key)));
            },
            basisOf("keeps"),
          ),
        ]),
    ...(rules.keeps(400)
      ? [
          make(
            "400-is-kept",
            "A refusal of the request itself is kept under its key",
            "Of the answers that are kept, 400 is one.",
            async (pair, scene) => {
              const key = scene.freshKey();
              const broken = pair.plan(await brokenBody(subject, scene), key);
              const first = await scene.send(broken);
              if (first.status !== 400) return scene.skip("the target answers a broken request with another status");
              sameAnswer(await scene.send(broken), first);
              conflict(await scene.send(pair.plan(pair.a, key)), mismatch);
            },
            basisOf("keeps"),
          ),
        ]
      : []),
    make(
      "keys-have-owners",
      "Another credential has idempotency keys of its own",
      `Keys belong to ${rules.scope.join(" and ")}.`,
      async (pair, scene) => {
        const key = scene.freshKey();
        accepted(await scene.send(pair.plan(pair.a, key)));
        const second = { ...scene.apiKey, value: scene.given.secondApiKey, shell: '"$CONNECT_SECOND_API_KEY"' };
        const answer = await scene.send({ ...pair.plan(pair.b, key), apiKey: second });
        holds(answer.status !== mismatch.status, "another credential should have keys of its own", answer, {
          at: "status",
          expected: `not ${mismatch.status}`,
          received: answer.status,
        });
      },
      basisOf("scope"),
      ["secondApiKey"],
    ),
    make(
      "race",
      "Of eight identical requests at once, one is carried out",
      `While the first request runs: ${locked.status} ${locked.code}; afterwards its answer.`,
      async (pair, scene) => {
        for (let round = 0; round < 3; round++) {
          const value = round % 2 === 0 ? pair.a : pair.b;
          const key = scene.freshKey();
          const answers = await scene.sendTogether(new Array(8).fill(pair.plan(value, key)));
          const [first, ...others] = answers.filter(isSuccess);
          for (const answer of answers) if (!isSuccess(answer)) conflict(answer, locked);
          if (!first)
            throw new Mismatch("one of the requests should be carried out", answers[0], {
              at: "status",
              expected: "2xx",
              received: answers.map(({ status }) => status),
            });
          for (const other of others) sameAnswer(other, first);
          sameAnswer(await untilUnlocked(subject, scene, pair.plan(value, key)), first);
        }
      },
    ),
    make(
      "expiry",
      `A key is remembered for ${hours} hours, and free after that`,
      `A key expires ${hours} hours after it was first used.`,
      async (pair, scene) => {
        const key = scene.freshKey();
        const first = accepted(await scene.send(pair.plan(pair.a, key)));
        await scene.given.clock(Math.max(0, rules.lifetimeMs - 60_000));
        sameAnswer(await scene.send(pair.plan(pair.a, key)), first);
        await scene.given.clock(120_000);
        accepted(await scene.send(pair.plan(pair.b, key)));
      },
      "documented",
      ["clock"],
    ),
  ];
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
async function pairOf(subject: Subject, scene: Play): Promise<Pair> {
  const { session, operation, shape, rules } = subject;
  const { accepted: bases } = await session.bases(operation, scene);
  const [a] = bases;
  if (!a) return scene.skip(`no request of ${operation.id} is accepted`);
  const name = Object.keys(isObject(a.header) ? a.header : {}).find(
    (one) => one.toLowerCase() === rules.header.toLowerCase(),
  );
  const plan: Pair["plan"] = (value, key) => {
    const header = Object.fromEntries(
      Object.entries(isObject(value.header) ? value.header : {}).filter(([one]) => one !== name),
    );
    const planned = shape.plan({ ...value, header }, scene.freshKey);
    return key === undefined ? planned : withHeaders(planned, { [rules.header]: key });
  };
  const fresh = { ...a, header: {} };
  const making = await session.making(operation, scene);
  const others = [...bases.slice(1), ...boundaries(shape.schema, making)]
    .filter(isObject)
    .map((value): RequestValue => ({ ...value, path: a.path, header: {} }))
    .filter((value) => shape.check(value).length === 0 && !isDeepStrictEqual(value, fresh));
  let tries = 0;
  for (const b of others) {
    if (++tries > 12) break;
    const { exchange } = await scene.probe(plan(b, scene.freshKey()));
    if (isSuccess(exchange)) return { a: fresh, b, plan, read: session.readBack(operation, a) };
  }
  return scene.skip(`no two different requests of ${operation.id} are accepted`);
}

/** The fields of a request that can be changed, told from its schemas. */
function changesOf({ session, operation, shape, rules }: Subject): readonly { at: string; part: "body" | "query" }[] {
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
  { session, operation, shape }: Subject,
  scene: Play,
  { a, plan }: Pair,
  part: string,
  at: string,
): Promise<{ readonly from: RequestValue; readonly to: RequestValue } | undefined> {
  const making = await session.making(operation, scene);
  const { accepted: bases } = await session.bases(operation, scene);
  const all = [...boundaries(shape.schema, making), ...fullest(shape.schema, making)].filter(isObject);
  const names = [part, ...at.split(".")];
  const froms = [a, ...bases].map((value): RequestValue => ({ ...value, header: {} }));
  for (const from of [...froms.filter((value) => memberAt(value, names) !== undefined), ...froms]) {
    const own = memberAt(from, names);
    for (const other of all) {
      const given = memberAt(other, names);
      if (given === undefined || isDeepStrictEqual(given, own)) continue;
      const to = replaced(from, names, given);
      if (!isObject(to) || shape.check(to).length > 0) continue;
      const { exchange } = await scene.probe(plan(from, scene.freshKey()));
      return isSuccess(exchange) ? { from, to } : undefined;
    }
  }
  return undefined;
}

function memberAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  return name === undefined ? value : isObject(value) ? memberAt(value[name], rest) : undefined;
}

function replaced(value: unknown, [name, ...rest]: readonly string[], inner: unknown): unknown {
  if (name === undefined) return inner;
  return isObject(value)
    ? { ...value, [name]: replaced(value[name], rest, inner) }
    : { [name]: replaced({}, rest, inner) };
}

/** The answer to a locked key, asked again until it is none. */
async function untilUnlocked({ rules }: Subject, scene: Play, plan: RequestPlan): Promise<Exchange> {
  for (let tries = 1; ; tries++) {
    const answer = await scene.send(plan);
    if (answer.status !== rules.locked.status || tries > 10) return answer;
    await scene.wait(rules.locked.retryAfterMs.min);
  }
}

async function conflictOnly({ rules }: Subject, scene: Play, pair: Pair, plan: RequestPlan): Promise<void> {
  unchanged(await changes(scene, pair.read, async () => conflict(await scene.send(plan), rules.mismatch)));
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
async function brokenBody({ session, operation }: Subject, scene: Play): Promise<RequestValue> {
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
