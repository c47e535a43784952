import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { StateError, type StateLog } from "./state.ts";

/**
 * Opens a file as the place of a state, for this process alone: `FILE.lock` beside it names the process. What is appended is with
 * the system when `append` returns, so that no end of the process loses it. Throws a `StateError` when the file cannot be used or
 * another process has it.
 */
export function openStateFile(path: string): StateLog {
  const release = lock(path);
  try {
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    return stateFile(path, text, release);
  } catch (error) {
    release();
    throw new StateError(`Cannot read the state ${path}: ${(error as Error).message}.`);
  }
}

function stateFile(path: string, text: string, release: () => void): StateLog {
  let file: number | undefined;
  let size = Buffer.byteLength(text);

  return {
    name: path,
    text,
    get size() {
      return size;
    },
    append(more) {
      file ??= openSync(path, "r+");
      try {
        const bytes = Buffer.from(more);
        writeAll(file, bytes, size);
        size += bytes.length;
      } catch (error) {
        // Half a line at the end would make the next one unreadable.
        ftruncateSync(file, size);
        throw error;
      }
    },
    replace(whole) {
      const bytes = Buffer.from(whole);
      const beside = `${path}.new`;
      const next = openSync(beside, "w", 0o600);
      try {
        writeAll(next, bytes, 0);
        fsyncSync(next);
        renameSync(beside, path);
      } catch (error) {
        closeSync(next);
        rmSync(beside, { force: true });
        throw error;
      }
      if (file !== undefined) closeSync(file);
      file = next;
      size = bytes.length;
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
      release();
    },
  };
}

function writeAll(file: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

/** Takes the lock of a file; answers what gives it back. A lock whose process has ended is taken over. */
function lock(path: string): () => void {
  const name = `${path}.lock`;
  const own = `${process.pid} ${startOf(process.pid)}\n`;
  const beside = `${name}.${process.pid}.new`;
  for (;;) {
    try {
      // A link is there with what it says, or it is not there: nobody reads a lock that is half written.
      writeFileSync(beside, own, { mode: 0o600 });
      linkSync(beside, name);
      return () => {
        if (textOf(name) === own) rmSync(name, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST")
        throw new StateError(`Cannot open the state ${path}: ${(error as Error).message}.`);
    } finally {
      rmSync(beside, { force: true });
    }
    const held = textOf(name);
    if (held !== undefined) takeOver(path, name, held);
  }
}

function takeOver(path: string, name: string, held: string): void {
  const [pid = "", started = ""] = held.trim().split(" ");
  if (isRunning(Number(pid), started))
    throw new StateError(
      `The state ${path} is in use by the process ${pid}; end that one, or give another file. (Where there is no such mock, remove ${name}.)`,
    );
  // Of two that find it left behind, one takes it away; what it has taken has to be what it has read.
  const aside = `${name}.${process.pid}`;
  try {
    renameSync(name, aside);
  } catch {
    return;
  }
  if (textOf(aside) === held) rmSync(aside, { force: true });
  else renameSync(aside, name);
}

/** Whether a process still runs: one of this number, that began when the lock says. */
function isRunning(pid: number, started: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = startOf(pid);
  return now === "" || started === "" || now === started;
}

/** When a process that still runs began, by the system's own count; empty where the system does not tell. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`) ?? "";
  // Its second field is a name in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? "ended" : (fields[19] ?? "");
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
