import { Lexer, type Token, type Tokens } from "marked";
import type { ComponentChildren, VNode } from "preact";

/**
 * A text of the document, which is CommonMark and may be anybody's. Its tokens become elements of these kinds and no others: HTML
 * of its own is read as the text that it is about, links lead to the web or to this page, and no picture is asked for.
 * https://spec.openapis.org/oas/v3.1.0#rich-text-formatting
 */
export function Markdown({ text }: { readonly text: string | undefined }): VNode | null {
  if (text === undefined || text.trim() === "") return null;
  return <div class="prose">{blocks(new Lexer({ gfm: true }).lex(withoutHtml(text)))}</div>;
}

/** The first sentence of a text, without its marks. */
export function firstLine(text: string | undefined): string {
  const [line = ""] = withoutHtml(text ?? "")
    .trim()
    .split(/\n\s*\n|(?<=\.)\s/, 1);
  return line.replaceAll(/[`*]|\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/\s+/g, " ");
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  nbsp: "\u00a0",
  "#39": "'",
};

/** Many documents write their texts in HTML: what has a mark in Markdown is given it, and other tags go. */
function withoutHtml(text: string): string {
  if (!text.includes("<")) return text;
  return text
    .replaceAll(/<!--[\s\S]*?(-->|$)/g, "")
    .replaceAll(/<(script|style)\b[\s\S]*?(<\/\1\s*>|$)/gi, "")
    .replaceAll(/<code>([^<`]*)<\/code>/gi, "`$1`")
    .replaceAll(/<a\b[^>]*?href="([^"\s)]*)"[^>]*>([^<\]]*)<\/a>/gi, "[$2]($1)")
    .replaceAll(/<\/?(b|strong)>/gi, "**")
    .replaceAll(/<li>\s*/gi, "\n- ")
    .replaceAll(/<br\s*\/?>/gi, "  \n")
    .replaceAll(/<\/?(p|ul|ol|div|h[1-6])\b[^>]*>/gi, "\n\n")
    .replaceAll(/<\/?[a-z][^<>]*>/gi, "");
}

function blocks(tokens: readonly Token[]): ComponentChildren {
  return tokens.map((token) => block(token as Tokens.Generic));
}

function block(token: Tokens.Generic): ComponentChildren {
  switch (token.type) {
    case "paragraph":
      return <p>{inline(token.tokens ?? [])}</p>;
    case "text":
      return token.tokens ? inline(token.tokens) : plain(token.text);
    case "heading":
      // No heading: where the text stands decides which level would be right.
      return (
        <p>
          <strong>{inline(token.tokens ?? [])}</strong>
        </p>
      );
    case "code":
      return <pre>{token.text}</pre>;
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [])}</blockquote>;
    case "hr":
      return <hr />;
    case "list":
      return listOf(token as Tokens.List);
    case "table":
      return tableOf(token as Tokens.Table);
    case "html":
      return plain(token.text);
    default:
      return null;
  }
}

function listOf({ ordered, items }: Tokens.List): VNode {
  const rows = items.map((item) => <li>{blocks(item.tokens)}</li>);
  return ordered ? <ol>{rows}</ol> : <ul>{rows}</ul>;
}

function tableOf({ header, rows }: Tokens.Table): VNode {
  return (
    <table>
      <thead>
        <tr>
          {header.map(({ tokens }) => (
            <th scope="col">{inline(tokens)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((cells) => (
          <tr>
            {cells.map(({ tokens }) => (
              <td>{inline(tokens)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function inline(tokens: readonly Token[]): ComponentChildren {
  return tokens.map((given) => {
    const token = given as Tokens.Generic;
    const inner = () => (token.tokens ? inline(token.tokens) : plain(token.text ?? ""));
    switch (token.type) {
      case "strong":
        return <strong>{inner()}</strong>;
      case "em":
        return <em>{inner()}</em>;
      case "del":
        return <del>{inner()}</del>;
      case "codespan":
        return <code>{token.text}</code>;
      case "br":
        return <br />;
      case "link":
        return isSafe(token.href) ? <a href={token.href}>{inner()}</a> : inner();
      case "image":
        return plain(token.text);
      default:
        return inner();
    }
  });
}

function isSafe(href: string): boolean {
  return /^(https?:\/\/|mailto:|#)/i.test(href);
}

function plain(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|nbsp|#39);/g, (_, name: string) => entities[name]!);
}
