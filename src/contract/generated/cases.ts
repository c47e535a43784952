import fc from "fast-check";
import { isJson, mediaFor } from "../../document/media-type.ts";
import { arbitrary, boundaries, fullest, lengthened } from "../../document/sample/edges.ts";
import type { Making } from "../../document/sample/run.ts";
import { propertiesOf } from "../../document/schema.ts";
import { declaredResponse, type Operation, type SecurityScheme, type Spec } from "../../document/spec.ts";
import { isObject, type JsonObject, lookup, type Violation } from "../../document/validator.ts";
import type { Case, CaseBasis } from "../case.ts";
import { type Finding, Mismatch } from "../findings.ts";
import type { Probed, Scene } from "../scene.ts";
import { mayWrite } from "../target.ts";
import type { Credential, Exchange, RequestPlan } from "../wire/exchange.ts";
import { type Break, breaksOf, onlyViolation, unknownMember } from "./breaks.ts";
import type { RequestShape, RequestValue } from "./request.ts";
import { changes, createSession, type GeneratedOptions, isSuccess, readerOf, type Session, tried } from "./session.ts";
import { shrink } from "./shrink.ts";

type Run = Case["run"];

/** How many requests show that one keyword is enforced. */
const mostBreaks = 16;

/** Checks that follow from a document alone, for each of its operations. */
export function generatedCases(spec: Spec, options: GeneratedOptions): readonly Case[] {
  const session = createSession(spec, options);
  return spec.operations.flatMap((operation) => casesOf(session, operation));
}

function casesOf(session: Session, operation: Operation): readonly Case[] {
  const shape = session.shape(operation);
  const named = caseMaker(operation);
  const skipped =
    shape.impossible ??
    (isEndless(shape, session.beforehand(operation)) ? "its schema refers to itself without end" : undefined);
  if (skipped !== undefined) {
    const run: Run = async ({ skip }) => skip(`no request of ${operation.id} can be made: ${skipped}`);
    return [named("valid", "Valid requests are served", "documented", operation.summary, run)];
  }
  const rules = rulesOf(session, operation);
  return [
    named(
      "valid",
      "Every valid request is served, or refused as the document declares",
      "documented",
      `${operation.summary}: each answer is one that the document declares, and as it describes it.`,
      (scene) => valid(session, operation, scene),
    ),
    ...refusals(session, operation, rules, named),
    ...(rules.length === 0
      ? []
      : [
          named(
            "refuses-random",
            "Random requests that break one keyword are refused and change nothing",
            "documented",
            "The schemas of the request's parameters and body.",
            (scene) => refusesRandom(session, operation, scene),
          ),
        ]),
    ...(shape.mediaType === undefined ? [] : bodyCases(session, operation, shape.mediaType, named)),
    ...credentialCases(session, operation, named),
    ...(isFirstOfPath(session.spec, operation)
      ? [
          named(
            "refuses-undeclared-methods",
            `${operation.path} refuses methods that the document does not declare`,
            "assumed",
            `The document declares ${methodsOf(session.spec, operation).join(", ")} for ${operation.path}.`,
            (scene) => undeclaredMethods(session, operation, scene),
          ),
        ]
      : []),
  ];
}

export type CaseMaker = (what: string, title: string, basis: CaseBasis, claim: string, run: Run) => Case;

/** Those that send more than the operation itself, which may be a read. */
const wider = ["refuses-neighbouring-credentials", "refuses-undeclared-methods"];

/** Makes the cases of one operation. */
export function caseMaker(operation: Operation): CaseMaker {
  return (what, title, basis, claim, run) => ({
    id: `generated/${kebab(operation.id)}-${what}`,
    title: `${operation.id}: ${title.charAt(0).toLowerCase()}${title.slice(1)}`,
    basis: basisWithin(operation, basis),
    claim,
    needs: [],
    reads: !mayWrite(operation.method) && !wider.includes(what),
    run,
  });
}

/** What a claim about an operation rests on: on nothing surer than that there is such an operation. */
export function basisWithin({ basis: own }: Operation, basis: CaseBasis): CaseBasis {
  return own === "documented" ? basis : "assumed";
}

