import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { loadSpec } from "../../src/index.ts";
import { createClient } from "./client.ts";
import { createJudge } from "./judge.ts";
import { createRequests, receiverHost } from "./requests.ts";
import { type Server, startReceiver, startServer } from "./server.ts";
import { bytesOf, type Sent } from "./wire.ts";

/** The documents that are served unless one is named: the shipped one, and three of others. */
export const documents: readonly string[] = [
  "../../spec/connect.openapi.yaml",
  "../foreign/depot.openapi.yaml",
  "shapes.openapi.yaml",
  "ledger.openapi.yaml",
].map((name) => fileURLToPath(new URL(name, import.meta.url)));

/** What was found, and how to have it again. */
export type Finding = { readonly what: string; readonly index: number; readonly sent: Sent };

export type Run = {
  readonly document: string;
  readonly findings: readonly Finding[];
  readonly sent: number;
  /** How many answers there were of each status; 0 stands for none. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Bytes that the process held after each tenth. */
  readonly held: readonly number[];
  readonly seconds: number;
};

export type RunOptions = {
  readonly document: string;
  readonly requests: number;
  readonly seed: number;
  /** The number of the one request that is sent. */
  readonly only?: number | undefined;
  /** How many findings end the run. */
  readonly most?: number;
  readonly told?: (sent: number) => void;
};

/** So many are drawn at once, from one seed. */
const batch = 500;

/** How many requests are under way at once. */
const atOnce = 64;

/** How much more a process may hold at the end than after the first tenth, when its bounded logs may not be full yet. */
export function mostHeld(first: number): number {
  return first * 1.25 + 24 * 1024 * 1024;
}

/** Sends requests to a mock of a document in a process of its own, and tells what no answer may be. */
export async function run({ document, requests, seed, only, most = 10, told }: RunOptions): Promise<Run> {
  const began = performance.now();
  const spec = loadSpec(document);
  const control = loadSpec(fileURLToPath(new URL("../../spec/control.openapi.yaml", import.meta.url)));
  const arbitrary = createRequests(spec, control, seed);
  const judge = createJudge(spec, control);
  const findings: Finding[] = [];
  const statuses = new Map<number, number>();
  const server = await startServer(document);
  const receiver = await startReceiver((what) => findings.push({ what, index: -1, sent: nobody }));
  const client = createClient(server.port);
  const held: number[] = [];
  let sent = 0;

  async function one(request: Sent, index: number): Promise<void> {
    const outcome = await client.send(addressed(request, receiver.host));
    for (const { status } of outcome.answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (outcome.answers.length === 0) statuses.set(0, (statuses.get(0) ?? 0) + 1);
    const wrong = judge(request, outcome);
    if (wrong) findings.push({ what: wrong, index, sent: request });
    for (const bug of server.bugs()) findings.push({ what: `a bug, near this one: ${bug}`, index, sent: request });
    sent += 1;
  }

  try {
    const last = only ?? requests - 1;
    for (let from = only === undefined ? 0 : only - (only % batch); from <= last; from += batch) {
      const drawn = fc.sample(arbitrary, { seed: seed + from, numRuns: batch });
      const wanted = drawn.slice(0, last + 1 - from).map((request, index) => [request, from + index] as const);
      await inTurns(only === undefined ? wanted : wanted.filter(([, index]) => index === only), one, () =>
        isOver(server, findings, most),
      );
      if (server.ended()) findings.push({ what: server.ended()!, index: from, sent: nobody });
      if (isOver(server, findings, most) || only !== undefined) break;
      if (sent >= ((held.length + 1) * requests) / 10) held.push(await server.held());
      told?.(sent);
    }
    const [first = 0] = held;
    const atEnd = held.at(-1) ?? 0;
    if (atEnd > mostHeld(first))
      findings.push({
        what: `it holds ${atEnd} bytes; after the first tenth it held ${first}`,
        index: -1,
        sent: nobody,
      });
  } finally {
    client.close();
    receiver.close();
    await server.close();
  }
  return { document, findings, sent, statuses, held, seconds: (performance.now() - began) / 1000 };
}

function isOver(server: Server, findings: readonly Finding[], most: number): boolean {
  return server.ended() !== undefined || findings.length >= most;
}

async function inTurns<T>(
  items: readonly (readonly [T, number])[],
  work: (item: T, index: number) => Promise<void>,
  isEnded: () => boolean,
): Promise<void> {
  let next = 0;
  const turn = async () => {
    while (next < items.length && !isEnded()) await work(...items[next++]!);
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
}

const nobody: Sent = {
  oddity: "no request of its own",
  key: undefined,
  messages: [],
  most: 0,
  isAsked: true,
  isPatient: true,
};

/** A request in which the receiver of webhooks is where it listens. */
function addressed(request: Sent, host: string): Sent {
  const isNamed = (body: Buffer | undefined) => body?.includes(receiverHost);
  if (!request.messages.some(({ body }) => isNamed(body)) || request.bytes) return request;
  const messages = request.messages.map((message) => ({
    ...message,
    ...(message.body
      ? { body: Buffer.from(message.body.toString("latin1").replaceAll(receiverHost, host), "latin1") }
      : {}),
  }));
  return { ...request, messages };
}

/** The bytes of a request, as a shell writes them. */
export function shellOf({ messages, bytes }: Sent): string {
  const whole = bytes ? Buffer.concat(bytes.pieces) : messages[0] ? bytesOf(messages[0]) : Buffer.alloc(0);
  const text = whole
    .toString("latin1")
    .replace(/[^\x20-\x7e]|[\\'%]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, "0")}`);
  const shown = text.length > 3000 ? `${text.slice(0, 3000)}... (${whole.length} bytes)` : text;
  return `printf '${shown}' | nc -N 127.0.0.1 PORT`;
}
