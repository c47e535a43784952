import { compare, type Difference } from "../document/diff/diff.ts";

import { isObject, type JsonObject, parseDocument, readText } from "../document/spec.ts";
import { painter } from "./paint.ts";

/** 0 nothing breaks, 1 something does, 2 the documents could not be compared. */
export type ExitCode = 0 | 1 | 2;

/** Compares two documents, given as files, and tells what a client of the old one meets in the new one. */
export function diff(
  oldFile: string,
  newFile: string,
  terminal: { write(text: string): unknown },
  color: boolean,
  fail: (message: string) => void,
): ExitCode {
  try {
    const [old, now] = [oldFile, newFile].map((file) => parseDocument(readText(file), file)) as [
      JsonObject,
      JsonObject,
    ];
    const changes = compare(old, now);
    terminal.write(inWords(changes, old, now, color));
    return changes.some(({ breaking }) => breaking) ? 1 : 0;
  } catch (error) {
    // A file that is not there, no OpenAPI document, or a reference that leads nowhere.
    fail((error as Error).message);
    return 2;
  }
}

/** The changes as a list to read, what breaks first. */
function inWords(changes: readonly Difference[], old: JsonObject, now: JsonObject, color: boolean): string {
  const paint = painter(color);
  const breaking = changes.filter((change) => change.breaking);
  const rest = changes.filter((change) => !change.breaking);
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
  const count = (list: readonly Difference[], word: string) => `${list.length === 0 ? "none" : list.length} ${word}`;
  const [title, next] = [nameOf(old), nameOf(now)];
  const verdict =
    changes.length === 0
      ? paint("green", "No client sees a change.")
      : paint(breaking.length > 0 ? "red" : "green", `${count(breaking, "breaking")}, ${count(rest, "harmless")}.`);
  const head = title === next ? title : `${title} -> ${next}`;
  return `${[head, ...breaking.map(item), ...rest.map(item), verdict].join("\n\n")}\n`;
}

function nameOf({ info }: JsonObject): string {
  return isObject(info) ? `${info.title} ${info.version}` : "untitled";
}

function inShort(keyword: string, value: unknown): string {
  if (value === undefined) return "(none)";
  const only = keyword === "type" && Array.isArray(value) && value.length === 1 ? value[0] : value;
  const text = typeof only === "string" ? only : JSON.stringify(value);
  return text.length <= 160 ? text : `${text.slice(0, 160)}...`;
}
