import { readFileSync } from "node:fs";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect, test } from "vitest";
import { draw } from "./draw.ts";

const recording = readFileSync(new URL("../../.github/recording.svg", import.meta.url), "utf8");

test("the recording is a small picture without a script, still for whoever wants no motion", () => {
  expect(XMLValidator.validate(recording)).toBe(true);
  expect(Object.keys(new XMLParser().parse(recording))).toEqual(["svg"]);
  expect(Buffer.byteLength(recording)).toBeLessThan(60_000);
  expect(recording).not.toMatch(/<script|<foreignObject|\bon\w+=|https?:(?!\/\/(?:www\.w3\.org|127\.0\.0\.1))/i);
  // Nothing moves outside of the query.
  expect(recording.split("prefers-reduced-motion: no-preference")[0]).not.toContain("animation");
});

test("it shows start, an error by field, a lost response and the retry", () => {
  const shown = ["understudy start", "received &quot;ada&quot;", "Empty reply", "X-Mock-Idempotency: replayed"];
  for (const text of shown) expect(recording).toContain(text);
});

test("a line is drawn in its colours, broken between words, and typed from its second on", () => {
  const picture = draw("A <picture>", [
    {
      title: "one",
      lines: [
        { text: `\u001b[32mgreen ${"word ".repeat(30)}\u001b[39m`, at: 1 },
        { text: "$ ls", typedAt: 2 },
      ],
    },
  ]);
  expect(XMLValidator.validate(picture)).toBe(true);
  expect(picture).toContain("A &lt;picture>");
  expect(picture.match(/<tspan class="green">/g)).toHaveLength(2);
  expect(picture).not.toMatch(/>word wor</);
  expect(picture).toContain("steps(4)");
});
