// For each order, sends one request after another on each of several connections, and tells the parent what it saw. Sockets and
// requests made beforehand, because an HTTP client would be slower than the fastest of the servers. One process takes all
// orders: a new one would be slow at first, and the fastest server would have to wait for it.
import { connect } from "node:net";

const placeholder = "0".repeat(12);
const end = "\r\n\r\n";

process.on("message", carryOut);

function carryOut({
  port,
  request,
  keyPrefix,
  paths,
  connections,
  leadMs,
  measureMs,
  most = Number.POSITIVE_INFINITY,
}) {
  const makers = (paths ?? [request.path]).map((path) => maker({ ...request, path }, port, keyPrefix));
  const expected = request.status.map((status) => `HTTP/1.1 ${status} `);
  const start = performance.now();
  const from = start + leadMs;
  const until = from + measureMs;
  const before = process.cpuUsage();
  const latencies = [];
  let sent = 0;
  let open = connections;

  for (let index = 0; index < connections; index++) run(connect(port, "127.0.0.1"));

  function run(socket) {
    let begun = 0;
    let ended = false;
    let received = "";
    let length = 0;

    function send() {
      const bytes = makers[sent % makers.length](sent++);
      begun = performance.now();
      socket.write(bytes);
    }

    function answered() {
      const now = performance.now();
      if (begun >= from && now <= until) latencies.push(now - begun);
      received = "";
      length = 0;
      if (now < until && sent < most) return send();
      ended = true;
      socket.destroy();
      if (--open === 0) report();
    }

    socket.setNoDelay(true);
    socket.on("connect", send);
    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => {
      if (!ended) fail("The server closed a connection.");
    });
    socket.on("data", (chunk) => {
      received += chunk.latin1Slice();
      if (length === 0) {
        const headEnd = received.indexOf(end);
        if (headEnd < 0) return;
        if (!expected.some((line) => received.startsWith(line)))
          return fail(`Not ${request.status.join(" or ")} but: ${received.slice(0, 600)}`);
        const told = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, headEnd + 2))?.[1];
        // Without a length it comes in chunks, the last of which is empty.
        length = told === undefined ? Number.POSITIVE_INFINITY : headEnd + end.length + Number(told);
      }
      if (received.length >= length || (length === Number.POSITIVE_INFINITY && received.endsWith(`\r\n0${end}`)))
        answered();
    });
  }

  function report() {
    const sorted = Float64Array.from(latencies).sort();
    // Where none was answered in time, it takes longer than that.
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? measureMs;
    // The loader's own load tells whether it was the bottleneck.
    const { user, system } = process.cpuUsage(before);
    const cpu = (user + system) / 1000 / (performance.now() - start);
    process.send({ perSecond: sorted.length / (measureMs / 1000), p50: at(0.5), p99: at(0.99), sent, cpu });
  }
}

/** Makes what gives the bytes of a request by its number, each with a key of its own where the key is to be fresh. */
function maker({ method, path, headers, body, key }, port, keyPrefix) {
  const fields = { Host: `127.0.0.1:${port}`, ...headers };
  if (key !== undefined) fields["X-Idempotency-Key"] = key === "fresh" ? keyPrefix + placeholder : key;
  if (body !== undefined) fields["Content-Length"] = Buffer.byteLength(body);
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`);
  if (key !== "fresh") return () => bytes;
  const keyAt = bytes.indexOf(keyPrefix + placeholder) + keyPrefix.length;
  return (number) => {
    const own = Buffer.from(bytes);
    own.latin1Write(String(number).padStart(placeholder.length, "0"), keyAt);
    return own;
  };
}

function fail(message) {
  process.send({ error: message });
  process.exit(1);
}
