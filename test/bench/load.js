// For each order, sends one request after another on each of several connections, and tells the parent what it saw. Sockets and
// requests made beforehand, because an HTTP client would be slower than the fastest of the servers. One process takes all
// orders: a new one would be slow at first, and the fastest server would have to wait for it.
import { connect } from "node:net";

const placeholder = "0".repeat(12);
const end = "\r\n\r\n";

process.on("message", carryOut);

function carryOut({ port, head, body, connections, leadMs, measureMs, keyPrefix }) {
  const request = Buffer.from(
    `${head}X-Idempotency-Key: ${keyPrefix}${placeholder}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const keyAt = request.indexOf(keyPrefix + placeholder) + keyPrefix.length;
  const start = performance.now();
  const from = start + leadMs;
  const until = from + measureMs;
  const before = process.cpuUsage();
  const latencies = [];
  let sent = 0;
  let open = connections;

  for (let index = 0; index < connections; index++) run(connect(port, "127.0.0.1"), Buffer.from(request));

  function run(socket, own) {
    let begun = 0;
    let received = "";
    let expected = 0;

    function send() {
      own.latin1Write(String(sent++).padStart(placeholder.length, "0"), keyAt);
      begun = performance.now();
      socket.write(own);
    }

    function answered() {
      const now = performance.now();
      if (begun >= from && now <= until) latencies.push(now - begun);
      received = "";
      expected = 0;
      if (now < until) return send();
      socket.destroy();
      if (--open === 0) report();
    }

    socket.setNoDelay(true);
    socket.on("connect", send);
    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => {
      if (performance.now() < until) fail("The server closed a connection.");
    });
    socket.on("data", (chunk) => {
      received += chunk.latin1Slice();
      if (expected === 0) {
        const headEnd = received.indexOf(end);
        if (headEnd < 0) return;
        if (!received.startsWith("HTTP/1.1 200 ")) return fail(`Not 200 but: ${received.slice(0, 600)}`);
        const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, headEnd + 2))?.[1];
        if (length === undefined) return fail(`No Content-Length in: ${received.slice(0, headEnd)}`);
        expected = headEnd + end.length + Number(length);
      }
      if (received.length >= expected) answered();
    });
  }

  function report() {
    const sorted = Float64Array.from(latencies).sort();
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    // The loader's own load tells whether it was the bottleneck.
    const { user, system } = process.cpuUsage(before);
    const cpu = (user + system) / 1000 / (performance.now() - start);
    process.send({ perSecond: sorted.length / (measureMs / 1000), p50: at(0.5), p99: at(0.99), cpu });
  }
}

function fail(message) {
  process.send({ error: message });
  process.exit(1);
}
