export type ListenOptions = {
  /** 0, the default, takes any port that is free. */
  readonly port?: number;
  /** `127.0.0.1` by default: this machine and nobody else. */
  readonly host?: string;
};

/** A server that takes requests, until it is closed; an answer under way is still sent. */
export type Listening = { readonly url: string; close(): Promise<void> };

/** A port that cannot be served on; the message says which and why. */
export class ListenError extends Error {
  override name = "ListenError";
}
