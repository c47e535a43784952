import { expect, test, vi } from "vitest";
import { billingPath, emailInvoice, testMock } from "../mock.ts";

test("lets an execution take its time, and a kept answer none", async () => {
  vi.useFakeTimers();
  try {
    const { call } = testMock({ latencyMs: 60_000 });
    const given = { body: emailInvoice, headers: { "X-Idempotency-Key": "key-1" } };
    let answered = false;
    const first = call("PUT", billingPath, given).finally(() => {
      answered = true;
    });
    await vi.advanceTimersByTimeAsync(59_999);
    expect(answered).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await first).status).toBe(200);
    expect((await call("PUT", billingPath, given)).headers.get("X-Mock-Idempotency")).toBe("replayed");
  } finally {
    vi.useRealTimers();
  }
});
