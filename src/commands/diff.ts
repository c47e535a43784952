import { isDeepStrictEqual } from "node:util";
import { shortened } from "../contract/report/text.ts";
import { compare, type Difference } from "../document/diff/diff.ts";
import { sayRemarks } from "../document/remarks.ts";
import { isObject, type JsonObject, readBundled } from "../document/spec.ts";
import { painter } from "./paint.ts";

/** 0 nothing breaks, 1 something does, 2 the documents could not be compared. */
export type ExitCode = 0 | 1 | 2;

/** How the changes are told: to be read in a terminal, as a comment of GitHub, or for programs. */
export type DiffFormat = "text" | "markdown" | "json";

/** What is told of two documents; breaking changes first. As it stands it is what `--format json` writes. */
export type DocumentDiff = {
  readonly old: { readonly title: string; readonly version: string };
  readonly new: { readonly title: string; readonly version: string };
  readonly breaking: number;
  readonly harmless: number;
  /** `was` and `is` are left out where there is none. */
  readonly changes: readonly Difference[];
  /** What of either document could not be read, such as a reference to nothing, and so is not compared; without it, all was. */
  readonly unread?: string;
};

/** Compares two documents, given as files, and tells what a client of the old one meets in the new one. */
export function diff(
  oldFile: string,
  newFile: string,
  { format }: { readonly format: DiffFormat },
  terminal: { write(text: string): unknown },
  color: boolean,
  fail: (message: string) => void,
): ExitCode {
  try {
    const old = readBundled(oldFile);
    const now = newFile === oldFile ? old : readBundled(newFile);
    const unread = sayRemarks([...old.remarks, ...(now === old ? [] : now.remarks)]);
    const found = { ...differenceOf(old.document, now.document), ...(unread === undefined ? {} : { unread }) };
    terminal.write(
      {
        text: () => inWords(found, color),
        markdown: () => inMarkdown(found),
        json: () => `${JSON.stringify(found, null, 2)}\n`,
      }[format](),
    );
    return found.breaking > 0 ? 1 : 0;
  } catch (error) {
    // A file that is not there, or no OpenAPI document.
    fail((error as Error).message);
    return 2;
  }
}

function differenceOf(old: JsonObject, now: JsonObject): Omit<DocumentDiff, "unread"> {
  const changes = compare(old, now);
  const [breaking, rest] = [changes.filter((change) => change.breaking), changes.filter((change) => !change.breaking)];
  return {
    old: nameOf(old),
    new: nameOf(now),
    breaking: breaking.length,
    harmless: rest.length,
    changes: [...breaking, ...rest],
  };
}

/** The changes as a list to read, what breaks first. */
function inWords(found: DocumentDiff, color: boolean): string {
  const paint = painter(color);
  const item = ({ breaking, at, place, keyword, was, is, why, also }: Difference) => {
    const others = also.slice(0, 3).map((other) => paint("gray", `    also ${other}`));
    const more = also.length > 3 ? [paint("gray", `    and ${also.length - 3} places more`)] : [];
    return [
      `${breaking ? paint("red", "✗") : paint("green", "✓")} ${at}`,
      `    ${keyword}: ${paint("yellow", inShort(keyword, was))} -> ${paint("cyan", inShort(keyword, is))}`,
      `    ${why} ${paint("gray", place)}`,
      ...others,
      ...more,
    ].join("\n");
  };
  const verdict = paint(found.breaking > 0 ? "red" : "green", `${verdictOf(found)}.`);
  const unread = found.unread === undefined ? [] : [paint("yellow", found.unread)];
  return `${[namesOf(found, "->"), ...unread, ...found.changes.map(item), verdict].join("\n\n")}\n`;
}

/** GitHub takes 65,536 characters in a comment; what is around the rows needs some of them. */
const room = 64_000;
/** The longest text in a cell, in characters. */
const longest = 200;

/**
 * The changes as a comment of GitHub: the verdict, a table of what breaks, and what does not folded away. Never longer than a comment
 * may be; what has no room is counted. Begins with a mark by which a program finds the comment again to write it anew.
 */
