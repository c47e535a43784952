import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Control, ControlError, createControl } from "../control/client.ts";
import { follow, type Live } from "./live.ts";

/** What the page says of the last thing that was done. */
export type Notice = { readonly isError: boolean; readonly text: string };

/** What all views share. */
export type Session = {
  /** The key of the sandbox, or its name. */
  readonly sandbox: string;
  readonly baseUrl: string;
  readonly control: Control;
  readonly live: Live;
  readonly notice: Signal<Notice | undefined>;
  /** Goes up when something was done, so that views ask again. */
  readonly done: ReadonlySignal<number>;
  /** Does something, and says that it was done, or why not; answers whether it was. */
  act(said: string, work: () => Promise<unknown>): Promise<boolean>;
};

/** Opens a sandbox. */
export function openSession(sandbox: string, baseUrl: string, notice: Signal<Notice | undefined>): Session {
  const control = createControl({ baseUrl, apiKey: sandbox });
  const done = signal(0);
  async function act(said: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      notice.value = { isError: false, text: said };
      return true;
    } catch (error) {
      notice.value = { isError: true, text: saidOf(error) };
      return false;
    } finally {
      done.value += 1;
    }
  }
  return { sandbox, baseUrl, control, live: follow(control), notice, done, act };
}

/** What to tell of an error. */
export function saidOf(error: unknown): string {
  if (error instanceof ControlError) {
    const suggestions = error.details.map(({ suggestion }) => suggestion);
    return [error.message, ...suggestions, error.hint].filter(Boolean).join(" ");
  }
  if (error instanceof TypeError) return "The mock does not answer. It may have been ended.";
  return error instanceof Error ? error.message : String(error);
}