async function valid(session: Session, operation: Operation, scene: Scene): Promise<void> {
  const shape = session.shape(operation);
  const making = await session.making(operation, scene);
  const { examples: numRuns, seed } = session.options;
  const values = [
    ...boundaries(shape.schema, making),
    ...lengthened(shape.schema, making),
    ...fc.sample(arbitrary(shape.schema, making), { numRuns, seed }),
  ];
  const requests = distinct(values.filter(isObject)).filter((value) => shape.check(value).length === 0);
  if (requests.length === 0) scene.skip(`no valid request of ${operation.id} could be made from its schemas`);
  const [exercised, notes] = [{ accepted: 0, refused: 0 }, new Set<string>()];
  const report = createReporter(scene);
  let refusal: Exchange | undefined;
  try {
    for (const request of requests) {
      const probed = await tried(scene, shape.plan(request, scene.freshKey));
      if (!probed) continue;
      if (isSuccess(probed.exchange)) exercised.accepted++;
      else if (probed.exchange.status < 500) exercised.refused++;
      // What is not there is refused, too; that the key has no right says more.
      if (refusal?.status !== 403) refusal = probed.exchange;
      for (const place of undeclared(shape, probed.exchange))
        notes.add(`The answer holds ${place}, which the document does not name.`);
      const fits = (candidate: unknown) => shape.check(candidate).length === 0;
      await report(probed, request, fits, (candidate) => scene.probe(planOf(shape, candidate, scene)));
    }
  } finally {
    scene.remark({ exercised, ...(notes.size > 0 ? { notes: [...notes] } : {}) });
  }
  if (exercised.accepted > 0) return;
  if (exercised.refused === 0) scene.skip(`no request of ${operation.id} can be undone here`);
  const [guessed] = making.guessed;
  const unknown = `no ${guessed} is known that ${operation.id} accepts; name one with --param ${guessed}=VALUE`;
  // A guest may be shown a target without any. Whoever names a document can name its identifiers too.
  if (guessed !== undefined && session.options.identifiers) scene.skip(unknown);
  const why = guessed === undefined ? "" : `: ${unknown}`;
  throw new Mismatch(`none of ${requests.length} valid requests was accepted${why}`, refusal, {
    at: "status",
    expected: "2xx",
    received: "refusals only",
  });
}

function planOf(shape: RequestShape, value: unknown, scene: Scene): RequestPlan {
  return shape.plan(isObject(value) ? value : {}, scene.freshKey);
}

/** Reports what is wrong with answers, each fault once, with the smallest request that shows the first ones. */
function createReporter(scene: Scene) {
  const known = new Set<string>();
  const keyOf = ({ at, weight, expected }: Finding, { status }: Exchange) =>
    JSON.stringify([at, weight, expected, status]);
  return async function report(
    { exchange, findings }: Probed,
    request: RequestValue,
    fits: (candidate: unknown) => boolean,
    again: (candidate: unknown) => Promise<Probed>,
  ): Promise<void> {
    const fresh = findings.filter((finding) => !known.has(keyOf(finding, exchange)));
    for (const finding of fresh) known.add(keyOf(finding, exchange));
    const worst = fresh.find(({ weight }) => weight === "broken");
    if (!worst || known.size > 12) {
      for (const finding of fresh) scene.find(finding);
      return;
    }
    const found = await smallestOf(request, fresh, fits, async (candidate) => {
      const probed = await again(candidate);
      const still = probed.findings.some((finding) => keyOf(finding, probed.exchange) === keyOf(worst, exchange));
      return still ? probed.findings : undefined;
    });
    for (const finding of found) scene.find(finding);
  };
}

/** The smallest request that fails, on the same path: a shorter identifier would be that of something else. */
async function smallestOf<T>(
  request: unknown,
  found: T,
  fits: (candidate: unknown) => boolean,
  fails: (candidate: unknown) => Promise<T | undefined>,
): Promise<T> {
  const { path, ...rest } = isObject(request) ? request : {};
  const whole = (candidate: unknown) =>
    path === undefined || !isObject(candidate) ? candidate : { path, ...candidate };
  const smallest = await shrink(
    rest,
    found,
    (candidate) => fits(whole(candidate)),
    (candidate) => fails(whole(candidate)),
  );
  return smallest.found;
}

