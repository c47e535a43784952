import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { XMLValidator } from "fast-xml-parser";
import { expect, test } from "vitest";
import { drawBench, drawSize } from "./draw.ts";
import { kinds, titles } from "./requests.ts";
import { type BenchRow, circumstances, figureOf } from "./results.ts";

const figure = { perSecond: figureOf([1000], [4000]), p50: figureOf([4], [1]), p99: figureOf([8], [1]) };
const row: BenchRow = {
  name: "understudy <3>",
  does: "everything",
  start: figureOf([300], [200]),
  memoryBefore: figureOf([70e6], [50e6]),
  memoryAfter: figureOf([110e6], [50e6]),
  requests: { put: figure, replay: figure, get: figure, refused: figure },
};
const missing: BenchRow = { name: "Mockoon", does: "matches", missing: "not installed; --peers DIR says where" };

test("a figure is the median of its turns, its ratio that of the ratios of each turn", () => {
  expect(figureOf([10, 30, 20], [10, 60, 10])).toEqual({ median: 20, ratio: { median: 1, low: 0.5, high: 2 } });
});

test("the picture shows every row that was measured, says which was not, and needs nothing of the network", () => {
  const picture = drawBench({ ...circumstances(), connections: 16, turns: 12, starts: 3, rows: [row, missing] });
  expect(XMLValidator.validate(picture)).toBe(true);
  for (const kind of kinds) expect(picture).toContain(titles[kind]);
  expect(picture.match(/understudy &lt;3>/g)).toHaveLength(kinds.length + 2);
  expect(picture.match(/>0\.25×</g)).toHaveLength(kinds.length);
  expect(picture).toContain("Mockoon was not installed.");
  expect(picture).toContain("prefers-color-scheme: dark");
  expect(picture).not.toMatch(/<script|<foreignObject|<image|\bon\w+=|https?:\/\/(?!www\.w3\.org)/i);
});

test("the picture of the size has a line for each size", () => {
  const size = { memory: 2e8, startMs: 900, openMs: 2, perSecond: 5000, p99: 4, filterMs: 500, pauseMs: 12 };
  const pauses = { pauseFillingMs: 10, pauseFilteringMs: 9, pauseExpiringMs: 17 };
  const rows = [
    { ...size, ...pauses, customers: 1000, keys: 0, ratio: 1 },
    { ...size, ...pauses, customers: 100_000, keys: 1_000_000, ratio: 0.875, bytesPerKey: 301.4 },
  ];
  const picture = drawSize({ ...circumstances(), connections: 16, rows });
  expect(XMLValidator.validate(picture)).toBe(true);
  for (const shown of ["100,000", "1,000,000", "0.88×", "200 MB", ">301<", "0.9 s", ">17 ms<"])
    expect(picture).toContain(shown);
});

test("the bench measures the mock beside the ceiling in one run, and a row that is not installed says so", async () => {
  const bench = fileURLToPath(new URL("bench.ts", import.meta.url));
  const options = ["--turns", "1", "--starts", "1", "--only", "understudy,mock.fetch,WireMock", "--peers", "/nowhere"];
  const env = { ...process.env };
  delete env.BENCH_WIREMOCK;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", bench, ...options], { env });
  for (const kind of kinds) expect(stdout).toContain(titles[kind]);
  for (const name of ["node:http", "understudy", "mock\\.fetch"])
    expect(stdout.match(new RegExp(`^${name} +\\d`, "gm"))).toHaveLength(kinds.length + 1);
  expect(stdout.match(/^WireMock +not installed; --peers DIR or --wiremock JAR says where$/gm)).toHaveLength(5);
}, 60_000);
