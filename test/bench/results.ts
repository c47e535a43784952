import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { Kind } from "./requests.ts";

/** A figure as the median of its turns, and how many times that of the ceiling in the same turn: median and quartiles. */
export type Figure = { readonly median: number; readonly ratio?: Ratio };
export type Ratio = { readonly median: number; readonly low: number; readonly high: number };

/** Where and how something was measured. */
export type Circumstances = {
  readonly takenAt: string;
  readonly node: string;
  readonly processor: string;
  readonly processors: number;
};

export type BenchResults = Circumstances & {
  readonly connections: number;
  readonly turns: number;
  readonly starts: number;
  readonly rows: readonly BenchRow[];
};

export type BenchRow = {
  readonly name: string;
  readonly does: string;
  readonly version?: string | undefined;
  readonly missing?: string | undefined;
  /** From nothing to the first answer, in milliseconds. */
  readonly start?: Figure;
  /** In bytes, once it has answered, and at the end. */
  readonly memoryBefore?: Figure;
  readonly memoryAfter?: Figure;
  /** Requests a second, and latencies in milliseconds. */
  readonly requests?: Readonly<Record<Kind, Readonly<Record<"perSecond" | "p50" | "p99", Figure>>>>;
};

export type SizeResults = Circumstances & { readonly connections: number; readonly rows: readonly SizeRow[] };

export type SizeRow = {
  readonly customers: number;
  readonly keys: number;
  readonly startMs: number;
  /** What the first request to a sandbox takes longer than the next one. */
  readonly openMs: number;
  readonly memory: number;
  /** All that a key costs, in bytes of the process; of none, nothing. */
  readonly bytesPerKey?: number | undefined;
  readonly perSecond: number;
  /** How many times the throughput of the smallest, in the same turn. */
  readonly ratio: number;
  readonly p99: number;
  /** How long a filter takes that looks at all customers, where several are asked for at once. */
  readonly filterMs: number;
  /**
   * The longest that the server stood still, in milliseconds: while it was measured, filled, asked for filters, and after the time of all
   * its keys.
   */
  readonly pauseMs: number;
  readonly pauseFillingMs: number;
  readonly pauseFilteringMs: number;
  readonly pauseExpiringMs: number;
};

export type SandboxResults = Circumstances & {
  readonly sandboxes: number;
  readonly store: string;
  readonly rows: readonly SandboxRow[];
};

/** What sandboxes of one deployment cost after so many writes each; memory in bytes. */
export type SandboxRow = { readonly writes: number; readonly memory: number };

export type MinutesResults = Circumstances & { readonly connections: number; readonly rows: readonly MinuteRow[] };

/** One minute under load; memory in bytes, at its end. */
export type MinuteRow = Readonly<Record<"perSecond" | "p50" | "p99" | "memory", number>>;

type Results = { bench: BenchResults; size: SizeResults; sandboxes: SandboxResults; minutes: MinutesResults };

const files = {
  bench: "results/bench.json",
  size: "results/size.json",
  sandboxes: "results/sandboxes.json",
  minutes: "results/minutes.json",
} as const satisfies Record<keyof Results, string>;

export function keep<Name extends keyof Results>(name: Name, results: Results[Name]): string {
  const file = fileURLToPath(new URL(files[name], import.meta.url));
  mkdirSync(new URL("results/", import.meta.url), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, rounded, 2)}\n`);
  return file;
}

/** What was kept. Throws where nothing was. */
export function kept<Name extends keyof Results>(name: Name): Results[Name] {
  return JSON.parse(readFileSync(new URL(files[name], import.meta.url), "utf8")) as Results[Name];
}

export function circumstances(): Circumstances {
  const processor = cpus()[0]?.model ?? "unknown processor";
  return { takenAt: new Date().toISOString(), node: process.version, processor, processors: availableParallelism() };
}

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** What was measured in several turns, beside what the ceiling did in the same ones. */
export function figureOf(values: readonly number[], ceiling?: readonly number[]): Figure {
  const median = quantile(values, 0.5);
  if (!ceiling) return { median };
  const ratios = values.map((value, turn) => value / ceiling[turn]!);
  return {
    median,
    ratio: { median: quantile(ratios, 0.5), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) },
  };
}

/** Four figures say it all. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(Math.max(4, String(Math.trunc(value)).length))) : value;
}
