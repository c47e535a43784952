import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** A folder that is not there and cannot be made; the message is one sentence that says why, without its full stop. */
export class FolderError extends Error {
  override name = "FolderError";
}

/**
 * Makes a folder and those above it, where they are not there; `mode` is that of the folders it makes. Throws a `FolderError`. Not
 * `mkdir` with `recursive`: under a file system that lets nobody make anything, such as `/proc`, Node 20 tries without end.
 */
export function makeFolder(path: string, mode?: number): void {
  if (path.trim() === "") throw new FolderError("the path of the folder is empty; it should name one, such as ./out");
  const missing: string[] = [];
  for (let folder = resolve(path); !isFolder(folder, path) && dirname(folder) !== folder; folder = dirname(folder))
    missing.unshift(folder);
  for (const folder of missing) {
    try {
      mkdirSync(folder, mode);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Another process may have been faster.
      if (code !== "EEXIST" || !isFolder(folder, path))
        throw new FolderError(`the folder ${path} cannot be made: ${message}`);
    }
  }
}

/** Whether a folder is there. Throws a `FolderError` where something else is, in the place of one that `wanted` needs. */
function isFolder(folder: string, wanted: string): boolean {
  try {
    if (statSync(folder).isDirectory()) return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // What is below a file is not there either; the file is met on the way up.
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw new FolderError(`the folder ${wanted} cannot be reached: ${message}`);
  }
  throw new FolderError(
    folder === resolve(wanted)
      ? `${wanted} is a file, and should be a folder`
      : `the folder ${wanted} cannot be made: ${folder} is a file`,
  );
}
