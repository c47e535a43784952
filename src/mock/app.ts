import type { IncomingMessage } from "node:http";
import { Hono } from "hono";
import { customers } from "../connect/handlers/customers.ts";
import { paymentProfiles } from "../connect/handlers/payment-profiles.ts";
import { type Operation, type Spec, SpecError } from "../document/spec.ts";
import { docsFile, docsPage } from "../reference/reference.ts";
import { type Answer, jsonAnswer } from "./answer.ts";
import {
  type Answerer,
  type Env,
  isPlain,
  PlainRequest,
  RequestContext,
  type RequestInput,
  sending,
  through,
  toResponse,
} from "./context.ts";
import { createControl } from "./control.ts";
import { createGenerator, type Generator } from "./generate.ts";
import type { Handlers, Output } from "./handler.ts";
import { apiKey, apiKeyHeader } from "./middleware/api-key.ts";
import { cors } from "./middleware/cors.ts";
import { credentials } from "./middleware/credentials.ts";
import { idempotency } from "./middleware/idempotency.ts";
import { journal } from "./middleware/journal.ts";
import { latency } from "./middleware/latency.ts";
import { noRoute } from "./middleware/no-route.ts";
import { readBody } from "./middleware/read-body.ts";
import { refusalOf, refuse } from "./middleware/refuse.ts";
import { validate } from "./middleware/validate.ts";
import { Problem } from "./problem.ts";
import type { Sandbox, Store } from "./store/store.ts";

const handlers: Handlers = { ...customers, ...paymentProfiles };

const controlPath = "/_understudy/";

/** The longest body of a request, in bytes. */
const bodyLimit = 1024 * 1024;

export type AppOptions = {
  readonly spec: Spec;
  readonly store: Store;
  readonly apiKeys: ReadonlySet<string>;
  /** How long every execution takes, in milliseconds. */
  readonly latencyMs: number;
  /** What made-up answers follow from. */
  readonly seed: number;
  /** Which of the document's operations are ours to answer by hand. */
  readonly handles: (operation: Operation) => boolean;
  readonly log: (line: string) => void;
};

/** The mock as one HTTP application: every operation of the document, its pages, and the control plane. */
export type App = {
  /** Answers any request. */
  readonly fetch: Hono<Env>["fetch"];
  /** Who answers a plain request for an operation as `fetch` would, but faster; `undefined` where it takes `fetch`. */
  answererOf(incoming: IncomingMessage): (() => Promise<Answer>) | undefined;
};

/** Makes the mock's application. Throws a `SpecError` where a path of the document is none that it can serve. */
export function createApp(options: AppOptions): App {
  const { spec, store, apiKeys, latencyMs, seed, handles, log } = options;
  const generate = createGenerator(spec, seed);
  const keyHeader = apiKeyHeader(spec);
  const admit = apiKey(keyHeader, { store, apiKeys });

  const app = new Hono<Env>();
  app.onError((error, c) => toResponse(refusalOf(error, `${c.req.method} ${c.req.path}`, log)));
  app.use(cors(spec));

  // Made at its first use: most runs never touch it, and every start would wait for its document.
  let control: Hono<Env> | undefined;
  app.all(`${controlPath}*`, (c) => {
    control ??= createControl(options);
    return control.fetch(c.req.raw, c.env);
  });

  const answerers = new Map<Operation, Answerer>();
  for (const operation of spec.operations) {
    const handler = handles(operation) ? handlers[operation.id as keyof Handlers] : undefined;
    const steps = [
      refuse(log),
      credentials(operation, keyHeader, { store, apiKeys }),
      journal(spec, operation),
      refuse(log),
      readBody(operation, bodyLimit),
      ...(operation.idempotency ? [idempotency(operation, operation.idempotency), refuse(log)] : []),
      ...(latencyMs > 0 ? [latency(latencyMs)] : []),
      validate(operation),
    ];
    const answer = through(steps, handler ? carryOut(handler) : makeUp(generate, operation));
    answerers.set(operation, answer);
    app.on(operation.method, [routeOf(operation)], sending(answer));
  }

  app.get("/openapi.yaml", (c) => c.body(spec.text, 200, { "Content-Type": "application/yaml" }));
  app.get("/openapi.json", (c) => c.json(spec.document));
  app.get("/docs", (c) => c.html(docsPage(spec)));
  app.get("/docs/:name", (c) => {
    const file = docsFile(c.req.param("name"));
    if (!file) throw new Problem("not_found", { hint: "GET /docs shows every operation." });
    return c.body(Buffer.from(file.body), 200, { "Content-Type": file.type });
  });
  app.get("/", (c) => c.redirect("/docs"));

  // What a path takes is told to everybody; whether there is such a path, only to those with a key.
  app.options("*", sending(through([refuse(log)], noRoute(spec))));
  app.all("*", sending(through([refuse(log), admit, journal(spec), refuse(log)], noRoute(spec))));
  return {
    fetch: app.fetch,
    answererOf(incoming) {
      if (!isPlain(incoming, bodyLimit) || incoming.url!.startsWith(controlPath)) return undefined;
      const match = spec.match(incoming.method!, incoming.url!);
      if (!match.operation) return undefined;
      const answer = answerers.get(match.operation)!;
      return () => answer(new RequestContext(new PlainRequest(incoming, match.path)));
    },
  };
}

/** Carries out an operation by hand. */
function carryOut(handler: Handlers[keyof Handlers] & {}): Answerer {
  // The document has accepted the input, and the generated types say the same as the document.
  const run = handler as unknown as (input: RequestInput, sandbox: Sandbox) => Promise<Output<keyof Handlers>>;
  return async ({ input, sandbox }) => {
    const { status, body } = await run(input, sandbox);
    return jsonAnswer(status, body);
  };
}

/** Answers an operation that nobody has written by hand. */
function makeUp(generate: Generator, operation: Operation): Answerer {
  return ({ received }) => generate(operation, received.target.split("?", 1)[0]!);
}

/** A path template as Hono writes it: `/customers/:customerId`. */
function routeOf({ id, path }: Operation): string {
  const route = path.replace(/\/\{([^}/]+)\}(?=\/|$)/g, "/:$1");
  if (/[{}*]/.test(route)) throw new SpecError(`${id}: the path ${path} has a parameter that is no whole segment.`);
  return route;
}
