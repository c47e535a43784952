/** A port that cannot be served on; the message says which and why. */
export class ListenError extends Error {
  override name = "ListenError";
}
