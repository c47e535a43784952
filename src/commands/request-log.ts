import type { Writable } from "node:stream";
import { timestamp } from "../document/moment.ts";
import { isObject } from "../document/validator.ts";
import type { ObservedEntry } from "../mock/journal.ts";
import type { Attempt, Delivery } from "../mock/store/store.ts";
import { type Paint, painter, printable } from "./paint.ts";

/** How `start` shows the requests: a line to read, a JSON object a line, or not at all. */
export type LogFormat = "line" | "json" | "off";

/** What a request log takes: something to show, or a line of its own between the requests. */
export type RequestLog = {
  entry(entry: ObservedEntry): void;
  delivery(delivery: Delivery, sandbox: string): void;
  say(line: string): void;
};

/**
 * Makes what writes one line a request, or with `json` one object a line, whose members stay as they are:
 *
 * - `time`: when it was answered, RFC 3339, of this machine; `at`: when it came, by the sandbox's clock
 * - `method`, `path` (with its query, credentials masked), `operation` (its id, or null)
 * - `status`: null where a fault has kept the mock from answering; `ms`: how long the answer took
 * - `refused`: null, or `{ code, message, rules: [{ at, keyword }] }`
 * - `idempotency`: `"stored"`, `"replayed"` or null; `fault`: its id, `"Prefer"` or null
 * - `sandbox`: its API key, masked, or null
 *
 * An attempt to deliver a webhook is `{ time, at, webhook, eventId, url, status, error, ms, state, nextAttemptAt, sandbox }`; what is
 * neither is `{ time, note }`, a text for people.
 * What the output does not take in time is left out and counted; once it is closed, nothing is written any more.
 */
export function createRequestLog(
  format: LogFormat,
  output: Writable,
  { color = false, now = () => new Date() }: { readonly color?: boolean; readonly now?: () => Date } = {},
): RequestLog {
  const said = (text: string) => (format === "json" ? JSON.stringify({ time: now().toISOString(), note: text }) : text);
  const write = lineWriter(output, said);
  const paint = painter(color);
  const line = liner(paint);
  return {
    entry: format === "json" ? (entry) => write(jsonOf(entry, now())) : (entry) => write(line(entry, now())),
    delivery(delivery, sandbox) {
      const [time, attempt] = [now(), delivery.attempts.at(-1)];
      if (attempt && format === "json") write(deliveryJson(delivery, attempt, { time, sandbox }));
      else if (attempt) write(deliveryLine(delivery, attempt, { time, sandbox, paint }));
    },
    say: (text) => write(said(text)),
  };
}

/** So many characters may wait for an output. */
const mostWaiting = 1024 * 1024;

/** Writes lines, those of one turn at once, without ever waiting for whoever reads them. */
function lineWriter(output: Writable, said: (text: string) => string): (line: string) => void {
  let lines: string[] = [];
  let left = 0;
  let isClosed = false;
  // A reader that has gone away, such as `head`, is no reason to end.
  output.on("error", () => {
    isClosed = true;
  });
  const flush = () => {
    if (left > 0) lines.push(said(`${left} lines left out, for the output was too slow`));
    if (!isClosed) output.write(`${lines.join("\n")}\n`);
    [lines, left] = [[], 0];
  };
  return (line) => {
    if (isClosed) return;
    if (output.writableLength > mostWaiting) {
      if (left === 0) output.once("drain", flush);
      left += 1;
      return;
    }
    if (lines.length === 0 && left === 0) setImmediate(flush);
    lines.push(line);
  };
}

function jsonOf(entry: ObservedEntry, time: Date): string {
  return JSON.stringify({
    time: time.toISOString(),
    at: timestamp(entry.at),
    method: entry.method,
    path: entry.target,
    operation: entry.operationId ?? null,
    status: entry.answer?.status ?? null,
    ms: Math.round(entry.durationMs * 1000) / 1000,
    refused: entry.refused ?? null,
    idempotency: idempotencyOf(entry) ?? null,
    fault: entry.fault ?? null,
    sandbox: entry.sandbox ?? null,
  });
}

function idempotencyOf({ answer }: ObservedEntry): string | undefined {
  return answer?.headers["X-Mock-Idempotency"];
}

/** How wide the columns of path and operation may grow. */
const widest = { path: 48, operation: 24 };

