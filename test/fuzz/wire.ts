import fc from "fast-check";

/** One request of HTTP/1.1, of letters that stand for a byte each. */
export type Message = {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
};

/** What is sent, and what may come of it. */
export type Sent = {
  /** What is odd about it, for a reader. */
  readonly oddity: string;
  /** The key whose sandbox it means; `undefined` where it has none, or more than one. */
  readonly key: string | undefined;
  /** Its messages, where they are such that it is known which answers they should have. */
  readonly messages: readonly Message[];
  /** Its bytes, piece by piece, where no client would write them, and what becomes of the connection after the last one. */
  readonly bytes?: { readonly pieces: readonly Buffer[]; readonly end: "half" | "cut" };
  /** The most answers that it may have. */
  readonly most: number;
  /** Whether it asks for an answer of its own choice. */
  readonly isAsked: boolean;
  /** Whether its answer may be late, or never come, because it asks for that. */
  readonly isPatient: boolean;
};

/** The path of a message as a URL has it, without what points back. */
export function pathOf(target: string): string {
  const url = `http://mock.test${target}`;
  return URL.canParse(url) ? new URL(url).pathname : target;
}

/** A message as it goes over a connection. */
export function bytesOf({ method, target, headers, body }: Message, length = true): Buffer {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const own = [
    ...(names.has("host") ? [] : [["Host", "127.0.0.1"] as const]),
    ...(body && length && !names.has("content-length") ? [["Content-Length", `${body.length}`] as const] : []),
  ];
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...[...own, ...headers].map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ];
  return Buffer.concat([Buffer.from(lines.join("\r\n"), "latin1"), body ?? Buffer.alloc(0)]);
}

/** Whether Node's own client sends it as it is. */
export function isSendable({ method, target, headers }: Message): boolean {
  const names = headers.map(([name]) => name.toLowerCase());
  return (
    /^[A-Z-]+$/.test(method) &&
    /^\/[\x21-\x7e\x80-\xff]*$/.test(target) &&
    new Set(names).size === names.length &&
    !names.some((name) => /^(host|connection|expect|te|upgrade|transfer-encoding)$/.test(name)) &&
    headers.every(
      ([name, value]) => /^[\w-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value) && !/^\s|\s$/.test(value),
    )
  );
}

/** A request within a request, which nobody has sent. */
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: test_a\r\n\r\n";

type Shape = (
  message: Message,
  at: number,
) => readonly Buffer[] | { readonly pieces: readonly Buffer[]; readonly most: number };

const line = (text: string) => Buffer.from(text, "latin1");
const withHeaders = (message: Message, ...headers: readonly (readonly [string, string])[]): Message => ({
  ...message,
  headers: [
    ...message.headers.filter(([name]) => !headers.some(([other]) => other.toLowerCase() === name.toLowerCase())),
    ...headers,
  ],
});
/** The head as it is, and a body that its headers say something else of. */
const framed = (message: Message, body: string, ...headers: readonly (readonly [string, string])[]) => [
  bytesOf({ ...withHeaders(message, ...headers), body: line(body) }, false),
];
const chunked = ["Transfer-Encoding", "chunked"] as const;
const inChunks = (text: string) => `${text === "" ? "" : `${text.length.toString(16)}\r\n${text}\r\n`}0\r\n\r\n`;
/** A message whose first line or headers are replaced as text. */
const retyped = (message: Message, from: RegExp, to: string) => {
  const text = bytesOf(message).toString("latin1");
  return [line(text.replace(from, to))];
};

