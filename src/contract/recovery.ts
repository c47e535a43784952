import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isObject } from "../document/spec.ts";
import { type PathValues, RunError } from "./guest.ts";

/** What stood at a target before a write: which operation was about to write where, and what its undo has read there. */
export type Entry = { readonly operationId: string; readonly path: PathValues; readonly captured: unknown };

/** Keeps what a run has to put back until it has been put back, so that the next run can do what a killed one could not. */
export type Recovery = {
  /** What an earlier run left changed, in the order of its writes. */
  pending(): readonly Entry[];
  /** Called before each write of a kind that is new to the run, with all entries. */
  save(entries: readonly Entry[]): void;
  /** Called when everything is as it was found. */
  clear(): void;
};

/**
 * A recovery that is a file of the user's, one for each target and guest. It holds what was read there and no key. Lies in
 * `UNDERSTUDY_RECOVERY`, else where the XDG base directory specification puts state.
 */
export function createFileRecovery(
  baseUrl: string,
  guest: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Recovery & { readonly file: string } {
  const { UNDERSTUDY_RECOVERY, XDG_STATE_HOME } = environment;
  const directory =
    UNDERSTUDY_RECOVERY || join(XDG_STATE_HOME || join(homedir(), ".local", "state"), "connect-understudy");
  const name = createHash("sha256").update(`${baseUrl}\n${guest}`).digest("hex").slice(0, 16);
  const file = join(directory, `${name}.json`);
  return {
    file,
    pending() {
      let text: string;
      try {
        text = readFileSync(file, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw new RunError(`The recovery file ${file} cannot be read: ${(error as Error).message}.`);
      }
      return entriesIn(text, file);
    },
    save(entries) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      // In one step: a run that is killed while it writes leaves the file whole.
      writeFileSync(`${file}.new`, `${JSON.stringify({ baseUrl, guest, entries }, null, 2)}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
    clear: () => rmSync(file, { force: true }),
  };
}

function entriesIn(text: string, file: string): readonly Entry[] {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    record = undefined;
  }
  if (isObject(record) && Array.isArray(record.entries) && record.entries.every(isEntry)) return record.entries;
  throw new RunError(
    `The recovery file ${file} is none that this version reads. It holds what an earlier run has found at the target and could not put back: put that back by hand, then remove the file.`,
  );
}

function isEntry(value: unknown): value is Entry {
  return isObject(value) && typeof value.operationId === "string" && isObject(value.path) && "captured" in value;
}
