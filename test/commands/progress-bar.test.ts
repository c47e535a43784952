import { expect, test } from "vitest";
import { progressBar } from "../../src/commands/progress-bar.ts";

/** What is written while each of a thousand things takes so many milliseconds. */
function written(each: number, stream: { isTTY?: boolean; columns?: number }): string[] {
  const texts: string[] = [];
  let now = 0;
  const told = progressBar({ ...stream, write: (text) => texts.push(text) }, "customers", 1000, () => now);
  for (let done = 1; done <= 1000; done++) {
    now += each;
    told(done);
  }
  return texts;
}

test("a bar shows what is done of long work and how long the rest takes, and goes at its end", () => {
  const texts = written(10, { isTTY: true });
  expect(texts).toHaveLength(96);
  expect(texts[45]).toBe("\r\u001B[2K███████████████░░░░░░░░░░░░░░░ 500 of 1,000 customers, 5 s left");
  expect(texts.at(-1)).toBe("\r\u001B[2K");
  expect(written(10, { isTTY: true, columns: 10 })[45]).toBe("\r\u001B[2K█████████");
});

test("nothing is drawn of short work, and where there is no terminal", () => {
  expect([written(0.4, { isTTY: true }), written(10, {})]).toEqual([[], []]);
});
