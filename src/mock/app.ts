import { Hono } from "hono";
import { builtValue, controlSpecUrl, textOf } from "#platform";
import { type Answer, jsonAnswer } from "../document/answer.ts";
import { once } from "../document/late.ts";
import { Problem, show } from "../document/problem.ts";
import { createRefuser } from "../document/refusal.ts";
import {
  declaredResponse,
  type IdempotencyRules,
  isObject,
  loadSpec,
  type Operation,
  type Spec,
} from "../document/spec.ts";
import { type Env, headerOf, pathOf, type RequestContext, type RequestInput, targetOf } from "./context.ts";
import { type ControlRules, controlHandlers } from "./control/control.ts";
import type { Snapshots } from "./control/state.ts";
import type { RecordRules } from "./fixtures.ts";
import { createGenerator, type Generator } from "./generate.ts";
import type { AnyHandler, OwnHandler, Said, Streamed } from "./handler.ts";
import { type Lines, slowly } from "./line.ts";
import { bodyReader, nothing, validator } from "./middleware/body.ts";
import { controlGuard } from "./middleware/control-guard.ts";
import { preflight, readableBy } from "./middleware/cors.ts";
import {
  type Admission,
  type CredentialOptions,
  credentials,
  keyIfAny,
  keySchemeOf,
} from "./middleware/credentials.ts";
import { type FaultStep, faults, unanswered } from "./middleware/faults.ts";
import { idempotency, usualRules } from "./middleware/idempotency.ts";
import { noRoute } from "./middleware/no-route.ts";
import { createResources, type Resources } from "./resources.ts";
import type { JournalEntry, Refused, Sandbox, Store } from "./store/store.ts";

/** The longest body of a request to the control plane, in bytes: a snapshot of a large world is large. */
const controlBodyLimit = 64 * 1024 * 1024;

/** The longest body that the journal keeps for a reader, in bytes. */
const longestJournalled = 16 * 1024;

export type AppOptions = {
  readonly spec: Spec;
  readonly store: Store;
  readonly apiKeys: ReadonlySet<string>;
  /** How long every execution takes, in milliseconds. */
  readonly latencyMs: number;
  /** The longest body of a request to the API, in bytes. */
  readonly maxBodyBytes: number;
  /** What made-up answers follow from. */
  readonly seed: number;
  /** By operationId. An operation that has none is answered from its schema and examples. */
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  /** What is wrong with records beside what their schemas say. */
  readonly check?: RecordRules["check"];
  /** The names of all collections. */
  readonly names?: RecordRules["names"];
  /** The member that is the id of the records of a collection. */
  readonly idOf: (collection: string) => string;
  /** The pages at `/docs`; none unless told. */
  readonly pages?: Pages | undefined;
  /** The hosts under which the control plane answers beside the loopback ones. */
  readonly controlHosts: ReadonlySet<string>;
  /** Kept by name, whichever application took them. */
  readonly snapshots: Snapshots;
  readonly lines: Lines;
  /** Told each entry of the journals as it is written, and each request that was refused before its sandbox was known. */
  readonly observe?: ((entry: JournalEntry, sandbox: Sandbox | undefined) => void) | undefined;
  /** What is wrong with the receivers of webhooks. */
  readonly checkReceivers: ControlRules["checkReceivers"];
  readonly log: (line: string) => void;
};

/** The pages of a document for its readers. */
export type Pages = {
  /** The page itself, as HTML. */
  page(spec: Spec): string;
  /** A file beside it, by name; `undefined` when there is none. */
  file(name: string): { readonly body: Uint8Array<ArrayBuffer>; readonly type: string } | undefined;
};

/** An answer of text, of bytes, or of bytes that come little by little. */
type Page = Omit<Answer, "body"> & { readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> };

