/**
 * The recording at the top of the README: `npm run recording`. It runs the commands below, and writes what they print, as it is, as
 * an animated picture. Needs curl and jq.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify, stripVTControlCharacters } from "node:util";
import { draw, type Line } from "./draw.ts";

const run = promisify(execFile);
const cwd = fileURLToPath(new URL(".", import.meta.url));
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const picture = fileURLToPath(new URL("../../.github/recording.svg", import.meta.url));

const start = "npx understudy start --fixtures ada.yaml";
const scenes = [
  {
    says: "A form error, by field.",
    types: [
      `curl -sX PUT $billing -H "$key" --json '{"method":"EMAIL_INVOICE","email":"ada","autoPay":"yes"}' \\`,
      `    | jq -r '.details[] | "\\(.property): \\(.message)"'`,
    ],
    atSecond: 2.2,
  },
  {
    says: "A lost response: the change is made, then the line is cut.",
    types: [
      `curl -sSX PUT $billing -H "$key" -H 'X-Idempotency-Key: k1' --json @billing.json \\`,
      `    -H 'Prefer: connection=drop-after'`,
    ],
    atSecond: 5,
  },
  {
    says: "The retry under the same key gets the answer that was lost, and nothing is done twice.",
    types: [
      `curl -sSX PUT $billing -H "$key" -H 'X-Idempotency-Key: k1' --json @billing.json \\`,
      `    -o /dev/null -D - | grep -E 'HTTP|Idempotency'`,
    ],
    atSecond: 7.8,
  },
];

const mock = spawn(process.execPath, [cli, ...start.split(" ").slice(2), "--port", "0"], {
  cwd,
  env: { ...process.env, FORCE_COLOR: "1", NO_COLOR: "" },
});
let printed = "";
mock.stdout.setEncoding("utf8").on("data", (text) => {
  printed += text;
});
while (!printed.includes("Ctrl-C")) await once(mock.stdout, "data");
const url = /http:\/\/[\d.]+:\d+/.exec(printed)![0];
const shown = (text: string) => text.replaceAll(url, "http://127.0.0.1:4010").trimEnd().split("\n");

// Of the first screen, what says where it serves, and for whom.
const screen = shown(printed).filter((line) => /served at|^(?:Docs|Key) /.test(stripVTControlCharacters(line)));
const server: Line[] = [
  { text: `$ ${start}`, typedAt: 0.3 },
  ...screen.map((text) => ({ text, at: 1.5 })),
  { text: "", at: 1.5 },
];
const client: Line[] = [];
for (const { says, types, atSecond } of scenes) {
  const before = printed.length;
  const settings = `billing=${url}/customers/ada/billing; key='X-API-Key: test_key'`;
  // What curl says of a broken connection is no failure of the recording.
  const { stdout, stderr } = await run("sh", ["-c", `${settings}; ${types.join("\n")}`], { cwd }).catch(
    (error) => error,
  );
  while (!printed.slice(before).endsWith("\n")) await wait(10);
  const answeredAt = atSecond + 1.7;
  client.push({ text: `\u001b[90m# ${says}\u001b[39m`, at: atSecond });
  client.push(
    ...types.map((text, index) => ({ text: index ? text : `$ ${text}`, typedAt: atSecond + 0.1 + 0.8 * index })),
  );
  client.push(...shown((stdout + stderr).replaceAll("\r", "")).map((text) => ({ text, at: answeredAt })), {
    text: "",
    at: 0,
  });
  server.push(...shown(printed.slice(before)).map((text) => ({ text, at: answeredAt })));
}
mock.kill("SIGINT");

const svg = draw(
  "understudy start serves the API; curl gets errors by field, loses a response, and gets it again under the same key.",
  [
    { title: "understudy", lines: server },
    { title: "another terminal", lines: client.slice(0, -1) },
  ],
);
writeFileSync(picture, svg);
console.log(`${picture}: ${Buffer.byteLength(svg)} bytes`);
