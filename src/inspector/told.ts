import type { ControlSchemas } from "../control/client.ts";
import type { ControlEvent } from "../control/events.ts";
import { quoted } from "../reference/page/shell.ts";

type Entry = ControlSchemas["JournalEntry"];

/** The most requests that are held; the oldest goes first. */
const mostHeld = 1000;

/** The requests that are held after some events, and how many of them nobody has read. */
export function takeIn(
  held: readonly Entry[],
  events: readonly ControlEvent[],
): { readonly requests: readonly Entry[]; readonly missed: number } {
  let requests = [...held];
  let missed = 0;
  for (const { event, data } of events) {
    if (event === "evicted" && data.of === "requests") missed += data.count;
    if (event !== "request") continue;
    // A smaller number is of another journal: that of a mock that was started again.
    if (data.id <= (requests.at(-1)?.id ?? 0)) requests = [];
    requests.push(data);
  }
  return { requests: requests.slice(-mostHeld), missed };
}

/** A mark of a request: something that sets its answer apart. */
export type Mark = { readonly kind: "replayed" | "stored" | "fault" | "generated" | "refused"; readonly text: string };

/** The marks of a request, as short as a row of a list wants them. */
export function marksOf({ fault, refused, response }: Entry): Mark[] {
  const kept = response?.headers["X-Mock-Idempotency"];
  const marks: (Mark | undefined)[] = [
    fault === undefined ? undefined : { kind: "fault", text: fault },
    refused && { kind: "refused", text: refused.code },
    kept === "replayed" || kept === "stored" ? { kind: kept, text: kept } : undefined,
    response?.headers["X-Mock-Generated"] ? { kind: "generated", text: "made up" } : undefined,
  ];
  return marks.filter((mark) => mark !== undefined);
}

/** Why a request was answered as it was, as sentences. */
export function reasonsOf(entry: Entry): string[] {
  const { fault, refused, nearest, request, response } = entry;
  const kept = response?.headers["X-Mock-Idempotency"];
  const reasons: (string | false | undefined)[] = [
    fault !== undefined && faultReason(fault, response),
    refused?.message,
    nearest && `The nearest operation is ${nearest.operationId}, ${nearest.method} ${nearest.path}. ${nearest.why}`,
    kept === "replayed" && "This is the answer that was kept under the idempotency key. Nothing was carried out again.",
    kept === "stored" && "The answer is kept under the idempotency key: the same request again gets it.",
    response?.headers["X-Mock-Generated"] && "The body was made up from the schemas of the document.",
  ];
  const known = reasons.filter((reason) => typeof reason === "string");
  const isRefusal = response !== undefined && response.status >= 400;
  if (isRefusal && !refused && fault === undefined && kept !== "replayed") known.unshift(saidIn(response.body));
  if (!isRefusal && response && fault === undefined && kept !== "replayed" && request.operationId !== undefined)
    known.unshift(`${request.operationId} has carried it out.`);
  return known;
}

function faultReason(fault: string, response: Entry["response"]): string {
  const by = fault === "Prefer" ? "The request itself has asked for it, by Prefer" : `This is what ${fault} does`;
  return response ? `${by}.` : `${by}: nothing was answered.`;
}

/** What a handler has said in the body of its refusal. */
function saidIn(body: string | undefined): string {
  const value = parsed(body);
  const said = ["message", "detail", "title", "error"].map((name) => value?.[name]);
  return said.find((text) => typeof text === "string") ?? "Its handler has refused it.";
}

function parsed(body: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body ?? "");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The idempotency key that a request was sent under. */
export function keyOf({ request }: Entry): string | undefined {
  return Object.entries(request.headers).find(([name]) => /idempotency-key$/i.test(name))?.[1];
}

/**
 * A command line for a POSIX shell that sends a request again. The journal masks credentials: `apiKey` goes in their place, or
 * `$API_KEY` where nobody knows it.
 */
export function curlOf({ request }: Entry, baseUrl: string, apiKey: string | undefined): string {
  const { method, target, headers, body } = request;
  const unmasked = Object.entries(headers).map(([name, value]) => {
    const scheme = /^bear\*\*\*$/i.test(value) ? "Bearer " : "";
    return value.endsWith("***") ? `${name}: ${scheme}${apiKey ?? "$API_KEY"}` : `${name}: ${value}`;
  });
  const words = [
    `curl -i -X ${method} ${quoted(baseUrl.replace(/\/$/, "") + target)}`,
    ...unmasked.map((header) => `-H ${header.includes("$API_KEY") ? `"${header}"` : quoted(header)}`),
    ...(body === undefined ? [] : [`--data-raw ${quoted(body)}`]),
  ];
  return words.join(" \\\n  ");
}

/** Whether a request has every word that is looked for, in whatever of it a reader sees. */
export function finder(find: string): (entry: Entry) => boolean {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  return (entry) => words.every((word) => textOf(entry).includes(word));
}

/** By entry, since the same ones are looked through again at every letter that is typed. */
const texts = new WeakMap<Entry, string>();

function textOf(entry: Entry): string {
  const known = texts.get(entry);
  if (known !== undefined) return known;
  const { request, response } = entry;
  const marks = marksOf(entry).map(({ text }) => text);
  const headers = Object.entries(request.headers).flat();
  const parts = [request.method, request.target, request.operationId, response?.status, ...marks, ...headers];
  const text = [...parts, request.body, response?.body].filter((part) => part !== undefined).join("\n");
  const small = text.toLowerCase();
  texts.set(entry, small);
  return small;
}

/** So many milliseconds in words, as a reader counts them: `23 h 59 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}
