import fc from "fast-check";
import { distinct } from "../../document/json.ts";
import { isJson, mediaFor } from "../../document/media-type.ts";
import { withQuery } from "../../document/path.ts";
import { arbitrary, boundaries, fullest, lengthened } from "../../document/sample/edges.ts";
import type { Making } from "../../document/sample/run.ts";
import { propertiesOf, requiredOf, typesOf } from "../../document/schema.ts";
import { declaredResponse, mayServe, type Operation, type Spec } from "../../document/spec.ts";
import { isObject, type JsonObject, lookup, type Violation } from "../../document/validator.ts";
import type { Case, CaseBasis } from "../case.ts";
import { type Finding, Mismatch } from "../findings.ts";
import { shortened } from "../report/text.ts";
import type { Probed, Scene } from "../scene.ts";
import { type Exchange, isSuccess, type RequestPlan } from "../wire/exchange.ts";
import { type Break, breaksOf, createAltered, knownPlace, onlyViolation } from "./breaks.ts";
import { type CaseMaker, caseMaker, kebab } from "./case-maker.ts";
import { conditionCases } from "./conditions.ts";
import { credentialCases } from "./credentials.ts";
import { refusesMethods } from "./methods.ts";
import { negotiationCases } from "./negotiation.ts";
import { createPairs } from "./pairs.ts";
import { memberAt } from "./places.ts";
import { allRefused } from "./refused.ts";
import { type RequestShape, type RequestValue, schemaAt } from "./request.ts";
import { fewer, search, shorter, shrinking } from "./search.ts";
import {
  acceptedOf,
  breaksHere,
  changes,
  createSession,
  type GeneratedOptions,
  type Session,
  tried,
} from "./session.ts";
import { creatorOf, resourceFor } from "./stock.ts";

type Run = Case["run"];

/** How many requests show that one keyword is enforced. */
const mostBreaks = 16;

/** How many valid requests may be refused before those that hold what the target refuses anyway are left out. */
const mostRefused = 16;

/** Checks that follow from a document alone, for each of its operations. */
export function generatedCases(spec: Spec, options: GeneratedOptions): readonly Case[] {
  const session = createSession(spec, options);
  return spec.operations.flatMap((operation) => casesOfOperation(session, operation));
}

/** The checks of one operation. */
export function casesOfOperation(session: Session, operation: Operation): readonly Case[] {
  const cases = checksOf(session, operation);
  if (operation.method !== "DELETE" || session.options.identifiers) return cases;
  // It goes on with what it has: each item that it is given anew would be gone as well.
  return cases.map((item) => ({
    ...item,
    run: (scene) => item.run(scene).finally(() => session.forget(operation)),
  }));
}

