// Loaded into a server by `--import`: tells the parent, when it asks, what the process holds and how long it has stood still.
let last = now();
let pauseMs = 0;
setInterval(look, 2).unref();
// It is for the server to say how long the process lives.
process.channel?.unref();

process.on("message", ({ collect }) => {
  look();
  if (collect) for (let time = 0; time < 2; time++) globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  const said = { pauseMs, held: heapUsed + external, rss };
  // What it took to collect is no pause of the server's own.
  setTimeout(() => {
    [last, pauseMs] = [now(), 0];
    process.send(said);
  }, 20);
});

/** Looks how long it has stood still since the last look: what it used of its one processor, and not what others did meanwhile. */
function look() {
  const next = now();
  pauseMs = Math.max(pauseMs, Math.min(next.at - last.at, next.usedMs - last.usedMs));
  last = next;
}

function now() {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), usedMs: (user + system) / 1000 };
}