/** Makes the mock as one Hono application: every operation of the document, its pages, and the control plane. */
export function createApp(options: AppOptions): Hono<Env> {
  const { spec, lines, log } = options;
  const admission: CredentialOptions = { ...options, keyScheme: keySchemeOf(spec), realm: spec.title };
  const refuse = refuserOf(spec, log);
  const generator = createGenerator(spec, options.seed);
  const resources = createResources(spec, generator);
  const pause = createPause();
  const journalled = journalling(options.observe);
  const app = new Hono<Env>();
  app.onError((error, c) => respond(c, refuse(error, c)));

  // Made at its first use: most runs never touch it, and every start would wait for its document.
  const control = once(() => createControlApp(options, admission));
  app.all("/_understudy/*", (c) => control().fetch(c.req.raw, c.env));

  const answers = new Map<Operation, (c: RequestContext) => Promise<Response>>();
  const isRouted = routable(spec);
  for (const operation of spec.operations) {
    const given = options.handlers[operation.id];
    const refuseHere: Refuse = (error, c) => refuse(error, c, operation);
    // Made at its first use too: most operations of a large document are never asked.
    const answerer = once(() =>
      operationAnswerer(operation, {
        refuse: refuseHere,
        bodyLimit: options.maxBodyBytes,
        latencyMs: options.latencyMs,
        journalled,
        fault: faults(operation, generator),
        rules: operation.idempotency ?? usualRules(spec, operation),
        admit: credentials(operation.security, admission),
        carryOut: carrier(operation, given, generator, resources),
      }),
    );
    const respondHere = async (c: RequestContext) => {
      if (c.env?.incoming) await pause();
      return deliver(c, await settle(c, refuseHere, () => answerer()(c)), lines);
    };
    answers.set(operation, respondHere);
    if (isRouted(operation)) app.on(operation.method, [routeOf(operation)], respondHere);
  }

  servePages(app, spec, options.pages);

  const unrouted = noRoute(spec);
  const faultOfNone = faults(undefined, generator);
  const isGuarded = spec.operations.every(
    ({ security }) => security.length > 0 && security.every(({ length }) => length > 0),
  );
  const admit = credentials(isGuarded && admission.keyScheme ? [[admission.keyScheme]] : [], admission);
  app.notFound(async (c) => {
    // What Hono's routes cannot say: a part of a segment, the base path of a server, a query, one shape for two templates.
    const match = spec.match(c.req.method, targetOf(c));
    if (match.operation) {
      c.set("path", match.raw);
      return answers.get(match.operation)!(c);
    }
    // What a path takes is told to everybody; whether there is such a path, where all need a key, only to those with one.
    if (c.req.method === "OPTIONS") return respond(c, preflight(c) ?? (await settle(c, refuse, () => unrouted(c))));
    const answer = await journalled(c, { admit, refuse }, (sandbox) =>
      faultOfNone(c, sandbox, () => settle(c, refuse, () => unrouted(c))),
    );
    return deliver(c, answer, lines);
  });
  return app;
}

/** Serves the document, and the pages for its readers. */
function servePages(app: Hono<Env>, spec: Spec, pages: Pages | undefined): void {
  app.get("/openapi.yaml", (c) => respond(c, pageAnswer("application/yaml", spec.text)));
  app.get("/openapi.json", (c) => respond(c, jsonAnswer(200, spec.document)));
  if (!pages) return;
  app.get("/docs", (c) => respond(c, pageAnswer("text/html; charset=UTF-8", pages.page(spec))));
  app.get("/docs/:name", (c) => {
    const file = pages.file(c.req.param("name"));
    if (!file) throw new Problem("not_found", { hint: "GET /docs shows every operation." });
    return respond(c, pageAnswer(file.type, file.body));
  });
  app.get("/", (c) => c.redirect("/docs"));
}

function pageAnswer(type: string, body: string | Uint8Array<ArrayBuffer>): Page {
  return { status: 200, headers: { "Content-Type": type }, body };
}

