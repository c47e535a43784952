/** How many generated requests the mock answers in process, and whether any answer is wrong: `npm run bench:generated [N]`. */
import fc from "fast-check";
import { loadSpec } from "../../src/connect/spec.ts";
import { breaksOf } from "../../src/contract/generated/breaks.ts";
import { createShapes } from "../../src/contract/generated/request.ts";
import { createTarget } from "../../src/contract/target.ts";
import { createFetchTransport } from "../../src/contract.ts";
import { arbitrary } from "../../src/document/sample/edges.ts";
import { createMock } from "../../src/index.ts";

const wanted = Number(process.argv[2] ?? 5000);
const seed = Number(process.argv[3] ?? 1);
const spec = loadSpec();
const mock = createMock({ spec });
const ids: Record<string, readonly string[]> = {
  customerId: ["cus-0001-business-email"],
  paymentProfileId: ["m47ac10b-58cc-4372-a567-0e02b2c3d479"],
  defaultPaymentProfileId: ["m47ac10b-58cc-4372-a567-0e02b2c3d479"],
};
const shapeOf = createShapes(spec);
const each = Math.ceil(wanted / spec.operations.length / 2);
let keys = 0;
const plans = spec.operations.flatMap((operation) => {
  const shape = shapeOf(operation);
  const making = { schemas: shape.schemas, known: (name: string) => ids[name] };
  const sample = fc.sample(fc.tuple(arbitrary(shape.schema, making), fc.nat()), { seed, numRuns: each });
  return sample.flatMap(([value, pick]) => {
    const ways = [...breaksOf(shape.schema, value, making, shape.check)];
    const broken = ways[pick % Math.max(1, ways.length)]?.value ?? value;
    // A request of a shape is an object, as its schema says.
    return [value, broken].map((one) =>
      shape.plan(one as Record<string, unknown>, () => `bench-key-${keys++}-0000-0000`),
    );
  });
});

const target = createTarget({
  spec,
  baseUrl: "http://mock.test",
  apiKey: { value: "test_bench", shell: "test_bench" },
  transport: createFetchTransport((request) => mock.fetch(request)),
  sleep: async () => {},
  maxWaitMs: 0,
  signal: new AbortController().signal,
});
const wrong: string[] = [];
const started = performance.now();
for (const plan of plans) await target.send(plan, ({ message, curl }) => wrong.push(`${message}\n    ${curl}`));
const seconds = (performance.now() - started) / 1000;
console.log(
  `${plans.length} generated requests in ${seconds.toFixed(1)} s: ${Math.round(plans.length / seconds)} requests/s, every answer judged; ${wrong.length} wrong`,
);
const statuses = new Map<number, number>();
for (const counts of target.seen.values())
  for (const [status, count] of counts) statuses.set(status, (statuses.get(status) ?? 0) + count);
console.log(
  [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status}: ${count}`)
    .join(", "),
);
for (const line of wrong.slice(0, 10)) console.log(`  ${line}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
