import type { WireParameter } from "./reading.ts";
import { createParameterCodec } from "./wire.ts";

/** Whether a header can have this name. https://www.rfc-editor.org/rfc/rfc9110#section-5.1 */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(name);
}

/** Whether every letter of a text can stand in a header. https://www.rfc-editor.org/rfc/rfc9110#section-5.5 */
export function isHeaderValue(text: string): boolean {
  return !/[^\t\x20-\x7e\x80-\xff]/.test(text);
}

/** A value as a header says it, in letters that HTTP knows. */
export function writtenHeader(header: WireParameter, value: unknown): string {
  const text = createParameterCodec(header).write(value) ?? "";
  return text.replace(/[^\t\x20-\x7e]+/g, encodeURIComponent);
}