function checksOf(session: Session, operation: Operation): readonly Case[] {
  const shape = session.shape(operation);
  const named = caseMaker(operation, session.options.identifiers === undefined ? "what the path names" : "nothing");
  const rules = rulesOf(session, operation);
  if (!rules) {
    const why = shape.impossible ?? "its schema refers to itself without end";
    const run: Run = async ({ skip }) => skip(`no request of ${operation.id} can be made: ${why}`);
    return [named("valid", "Valid requests are served", "documented", operation.summary, run)];
  }
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
    ...negotiationCases(session, operation, shape.mediaType, named),
    ...credentialCases(session, operation, named),
    ...conditionCases(session, operation, named),
    ...(operation.method === "GET"
      ? [
          named(
            "survives-other-parameters",
            "A parameter that the document does not name is passed over or refused, and fails nothing",
            "assumed",
            "A 5xx says that the server has failed: https://www.rfc-editor.org/rfc/rfc9110#section-15.6.",
            (scene) => survivesOtherParameters(session, operation, scene),
          ),
        ]
      : []),
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

async function valid(session: Session, operation: Operation, scene: Scene): Promise<void> {
  const shape = session.shape(operation);
  const making = await session.making(operation, scene);
  const { examples: draws, seed, path } = session.options;
  const isValid = (value: unknown): value is RequestValue => isObject(value) && shape.check(value).length === 0;
  const edges = distinct([...boundaries(shape.schema, making), ...lengthened(shape.schema, making)]);
  const examples = [...edges].filter(isValid);
  const sent = new Set<string>();
  const [exercised, notes] = [{ accepted: 0, refused: 0 }, new Set<string>()];
  const judged = createReporter(scene);
  const pairs = createPairs(session, operation);
  let refusal: Exchange | undefined;
  let isCut = false;
  const look = async (request: unknown, earlier: Fault | undefined) => {
    isCut ||= sent.size > 0 && path === undefined && !scene.mayGoOn();
    if (isCut && !earlier) return undefined;
    const text = JSON.stringify(request);
    if (!isValid(request) || (!earlier && sent.has(text))) return undefined;
    if (!earlier && path === undefined && exercised.refused >= mostRefused) {
      const { refused } = await session.bases(operation, scene);
      if (refused.some((place) => memberAt(request, place) !== undefined)) return undefined;
    }
    sent.add(text);
    const probed = await tried(scene, shape.plan(await session.ready(operation, request, scene), scene.freshKey));
    if (!probed) return undefined;
    if (!earlier) {
      pairs.note(request, probed.exchange);
      if (isSuccess(probed.exchange) || isDeclaredRedirect(operation, probed.exchange)) exercised.accepted++;
      else if (probed.exchange.status < 500) exercised.refused++;
      if (!refusal || tellingOf(probed.exchange) >= tellingOf(refusal)) refusal = probed.exchange;
      for (const place of undeclared(shape, probed.exchange))
        notes.add(`The answer holds ${place}, which the document does not name.`);
    }
    return judged(probed, earlier);
  };
  const values = shrinking(arbitrary(shape.schema, making), smallerRequests(isValid));
  try {
    await search({ arbitrary: values, examples, draws, seed, path }, look, (fault, repeat) => {
      for (const finding of fault.findings) scene.find({ ...finding, repeat });
      return true;
    });
  } finally {
    if (isCut) notes.add("Not all of its requests were sent: the other checks need what is left of its share.");
    scene.remark({ exercised, ...(notes.size > 0 ? { notes: [...notes] } : {}) });
  }
  if (sent.size === 0) scene.skip(`no valid request of ${operation.id} could be made from its schemas`);
  if (path !== undefined) return;
  if (isCut && exercised.accepted === 0)
    scene.skip(`no request of ${operation.id} was accepted with half of its share`);
  if (isCut) return;
  await pairs.judge(scene);
  someAccepted(operation, scene, {
    ...exercised,
    sent: sent.size,
    refusal,
    ...making,
    mustKnow: mustKnow(session, operation),
  });
}

/** How much a refusal tells: that the key has no right, or that something is not there, says more than that something is wrong. */
function tellingOf({ status }: Exchange): number {
  return [400, 404, 403].indexOf([409, 410].includes(status) ? 404 : status);
}

/** A redirection that the document names is an outcome like others. */
function isDeclaredRedirect({ responses }: Operation, { status }: Exchange): boolean {
  return status >= 300 && status <= 399 && (responses.has(`${status}`) || responses.has("3XX"));
}

/** Of all the valid requests of an operation, one at least should be accepted. */
function someAccepted(
  operation: Operation,
  scene: Scene,
  found: {
    readonly accepted: number;
    readonly refused: number;
    readonly sent: number;
    readonly refusal: Exchange | undefined;
    readonly guessed: readonly string[];
    /** What a request has to say that only those know who have been told. */
    readonly mustKnow: string | undefined;
  },
): void {
  const { id } = operation;
  if (found.accepted > 0 || !mayServe(operation)) return;
  if (found.refused === 0) scene.skip(`no request of ${id} can be undone here`);
  const [guessed] = found.guessed;
  const unknown = `no ${guessed} is known that ${id} accepts; name one with --param ${guessed}=VALUE`;
  if (guessed !== undefined) scene.skip(unknown);
  const none = `none of ${found.sent} valid requests was accepted`;
  const { mustKnow } = found;
  if (mustKnow !== undefined) {
    const { status = 0, curl = "" } = found.refusal ?? {};
    const name = mustKnow.split(".").at(-1)!;
    if ([404, 409, 410, 412].includes(status))
      scene.skip(`${none}, and what their ${name} names is not there; name one that is with --param ${name}=VALUE`);
    const message = `${none}; a ${name} that the target knows may be needed, see --param`;
    scene.find({ message, at: "status", expected: "2xx", received: "refusals only", curl, weight: "differs" });
    return;
  }
  throw new Mismatch(none, found.refusal, { at: "status", expected: "2xx", received: "refusals only" });
}

/** Formats whose texts anybody can make up. */
const open = /^(date|date-time|time|duration|email|idn-email|uri|url|iri|hostname|ipv4|ipv6|byte|binary|password)$/;

/**
 * A text that every request has to hold, and that may have to be one which the target knows, such as a code that it has sent to
 * somebody: a member that no schema bounds. What makes an item is told all that it needs.
 */
function mustKnow({ spec, shape: shapeOf }: Session, operation: Operation): string | undefined {
  const resource = resourceFor(spec, operation);
  if (resource && creatorOf(resource) === operation) return undefined;
  if (resource && ["create", "list", "read"].includes(resource.uses.get(operation)!)) return undefined;
  const { schema, schemas } = shapeOf(operation);
  const isFree = (member: unknown) =>
    schemas
      .alternatives(member)
      .some(
        (plain) =>
          typesOf(plain).includes("string") && !("enum" in plain || "const" in plain) && !open.test(`${plain.format}`),
      );
  for (const part of ["query", "header", "cookie", "body"]) {
    const forms = schemas.alternatives(propertiesOf(schema)[part] ?? true);
    for (const form of forms)
      for (const name of requiredOf(form)) if (isFree(propertiesOf(form)[name])) return `${part}.${name}`;
  }
  return undefined;
}

function planOf(shape: RequestShape, value: unknown, scene: Scene): RequestPlan {
  return shape.plan(isObject(value) ? value : {}, scene.freshKey);
}

/** What is wrong with an answer, told apart from other faults by its key. */
type Fault = { readonly key: string; readonly findings: readonly Finding[] };

/**
 * Tells what is wrong with answers, each fault once: one that breaks the document, for the smallest request to be looked for that
 * shows it; anything else is a finding at once, and so are faults beyond the first ones.
 */
function createReporter(scene: Scene) {
  const known = new Set<string>();
  const keyOf = ({ at, weight, expected }: Finding, { status }: Exchange) =>
    JSON.stringify([at, weight, expected, status]);
  return ({ exchange, findings }: Probed, earlier?: Fault): Fault | undefined => {
    if (earlier)
      return findings.some((finding) => keyOf(finding, exchange) === earlier.key)
        ? { key: earlier.key, findings }
        : undefined;
    const fresh = findings.filter((finding) => !known.has(keyOf(finding, exchange)));
    for (const finding of fresh) known.add(keyOf(finding, exchange));
    const worst = fresh.find(({ weight }) => weight === "broken");
    if (worst && known.size <= 12) return { key: keyOf(worst, exchange), findings: fresh };
    for (const finding of fresh) scene.find(finding);
    return undefined;
  };
}

/** Steps to smaller requests on the same path that fit: a shorter identifier would be that of something else. */
function smallerRequests(fits: (candidate: unknown) => boolean) {
  return [fewer, shorter].map(
    (step) =>
      function* (request: unknown): Generator<unknown> {
        const { path, ...rest } = isObject(request) ? request : {};
        for (const smaller of step(rest)) {
          const whole = path === undefined || !isObject(smaller) ? smaller : { path, ...smaller };
          if (fits(whole)) yield whole;
        }
      },
  );
}

type RequestRule = { readonly at: string; readonly keyword: string; readonly violation: Violation };

/** The rules of an operation's requests; `undefined` where none can be made. */
type Rules = readonly RequestRule[] | undefined;

/** The rules of each document, by what is known beforehand: they take as long to find as some hundred requests. */
const known = new WeakMap<Spec, Map<string, Rules>>();

/** The keywords that a document lets a request break, each once; `undefined` where no request can be made. */
export function rulesOf(session: Session, operation: Operation): Rules {
  const { identifiers = null, params = {} } = session.options;
  const ofSpec = known.get(session.spec) ?? new Map<string, Rules>();
  known.set(session.spec, ofSpec);
  const key = JSON.stringify([operation.id, identifiers, params]);
  if (!ofSpec.has(key)) ofSpec.set(key, findRules(session, operation));
  return ofSpec.get(key);
}

function findRules(session: Session, operation: Operation): Rules {
  const shape = session.shape(operation);
  const making = session.beforehand(operation);
  const values = shape.impossible === undefined ? fittingOf(shape, making) : undefined;
  if (!values) return undefined;
  const rules = new Map<string, RequestRule>();
  const isAltered = createAltered();
  for (const value of values) {
    for (const { violation } of breaksOf(shape.schema, value, making, shape.check, { isAltered })) {
      const rule = ruleOf(violation);
      if (!rules.has(keyOfRule(rule))) rules.set(keyOfRule(rule), rule);
    }
  }
  return [...rules.values()];
}

/** The fullest values that a schema takes; `undefined` where it refers to itself in such a way that no validator comes to an end. */
function fittingOf(shape: RequestShape, making: Making): readonly unknown[] | undefined {
  try {
    return fullest(shape.schema, making).filter((value) => shape.check(value).length === 0);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** `null` has a rule of its own: whether it stands for absence is not for a type to say. */
function ruleOf(violation: Violation): RequestRule {
  const keyword = violation.keyword === "type" && violation.received === null ? "null" : violation.keyword;
  return { at: knownPlace(violation.at), keyword, violation };
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
      basisOf(operation, violation),
      `${descriptionOf(document, violation)}${at} should be ${violation.expected}${where}.`,
      (scene) => refuses(session, operation, scene, rule),
    );
  });
}

