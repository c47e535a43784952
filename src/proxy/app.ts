import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import { pipeline } from "node:stream/promises";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { proxy } from "hono/proxy";
import { jsonOf } from "../contract/wire/exchange.ts";
import { reasonOf } from "../contract/wire/transport.ts";
import { type Answer, jsonAnswer } from "../document/answer.ts";
import { withoutCodings } from "../document/content-coding.ts";
import { judge } from "../document/judge-answer.ts";
import { createRequestJudge } from "../document/judge-request.ts";
import { isJson } from "../document/media-type.ts";
import { splitTarget } from "../document/path.ts";
import { invalid, show } from "../document/problem.ts";
import { createRefuser } from "../document/refusal.ts";
import { declaredResponse, type Operation, type Spec, type Violation } from "../document/spec.ts";
import type { Env } from "../mock/context.ts";
import type { Listening } from "../mock/listening.ts";
import { listen } from "../mock/server.ts";

/** A request that has passed the proxy, and what the document finds wrong with it and with its answer. */
export type Passage = {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  /** Names as they were sent, a name as often as it was. */
  readonly headers: readonly (readonly [string, string])[];
  /** The body, where all of it was read and it was not too long. */
  readonly body: Buffer | undefined;
  /** The operation of the document that was called; `undefined` where there is none. */
  readonly operation: Operation | undefined;
  /** What the target answered; `undefined` where nothing came back. */
  readonly status: number | undefined;
  readonly inRequest: readonly Violation[];
  readonly inAnswer: readonly Violation[];
  /** What was not passed on, because the proxy enforces the document. */
  readonly stopped: "request" | "answer" | undefined;
  /** Why there was no whole answer: a sentence without its full stop. */
  readonly failure: string | undefined;
  /** Why the mock has answered in the target's place: the status of the target, or `unreachable`. */
  readonly mocked: string | undefined;
  readonly durationMs: number;
};

export type ProxyOptions = {
  readonly spec: Spec;
  /** The base URL of the deployment; its path comes before that of each request. */
  readonly target: URL;
  /** Whether what breaks the document is stopped. */
  readonly enforce: boolean;
  /** Answers what the target has no operation for, or where it is not there at all; without it, nobody does. */
  readonly mock?: ((request: Request) => Promise<Response>) | undefined;
  /** Called for every request, once all of its answer has passed. */
  readonly onPassage: (passage: Passage) => void;
};

/** The longest body that is held against the document, in bytes; a longer one passes without. */
const longestJudged = 10 * 1024 * 1024;

/**
 * Stands between a client and a deployment, and holds every request and every answer against the document. What passes keeps its
 * bytes, its status, and its headers but for those of the connection, which `hono/proxy` takes away.
 * https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
export function createProxyApp(options: ProxyOptions): Hono<Env> {
  const { spec, target, onPassage } = options;
  const passage: Means = {
    ...options,
    ask: createAsk(target),
    judges: new Map(spec.operations.map((operation) => [operation.id, createRequestJudge(operation)])),
    refuse: createRefuser(spec),
  };
  const app = new Hono<Env>();
  app.all("*", async (c) => {
    const { incoming, outgoing } = c.env;
    if (!incoming || !outgoing) throw new Error("The proxy passes on what comes to a port, and nothing else.");
    // It has HTTP/1 only: no HTTP/2 server is ever made for it.
    onPassage(await pass(incoming as IncomingMessage, outgoing as ServerResponse, passage));
    return RESPONSE_ALREADY_SENT;
  });
  return app;
}

/** Serves the proxy on a port. */
export function serveProxy({
  port = 0,
  host = "127.0.0.1",
  ...options
}: ProxyOptions & { port?: number; host?: string }): Promise<Listening> {
  return listen(createProxyApp(options).fetch, { port, host });
}

/** What all passages are made with. */
type Means = Pick<ProxyOptions, "spec" | "target" | "enforce" | "mock"> & {
  readonly ask: Ask;
  readonly judges: ReadonlyMap<string, ReturnType<typeof createRequestJudge>>;
  readonly refuse: ReturnType<typeof createRefuser>;
};

/** A request on its way, its body copied as it goes by. */
type Crossing = {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly operation: Operation | undefined;
  /** Whether the mock may answer: a call of an operation, or the question of a browser whether a page may make one. */
  readonly mayBeMocked: boolean;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly copy: Copy;
};

/** What came of a request; what is wrong with the request itself is judged at the end unless it is told here. */
type Outcome = Partial<Pick<Passage, "status" | "inRequest" | "inAnswer" | "stopped" | "failure" | "mocked">>;