/** Makes the application of the control plane, under `/_understudy`, as its own document describes it. */
function createControlApp(options: AppOptions, admission: CredentialOptions): Hono<Env> {
  const document = loadSpec(controlSpecUrl, { parsed: builtValue });
  const refuse = refuserOf(document, options.log);
  const handlers: Readonly<Record<string, OwnHandler<Said | Streamed>>> = controlHandlers(options);
  // The key as the control plane has it, or as the API does.
  const schemes = [keySchemeOf(document), admission.keyScheme].filter((scheme) => scheme !== undefined);
  const admit = keyIfAny(schemes, admission);
  const app = new Hono<Env>();
  app.use(controlGuard(options.controlHosts, createRefuser(document)));
  for (const operation of document.operations) {
    const answer = operationAnswerer(operation, {
      refuse: (error, c) => refuse(error, c, operation),
      bodyLimit: controlBodyLimit,
      latencyMs: 0,
      rules: operation.idempotency,
      admit,
      carryOut: written(operation, (_, input, sandbox) => handlers[operation.id]!(input, sandbox)),
    });
    app.on(operation.method, [routeOf(operation)], async (c) =>
      deliver(c, await settle(c, refuse, () => answer(c)), options.lines),
    );
  }
  const unrouted = noRoute(document);
  app.notFound(async (c) => respond(c, preflight(c) ?? (await settle(c, refuse, () => unrouted(c)))));
  return app;
}

/** Makes an answer of what was thrown on the way of a request. */
type Refuse = (error: unknown, c: RequestContext, operation?: Operation) => Answer;

type OperationOptions = {
  readonly refuse: Refuse;
  /** The longest body, in bytes. */
  readonly bodyLimit: number;
  readonly latencyMs: number;
  /** Writes down what was asked and answered; nothing unless told. */
  readonly journalled?: Journalling;
  /** How a write is made safe to repeat. */
  readonly rules: IdempotencyRules | undefined;
  readonly admit: Admission;
  /** What goes wrong on purpose; nothing unless told. */
  readonly fault?: FaultStep;
  carryOut(c: RequestContext, input: RequestInput, sandbox: Sandbox): Answer | Promise<Answer>;
};

/** Makes what answers the requests of one operation, step by step. A step that refuses throws a `Problem`. */
function operationAnswerer(operation: Operation, options: OperationOptions): (c: RequestContext) => Promise<Answer> {
  const { admit, refuse, bodyLimit, latencyMs, journalled, rules, fault, carryOut } = options;
  const readBody = bodyReader(operation, bodyLimit);
  const once = rules && idempotency(operation, rules);
  const validate = validator(operation);

  async function execute(c: RequestContext, sandbox: Sandbox, bytes: Uint8Array, wait?: () => Promise<void>) {
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    if (wait) await wait();
    return carryOut(c, validate(c, bytes), sandbox);
  }

  async function keyed(c: RequestContext, sandbox: Sandbox, note: (bytes: Uint8Array) => void): Promise<Answer> {
    const bytes = await readBody(c);
    note(bytes);
    const work = (wait?: () => Promise<void>) => {
      const executed = () => settle(c, refuse, () => execute(c, sandbox, bytes, wait));
      return once ? once(c, sandbox, bytes, executed) : executed();
    };
    return fault ? fault(c, sandbox, (wait) => settle(c, refuse, () => work(wait))) : work();
  }

  return async function answer(c) {
    if (!journalled) {
      const sandbox = await admit(c);
      return committed(c, sandbox, refuse, await settle(c, refuse, () => keyed(c, sandbox, () => {})));
    }
    return journalled(c, { operation, admit, refuse }, (sandbox, note) => keyed(c, sandbox, note));
  };
}

/** Answers a request in its sandbox and writes both down; without an operation, it is a request that none takes. */
type Journalling = (
  c: RequestContext,
  by: { readonly operation?: Operation; readonly admit: Admission; readonly refuse: Refuse },
  answered: (sandbox: Sandbox, note: (bytes: Uint8Array) => void) => Promise<Answer>,
) => Promise<Answer>;