/**
 * What a broken keyword rests on. That a value outside the range of a query parameter is refused, and not taken for the nearest
 * one or for none, no keyword says, unless the operation declares such a refusal; nor that `null` is no way to leave out what may
 * be left out.
 */
function basisOf({ responses }: Operation, { basis, at, keyword, received }: Violation): CaseBasis {
  const isRefused = ["400", "422", "4XX"].some((status) => responses.get(status)?.basis === "documented");
  if (basis !== "documented" || (at.startsWith("query.") && keyword !== "required" && !isRefused)) return "assumed";
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
    if (!standsIn(operation, broken.violation, answer)) return true;
    notes.push(`The target completes ${broken.violation.at} from what is stored.`);
    return false;
  });
  if (notes.length > 0) scene.remark({ notes: [...new Set(notes)] });
}

function asDifference(finding: Finding): Finding {
  return { ...finding, weight: "differs" };
}

/** What is wrong with an answer to a request that should be refused: the answer itself, or that it accepts the request. */
type RefusalFault = { readonly answer: Fault } | { readonly accepts: Exchange; readonly broken: Break };

/** Sends requests that should be refused, and looks whether they were, and changed nothing. */
async function eachRefused(
  session: Session,
  operation: Operation,
  scene: Scene,
  breaks: readonly Break[],
  counts: (broken: Break, answer: Exchange) => boolean,
): Promise<void> {
  const shape = session.shape(operation);
  const { seed, path } = session.options;
  const judged = createReporter(scene);
  const read = session.readBack(operation, isObject(breaks[0]?.value) ? breaks[0].value : {});
  let allRefused = true;
  let last: Exchange | undefined;
  const look = async (broken: Break, earlier: RefusalFault | undefined): Promise<RefusalFault | undefined> => {
    const { exchange, findings } = await scene.probe(planOf(shape, broken.value, scene));
    if (earlier && "accepts" in earlier) return isSuccess(exchange) ? { accepts: exchange, broken } : undefined;
    if (!earlier) last = exchange;
    // Who may accept such a request may also answer it with what it held, such as a page of 1.5 items.
    const may = basisOf(operation, broken.violation) !== "documented" && isSuccess(exchange);
    const answer = judged({ exchange, findings: may ? findings.map(asDifference) : findings }, earlier?.answer);
    if (earlier || exchange.status >= 400) return answer && { answer };
    allRefused = false;
    if (!counts(broken, exchange)) return answer && { answer };
    for (const finding of answer?.findings ?? []) scene.find(finding);
    return { accepts: exchange, broken };
  };
  const steps = [0, 1].map(
    (index) =>
      function* (broken: Break): Generator<Break> {
        const smaller = smallerRequests((candidate) => isSameFault(shape, candidate, broken))[index]!;
        for (const value of smaller(broken.value)) yield { ...broken, value };
      },
  );
  const arbitrary = shrinking<Break>(undefined, steps);
  const changed = await changes(scene, read, () =>
    search({ arbitrary, examples: breaks, draws: 0, seed, path }, look, (fault, repeat) => {
      if ("accepts" in fault) scene.find({ ...acceptance(operation, fault.broken, fault.accepts), repeat });
      else for (const finding of fault.answer.findings) scene.find({ ...finding, repeat });
      return !("accepts" in fault);
    }),
  );
  if (changed && allRefused)
    throw new Mismatch("a refused request has changed what a read shows", last, {
      at: "body",
      expected: changed.before,
      received: changed.after,
    });
}

