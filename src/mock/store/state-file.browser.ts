import { StateError } from "./state.ts";

/** What `state-file.ts` does, in a browser: it has no files. */
export function openStateFile(path: string): never {
  throw new StateError(`A browser has no file ${path}; give a StateLog of your own, such as one on its storage.`);
}