function journalling(observe: AppOptions["observe"]): Journalling {
  return async function journalled(c, { operation, admit, refuse }, answered) {
    const started = performance.now();
    let sandbox: Sandbox | undefined;
    try {
      sandbox = await admit(c);
    } catch (error) {
      const answer = refuse(error, c);
      observe?.(entryOf(c, { at: Date.now(), operation, bytes: nothing, answer, started }), undefined);
      return answer;
    }
    const at = await sandbox.clock.now();
    let bytes = nothing;
    const note = (read: Uint8Array) => {
      bytes = read;
    };
    const settled = await settle(c, refuse, () => answered(sandbox, note));
    const answer = sandbox.commit ? await committed(c, sandbox, refuse, settled) : settled;
    const entry = entryOf(c, { at, operation, bytes, answer, started });
    await sandbox.journal.record(entry);
    observe?.(entry, sandbox);
    return answer;
  };
}

/** An answer once what it tells of outlives the process; where it cannot, the refusal that says so. */
async function committed(c: RequestContext, sandbox: Sandbox, refuse: Refuse, answer: Answer): Promise<Answer> {
  return settle(c, refuse, async () => {
    await sandbox.commit?.();
    return answer;
  });
}

type Passage = {
  readonly at: number;
  readonly operation: Operation | undefined;
  readonly bytes: Uint8Array;
  readonly answer: Answer;
  readonly started: number;
};

function entryOf(c: RequestContext, { at, operation, bytes, answer, started }: Passage): JournalEntry {
  const problem = c.get("problem");
  return {
    at,
    method: c.req.method,
    target: targetOf(c),
    operationId: operation?.id,
    headers: (c.env?.incoming?.headers ?? Object.fromEntries(c.req.raw.headers)) as Record<string, string>,
    // As text of its own: the bytes are part of a larger buffer, which would stay with them.
    body: bytes.length > 0 && bytes.length <= longestJournalled ? textOf(bytes) : undefined,
    answer: answer === unanswered ? undefined : answer,
    durationMs: performance.now() - started,
    fault: c.get("fault")?.by,
    nearest: c.get("nearest"),
    refused: problem && refusedBy(problem),
  };
}

/** The most rules that an entry of the journal names. */
const mostRules = 10;

function refusedBy({ code, message, options: { violations, details = [] } }: Problem): Refused {
  const places = violations ?? details.map(({ property, code }) => ({ at: property ?? "", keyword: code }));
  return { code, message, rules: places.slice(0, mostRules).map(({ at, keyword }) => ({ at, keyword })) };
}

/** The answer of some work, or the refusal that it throws. */
async function settle(c: RequestContext, refuse: Refuse, work: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    return refuse(error, c);
  }
}

