import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What only the document of the Connect API, its fixtures, its cases and its handlers may speak of. */
const ownWords = /customer|billing|payment.?profile|x-api-key/i;

test.each(["src/document", "src/mock", "src/contract", "src/proxy"])("%s knows no API", (folder) => {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(0);
  const found = files.flatMap((name) =>
    readFileSync(join(root, folder, name), "utf8")
      .split("\n")
      .flatMap((line, index) => (ownWords.test(line) ? [`${name}:${index + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});
