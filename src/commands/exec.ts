import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { defaultApiKey } from "../mock/middleware/credentials.ts";
import { isSaidToUser, type StartOptions, serve, type Terminal } from "./start.ts";

/**
 * Runs a command beside a mock, which it finds by `CONNECT_BASE_URL` and `CONNECT_API_KEY`, and answers with its exit code; as a shell
 * does, with 128 and the number of the signal that has ended it. `fail` ends the command with one line that says why.
 */
export async function exec(
  options: StartOptions,
  [command = "", ...args]: readonly string[],
  terminal: Terminal,
  fail: (message: string) => never,
): Promise<number> {
  try {
    const { url, close } = await serve(options, terminal);
    const [apiKey = defaultApiKey] = options.apiKey ?? [];
    const env = { ...process.env, CONNECT_BASE_URL: url, CONNECT_API_KEY: apiKey };
    // On Windows, `npx` and its like are scripts that only a shell starts.
    const child = spawn(command, args, { env, stdio: "inherit", shell: process.platform === "win32" });
    // A terminal tells the child of Ctrl-C itself; whoever ends this process means the child.
    process.on("SIGINT", () => {
      if (!process.stdin.isTTY) child.kill("SIGINT");
    });
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    try {
      const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
      return code ?? 128 + constants.signals[signal!];
    } catch (error) {
      return fail(`Cannot run "${command}": ${reasonOf(error as NodeJS.ErrnoException)}.`);
    } finally {
      await close();
    }
  } catch (error) {
    if (isSaidToUser(error)) fail(error.message);
    throw error;
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT")
    return "there is no such program; it is looked for in the PATH, and npx starts those of a package";
  return code === "EACCES" ? "it may not be run by this user" : message;
}