/** Makes the lines to read; a column is as wide as what has stood in it, up to a bound. */
function liner(paint: Paint): (entry: ObservedEntry, time: Date) => string {
  const widths = { path: 24, operation: 12 };
  const column = (name: keyof typeof widths, text: string) => {
    if (text.length > widths[name]) widths[name] = Math.min(text.length, widest[name]);
    return text.padEnd(widths[name]);
  };
  return (entry, time) => {
    const status = entry.answer?.status;
    const parts = [
      paint("gray", clockTime(time)),
      entry.method.padEnd(6),
      column("path", printable(entry.target)),
      paint(styleOf(status), `${status ?? "-"}`.padEnd(3)),
      paint("gray", `${entry.durationMs.toFixed(entry.durationMs < 10 ? 1 : 0)} ms`.padStart(7)),
      paint("gray", (entry.sandbox ?? "-").padEnd(9)),
      column("operation", entry.operationId ?? "-"),
      ...notesOf(entry, paint),
    ];
    return parts.join("  ").trimEnd();
  };
}

type Around = { readonly time: Date; readonly sandbox: string };

function deliveryJson(
  { event, url, state, nextAttemptAt }: Delivery,
  attempt: Attempt,
  { time, sandbox }: Around,
): string {
  return JSON.stringify({
    time: time.toISOString(),
    at: timestamp(attempt.at),
    webhook: event.type,
    eventId: event.eventId,
    url,
    status: attempt.status ?? null,
    error: attempt.error ?? null,
    ms: Math.round(attempt.durationMs * 1000) / 1000,
    state,
    nextAttemptAt: nextAttemptAt === undefined ? null : timestamp(nextAttemptAt),
    sandbox,
  });
}

function deliveryLine(
  { event, url, state, nextAttemptAt }: Delivery,
  { at, status, error, durationMs }: Attempt,
  { time, sandbox, paint }: Around & { readonly paint: Paint },
): string {
  const waitMs = nextAttemptAt === undefined ? undefined : Math.max(0, nextAttemptAt - at);
  const next = waitMs === undefined ? "not sent again" : `again in ${Math.ceil(waitMs / 1000)} s`;
  const parts = [
    paint("gray", clockTime(time)),
    paint("cyan", "webhook"),
    `${event.type} to ${printable(url)}`,
    paint(styleOf(status), `${status ?? "-"}`.padEnd(3)),
    paint("gray", `${durationMs.toFixed(0)} ms`),
    paint("gray", sandbox),
    ...(state === "acknowledged" ? [] : [paint("yellow", [error, next].filter(Boolean).join(", "))]),
  ];
  return parts.join("  ");
}

function clockTime(time: Date): string {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => `${part}`.padStart(2, "0")).join(":");
}

function styleOf(status: number | undefined): Parameters<Paint>[0] {
  if (status === undefined) return "magenta";
  return status < 300 ? "green" : status < 400 ? "cyan" : status < 500 ? "yellow" : "red";
}

function notesOf(entry: ObservedEntry, paint: Paint): string[] {
  const kept = idempotencyOf(entry);
  const why = whyOf(entry);
  return [
    ...(why === undefined ? [] : [paint("yellow", printable(why))]),
    ...(kept === undefined ? [] : [paint(kept === "replayed" ? "cyan" : "gray", kept)]),
    ...(entry.fault === undefined ? [] : [paint("magenta", `fault ${entry.fault}`)]),
  ];
}

/** The longest reason that a line gives, in characters. */
const longestReason = 120;

/** Why a request was refused: the code, and the rules that it breaks or what was said. */
function whyOf({ refused, answer }: ObservedEntry): string | undefined {
  if (!answer || answer.status < 400) return undefined;
  const rules = refused?.rules.map(({ at, keyword }) => (at === "" ? keyword : `${at} ${keyword}`)).join(", ");
  const why = refused ? `${refused.code} ${rules || refused.message}` : saidIn(answer.body);
  return why && why.length > longestReason ? `${why.slice(0, longestReason - 1)}…` : why;
}

/** What the body of a refusal says that its handler has written, or that was kept under a key: its code and its message. */
function saidIn(body: string | null): string | undefined {
  try {
    const value: unknown = JSON.parse(body ?? "");
    const outer = isObject(value) && isObject(value.error) ? value.error : value;
    if (!isObject(outer)) return undefined;
    const said = ["code", "message", "detail", "title", "error"].map((name) => outer[name]);
    const texts = said.filter((text): text is string => typeof text === "string");
    return texts.length === 0 ? undefined : texts.slice(0, 2).join(" ");
  } catch {
    return undefined;
  }
}
