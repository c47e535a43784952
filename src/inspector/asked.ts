import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Session } from "./session.ts";

/** An answer of the control plane that is asked for again and again. */
export type Asked<T> = { readonly value: ReadonlySignal<T | undefined>; readonly error: ReadonlySignal<unknown> };

/** How often to ask without news, and how soon after news at the earliest, in milliseconds. */
const pace = { usualMs: 2500, soonestMs: 400 };

/**
 * Asks at once, when something was done, when requests came, and from time to time, but not while nobody looks. What takes long is
 * asked for less often.
 */
export function useAsked<T>({ live, done }: Pick<Session, "live" | "done">, load: () => Promise<T>): Asked<T> {
  const value = useSignal<T | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    let [isEnded, isAsking, isWanted] = [false, false, false];
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function ask(): Promise<void> {
      clearTimeout(timer);
      if (document.hidden) return later(pace.usualMs);
      const started = performance.now();
      [isAsking, isWanted] = [true, false];
      try {
        const answer = await load();
        if (isEnded) return;
        [value.value, error.value] = [answer, undefined];
      } catch (thrown) {
        error.value = thrown;
      }
      isAsking = false;
      const tookMs = performance.now() - started;
      later(isWanted ? Math.max(pace.soonestMs, tookMs * 5) : Math.max(pace.usualMs, tookMs * 10));
    }
    function later(ms: number): void {
      if (!isEnded) timer = setTimeout(ask, ms);
    }
    function wanted(): void {
      if (isAsking || isWanted) isWanted = true;
      else {
        isWanted = true;
        clearTimeout(timer);
        later(pace.soonestMs);
      }
    }
    const endNews = live.news.subscribe(wanted);
    const endDone = done.subscribe(() => void (isAsking || ask()));
    return () => {
      isEnded = true;
      clearTimeout(timer);
      endNews();
      endDone();
    };
  }, [live]);
  return { value, error };
}