/** What no client would write, each with the most answers that it may have where that is more than one. */
const shapes: Readonly<Record<string, Shape>> = {
  "a length and chunks": (message) =>
    framed(message, `0\r\n\r\n${smuggled}`, ["Content-Length", `${smuggled.length + 5}`], chunked),
  "chunks and a length": (message) => framed(message, `0\r\n\r\n${smuggled}`, chunked, ["Content-Length", "5"]),
  "two lengths": (message) => [
    bytesOf(
      {
        ...message,
        headers: [...message.headers, ["Content-Length", "0"], ["Content-Length", `${smuggled.length}`]],
        body: line(smuggled),
      },
      false,
    ),
  ],
  "a list of lengths": (message) => framed(message, smuggled, ["Content-Length", `0, ${smuggled.length}`]),
  "a length with a sign": (message) => framed(message, smuggled, ["Content-Length", `+${smuggled.length}`]),
  "a length below nothing": (message) => framed(message, smuggled, ["Content-Length", "-1"]),
  "a length in hex": (message) => framed(message, smuggled, ["Content-Length", `0x${smuggled.length.toString(16)}`]),
  "a length beyond numbers": (message) => framed(message, smuggled, ["Content-Length", "99999999999999999999999"]),
  "a length with a space before its colon": (message) => framed(message, smuggled, ["Content-Length ", "0"]),
  "a length with a tab in it": (message) => framed(message, smuggled, ["Content-Length", "1\t1"]),
  "chunks in another word": (message) => framed(message, `0\r\n\r\n${smuggled}`, ["Transfer-Encoding", "xchunked"]),
  "chunks and identity": (message) =>
    framed(message, `0\r\n\r\n${smuggled}`, ["Transfer-Encoding", "chunked, identity"]),
  "chunks twice": (message) => [
    bytesOf(
      {
        ...message,
        headers: [...message.headers, chunked, ["Transfer-Encoding", "cow"]],
        body: line(`0\r\n\r\n${smuggled}`),
      },
      false,
    ),
  ],
  "chunks with a control letter": (message) =>
    framed(message, `0\r\n\r\n${smuggled}`, ["Transfer-Encoding", "\x0bchunked"]),
  "chunks of HTTP/1.0": (message) => [
    line(framed(message, `0\r\n\r\n${smuggled}`, chunked)[0]!.toString("latin1").replace("HTTP/1.1", "HTTP/1.0")),
  ],
  "a chunk with an extension": (message) => framed(message, `2;a="\r\n${smuggled}"\r\n{}\r\n0\r\n\r\n`, chunked),
  "a chunk of more than it says": (message) => framed(message, `1\r\n${smuggled}\r\n0\r\n\r\n`, chunked),
  "a chunk beyond numbers": (message) => framed(message, `FFFFFFFFFFFFFFFFF\r\n${smuggled}`, chunked),
  "a chunk with bare line feeds": (message) => framed(message, `2\n{}\n0\n\n${smuggled}`, chunked),
  "a chunk in hex with a prefix": (message) => framed(message, `0x2\r\n{}\r\n0\r\n\r\n`, chunked),
  "a chunk that never comes": (message) => framed(message, "ff\r\n{", chunked),
  "trailers that are headers": (message) =>
    framed(message, `2\r\n{}\r\n0\r\nX-API-Key: test_canary-one\r\nContent-Length: 5\r\n\r\n`, chunked),
  "many small chunks": (message) => framed(message, `${"1\r\n \r\n".repeat(3000)}2\r\n{}\r\n0\r\n\r\n`, chunked),
  "a body that a read has not asked for": (message) =>
    framed({ ...message, method: "GET" }, smuggled, ["Content-Length", `${smuggled.length}`]),
  "a body in chunks": (message) =>
    framed(message, inChunks((message.body ?? Buffer.from("{}")).toString("latin1")), chunked),
  "less than announced": (message) => framed(message, "{", ["Content-Length", "20"]),
  "far more announced": (message) => framed(message, "{", ["Content-Length", "99999999999"]),
  "what breaks off behind its answer": (message) => [
    ...framed({ ...message, method: "GET" }, "", ["Content-Length", "99"]),
    line(smuggled),
  ],
  "what breaks behind its answer": (message) => [
    ...framed({ ...message, method: "GET" }, "", chunked),
    line(`1\r\n${smuggled}`),
  ],
  "bare line feeds": (message) => retyped(message, /\r\n/g, "\n"),
  "bare carriage returns": (message) => retyped(message, /\r\n(?=\S)/, "\rX-Hidden: 1\r\n"),
  "a folded header": (message) =>
    retyped(message, /\r\n\r\n/, `\r\nX-Folded: a\r\n Content-Length: 0\r\n\tX-API-Key: test_b\r\n\r\n`),
  "a header without a name": (message) => retyped(message, /\r\n\r\n/, "\r\n: nothing\r\n\r\n"),
  "a header without a colon": (message) => retyped(message, /\r\n\r\n/, "\r\nnothing at all\r\n\r\n"),
  "a nought in a header": (message) => retyped(message, /\r\n\r\n/, "\r\nX-A: a\0b\r\n\r\n"),
  "a head without an end": (message) => retyped(message, /\r\n\r\n[\s\S]*/, "\r\nX-A"),
  "no host": (message) => retyped(message, /Host: .*\r\n/, ""),
  "two hosts": (message) => retyped(message, /Host: .*\r\n/, "Host: 127.0.0.1\r\nHost: evil.example\r\n"),
  "two keys": (message) =>
    retyped(message, /\r\n\r\n/, "\r\nX-API-Key: test_canary-one\r\nX-API-Key: test_canary-two\r\n\r\n"),
  "two types": (message) =>
    retyped(message, /\r\n\r\n/, "\r\nContent-Type: text/plain\r\nContent-Type: application/json\r\n\r\n"),
  "each header twice": (message) => [bytesOf({ ...message, headers: [...message.headers, ...message.headers] })],
  "a target with its host": (message) => [bytesOf({ ...message, target: `http://evil.example${message.target}` })],
  "a target with another scheme": (message) => [bytesOf({ ...message, target: `file://${message.target}` })],
  "a target of nothing": (message) => retyped(message, / \/\S* /, "  "),
  "a star": (message, at) => [bytesOf({ ...message, method: at < 0.5 ? "OPTIONS" : message.method, target: "*" })],
  "a target with two slashes": (message) => [bytesOf({ ...message, target: `//evil.example/${message.target}` })],
  "a target with a backslash": (message) => [bytesOf({ ...message, target: `\\\\evil.example${message.target}` })],
  "a target without a slash": (message) => [bytesOf({ ...message, target: message.target.slice(1) || "x" })],
  "a target with a user": (message) => [bytesOf({ ...message, target: `http://a:b@127.0.0.1${message.target}` })],
  "a target with a space": (message) => [bytesOf({ ...message, target: `${message.target} /other` })],
  "a target with a fragment": (message) => [bytesOf({ ...message, target: `${message.target}#a/../b` })],
  "a target of raw bytes": (message) => [bytesOf({ ...message, target: `${message.target}/\xff\xc3\x28` })],
  "a long target": (message, at) => [
    bytesOf({ ...message, target: `${message.target}/${"a".repeat(Math.ceil(at * 30_000))}` }),
  ],
  "a long header": (message, at) => [bytesOf(withHeaders(message, ["X-Long", "a".repeat(Math.ceil(at * 40_000))]))],
  "many headers": (message, at) => [
    bytesOf({
      ...message,
      headers: [...Array.from({ length: Math.ceil(at * 6000) }, (): [string, string] => ["a", ""]), ...message.headers],
    }),
  ],
  "many hops": (message) => [bytesOf(withHeaders(message, ["Connection", "X-API-Key, Content-Length, close"]))],
  "an upgrade": (message) => [
    bytesOf(
      withHeaders(
        message,
        ["Connection", "Upgrade"],
        ["Upgrade", "websocket"],
        ["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="],
      ),
    ),
  ],
  "an upgrade to HTTP/2": (message) => [
    bytesOf(
      withHeaders(
        message,
        ["Connection", "Upgrade, HTTP2-Settings"],
        ["Upgrade", "h2c"],
        ["HTTP2-Settings", "AAMAAABk"],
      ),
    ),
  ],
  "the preface of HTTP/2": () => [line("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")],
  "a greeting of TLS": () => [Buffer.from("16030100c8010000c40303", "hex")],
  "a tunnel": (message) => [bytesOf({ ...message, method: "CONNECT", target: "127.0.0.1:22" })],
  "a tunnel to a path": (message) => [bytesOf({ ...message, method: "CONNECT" })],
  "a method in small letters": (message) => [bytesOf({ ...message, method: message.method.toLowerCase() })],
  "a method of other letters": (message) => [bytesOf({ ...message, method: "G\0T" })],
  "a long method": (message) => [bytesOf({ ...message, method: "G".repeat(9000) })],
  "HTTP/1.0": (message) => retyped(message, /HTTP\/1\.1/, "HTTP/1.0"),
  "HTTP/2.0": (message) => retyped(message, /HTTP\/1\.1/, "HTTP/2.0"),
  "HTTP/0.9": (message) => [line(`${message.method} ${message.target}\r\n\r\n`)],
  "HTTP in small letters": (message) => retyped(message, /HTTP\/1\.1/, "http/1.1"),
  "lines before the first": (message) => [Buffer.concat([line("\r\n".repeat(200)), bytesOf(message)])],
  "what goes on after it": (message) => ({ pieces: [bytesOf(message), line("\0\0\0garbage\r\n\r\n")], most: 2 }),
  "a wait for a go-ahead": (message) => [bytesOf(withHeaders(message, ["Expect", "100-continue"]))],
  "a wait for something else": (message) => [bytesOf(withHeaders(message, ["Expect", "200-ok"]))],
  nothing: () => [],
  "the same many times": (message, at) => {
    const count = 2 + Math.floor(at * 10);
    return { pieces: [Buffer.concat(Array.from({ length: count }, () => bytesOf(message)))], most: count };
  },
};

