import { createHash } from "node:crypto";
import { existsSync, type FSWatcher, readdirSync, readFileSync, realpathSync, statSync, watch } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** So long nothing may happen before a change is looked at, in milliseconds: an editor writes in several steps. */
const quietMs = 100;

export type Watch = {
  /** Looks anew at which files there are to watch. */
  refresh(): void;
  close(): void;
};

/**
 * Calls `changed` with the files whose content has become another, one call after the other. A folder stands for all files in it.
 * What is watched are the folders, so that a file may be replaced by another of its name, or come only later. It keeps no process
 * alive.
 */
export function watchFiles(
  files: () => readonly string[],
  changed: (files: readonly string[]) => Promise<void>,
  say: (line: string) => void,
): Watch {
  let contents = contentsOf(files());
  let watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isChecking = false;

  function arm(): void {
    const next = openWatchers(files(), poke, say);
    for (const watcher of watchers) watcher.close();
    watchers = next;
  }

  function poke(): void {
    clearTimeout(timer);
    timer = setTimeout(() => void check(), quietMs).unref();
  }

  async function check(): Promise<void> {
    if (isChecking) return poke();
    isChecking = true;
    const now = contentsOf(files());
    const names = [...now].flatMap(([file, content]) => (contents.get(file) === content ? [] : [file]));
    const gone = [...contents.keys()].filter((file) => !now.has(file));
    contents = now;
    try {
      if (names.length + gone.length > 0) await changed([...names, ...gone]);
    } finally {
      isChecking = false;
    }
    refresh();
  }

  function refresh(): void {
    arm();
    // What is new among the files is as it was just read; what has changed since it was looked at is looked at again.
    for (const [file, content] of contentsOf(files())) {
      if (!contents.has(file)) contents.set(file, content);
      else if (contents.get(file) !== content) poke();
    }
  }

  arm();
  return {
    refresh,
    close() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Watches the folders of files for anything of their names. */
function openWatchers(files: readonly string[], poke: () => void, say: (line: string) => void): FSWatcher[] {
  /** By folder, the names to look for; all where there are none. */
  const folders = new Map<string, Set<string> | undefined>();
  for (const path of files.flatMap(withTarget)) {
    if (isFolder(path)) folders.set(path, undefined);
    const folder = dirname(path);
    const near = nearest(folder);
    const names = folders.has(near) ? folders.get(near) : new Set<string>();
    if (near === folder) names?.add(basename(path));
    folders.set(near, near === folder ? names : undefined);
  }
  return [...folders].flatMap(([folder, names]) => {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (!names || name === null || names.has(name)) poke();
      });
      watcher.on("error", () => poke());
      return [watcher];
    } catch (error) {
      say(`Cannot watch ${folder}: ${(error as Error).message}.`);
      return [];
    }
  });
}

/** A path, and what it leads to where it is a link. */
function withTarget(file: string): string[] {
  const path = resolve(file);
  try {
    return [...new Set([path, realpathSync(path)])];
  } catch {
    return [path];
  }
}

/** A folder, or the nearest one around it that is there. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What stands in files, as digests, by their paths; empty where a file cannot be read. */
function contentsOf(files: readonly string[]): Map<string, string> {
  const all = files.flatMap((file) => (isFolder(file) ? readdirSync(file).map((name) => join(file, name)) : [file]));
  return new Map(all.filter((file) => !isFolder(file)).map((file) => [file, digestOf(file)]));
}

function digestOf(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return "";
  }
}