/** Lets one request pass, and its answer. */
async function pass(incoming: IncomingMessage, outgoing: ServerResponse, means: Means): Promise<Passage> {
  const started = performance.now();
  const method = incoming.method ?? "GET";
  const path = pathOf(incoming);
  const matched = matchOf(means.spec, method, path.split("?", 1)[0]!);
  const { operation } = matched;
  const asked = method === "OPTIONS" ? incoming.headers["access-control-request-method"] : undefined;
  const meant = asked === undefined ? operation : matchOf(means.spec, asked, path.split("?", 1)[0]!).operation;
  const mayBeMocked = means.mock !== undefined && meant !== undefined;
  const crossing: Crossing = { method, path, operation, mayBeMocked, incoming, outgoing, copy: createCopy() };
  const judgeRequest = (): readonly Violation[] =>
    operation
      ? requestViolations(means.judges.get(operation.id)!, incoming, matched.path, path, crossing.copy.bytes())
      : [];
  const outcome = (await stopRequest(crossing, means, judgeRequest)) ?? (await cross(crossing, means));
  return {
    method,
    target: path,
    headers: pairs(incoming.rawHeaders),
    body: crossing.copy.bytes(),
    operation,
    status: undefined,
    inRequest: outcome.inRequest ?? judgeRequest(),
    inAnswer: [],
    stopped: undefined,
    failure: undefined,
    mocked: undefined,
    durationMs: performance.now() - started,
    ...outcome,
  };
}

/** Refuses what cannot pass at all and, where the document is enforced, what breaks it; `undefined` where the request may pass. */
async function stopRequest(
  { operation, mayBeMocked, incoming, outgoing, copy }: Crossing,
  { enforce, refuse }: Means,
  judgeRequest: () => readonly Violation[],
): Promise<Outcome | undefined> {
  const impassable = reasonAgainst(incoming);
  if (impassable) {
    write(outgoing, jsonAnswer(501, { message: `${impassable}.`, code: "not_implemented" }));
    return { failure: impassable };
  }
  // For the mock, too, there has to be a body when the target has let it go by.
  if (mayBeMocked || (enforce && operation)) await copy.fill(incoming);
  if (!enforce || !operation) return undefined;
  const inRequest = judgeRequest();
  if (inRequest.length === 0) return undefined;
  write(outgoing, refuse(invalid(inRequest), operation));
  return { inRequest, stopped: "request" };
}

/** Sends a request on, and its answer back. */
async function cross(crossing: Crossing, means: Means): Promise<Outcome> {
  const { target, ask, enforce } = means;
  const { method, operation, incoming, outgoing } = crossing;
  let answer: IncomingMessage | undefined;
  const answered = createCopy();
  try {
    const head = await proxy(target, {
      raw: headOf(method, target, incoming),
      customFetch: async (kept) => {
        answer = await ask(kept.headers, crossing);
        // Only the head: the bytes go past `fetch`, which would unpack them.
        const { statusCode = 0, statusMessage = "", rawHeaders } = answer;
        return new Response(null, { status: statusCode, statusText: statusMessage, headers: pairs(rawHeaders) });
      },
    });
    const received = answer!;
    const { status } = head;
    const judgeAnswer = () => (operation ? answerViolations(operation, method, received, answered.bytes()) : []);
    if (crossing.mayBeMocked && lacking.has(status)) {
      await answered.fill(received);
      if (isMissing(crossing, received, judgeAnswer()) && (await mocked(crossing, means, `${status}`)))
        return { mocked: `${status}` };
    }
    const json = isJson(received.headers["content-type"]);
    if (enforce && operation && (json || hasNoBody(method, status))) {
      await answered.fill(received);
      const inAnswer = judgeAnswer();
      const broken = inAnswer.filter(({ basis }) => basis === "documented");
      if (broken.length > 0) {
        write(outgoing, badAnswer(status, broken));
        return { status, inAnswer, stopped: "answer" };
      }
    }
    // The coding is that of the bytes, which are as they came.
    const keeps = (name: string) => head.headers.has(name) || /^content-(encoding|length)$/i.test(name);
    const headers = pairs(received.rawHeaders).filter(([name]) => keeps(name));
    outgoing.sendDate = false;
    outgoing.writeHead(status, received.statusMessage, headers.flat());
    await answered.pour(received, outgoing);
    return { status, inAnswer: judgeAnswer() };
  } catch (error) {
    const gone = outgoing.destroyed && !outgoing.writableFinished;
    const reason = answer ? "the answer broke off" : reasonOf(error as Error);
    const failure = gone && !answer?.errored ? "the client has gone away" : reason;
    if (outgoing.headersSent) outgoing.destroy();
    else if (!gone && isUnreachable(error as Error) && (await mocked(crossing, means, "unreachable")))
      return { mocked: "unreachable" };
    else if (!gone) write(outgoing, noAnswer(target, failure));
    return { status: answer?.statusCode, failure };
  }
}

