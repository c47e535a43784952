/** A document that cannot be used; the message says where and why. */
export class SpecError extends Error {
  override name = "SpecError";
}
