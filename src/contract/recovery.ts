import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isObject, type JsonObject } from "../document/spec.ts";

/** Keeps the customer as a run found it until it has been put back, so that the next run can do what a killed one could not. */
export type Recovery = {
  /** The customer that an earlier run left changed; `undefined` where none did. */
  pending(): JsonObject | undefined;
  /** Called before the first write of a run. */
  save(found: JsonObject): void;
  /** Called when the customer is as it was found. */
  clear(): void;
};

/**
 * A recovery that is a file of the user's, one for each target and customer. It holds the customer and no key. Lies in
 * `UNDERSTUDY_RECOVERY`, else where the XDG base directory specification puts state.
 */
export function createFileRecovery(
  baseUrl: string,
  customer: string,
  environment = process.env,
): Recovery & { file: string } {
  const { UNDERSTUDY_RECOVERY, XDG_STATE_HOME } = environment;
  const directory =
    UNDERSTUDY_RECOVERY || join(XDG_STATE_HOME || join(homedir(), ".local", "state"), "connect-understudy");
  const name = createHash("sha256").update(`${baseUrl}\n${customer}`).digest("hex").slice(0, 16);
  const file = join(directory, `${name}.json`);
  return {
    file,
    pending() {
      let text: string;
      try {
        text = readFileSync(file, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
      const record: unknown = JSON.parse(text);
      return isObject(record) && isObject(record.found) ? record.found : undefined;
    },
    save(found) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      writeFileSync(file, `${JSON.stringify({ baseUrl, customer, found }, null, 2)}\n`, { mode: 0o600 });
    },
    clear: () => rmSync(file, { force: true }),
  };
}
