import type { Operation } from "../../document/spec.ts";

/** A request as a case writes it. */
export type RequestPlan = {
  readonly method: string;
  /** Path and query, such as `/teams?limit=1`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, with its `Content-Type` unless `headers` name one; `text` is sent as it is. */
  readonly json?: unknown;
  readonly text?: string;
  /** The API key; left out, the run's own; `null`, none at all. */
  readonly apiKey?: Credential | null;
};

/** An API key, how a shell writes it without knowing it, and the header that carries it where that is not the document's. */
export type Credential = { readonly value: string; readonly shell: string; readonly header?: string };

/** A request as it goes over the wire. */
export type WireRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
};

/** An answer as it came over the wire; header names in lower case. */
export type WireResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Carries one request to a target. Throws a `TransportError` when no whole answer comes back. */
export type Transport = (request: WireRequest, signal: AbortSignal) => Promise<WireResponse>;

/** No whole answer came: the message is a sentence that says what happened. */
export class TransportError extends Error {
  override name = "TransportError";
}

/** An answer came that this program cannot read, which need be no fault of the target. */
export class Unreadable extends TransportError {
  override name = "Unreadable";
}

/** A request that was sent, with its answer. */
export type Exchange = {
  readonly request: WireRequest;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text. */
  readonly text: string;
  /** The body as JSON; `undefined` where it is none. */
  readonly json: unknown;
  /** The operation of the document that the request called, where there is one. */
  readonly operation: Operation | undefined;
  /** Milliseconds from sending to the whole answer. */
  readonly durationMs: number;
  /** The request as a shell line that holds no secret. */
  readonly curl: string;
};

/** A body as JSON; `undefined` where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A secret that an address ends with, and what a shell writes in its place. */
export type AddressEnd = { readonly text: string; readonly shell: string };

/** The request as a line for a shell, with variables in the place of secrets, which are whole headers or the end of the address. */
export function curlOf(
  request: WireRequest,
  shellValues: Readonly<Record<string, string>>,
  end?: AddressEnd | undefined,
): string {
  const address =
    end && request.url.endsWith(end.text)
      ? quote(request.url.slice(0, -end.text.length)) + end.shell
      : quote(request.url);
  let line = `curl -sS -i -X ${request.method} ${address}`;
  for (const [name, value] of Object.entries(request.headers)) {
    // curl reads "name;" as a header with an empty value, and leaves out "name: ".
    const shell = value === "" ? undefined : shellValues[name];
    line += shell
      ? ` -H ${quote(`${name}: `)}${shell}`
      : ` -H ${quote(value === "" ? `${name};` : `${name}: ${value}`)}`;
  }
  return request.body === undefined ? line : `${line} --data-raw ${quote(shortened(request.body))}`;
}

/** A text as a shell reads it as one word. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function shortened(body: string): string {
  return body.length <= 4_000 ? body : `${body.slice(0, 4_000)}... (${body.length} characters in all)`;
}

export function isSuccess({ status }: Pick<Exchange, "status">): boolean {
  return status >= 200 && status <= 299;
}

/** Whether what was asked for is not there. */
export function isGone({ status }: Pick<Exchange, "status">): boolean {
  return status === 404 || status === 410;
}
