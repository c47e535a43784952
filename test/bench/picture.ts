/** Draws what `npm run bench` has kept, for the README: `npm run bench:picture`. */
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { drawBench, drawSize } from "./draw.ts";
import { kept } from "./results.ts";

for (const [name, drawn] of [
  ["bench", () => drawBench(kept("bench"))],
  ["size", () => drawSize(kept("size"))],
] as const) {
  if (!existsSync(new URL(`results/${name}.json`, import.meta.url))) {
    console.log(`Nothing is kept of ${name}: npm run bench${name === "size" ? " -- --size" : ""}`);
    continue;
  }
  const file = fileURLToPath(new URL(`../../.github/${name}.svg`, import.meta.url));
  writeFileSync(file, drawn());
  console.log(`Drawn: ${file}`);
}
