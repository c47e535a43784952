import { type Kind, kinds, titles } from "./requests.ts";
import type { BenchResults, SizeResults } from "./results.ts";

const width = 880;
const pad = 16;

const style = `
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; } .note { fill: #59636e; font-size: 12px; } .end { text-anchor: end; }
.bar { fill: #afb8c1; } .own { fill: #0969da; } .name-own { font-weight: 600; } .rule { stroke: #d1d9e0; } .line { fill: none; stroke: #0969da; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; } .note { fill: #9198a1; } .bar { fill: #656c76; } .own { fill: #4493f8; } .rule { stroke: #3d444d; } .line { stroke: #4493f8; }
}`;

/** A picture of what is faster, and of what that costs, as multiples of the ceiling; in light and in dark, without a script. */
export function drawBench({ rows, node, processor, processors, turns }: BenchResults): string {
  const measured = rows.filter(({ requests }) => requests);
  const columns: Kind[][] = [kinds.slice(0, 2), kinds.slice(2)];
  const [half, row, head] = [(width - 3 * pad) / 2, 20, 34];
  const height = head + measured.length * row + 14;
  const panels = columns.flatMap((pair, line) =>
    pair.map((kind, column) => {
      const values = measured.map(({ name, requests }) => ({ name, value: requests![kind].perSecond.ratio!.median }));
      return bars(titles[kind], values, { x: pad + column * (half + pad), y: 44 + line * height, width: half, row });
    }),
  );
  const costs = [
    { title: "Start to first answer", of: (at: (typeof measured)[number]) => at.start!.ratio!.median },
    { title: "Memory after the run", of: (at: (typeof measured)[number]) => at.memoryAfter!.ratio!.median },
  ].map(({ title, of }, column) => {
    const values = measured.map((at) => ({ name: at.name, value: of(at) }));
    return bars(`${title} (less is better)`, values, {
      x: pad + column * (half + pad),
      y: 44 + 2 * height,
      width: half,
      row,
    });
  });
  const missing = rows.filter(({ missing }) => missing).map(({ name }) => `${name} was not installed. `);
  return svg(
    "Requests a second, start-up and memory of the mock, bare servers and other mocks, as multiples of bare node:http",
    44 + 3 * height + 26,
    [
      text("title", pad, 24, "Times bare node:http: requests a second (more is better), start-up, memory"),
      ...panels,
      ...costs,
      text(
        "note",
        pad,
        44 + 3 * height + 10,
        `${missing.join("")}Medians of ${turns} alternated turns; Node ${node}, ${processors} × ${processor}.`,
      ),
    ],
  );
}

type Box = { readonly x: number; readonly y: number; readonly width: number; readonly row: number };

/** A bar for each value, with its name before and its figure behind. */
function bars(title: string, values: readonly { name: string; value: number }[], { x, y, width, row }: Box): string {
  const [names, figures] = [150, 52];
  const most = Math.max(...values.map(({ value }) => value));
  const parts = values.map(({ name, value }, index) => {
    const top = y + 16 + index * row;
    const long = Math.max(1, (value / most) * (width - names - figures));
    const own = /^(understudy|mock\.fetch)/.test(name);
    return [
      text(own ? "name-own end" : "end", x + names - 8, top + 13, name),
      `<rect class="bar${own ? " own" : ""}" x="${x + names}" y="${top + 3}" width="${long.toFixed(1)}" height="${row - 6}" rx="2"/>`,
      text("note", x + names + long + 6, top + 13, `${value < 10 ? value.toFixed(2) : Math.round(value)}×`),
    ].join("");
  });
  return [text("title", x, y + 6, title), ...parts].join("\n");
}

/** A picture of what it costs to be large. */
export function drawSize({ rows, node, processor, processors }: SizeResults): string {
  const titles = [
    "customers",
    "live keys",
    "PUTs/s, times the smallest",
    "memory",
    "bytes a key",
    "start",
    "new sandbox",
    "longest pause",
  ];
  const cells = rows.map((row) => [
    row.customers.toLocaleString("en-US"),
    row.keys.toLocaleString("en-US"),
    `${row.ratio.toFixed(2)}×`,
    `${Math.round(row.memory / 1e6)} MB`,
    row.bytesPerKey === undefined ? "–" : String(Math.round(row.bytesPerKey)),
    `${(row.startMs / 1000).toFixed(1)} s`,
    `${row.openMs.toFixed(1)} ms`,
    `${Math.round(Math.max(row.pauseMs, row.pauseFillingMs, row.pauseFilteringMs, row.pauseExpiringMs))} ms`,
  ]);
  const columns = [100, 200, 390, 480, 580, 660, 765, width - pad];
  const most = Math.max(...rows.map(({ ratio }) => ratio));
  const lines = cells.map((line, index) => {
    const y = 78 + index * 24;
    const bar = `<rect class="bar own" x="216" y="${y - 11}" width="${((rows[index]!.ratio / most) * 110).toFixed(1)}" height="14" rx="2"/>`;
    return bar + line.map((cell, column) => text("end", columns[column]!, y, cell)).join("");
  });
  const height = 78 + rows.length * 24 + 16;
  return svg("What customers and live idempotency keys cost the mock", height, [
    text("title", pad, 24, "What size costs: customers, and live idempotency keys in a sandbox"),
    ...titles.map((title, column) => text("note end", columns[column]!, 52, title)),
    `<path class="rule" d="M${pad} 60.5H${width - pad}"/>`,
    ...lines,
    text("note", pad, height - 12, `Node ${node}, ${processors} × ${processor}; memory is that of the process.`),
  ]);
}

function text(kind: string, x: number, y: number, content: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text class="${kind}" x="${x.toFixed(1).replace(/\.0$/, "")}" y="${y}">${escaped}</text>`;
}

function svg(title: string, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<title>${title}</title>
<style>${style}
</style>
${parts.join("\n")}
</svg>
`;
}