/** The same fault in another request: exactly that keyword, in the same place. */
function isSameFault(shape: RequestShape, value: unknown, { violation }: Break): boolean {
  const other = onlyViolation(shape.check(value));
  return other?.at === violation.at && other.keyword === violation.keyword;
}

/** What is found where a request is accepted that should be refused. */
function acceptance(operation: Operation, { violation }: Break, { status, curl }: Exchange): Finding {
  return {
    message: `a request is accepted though ${violation.at} should be ${violation.expected}`,
    at: violation.at,
    expected: "4xx",
    received: `${status} to ${excerpt(violation.received)}`,
    curl,
    weight: basisOf(operation, violation) === "documented" ? "broken" : "differs",
    ...(violation.place === undefined ? {} : { place: violation.place }),
  };
}

/**
 * Whether the target fills in what a request lacks with what is stored: the answer shows a value all the same. Of what is made new,
 * nothing is.
 */
function standsIn({ method }: Operation, { keyword, property }: Violation, { json }: Exchange): boolean {
  if (keyword !== "required" || method === "POST") return false;
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
    const [way] = breaksHere(session, operation, value, making, pick);
    if (!way) continue;
    // Only what is accepted without the fault can show that it is the fault that is refused.
    const ready = await session.ready(operation, value, scene);
    const probed = await tried(scene, shape.plan(ready, scene.freshKey));
    if (!probed) continue;
    if (isSuccess(probed.exchange)) {
      exercised.accepted++;
      broken.push(way);
    } else exercised.refused++;
  }
  scene.remark({ exercised });
  if (broken.length === 0) scene.skip("none of the random requests is accepted without a fault, or can be broken");
  await eachRefused(
    session,
    operation,
    scene,
    broken,
    ({ violation }, answer) => !standsIn(operation, violation, answer),
  );
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

async function survivesOtherParameters(session: Session, operation: Operation, scene: Scene): Promise<void> {
  const { plan } = await acceptedOf(session, operation, scene);
  for (const pair of ["understudy=1", "understudy[]=%00&understudy"]) {
    const { exchange, findings } = await scene.probe({ ...plan, path: withQuery(plan.path, pair) });
    if (exchange.status >= 500) for (const finding of findings) scene.find(finding);
  }
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
  await refusesMethods(scene, operation, declared, plans);
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
  visit(schemaAt(media.place), json, "body", 0);
  return [...found];
}

function isFirstOfPath(spec: Spec, operation: Operation): boolean {
  return spec.operations.find(({ path }) => path === operation.path) === operation;
}

function methodsOf(spec: Spec, { path }: Operation): readonly string[] {
  return spec.operations.filter((other) => other.path === path).map(({ method }) => method);
}

function excerpt(value: unknown): string {
  return shortened(JSON.stringify(value) ?? "(absent)", 200);
}
