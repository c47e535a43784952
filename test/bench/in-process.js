// The mock without a port: for each order, asks `mock.fetch` in several loops at once, and tells the parent what it saw. The mock
// and whoever asks it share a processor, as in a test.
import { createMock } from "../../dist/index.js";

const mock = createMock();
process.on("message", (order) => carryOut(order).then(tell, (error) => tell({ error: error.message })));
tell({ ready: true });

async function carryOut({ request, keyPrefix, loops, leadMs, measureMs }) {
  const from = performance.now() + leadMs;
  const until = from + measureMs;
  const latencies = [];
  let sent = 0;

  async function loop() {
    for (;;) {
      const begun = performance.now();
      if (begun >= until) return;
      const key = request.key === "fresh" ? `${keyPrefix}${sent++}` : request.key;
      const headers = key === undefined ? request.headers : { ...request.headers, "X-Idempotency-Key": key };
      const { method, path, body, status } = request;
      const response = await mock.fetch(`http://mock.test${path}`, { method, headers, body });
      const text = await response.text();
      if (!status.includes(response.status)) throw new Error(`answered ${response.status}: ${text}`);
      const now = performance.now();
      if (begun >= from && now <= until) latencies.push(now - begun);
      // The loops take turns, and the process hears whoever ends it.
      await new Promise(setImmediate);
    }
  }

  await Promise.all(Array.from({ length: loops }, loop));
  const sorted = Float64Array.from(latencies).sort();
  // Where none was answered in time, it takes longer than that.
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? measureMs;
  return { perSecond: sorted.length / (measureMs / 1000), p50: at(0.5), p99: at(0.99), cpu: 0 };
}

function tell(message) {
  process.send(message);
}
