/** A piece of HTML in which every value is escaped. */
export type Html = { readonly html: string };

type Value = string | number | Html | readonly Html[] | undefined;

/** Writes HTML from a template: pieces of HTML stay as they are, any other value is escaped, as text and as a quoted attribute. */
export function html(texts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: texts.reduce((written, text, index) => written + textOf(values[index - 1]) + text) };
}

function textOf(value: Value): string {
  if (value === undefined) return "";
  if (typeof value === "number") return `${value}`;
  if (typeof value === "string") return escaped(value);
  return "html" in value ? value.html : value.map(({ html }) => html).join("");
}

function escaped(text: string): string {
  return (
    text
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#39;")
      // Control characters would be invisible here, or break the page; their pictures tell a reader that they were there.
      .replace(/(?![\t\n\r])\p{Cc}/gu, (letter) =>
        letter < " " ? String.fromCharCode(0x2400 + letter.charCodeAt(0)) : "\ufffd",
      )
  );
}
