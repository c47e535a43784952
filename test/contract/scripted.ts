import { Mismatch } from "../../src/contract/findings.ts";
import type { Exchange, Transport, WireRequest, WireResponse } from "../../src/contract/wire/exchange.ts";

/** What a scripted target answers: one thing always, or what a function makes of the request; an error is thrown. */
type Line = WireResponse | Error | ((request: WireRequest, index: number) => WireResponse | Error);

/** A target that answers line by line, and its last line from then on; `requests` is what it was sent. */
export function scripted(...lines: [Line, ...Line[]]): Transport & { requests: WireRequest[] } {
  const requests: WireRequest[] = [];
  const transport: Transport = async (request, signal) => {
    signal.throwIfAborted();
    const line = lines[Math.min(requests.length, lines.length - 1)]!;
    requests.push(request);
    const answer = typeof line === "function" ? line(request, requests.length - 1) : line;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return Object.assign(transport, { requests });
}

/** A JSON answer as it comes over the wire. */
export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): WireResponse {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

/** An exchange whose answer is this one. */
export function exchanged(status: number, text: string): Exchange {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return {
    request: { method: "GET", url: "http://target.example/customers/cus-1", headers: {}, body: undefined },
    status,
    headers: {},
    text,
    json,
    operation: undefined,
    durationMs: 1,
    curl: "curl -sS -i -X GET 'http://target.example/customers/cus-1'",
  };
}

/** The mismatch that an assertion ends with, as plain data; `undefined` where it holds. */
export function mismatchOf(assertion: () => unknown): { message: string; at?: string } | undefined {
  try {
    assertion();
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    return { message: error.message, ...error.detail };
  }
  return undefined;
}
