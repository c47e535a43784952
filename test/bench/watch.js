// Loaded into a server by `--import`: tells the parent, when it asks, what the process holds and how long it has stood still.
import { monitorEventLoopDelay } from "node:perf_hooks";

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
// It is for the server to say how long the process lives.
process.channel?.unref();

process.on("message", ({ collect }) => {
  const pauseMs = delay.max / 1e6;
  if (collect) for (let time = 0; time < 2; time++) globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  // What it took to collect is noticed at the next tick, and is no pause of the server's own.
  setTimeout(() => {
    delay.reset();
    process.send({ pauseMs, held: heapUsed + external, rss });
  }, 20);
});