type RequestRule = { readonly at: string; readonly keyword: string; readonly violation: Violation };

/** The keywords that a document lets a request break, each once. */
export function rulesOf(session: Session, operation: Operation): readonly RequestRule[] {
  const shape = session.shape(operation);
  if (shape.impossible !== undefined) return [];
  const making = session.beforehand(operation);
  const rules = new Map<string, RequestRule>();
  if (isEndless(shape, making)) return [];
  for (const value of fullest(shape.schema, making)) {
    if (shape.check(value).length > 0) continue;
    for (const { violation } of breaksOf(shape.schema, value, making, shape.check)) {
      const rule = ruleOf(violation);
      if (!rules.has(keyOfRule(rule))) rules.set(keyOfRule(rule), rule);
    }
  }
  return [...rules.values()];
}

/** Whether a schema refers to itself in such a way that no validator comes to an end. */
function isEndless(shape: RequestShape, making: Making): boolean {
  try {
    for (const value of fullest(shape.schema, making)) shape.check(value);
    return false;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}

/** `null` has a rule of its own: whether it stands for absence is not for a type to say. */
function ruleOf(violation: Violation): RequestRule {
  const keyword = violation.keyword === "type" && violation.received === null ? "null" : violation.keyword;
  return { at: violation.at.replace(new RegExp(`\\.?${unknownMember}$`), ""), keyword, violation };
}

function keyOfRule({ at, keyword }: RequestRule): string {
  return `${at} ${keyword}`;
}

function refusals(
  session: Session,
  operation: Operation,
  rules: readonly RequestRule[],
  named: CaseMaker,
): readonly Case[] {
  const { document } = session.spec.validators;
  return rules.map((rule) => {
    const { at, keyword, violation } = rule;
    const wrong =
      keyword === "null" ? "being null" : keyword === "required" ? "being absent" : `breaking its ${keyword}`;
    const where = violation.place === undefined ? "" : ` (#${violation.place})`;
    return named(
      `refuses-${kebab(at.replace(/^body\./, ""))}-${kebab(keyword)}`,
      `A request is refused for ${at} ${wrong}, and changes nothing`,
      basisOf(violation),
      `${descriptionOf(document, violation)}${at} should be ${violation.expected}${where}.`,
      (scene) => refuses(session, operation, scene, rule),
    );
  });
}

/**
 * What a broken keyword rests on. That a value outside the range of a query parameter is refused, and not taken for the nearest
 * one or for none, no keyword says; nor that `null` is no way to leave out what may be left out.
 */
function basisOf({ basis, at, keyword, received }: Violation): CaseBasis {
  if (basis !== "documented" || (at.startsWith("query.") && keyword !== "required")) return "assumed";
  return received === null ? "assumed" : "documented";
}

function descriptionOf(document: JsonObject, { place }: Violation): string {
  try {
    const schema =
      place === undefined ? undefined : lookup(document, `#${encodeURI(place.slice(0, place.lastIndexOf("/")))}`);
    const text = isObject(schema) && typeof schema.description === "string" ? schema.description : "";
    return text === "" ? "" : `${text.replace(/\s+/g, " ").trim()} `;
  } catch {
    return "";
  }
}

async function refuses(session: Session, operation: Operation, scene: Scene, rule: RequestRule): Promise<void> {
  const all = await session.breaks(operation, scene);
  const { accepted } = await session.bases(operation, scene);
  const breaks = all.filter(({ violation }) => keyOfRule(ruleOf(violation)) === keyOfRule(rule)).slice(0, mostBreaks);
  if (breaks.length === 0) scene.skip("no request that the target accepts can be broken in this way");
  const notes = accepted.length > 0 ? [] : ["The target refuses these requests without the fault as well."];
  await eachRefused(session, operation, scene, breaks, (broken, answer) => {
    if (!standsIn(broken.violation, answer)) return true;
    notes.push(`The target completes ${broken.violation.at} from what is stored.`);
    return false;
  });
  if (notes.length > 0) scene.remark({ notes: [...new Set(notes)] });
}

function asDifference(finding: Finding): Finding {
  return { ...finding, weight: "differs" };
}

/** Sends requests that should be refused, and looks whether they were, and changed nothing. */
async function eachRefused(
  session: Session,
  operation: Operation,
  scene: Scene,
  breaks: readonly Break[],
  counts: (broken: Break, answer: Exchange) => boolean,
): Promise<void> {
  const shape = session.shape(operation);
  const report = createReporter(scene);
  const send = (value: unknown) => scene.probe(planOf(shape, value, scene));
  /** The same fault in another request: exactly that keyword, in the same place. */
  const sameFault = (value: unknown, { violation }: Break) => {
    const other = onlyViolation(shape.check(value));
    return other?.at === violation.at && other.keyword === violation.keyword;
  };
  const read = session.readBack(operation, isObject(breaks[0]?.value) ? breaks[0].value : {});
  let allRefused = true;
  let last: Exchange | undefined;
  const changed = await changes(scene, read, async () => {
    for (const broken of breaks) {
      // Who may accept such a request may also answer it with what it held, such as a page of 1.5 items.
      const may = basisOf(broken.violation) !== "documented";
      const judged = async (value: unknown) => {
        const { exchange, findings } = await send(value);
        return { exchange, findings: may && isSuccess(exchange) ? findings.map(asDifference) : findings };
      };
      const probed = await judged(broken.value);
      last = probed.exchange;
      const fits = (candidate: unknown) => sameFault(candidate, broken);
      await report(probed, isObject(broken.value) ? broken.value : {}, fits, judged);
      if (last.status >= 400) continue;
      allRefused = false;
      if (!counts(broken, last)) continue;
      const smallest = await smallestOf(broken.value, last, fits, async (candidate) => {
        const { exchange } = await send(candidate);
        return isSuccess(exchange) ? exchange : undefined;
      });
      const { violation } = broken;
      scene.find({
        message: `a request is accepted though ${violation.at} should be ${violation.expected}`,
        at: violation.at,
        expected: "4xx",
        received: `${smallest.status} to ${excerpt(violation.received)}`,
        curl: smallest.curl,
        weight: basisOf(violation) === "documented" ? "broken" : "differs",
        ...(violation.place === undefined ? {} : { place: violation.place }),
      });
      return;
    }
  });
  if (changed && allRefused)
    throw new Mismatch("a refused request has changed what a read shows", last, {
      at: "body",
      expected: changed.before,
      received: changed.after,
    });
}

/** Whether the target fills in what a request lacks with what is stored: the answer shows a value all the same. */
function standsIn({ keyword, property }: Violation, { json }: Exchange): boolean {
  if (keyword !== "required") return false;
  const name = property.split(".").at(-1)!;
  const has = (value: unknown): boolean =>
    Array.isArray(value)
      ? value.some(has)
      : isObject(value) &&
        Object.entries(value).some(([member, inner]) => (member === name && inner !== null) || has(inner));
  return has(json);
}

async function refusesRandom(session: Session, operation: Operation, scene: Scene): Promise<void> {
  const shape = session.shape(operation);
  const making = await session.making(operation, scene);
  const { examples: numRuns, seed } = session.options;
  const sample = fc.sample(fc.tuple(arbitrary(shape.schema, making), fc.nat()), { numRuns, seed: seed + 1 });
  const exercised = { accepted: 0, refused: 0 };
  const broken: Break[] = [];
  for (const [value, pick] of sample) {
    if (!isObject(value) || shape.check(value).length > 0) continue;
    const ways = breaksOf(shape.schema, value, making, shape.check);
    const way = ways[pick % Math.max(1, ways.length)];
    if (!way) continue;
    // Only what is accepted without the fault can show that it is the fault that is refused.
    const probed = await tried(scene, shape.plan(value, scene.freshKey));
    if (!probed) continue;
    if (isSuccess(probed.exchange)) {
      exercised.accepted++;
      broken.push(way);
    } else exercised.refused++;
  }
  scene.remark({ exercised });
  if (broken.length === 0) scene.skip("none of the random requests is accepted without a fault, or can be broken");
  await eachRefused(session, operation, scene, broken, ({ violation }, answer) => !standsIn(violation, answer));
}

function bodyCases(session: Session, operation: Operation, mediaType: string, named: CaseMaker): readonly Case[] {
  const declared415 = declaredResponse(operation, 415);
  const sends = (plans: (text: string, plan: RequestPlan) => readonly RequestPlan[]) => async (scene: Scene) => {
    const shape = session.shape(operation);
    const { accepted, all } = await session.bases(operation, scene);
    const [value] = [...accepted, ...all].filter(({ body }) => body !== undefined);
    if (!value) return scene.skip("no request with a body could be made");
    const plan = () => shape.plan(value, scene.freshKey);
    await allRefused(scene, session.readBack(operation, value), () => plans(JSON.stringify(value.body), plan()));
  };
  const content = operation.requestBody?.content ?? new Map();
  return [
    ...(isJson(mediaType)
      ? [
          named(
            "refuses-broken-json",
            "A body that is no JSON is refused and changes nothing",
            "documented",
            `The body is ${mediaType}.`,
            sends((text, plan) =>
              [text.slice(0, -1), "{", "[1,]", "understudy"].map((broken) => ({ ...plan, text: broken })),
            ),
          ),
        ]
      : []),
    named(
      "refuses-other-media-types",
      "A body of a media type that the document does not name is refused and changes nothing",
      declared415?.basis === "documented" && declared415.status !== "default" ? "documented" : "assumed",
      `The body is ${[...content.keys()].join(" or ")}.`,
      sends((text, plan) =>
        ["text/plain", "application/xml"]
          .filter((type) => !mediaFor(content, type))
          .map((type) => ({ ...plan, text, headers: { ...plan.headers, "Content-Type": type } })),
      ),
    ),
  ];
}

/** Sends requests that all should be refused, and looks whether they were, and changed nothing. */
async function allRefused(
  scene: Scene,
  read: RequestPlan | undefined,
  plans: () => readonly RequestPlan[],
  lenient: (exchange: Exchange) => boolean = () => false,
): Promise<void> {
  let last: Exchange | undefined;
  const changed = await changes(scene, read, async () => {
    for (const plan of plans()) {
      const { exchange, findings } = await scene.probe(plan);
      last = exchange;
      if (lenient(exchange)) continue;
      for (const finding of findings) scene.find(finding);
      if (exchange.status < 400)
        throw new Mismatch("the request should be refused", exchange, {
          at: "status",
          expected: "4xx",
          received: `${exchange.status} ${exchange.text}`,
        });
    }
  });
  if (changed)
    throw new Mismatch("a refused request has changed what a read shows", last, {
      at: "body",
      expected: changed.before,
      received: changed.after,
    });
}

const unknownCredential = (credential: Credential): Credential => {
  const scheme = /^(?:Bearer|Basic) /.exec(credential.value)?.[0] ?? "";
  const nobody =
    scheme === "Basic " ? Buffer.from("understudy:no-such-password").toString("base64") : "understudy-no-such-key";
  return { ...credential, value: scheme + nobody, shell: `'${scheme}${nobody}'` };
};

function credentialCases(session: Session, operation: Operation, named: CaseMaker): readonly Case[] {
  const { security } = operation;
  const carries = ({ header, query, cookie }: SecurityScheme) => (header ?? query ?? cookie) !== undefined;
  // Whoever may call without any that a request carries is not for this run to judge.
  if (security.length === 0 || !security.every((all) => all.some(carries))) return [];
  const claim = `The document wants ${security.map((all) => all.map(({ id }) => id).join(" and ")).join(", or ")}.`;
  const sends = (credential: (own: Credential) => Credential | null) => async (scene: Scene) => {
    const { accepted } = await session.bases(operation, scene);
    const [value] = accepted;
    if (!value) return scene.skip("no request is accepted with the run's own credentials");
    const plan = session.shape(operation).plan(value, scene.freshKey);
    await allRefused(scene, session.readBack(operation, value), () => [{ ...plan, apiKey: credential(scene.apiKey) }]);
  };
  const writer = session.spec.operations.find((other) => readerOf(session.spec, other) === operation);
  return [
    named(
      "needs-credentials",
      "A request without credentials is refused and changes nothing",
      "documented",
      claim,
      sends(() => null),
    ),
    named(
      "refuses-other-credentials",
      "A request with unknown credentials is refused and changes nothing",
      "documented",
      claim,
      sends(unknownCredential),
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
  const { value } = scene.apiKey;
  const upper = value.toUpperCase();
  const others = [value.slice(0, -1), value.slice(1), `${value}x`, upper === value ? value.toLowerCase() : upper];
  for (const other of others.filter((key) => key !== "" && key !== value)) {
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

/** Copies of a value with a mark in one of its texts, an e-mail address or a plain one. */
function* markedWith(value: unknown, mark: string): Generator<unknown> {
  if (typeof value === "string") yield* [`${mark}@example.com`, mark];
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(value).filter(([name]) => name !== "path" && name !== "header"))
    for (const inner of markedWith(member, mark)) yield { ...value, [name]: inner };
}

const probes = ["GET", "PUT", "POST", "PATCH", "DELETE"] as const;

/**
 * What an undeclared method would do, nobody knows: those that write get a body that nothing can read, an identifier that
 * nothing has, and no chance where a path has none.
 */
async function undeclaredMethods(session: Session, operation: Operation, scene: Scene): Promise<void> {
  const shape = session.shape(operation);
  const making = await session.making(operation, scene);
  const [value] = fullest(shape.schema, making).filter(isObject);
  const declared = methodsOf(session.spec, operation);
  const known = shape.plan({ path: value?.path ?? {} }, () => "").path;
  const nowhere = operation.path.replace(/\{[^}]+\}/g, "understudy-no-such-thing");
  const plans = probes
    .filter((method) => !declared.includes(method) && (method !== "DELETE" || operation.path.includes("{")))
    .map((method): RequestPlan => {
      if (method === "GET") return { method, path: known };
      return { method, path: nowhere, text: "{", headers: { "Content-Type": "application/json" } };
    })
    // `/users/me` may be a user as well: then it is another path that is called.
    .filter(({ method, path }) => session.spec.match(method, path).operation === undefined);
  if (plans.length === 0) scene.skip("every method that may be sent is declared for this path or one like it");
  // 501 is what HTTP has for a method that a server does not know.
  await allRefused(
    scene,
    undefined,
    () => plans,
    ({ status }) => status === 501,
  );
}

/** Members of an answer that the document does not name, where it names any. */
function undeclared(shape: RequestShape, { status, json, headers }: Exchange): readonly string[] {
  const declared = declaredResponse(shape.operation, status);
  const [, media] = (declared && mediaFor(declared.content, headers["content-type"])) ?? [];
  if (!media || !isObject(json)) return [];
  const found = new Set<string>();
  const visit = (schema: unknown, value: unknown, at: string, depth: number): void => {
    if (depth > 8) return;
    const plains = shape.schemas.alternatives(schema);
    if (Array.isArray(value))
      for (const item of value) for (const plain of plains) visit(plain.items ?? true, item, at, depth + 1);
    if (!isObject(value) || plains.length === 0) return;
    const names = new Set(plains.flatMap((plain) => Object.keys(propertiesOf(plain))));
    const isOpen =
      names.size === 0 || plains.some((plain) => "additionalProperties" in plain || "patternProperties" in plain);
    for (const [name, member] of Object.entries(value)) {
      if (names.has(name))
        for (const plain of plains) visit(propertiesOf(plain)[name] ?? true, member, `${at}.${name}`, depth + 1);
      else if (!isOpen) found.add(`${at}.${name}`);
    }
  };
  visit(
    {
      $ref: `#${media.place.map((token) => `/${encodeURIComponent(token.replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("")}`,
    },
    json,
    "body",
    0,
  );
  return [...found];
}

function isFirstOfPath(spec: Spec, operation: Operation): boolean {
  return spec.operations.find(({ path }) => path === operation.path) === operation;
}

function methodsOf(spec: Spec, { path }: Operation): readonly string[] {
  return spec.operations.filter((other) => other.path === path).map(({ method }) => method);
}

/** A name as part of an id: `addTeamMember` is `add-team-member`. */
export function kebab(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .replace(/[^A-Za-z\d]+/g, "-")
    .replace(/^-|-$/g, "")
    .toLowerCase();
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? "(absent)";
  return text.length <= 200 ? text : `${text.slice(0, 200)}...`;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
