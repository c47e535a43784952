// Puts the shipped document beside the build as JSON, which is read many times faster than YAML. Its name is the hash of the
// text that it was made of, so an edited document never meets a stale copy.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

const text = readFileSync("spec/connect.openapi.yaml", "utf8");
const name = createHash("sha256").update(text).digest("hex");
writeFileSync(`dist/${name}.json`, JSON.stringify(parse(text)));