/** Whether each answer of such a shape is one to the message, so that the document has it. */
const isPlain = new Set(["the same many times", "a body in chunks", "many small chunks"]);

const bodied = (message: Message) => (message.method === "HEAD" ? { ...message, method: "GET" } : message);

/** Requests over connections of their own, of bytes that no client writes, or that come slowly, or break off. */
export function odd(whole: fc.Arbitrary<Sent>): fc.Arbitrary<Sent> {
  // Of an answer to nobody knows what, it has to be known whether it has a body.
  const made = whole.map((sent) => ({ ...sent, messages: sent.messages.map(bodied) }));
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const shaped = fc
    .record({ sent: made, name: fc.constantFrom(...Object.keys(shapes)), at: share })
    .map(({ sent, name, at }): Sent => {
      const [message] = sent.messages;
      const shape = shapes[name]!(message!, at);
      const { pieces, most } = "pieces" in shape ? shape : { pieces: shape, most: 1 };
      const isKnown = isPlain.has(name);
      return {
        ...sent,
        oddity: `${sent.oddity}, ${name}`,
        messages: isKnown ? Array.from({ length: most }, () => message!) : [],
        bytes: { pieces, end: "half" },
        most,
        isPatient: sent.isPatient || !isKnown,
      };
    });
  const slow = fc
    .record({ sent: made, cuts: fc.array(share, { minLength: 1, maxLength: 4 }) })
    .map(({ sent, cuts }): Sent => {
      const whole = bytesOf(sent.messages[0]!);
      const places = [0, ...cuts.map((at) => Math.floor(at * whole.length)).sort((a, b) => a - b), whole.length];
      const pieces = places.slice(1).map((end, index) => whole.subarray(places[index], end));
      return { ...sent, oddity: `${sent.oddity}, slowly`, bytes: { pieces, end: "half" }, isPatient: true };
    });
  const cut = fc.record({ sent: made, at: share }).map(({ sent, at }): Sent => {
    const whole = bytesOf(sent.messages[0]!);
    const pieces = [whole.subarray(0, Math.ceil(whole.length * at))];
    return { ...sent, oddity: `${sent.oddity}, cut off`, messages: [], bytes: { pieces, end: "cut" }, isPatient: true };
  });
  const noise = fc
    .record({ sent: made, bytes: fc.uint8Array({ maxLength: 400 }), at: share })
    .map(({ sent, bytes, at }): Sent => {
      const whole = bytesOf(sent.messages[0]!);
      const place = Math.floor(at * whole.length);
      const pieces = [whole.subarray(0, place), Buffer.from(bytes), whole.subarray(place)];
      return {
        ...sent,
        oddity: `${sent.oddity}, bytes in the midst`,
        messages: [],
        bytes: { pieces: [Buffer.concat(pieces)], end: "half" },
        most: 9,
        isPatient: true,
      };
    });
  return fc.oneof(
    { arbitrary: shaped, weight: 6 },
    { arbitrary: slow, weight: 1 },
    { arbitrary: cut, weight: 2 },
    { arbitrary: noise, weight: 2 },
  );
}
