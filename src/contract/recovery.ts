import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isObject } from "../document/spec.ts";
import { makeFolder } from "./folder.ts";
import { type PathValues, RunError } from "./guest.ts";
import { createFileLock, type Lock } from "./lock.ts";

/** What stood at a target before a write: which operation was about to write where, and what its undo has read there. */
export type Entry = { readonly operationId: string; readonly path: PathValues; readonly captured: unknown };

/** Keeps what a run has to put back until it has been put back, so that the next run can do what a killed one could not. */
export type Recovery = {
  /** What an earlier run left changed, in the order of its writes. Throws a `RunError` where nothing can be kept there. */
  pending(): readonly Entry[];
  /** Called before each write of a kind that is new to the run, with all entries. Throws a `RunError` where it cannot keep them. */
  save(entries: readonly Entry[]): void;
  /** Called when everything is as it was found. */
  clear(): void;
  /** Lets one run at a time write there; without it, others are noticed by what they write. */
  readonly lock?: Lock;
};

/**
 * A recovery that is a file of the user's, one for each target and guest, and a lock beside it. It holds what was read there and no
 * key. Lies in `UNDERSTUDY_RECOVERY`, else where the XDG base directory specification puts state.
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
  const write = (entries: readonly Entry[]) => {
    makeFolder(directory, 0o700);
    // In one step: a run that is killed while it writes leaves the file whole.
    writeFileSync(`${file}.new`, `${JSON.stringify({ baseUrl, guest, entries }, null, 2)}\n`, { mode: 0o600 });
  };
  /** Without a place for what it finds, a run may not write. */
  const kept = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new RunError(
        `What stands at the target before a write cannot be kept in the recovery folder ${directory}: ${(error as Error).message}. UNDERSTUDY_RECOVERY names another one.`,
      );
    }
  };
  const lock = createFileLock(join(directory, `${name}.lock`));
  return {
    file,
    lock: {
      ...lock,
      take: () =>
        kept(() => {
          makeFolder(directory, 0o700);
          return lock.take();
        }),
    },
    pending() {
      const text = textOf(file);
      if (text !== undefined) return entriesIn(text, file);
      kept(() => {
        write([]);
        rmSync(`${file}.new`);
      });
      return [];
    },
    save(entries) {
      kept(() => {
        write(entries);
        renameSync(`${file}.new`, file);
      });
    },
    clear: () => kept(() => rmSync(file, { force: true })),
  };
}

/** The text of a file; `undefined` where there is none. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Below a file there is none; that it can be none either is found when something is kept.
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new RunError(`The recovery file ${file} cannot be read: ${message}.`);
  }
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