/** The one place where an error becomes an answer: a refusal says why, a bug says nothing but leaves a line in the log. */
function refuserOf(spec: Spec, log: (line: string) => void): Refuse {
  const refuse = createRefuser(spec);
  return (error, c, operation) => {
    const isRefusal = error instanceof Problem;
    if (!isRefusal)
      log(`${c.req.method} ${pathOf(c)} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    const problem = isRefusal ? error : new Problem("internal_error");
    c.set("problem", problem);
    return refuse(problem, operation);
  };
}

/** Sends an answer, as far as a fault lets it come. */
function deliver(c: RequestContext, answer: Answer, lines: Lines): Response | Promise<Response> {
  const stream = c.get("stream");
  if (stream) return respond(c, { ...answer, body: stream });
  const fault = c.get("fault");
  if (fault?.connection) return lines.fail(c, answer, fault.connection);
  if (!fault?.bytesPerSecond || answer.body === null) return respond(c, answer);
  return respond(c, { ...answer, body: slowly(answer.body, fault.bytesPerSecond) });
}

/** The one place where an answer becomes a response. Headers go in as a plain record, which the server writes as it is. */
function respond(c: RequestContext, { status, headers, body }: Answer | Page): Response {
  const origin = headerOf(c, "origin");
  if (origin === undefined) return new Response(body, { status, headers });
  const readable = readableBy(origin, headers);
  // What was cut off on a connection that it has used before, a browser repeats by itself, and nobody sees that it was cut.
  return new Response(body, { status, headers: c.env?.incoming ? { ...readable, Connection: "close" } : readable });
}

/** What carries out an operation before its answer is written. */
type Work = (c: RequestContext, input: RequestInput, sandbox: Sandbox) => Promise<Said | Streamed>;

/** Carries out an operation by its handler, which may ask for the usual; where it has none, by the document. */
function carrier(
  operation: Operation,
  given: AnyHandler | undefined,
  generator: Generator,
  resources: Resources,
): OperationOptions["carryOut"] {
  const usual = byDocument(operation, generator, resources);
  const work: Work = given ? (c, input, sandbox) => given(input, sandbox, () => usual(c, input, sandbox)) : usual;
  return written(operation, work, generator);
}

/** On the records of the operation's resource, or else with a made-up answer. */
function byDocument(operation: Operation, generator: Generator, resources: Resources) {
  const guard = resources.guardOf(operation);
  const handler = resources.handlerOf(operation);
  return async (c: RequestContext, input: RequestInput, sandbox: Sandbox): Promise<Said> => {
    await guard?.(input, sandbox);
    return handler ? handler(input, sandbox) : generator.said(operation, pathOf(c), headerOf(c, "accept"));
  };
}

/** Writes what some work answers as its operation declares it. */
function written(operation: Operation, work: Work, generator?: Generator): OperationOptions["carryOut"] {
  const isPlain = plainly(operation);
  return async (c, input, sandbox) => {
    const said = await work(c, input, sandbox);
    if (isObject(said) && "stream" in said) {
      c.set("stream", said.stream(c.req.raw.signal));
      return { status: said.status, headers: { "Content-Type": said.type, "Cache-Control": "no-store" }, body: null };
    }
    if (!Number.isInteger(said?.status)) throw new TypeError(unsaid(operation, said));
    if (!generator || (said.headers === undefined && isPlain(said.status))) return jsonAnswer(said.status, said.body);
    return generator.write(operation, pathOf(c), said, headerOf(c, "accept"));
  };
}

function unsaid({ id }: Operation, said: unknown): string {
  return `The handler of ${id} should answer { status, body }, such as { status: 200, body: {} }; received ${show(said)}.`;
}

/** Tells, a status at a time and each once, whether its answer is JSON and has no header that it must have or that is shown. */
function plainly(operation: Operation): (status: number) => boolean {
  const known = new Map<number, boolean>();
  return (status) => {
    const before = known.get(status);
    if (before !== undefined) return before;
    const response = declaredResponse(operation, status);
    const isPlain =
      !response ||
      ([...response.content.keys()].every((type) => type === "application/json") &&
        ![...response.headers.values()].some(({ required, isShown }) => required || isShown));
    known.set(status, isPlain);
    return isPlain;
  };
}

/**
 * A pause before the work: the requests that have come together are all read before the first is carried out, so that the code
 * of either stays in the processor's caches, which lets a busy server answer far more of them.
 */
function createPause(): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= new Promise((resolve) => {
      setImmediate(() => {
        running = undefined;
        resolve();
      });
    });
    return running;
  };
}

/** A path template as Hono writes it: `/books/:bookId`. */
function routeOf({ path }: Operation): string {
  return path.replace(/\/\{([^}/]+)\}(?=\/|$)/g, "/:$1");
}

/** Tells which operations have a route that says all that their template does, and says it alone. */
function routable({ operations }: Spec): (operation: Operation) => boolean {
  const shapes = new Map<string, number>();
  for (const operation of operations) shapes.set(shapeOf(operation), (shapes.get(shapeOf(operation)) ?? 0) + 1);
  const isPlain = ({ path }: Operation) => /^[\w/.~$!&'(),;=@-]*$/.test(path.replace(/\/\{[^}/]+\}(?=\/|$)/g, "/"));
  return (operation) => isPlain(operation) && shapes.get(shapeOf(operation)) === 1;
}

/** What two operations have in common that one route would answer; Hono answers HEAD by the routes of GET. */
function shapeOf({ method, path: template }: Operation): string {
  const [path = ""] = template.split(/[?#]/, 1);
  return `${method === "HEAD" ? "GET" : method} ${path.replace(/[^/]*\{[^}]*\}[^/]*/g, ":")}`;
}
