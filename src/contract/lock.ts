import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { isObject } from "../document/spec.ts";
import { RunError } from "./guest.ts";

/** Who is at work somewhere: a process of a machine, and since when (RFC 3339). */
export type Holder = { readonly pid: number; readonly host: string; readonly since: string };

/** Lets one run of a machine at a time write at one place. */
export type Lock = {
  /** Takes it; answers who has it where that is another run that is still at work. */
  take(): Holder | undefined;
  /** Lets the next run have it. */
  letGo(): void;
};

/** How often a run shows that it is still at work, and how long one that does not is believed to be, in milliseconds. */
const [renewMs, believedMs] = [1_000, 15_000];

/**
 * A lock that is a file, with its holder as JSON. Taking it over from the dead is safe: a process of this machine is asked for by its
 * number; one of another machine, or of another container, which shares the folder and not the processes, has to be seen for 15 s
 * not to renew the file.
 */
export function createFileLock(file: string): Lock {
  let taken: { readonly text: string; readonly renewal: NodeJS.Timeout } | undefined;
  let lastSeen = { sign: "", at: 0 };

  function take(): Holder | undefined {
    const own: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    const text = JSON.stringify(own);
    while (!isMade(file, text)) {
      const there = holderIn(file);
      if (there && !isDead(there.holder, there.sign)) return there.holder;
      if (there) removeDead(there.sign);
    }
    taken = { text, renewal: setInterval(() => renew(file), renewMs).unref() };
    return undefined;
  }

  function isDead({ pid, host, since }: Holder, sign: string): boolean {
    if (host === hostname()) {
      if (!isRunning(pid)) return true;
      // The number of a process that has ended is given again; in a container, soon.
      if (pid === process.pid && Date.parse(since) < performance.timeOrigin) return true;
    }
    if (sign !== lastSeen.sign) lastSeen = { sign, at: performance.now() };
    return performance.now() - lastSeen.at > believedMs;
  }

  /** Removes the file of a dead run, unless another process has just done so and taken the lock. */
  function removeDead(sign: string): void {
    const aside = `${file}.${process.pid}`;
    try {
      renameSync(file, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    if (holderIn(aside)?.sign === sign) rmSync(aside, { force: true });
    else renameSync(aside, file);
  }

  return {
    take,
    letGo() {
      if (!taken) return;
      clearInterval(taken.renewal);
      // A run that was halted for long has lost it meanwhile.
      if (holderIn(file)?.text === taken.text) rmSync(file, { force: true });
      taken = undefined;
    },
  };
}

/** How long a lock is waited for, in milliseconds, and who is told so. */
export type Patience = {
  readonly maxWaitMs: number;
  sleep(ms: number): Promise<void>;
  onWait(text: string): void;
};

/** Waits for a lock, and says so once. Throws a `RunError` where another run still has it then. */
export async function takeLock(lock: Lock, place: string, { maxWaitMs, sleep, onWait }: Patience): Promise<void> {
  const until = performance.now() + maxWaitMs;
  for (let told = false; ; told = true) {
    const holder = lock.take();
    if (!holder) return;
    const { pid, host, since } = holder;
    const where = host === hostname() ? "" : ` of ${host}`;
    const who = `Another run is at work on ${place}: process ${pid}${where}, since ${since}`;
    const seconds = maxWaitMs / 1000;
    if (performance.now() >= until)
      throw new RunError(`${who}. This one has waited ${seconds} s for it; run it again when that one has ended.`);
    if (!told) onWait(`${who}. Waiting for it, at most ${seconds} s.`);
    await sleep(Math.min(200, Math.max(1, until - performance.now())));
  }
}

/** Whether a file could be made; not where there is one. */
function isMade(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Who holds a lock, and what changes whenever it is taken or renewed; `undefined` where nobody does. */
function holderIn(file: string): { holder: Holder; text: string; sign: string } | undefined {
  try {
    const text = readFileSync(file, "utf8");
    const { mtimeMs } = statSync(file);
    return { holder: holderOf(text), text, sign: `${text} ${mtimeMs}` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The holder in a text; of one that is none, nobody that is at work. */
function holderOf(text: string): Holder {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const { pid, host, since } = isObject(value) ? value : {};
  if (typeof pid === "number" && typeof host === "string" && typeof since === "string") return { pid, host, since };
  return { pid: 0, host: "an unknown machine", since: "an unknown time" };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One of another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function renew(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Whoever has removed it has taken it over.
  }
}
