import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { RunError } from "../contract/guest.ts";
import { createHttpTransport } from "../contract/wire/transport.ts";

/** How a deployment is reached, as the command line gives it. */
export type ConnectionOptions = {
  /** Seconds to wait for an answer. */
  readonly timeout: number;
  /** A certificate authority in PEM. */
  readonly ca?: string;
  /** More headers for every request, as `Name: value`. */
  readonly header?: readonly string[];
};

/** How requests go to a deployment, and what goes with each. */
export function connectionOf(options: ConnectionOptions, target: string) {
  const headers = headersIn(options.header ?? []);
  const transport = createHttpTransport({
    timeoutMs: options.timeout * 1000,
    ...(options.ca === undefined ? {} : { ca: certificateOf(options.ca) }),
  });
  return { target, transport, headers, secrets: Object.values(headers), close: () => transport.close() };
}

/** Refuses keys that no header can carry; each with its name. */
export function checkKeys(keys: Readonly<Record<string, string | undefined>>): void {
  for (const [name, key] of Object.entries(keys)) {
    if (key && !/^[\x20-\x7e]+$/.test(key))
      throw new RunError(`The ${name} holds a character that no header can carry, such as a line break.`);
  }
}

function headersIn(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, text] = /^([!#$%&'*+.^`|~\w-]+):(.*)$/s.exec(line) ?? [];
    // Not the whole of it: it may hold a credential.
    if (!name || text === undefined)
      throw new RunError(`--header begins with "${line.slice(0, 4)}"; it should be of the form "Name: value".`);
    const value = text.trim();
    if (!/^[\t\x20-\x7e]*$/.test(value))
      throw new RunError(`--header ${name} holds a character that no header can carry, such as a line break.`);
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

function certificateOf(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new RunError(`--ca ${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    new X509Certificate(text);
    return text;
  } catch {
    throw new RunError(
      `--ca ${file} holds no certificate in PEM; it should be a text with -----BEGIN CERTIFICATE----- in it.`,
    );
  }
}

/** The base URL of a deployment, without slashes at its end. Throws a `RunError` where a text is none. */
export function baseUrlOf(target: string): string {
  const right = "it should be an absolute URL, such as https://connect.example.com";
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new RunError(`--target is "${target}"; ${right}.`);
  if (url.username || url.password) {
    throw new RunError(
      `--target holds a user name or a password, which would stand in every report; pass --header "Authorization: Basic ..." instead.`,
    );
  }
  if (url.search || url.hash) throw new RunError(`--target "${target}" has a query or a fragment; ${right}.`);
  return url.href.replace(/\/+$/, "");
}