/** What a server answers that has no such operation, or not yet. */
const lacking = new Set([404, 405, 501]);

/** Whether nothing was there to send a request to; what was sent and not answered may have been carried out. */
function isUnreachable({ code }: NodeJS.ErrnoException): boolean {
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].includes(code ?? "");
}

/** Whether an answer says that there is no such operation; one that the document declares so says that there is no such record. */
function isMissing({ operation }: Crossing, { statusCode = 0 }: IncomingMessage, wrong: readonly Violation[]): boolean {
  const isDeclared = operation !== undefined && declaredResponse(operation, statusCode) !== undefined;
  return statusCode === 501 || !isDeclared || wrong.length > 0;
}

/** Lets the mock answer, and marks that it did; not where the body of the request is not all there. */
async function mocked({ method, path, mayBeMocked, incoming, outgoing, copy }: Crossing, { mock }: Means, why: string) {
  const body = copy.bytes();
  if (!mock || !mayBeMocked || !body) return false;
  const url = new URL(path, `http://${incoming.headers.host ?? "localhost"}`);
  const bodiless = method === "GET" || method === "HEAD";
  const headers = pairs(incoming.rawHeaders).filter(
    ([name]) => !/^(connection|content-length|transfer-encoding|expect)$/i.test(name),
  );
  const answer = await mock(new Request(url, { method, headers, ...(bodiless ? {} : { body: new Uint8Array(body) }) }));
  const bytes = Buffer.from(await answer.arrayBuffer());
  const shown = answer.headers.get("Access-Control-Expose-Headers");
  answer.headers.set(answeredByMock, why);
  if (shown !== null) answer.headers.set("Access-Control-Expose-Headers", `${shown}, ${answeredByMock}`);
  outgoing.writeHead(answer.status, [...answer.headers].flat());
  outgoing.end(bytes);
  return true;
}

/** Marks an answer of the mock, with the reason why it was the one to answer. */
const answeredByMock = "X-Mock-Answered";

/** Sends a request on, with those of its headers that are kept, and answers the head of its answer. */
type Ask = (kept: Headers, crossing: Crossing) => Promise<IncomingMessage>;

function createAsk(target: URL): Ask {
  // No connection is used twice: the target may close it under a request that nobody can repeat, for its body has gone by. It is
  // asked to stay open all the same, so that a refusal can come before all of a body has gone.
  const agent = new (target.protocol === "https:" ? https : http).Agent({ keepAlive: true });
  Object.assign(agent, { keepSocketAlive: () => false });
  const request = target.protocol === "https:" ? https.request : http.request;
  const prefix = target.pathname.replace(/\/$/, "");
  return (kept, { method, path, incoming, outgoing, copy }) =>
    new Promise((resolve, reject) => {
      const asked = request({
        protocol: target.protocol,
        hostname: target.hostname.replace(/^\[|\]$/g, ""),
        port: target.port,
        path: prefix + path,
        method,
        headers: [["Host", target.host] as const, ...headersOnward(incoming, method, kept)].flat(),
        agent,
      });
      asked.on("response", resolve);
      asked.on("error", reject);
      outgoing.once("close", () => {
        if (!outgoing.writableFinished) asked.destroy(new Error("the client has gone away"));
      });
      copy.pour(incoming, asked).catch(reject);
    });
}

/** The headers that go on: without those of this connection only, and with the letter case in which they came. */
function headersOnward(
  { headers, rawHeaders }: IncomingMessage,
  method: string,
  kept: Headers,
): (readonly [string, string])[] {
  const onward = pairs(rawHeaders).filter(
    ([name]) => (kept.has(name) || /^accept-encoding$/i.test(name)) && !/^(host|expect)$/i.test(name),
  );
  if (headers["transfer-encoding"]) return [...onward, ["Transfer-Encoding", "chunked"]];
  // Node would send what has no length in pieces, be it nothing.
  const bodiless = headers["content-length"] === undefined && !["GET", "HEAD", "DELETE", "OPTIONS"].includes(method);
  return bodiless ? [...onward, ["Content-Length", "0"]] : onward;
}

/** Why a request cannot pass at all. */
function reasonAgainst({ method, headers }: IncomingMessage): string | undefined {
  if (headers.upgrade) return `The proxy passes HTTP only; it cannot change to ${headers.upgrade}`;
  return method === "TRACE" ? "The proxy does not pass TRACE on" : undefined;
}