function inMarkdown(found: DocumentDiff): string {
  const sign = found.breaking > 0 ? "❌" : "✅";
  const unread = found.unread === undefined ? "" : `\n${code(found.unread)}\n`;
  const head = `<!-- understudy diff -->\n### ${sign} ${verdictOf(found)}\n\n${code(namesOf(found, "→"))}\n${unread}`;
  const { table: breaking, left } = tableOf(
    found.changes.slice(0, found.breaking),
    "why it breaks",
    room - head.length,
  );
  const harmless = tableOf(found.changes.slice(found.breaking), "why it does not break", left);
  const count = found.harmless === 1 ? "1 harmless change" : `${found.harmless} harmless changes`;
  const folded = `\n<details>\n<summary>${count}</summary>\n${harmless.table}\n</details>\n`;
  return head + breaking + (found.harmless > 0 ? folded : "");
}

/** A table with as many rows as there is room for, and how much is left. */
function tableOf(changes: readonly Difference[], why: string, space: number): { table: string; left: number } {
  if (changes.length === 0) return { table: "", left: space };
  const lines = ["", `| where | what | ${why} |`, "| --- | --- | --- |"];
  let left = space;
  let shown = 0;
  for (const change of changes) {
    const row = rowOf(change);
    if (row.length > left) break;
    lines.push(row);
    left -= row.length + 1;
    shown++;
  }
  const hidden = changes.length - shown;
  const rest =
    hidden > 0 ? `\nAnd ${hidden} more, for which there is no room here; \`understudy diff\` tells all.\n` : "";
  return { table: `${shown > 0 ? `${lines.join("\n")}\n` : ""}${rest}`, left };
}

function rowOf(change: Difference): string {
  const { at, why, also } = change;
  const others = also.slice(0, 3).map((other) => `also ${code(other)}`);
  const more = also.length > 3 ? [`and ${also.length - 3} places more`] : [];
  const where = [code(at), ...others, ...more].join("<br>");
  return `| ${where} | ${whatOf(change)} | ${why} |`;
}

/** What has changed: what has come and gone of a list, a value that is there or not, or two values. */
function whatOf({ keyword, was, is }: Difference): string {
  const shown = (value: unknown) => code(inShort(keyword, value));
  if (keyword === "required") return is === undefined || is === false ? "no longer required" : "now required";
  if (Array.isArray(was) && Array.isArray(is)) {
    const without = (list: readonly unknown[], others: readonly unknown[]) =>
      list.filter((one) => !others.some((other) => isDeepStrictEqual(one, other))).map(shown);
    const [gone, come] = [without(was, is), without(is, was)];
    const words = [
      ...(come.length > 0 ? [`now also ${come.join(", ")}`] : []),
      ...(gone.length > 0 ? [`no longer ${gone.join(", ")}`] : []),
    ];
    // Where nothing of the list is left, both are told.
    if (gone.length < was.length && words.length > 0) return `${code(keyword)}: ${words.join(", ")}`;
  }
  if (was === undefined) return `${code(keyword)}: ${shown(is)} is new`;
  if (is === undefined) return `${code(keyword)}: ${shown(was)} is gone`;
  return `${code(keyword)}: ${shown(was)} → ${shown(is)}`;
}

/** A text as code within a cell: nothing in it is markup, a name that somebody has on GitHub, or the end of the cell. */
function code(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim() || " ";
  const cut = shortened(line, longest);
  const runs = cut.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const gap = runs.length > 0 ? " " : "";
  return `${fence}${gap}${cut.replaceAll("|", "\\|")}${gap}${fence}`;
}

/** The verdict in a few words, without a full stop. */
function verdictOf({ breaking, harmless }: DocumentDiff): string {
  if (breaking + harmless === 0) return "No client sees a change";
  return `${breaking || "none"} breaking, ${harmless || "none"} harmless`;
}

/** The names of both documents, with an arrow between them; one where they are the same. */
function namesOf({ old, new: now }: DocumentDiff, arrow: string): string {
  const [before, after] = [old, now].map(({ title, version }) => `${title} ${version}`.trim());
  return before === after ? `${before}` : `${before} ${arrow} ${after}`;
}

function nameOf({ info }: JsonObject): DocumentDiff["old"] {
  const { title = "untitled", version = "" } = isObject(info) ? info : {};
  return { title: String(title), version: String(version) };
}

/** A value as a reader wants it, cut to what one looks at. */
function inShort(keyword: string, value: unknown): string {
  if (value === undefined) return "(none)";
  const only = keyword === "type" && Array.isArray(value) && value.length === 1 ? value[0] : value;
  return shortened(typeof only === "string" ? only : JSON.stringify(value), 160);
}
