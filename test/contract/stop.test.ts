import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createStopper } from "../../src/contract/stop.ts";

describe("a run is stopped", () => {
  test("by whoever began it, before or later", () => {
    const stop = new AbortController();
    const stopper = createStopper({ signal: stop.signal });
    expect([stopper.reason(), stopper.signal.aborted]).toEqual([undefined, false]);
    stop.abort();
    expect([stopper.reason(), stopper.signal.aborted]).toEqual(["the run was stopped", true]);
    expect(createStopper({ signal: AbortSignal.abort() }).reason()).toBe("the run was stopped");
  });

  test("when its time is over, unless it has ended", async () => {
    const [late, done] = [createStopper({ maxTimeMs: 20 }), createStopper({ maxTimeMs: 20 })];
    done.release();
    await setTimeout(60);
    expect([late.reason(), done.reason()]).toEqual(["the run's time of 0.02 s was over", undefined]);
  });

  test("before a wait that would outlast its time", () => {
    const stopper = createStopper({ maxTimeMs: 60_000 });
    stopper.beforeWait(58_000);
    expect(stopper.reason()).toBeUndefined();
    stopper.beforeWait(61_000);
    expect(stopper.reason()).toBe("a wait of 61 s would have outlasted the run's time of 60 s");
    stopper.release();
    const timeless = createStopper({});
    timeless.beforeWait(1e9);
    expect(timeless.reason()).toBeUndefined();
  });

  test("when twenty answers in a row take nearly as long as it waits for one", () => {
    const stopper = createStopper({ timeoutMs: 10_000 });
    for (let n = 0; n < 19; n++) stopper.onTry(9_000);
    stopper.onTry(7_999);
    for (let n = 0; n < 19; n++) stopper.onTry(8_000);
    expect(stopper.reason()).toBeUndefined();
    stopper.onTry(10_000);
    expect(stopper.reason()).toBe(
      "the target has become slow: 20 answers in a row took 8 s or more, and the run waits 10 s for one",
    );
  });
});

test("what was under way throws why, whatever it would throw", async () => {
  const stopper = createStopper({});
  const failing = () => Promise.reject(new Error("the socket was closed"));
  await expect(stopper.unlessStopped(failing())).rejects.toThrow("the socket was closed");
  stopper.stop("enough is enough");
  await expect(stopper.unlessStopped(failing())).rejects.toThrow(
    expect.objectContaining({ name: "AbortError", message: "enough is enough" }),
  );
});