/** Path and query of a request; of one to a proxy, which has the whole address, without the rest of it. */
function pathOf({ url = "/" }: IncomingMessage): string {
  return url.replace(/^[a-z]+:\/\/[^/?]*/i, "").replace(/^(?!\/)/, "/");
}

/** The head of a request, as `hono/proxy` reads one. */
function headOf(method: string, url: URL, { rawHeaders }: IncomingMessage): Request {
  return new Request(url, { method, headers: pairs(rawHeaders) });
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index]!, raw[2 * index + 1]!]);
}

function hasNoBody(method: string, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

/** The operation of a request; HEAD asks for what GET answers. https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2 */
function matchOf(spec: Spec, method: string, pathname: string) {
  const match = spec.match(method, pathname);
  const found = match.operation || method !== "HEAD" ? match : spec.match("GET", pathname);
  return found.operation ? { operation: found.operation, path: found.raw } : { operation: undefined, path: {} };
}

/** What the document finds wrong with a request; its body only where all of it is there. */
function requestViolations(
  judgeOf: ReturnType<typeof createRequestJudge>,
  incoming: IncomingMessage,
  path: Readonly<Record<string, string>>,
  target: string,
  body: Buffer | undefined,
): readonly Violation[] {
  const { violations } = judgeOf(
    {
      path: (name) => path[name],
      query: splitTarget(target)[1],
      header: (name) => {
        const value = incoming.headers[name];
        return Array.isArray(value) ? value.join(", ") : value;
      },
    },
    body ?? Buffer.alloc(0),
  );
  return body ? violations : violations.filter(({ at }) => !isInBody(at));
}

function answerViolations(
  operation: Operation,
  method: string,
  { statusCode = 0, headers }: IncomingMessage,
  body: Buffer | undefined,
): readonly Violation[] {
  const text = body
    ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(unpacked(body, headers["content-encoding"]))
    : "";
  const flat = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
  const violations = judge(operation, { status: statusCode, headers: flat, text, json: jsonOf(text) });
  return body && !hasNoBody(method, statusCode) ? violations : violations.filter(({ at }) => !isInBody(at));
}

function isInBody(at: string): boolean {
  return at === "body" || at.startsWith("body.");
}

/** A body without its content coding, for the judgement only; of one that is broken or unknown, as it is. */
function unpacked(bytes: Uint8Array, coding: string | undefined): Uint8Array {
  try {
    return withoutCodings(bytes, coding, 4 * longestJudged);
  } catch {
    return bytes;
  }
}

/** The bytes of a body that goes by. */
type Copy = {
  /** All of them; `undefined` where they were too many, or have not all come. */
  bytes(): Buffer | undefined;
  /** Holds the body back until all of it is there, or too much. */
  fill(source: IncomingMessage): Promise<void>;
  /** Lets the body pass: what was held back, and the rest. */
  pour(source: IncomingMessage, sink: NodeJS.WritableStream): Promise<void>;
};

function createCopy(): Copy {
  const [held, pieces]: [Buffer[], Buffer[]] = [[], []];
  let [length, ended] = [0, false];
  const take = (piece: Buffer) => {
    length += piece.length;
    if (length <= longestJudged) pieces.push(piece);
  };
  return {
    bytes: () => (ended && length <= longestJudged ? Buffer.concat(pieces) : undefined),
    async fill(source) {
      for await (const piece of piecesOf(source)) {
        held.push(piece);
        take(piece);
        if (length > longestJudged) return;
      }
      ended = true;
    },
    async pour(source, sink) {
      await pipeline(async function* passing() {
        yield* held;
        if (ended) return;
        for await (const piece of piecesOf(source)) {
          take(piece);
          yield piece;
        }
        ended = true;
      }, sink);
    },
  };
}

/** What comes, without closing the connection behind it where nobody wants the rest. */
function piecesOf(source: IncomingMessage): AsyncIterable<Buffer> {
  return source.iterator({ destroyOnReturn: false });
}

function write(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  outgoing.writeHead(status, headers);
  outgoing.end(body);
}

/** What stands in the place of an answer that breaks the document. */
function badAnswer(status: number, violations: readonly Violation[]): Answer {
  const details = violations.slice(0, 100).map(({ at, keyword, expected, received }) => ({
    message: `${at} should be ${expected}; received ${show(received)}.`,
    code: keyword,
    property: at,
  }));
  const message = `The deployment answered ${status}, and its answer breaks the document; it was not passed on.`;
  return jsonAnswer(502, { message, code: "bad_answer", details });
}

function noAnswer({ origin }: URL, failure: string): Answer {
  return jsonAnswer(502, { message: `No answer from ${origin}: ${failure}.`, code: "bad_gateway" });
}
