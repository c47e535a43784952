import type { Operation, SecurityScheme } from "../../document/spec.ts";
import { isObject } from "../../document/validator.ts";
import type { Case } from "../case.ts";
import { Mismatch } from "../findings.ts";
import type { Scene } from "../scene.ts";
import { carrierOfScheme, carry, credentialFor } from "../wire/credential.ts";
import { type Credential, isSuccess, type RequestPlan } from "../wire/exchange.ts";
import type { CaseMaker } from "./case-maker.ts";
import { allRefused } from "./refused.ts";
import { readerOf, type Session } from "./session.ts";

/** Credentials that open nothing: of nobody, of nothing, and the run's own under another scheme. */
function strangers(credential: Credential): readonly Credential[] {
  const [scheme = ""] = /^(?:Bearer|Basic) /.exec(credential.value) ?? [];
  const nobody = scheme === "Basic " ? Buffer.from("understudy:no-such-password").toString("base64") : nobodysKey;
  const own = credential.value.slice(scheme.length);
  const others = [scheme + nobody, scheme].map((value) => ({ ...credential, value, shell: `'${value}'` }));
  const shell = "'Basic (the key of $CONNECT_API_KEY)'";
  return scheme === "Bearer " ? [...others, { value: `Basic ${own}`, shell, header: "Authorization" }] : others;
}

const nobodysKey = "understudy-no-such-key";

/** A request with the key of nobody in each place where an operation takes one, and none elsewhere. */
function strangersElsewhere({ security }: Operation, plan: RequestPlan): readonly RequestPlan[] {
  return security.flatMap(([scheme, ...others]): readonly RequestPlan[] => {
    const carrier = scheme && others.length === 0 ? carrierOfScheme(scheme) : undefined;
    if (!carrier) return [];
    const stranger = credentialFor(carrier, nobodysKey, "");
    const { headers, query } = carry(stranger, carrier, plan.path, plan.headers);
    return [{ ...plan, path: plan.path + query, headers: { ...plan.headers, ...headers }, apiKey: null }];
  });
}

export function credentialCases(session: Session, operation: Operation, named: CaseMaker): readonly Case[] {
  const { security } = operation;
  const carries = ({ header, query, cookie }: SecurityScheme) => (header ?? query ?? cookie) !== undefined;
  // Whoever may call without any that a request carries is not for this run to judge.
  if (security.length === 0 || !security.every((all) => all.some(carries))) return [];
  const claim = `The document wants ${security.map((all) => all.map(({ id }) => id).join(" and ")).join(", or ")}.`;
  const sends =
    (withOthers: (plan: RequestPlan, own: Credential) => readonly RequestPlan[]) => async (scene: Scene) => {
      const { accepted } = await session.bases(operation, scene);
      const [known] = accepted;
      if (!known) return scene.skip("no request is accepted with the run's own credentials");
      const value = await session.ready(operation, known, scene);
      const plan = session.shape(operation).plan(value, scene.freshKey);
      await allRefused(scene, session.readBack(operation, value), () => withOthers(plan, scene.apiKey));
    };
  // What removes something writes nothing that could be told again.
  const writer = session.spec.operations.find(
    (other) => other.method !== "DELETE" && readerOf(session.spec, other) === operation,
  );
  return [
    named(
      "needs-credentials",
      "A request without credentials is refused and changes nothing",
      "documented",
      claim,
      sends((plan) => [{ ...plan, apiKey: null }]),
    ),
    named(
      "refuses-other-credentials",
      "A request with unknown credentials is refused and changes nothing",
      "documented",
      claim,
      sends((plan, own) => [
        ...strangers(own).map((apiKey) => ({ ...plan, apiKey })),
        ...(security.length > 1 ? strangersElsewhere(operation, plan) : []),
      ]),
    ),
    ...(writer
      ? [
          named(
            "refuses-neighbouring-credentials",
            "Credentials that are nearly the run's own do not show what it wrote",
            "documented",
            claim,
            (scene) => neighbours(session, writer, operation, scene),
          ),
        ]
      : []),
  ];
}

/** A neighbour of a key may happen to be a key; but then it has not got what this one wrote. */
async function neighbours(session: Session, writer: Operation, reader: Operation, scene: Scene): Promise<void> {
  const shape = session.shape(writer);
  const { accepted } = await session.bases(writer, scene);
  const mark = `understudy-${scene.freshKey()}`;
  const marked = accepted
    .flatMap((value) => [...markedWith(value, mark)])
    .find((value) => shape.check(value).length === 0);
  if (!marked || !isObject(marked)) return scene.skip(`no request of ${writer.id} can carry a mark`);
  const read = session.readBack(writer, marked);
  const written = (await scene.probe(shape.plan(marked, scene.freshKey))).exchange;
  if (!read || !isSuccess(written) || !(await scene.probe(read)).exchange.text.includes(mark))
    return scene.skip(`what ${writer.id} writes is not seen in ${reader.id}`);
  for (const other of nearlySame(scene.apiKey.value)) {
    const { exchange } = await scene.probe({
      ...read,
      apiKey: { ...scene.apiKey, value: other, shell: "'(a key that is nearly $CONNECT_API_KEY)'" },
    });
    if (isSuccess(exchange) && exchange.text.includes(mark))
      throw new Mismatch("a key that is nearly the run's own opens the same account", exchange, {
        at: "status",
        expected: "4xx",
        received: exchange.status,
      });
  }
}

/** Credentials that are nearly these: of a user and a password what is secret, the password, else the user. */
function nearlySame(value: string): readonly string[] {
  const [scheme = ""] = /^(?:Bearer|Basic) /.exec(value) ?? [];
  const own = value.slice(scheme.length);
  if (scheme !== "Basic ") return nearly(own).map((other) => scheme + other);
  const [, user = "", password = ""] = /^([^:]*):?(.*)$/s.exec(Buffer.from(own, "base64").toString()) ?? [];
  const pairs =
    password === "" ? nearly(user).map((other) => `${other}:`) : nearly(password).map((other) => `${user}:${other}`);
  return pairs.map((pair) => scheme + Buffer.from(pair).toString("base64"));
}

/** A key without one of its ends, with one letter more, and in other letters. */
function nearly(key: string): readonly string[] {
  const upper = key.toUpperCase();
  const others = [key.slice(0, -1), key.slice(1), `${key}x`, upper === key ? key.toLowerCase() : upper];
  return others.filter((other) => other !== "" && other !== key);
}

/** Copies of a value with a mark in one of its texts, an e-mail address or a plain one. */
function* markedWith(value: unknown, mark: string): Generator<unknown> {
  if (typeof value === "string") yield* [`${mark}@example.com`, mark];
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(value).filter(([name]) => name !== "path" && name !== "header"))
    for (const inner of markedWith(member, mark)) yield { ...value, [name]: inner };
}
