import { Hono } from "hono";
import { type Answer, jsonAnswer } from "../document/answer.ts";
import { once } from "../document/late.ts";
import type { Operation, Spec } from "../document/spec.ts";
import { operationAnswerer } from "./answerer.ts";
import { carrier } from "./carry-out.ts";
import { type Env, type RequestContext, targetOf } from "./context.ts";
import { createControlApp } from "./control/app.ts";
import type { ControlRules } from "./control/control.ts";
import type { RecordRules } from "./fixtures.ts";
import { createGenerator } from "./generate.ts";
import type { AnyHandler } from "./handler.ts";
import { journalling, type Observe } from "./journal.ts";
import type { Lines } from "./line.ts";
import { preflight } from "./middleware/cors.ts";
import { type Admission, type CredentialOptions, credentials, keySchemeOf } from "./middleware/credentials.ts";
import { faults } from "./middleware/faults.ts";
import { usualRules } from "./middleware/idempotency.ts";
import { noRoute } from "./middleware/no-route.ts";
import { type Refuse, refuserOf, settle } from "./refuse.ts";
import { createResources } from "./resources.ts";
import { deliver, type Page, respond } from "./respond.ts";
import { routable, routeOf } from "./routing.ts";
import type { Store } from "./store/store.ts";

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
  /** The pages beside the API; none unless told. */
  readonly pages?: Pages | undefined;
  /** The hosts under which the control plane answers beside the loopback ones. */
  readonly controlHosts: ReadonlySet<string>;
  readonly lines: Lines;
  /** Told each entry of the journals as it is written, and each request that was refused before its sandbox was known. */
  readonly observe?: Observe | undefined;
  /** What is wrong with the receivers of webhooks. */
  readonly checkReceivers: ControlRules["checkReceivers"];
  readonly log: (line: string) => void;
};

/** The pages that a mock serves beside the API, and their files, by path. Each is made when it is asked for. */
export type Pages = Readonly<Record<string, (spec: Spec) => PageFile | Promise<PageFile>>>;

/** A page, or a file of one. */
export type PageFile = {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Where the control plane lies. What of its pages is there tells nothing of a sandbox, so that a link may lead there from anywhere. */
const controlPath = "/_understudy";

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

  servePages(app, options, isOfControl);
  // Made at its first use: most runs never touch it, and every start would wait for its document.
  const control = once(() => createControlApp(options, admission));
  app.all(`${controlPath}/*`, (c) => control().fetch(c.req.raw, c.env));

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
      if (c.env?.outgoing) await pause();
      return deliver(c, await settle(c, refuseHere, () => answerer()(c)), lines);
    };
    answers.set(operation, respondHere);
    if (isRouted(operation)) app.on(operation.method, [routeOf(operation)], respondHere);
  }

  serveDocument(app, spec);
  servePages(app, options, (path) => !isOfControl(path));

  const unrouted = noRoute(spec);
  const faultOfNone = faults(undefined, generator);
  const admit = admissionOfNone(spec, admission);
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

/** Who may ask for what no operation takes: whoever shows a credential there is in its sandbox and no other. */
function admissionOfNone({ operations, securitySchemes }: Spec, admission: CredentialOptions): Admission {
  const isGuarded = operations.every(
    ({ security }) => security.length > 0 && security.every(({ length }) => length > 0),
  );
  const shown = [[], ...securitySchemes.map((scheme) => [scheme])];
  return credentials(isGuarded && admission.keyScheme ? [[admission.keyScheme]] : shown, admission);
}

function serveDocument(app: Hono<Env>, spec: Spec): void {
  app.get("/openapi.yaml", (c) => respond(c, pageAnswer({ type: "application/yaml", body: spec.text })));
  app.get("/openapi.json", (c) => respond(c, jsonAnswer(200, spec.document)));
}

function isOfControl(path: string): boolean {
  return path.startsWith(`${controlPath}/`);
}

/** Serves those of the pages whose path is like this. */
function servePages(app: Hono<Env>, { pages = {}, spec }: AppOptions, isMeant: (path: string) => boolean): void {
  for (const [path, page] of Object.entries(pages).filter(([path]) => isMeant(path))) {
    app.get(path, async (c) => respond(c, pageAnswer(await page(spec))));
    // What a page names beside it is found from its folder alone.
    if (path.endsWith("/")) app.get(path.slice(0, -1), (c) => respond(c, seeOther(`${path.split("/").at(-2)}/`)));
  }
  if (Object.hasOwn(pages, "/docs") && isMeant("/")) app.get("/", (c) => respond(c, seeOther("docs")));
}

function pageAnswer({ type, body, headers }: PageFile): Page {
  return { status: 200, headers: { "Content-Type": type, ...headers }, body };
}

/** To a place beside this one, wherever the mock is mounted. */
function seeOther(place: string): Answer {
  return { status: 302, headers: { Location: place }, body: null };
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
