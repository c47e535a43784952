/** Text on the wire as the value that its schema speaks of; text that is no such value stays text, for the check to refuse. */
export function fromText(text: string, types: readonly string[]): unknown {
  if ((types.includes("integer") || types.includes("number")) && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** The media type of a `Content-Type` header, without its parameters; `""` where there is none. */
export function mediaTypeOf(contentType: string | null | undefined): string {
  return (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
}
