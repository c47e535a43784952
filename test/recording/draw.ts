import { stripVTControlCharacters } from "node:util";

/** A line of a terminal, with the colours of ANSI: there at a second, or typed from it on. */
export type Line = { readonly text: string; readonly at?: number; readonly typedAt?: number };

type Pane = { readonly title: string; readonly lines: readonly Line[] };

/** How long it lasts, in seconds, before it begins again; the last of them fade. */
const seconds = 13;

/** In pixels, but for the columns. */
const size = { columns: 112, char: 8, row: 20, pad: 18, bar: 34, gap: 14 };
const width = size.columns * size.char + 2 * size.pad;

const colours: Record<string, string> = {
  "1": "b",
  "31": "red",
  "32": "green",
  "33": "yellow",
  "35": "magenta",
  "36": "cyan",
  "90": "gray",
};

const style = `
text { font: 13.3px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d1d7e0; white-space: pre; }
.b { font-weight: 700; fill: #f0f6fc; } .red { fill: #ff7b72; } .green { fill: #56d364; } .yellow { fill: #e3b341; }
.magenta { fill: #d2a8ff; } .cyan { fill: #56d4dd; } .gray { fill: #8b949e; } .prompt { fill: #56d364; }
.title { fill: #8b949e; text-anchor: middle; } .window { fill: #0d1117; stroke: #3d444d; } .bar { fill: #161b22; }
.cover { display: none; } .cover rect { fill: #0d1117; } .cover .caret { fill: #d1d7e0; }`;

/** What begins a code of ANSI, and the codes of colours. */
const codeStart = "\u001b[";
const codes = new RegExp(`(${codeStart.replace("[", "\\[")}\\d+m)`);

/** An animated picture of terminals, one below the other, without a script; still, and whole, for whoever wants no motion. */
export function draw(title: string, panes: readonly Pane[]): string {
  const moves = new Map<string, string>();
  let top = 0;
  const drawn = panes.map((pane) => {
    const rows = pane.lines.flatMap(wrapped);
    const height = size.bar + rows.length * size.row + 1.5 * size.pad;
    const parts = [
      `<rect class="window" x=".5" y="${top + 0.5}" width="${width - 1}" height="${height}" rx="10"/>`,
      `<path class="bar" d="M1 ${top + size.bar}v-23.5a9.5 9.5 0 0 1 9.5-9.5h${width - 21}a9.5 9.5 0 0 1 9.5 9.5v23.5z"/>`,
      ...["#ff5f57", "#febc2e", "#28c840"].map(
        (colour, index) => `<circle cx="${20 + 20 * index}" cy="${top + 17}" r="6" fill="${colour}"/>`,
      ),
      `<text class="title" x="${width / 2}" y="${top + 22}">${pane.title}</text>`,
      ...rows.map((row, index) => lineAt(row, top + size.bar + size.pad + index * size.row + 7, moves)),
    ];
    top += height + size.gap;
    return parts.join("\n");
  });
  const rules = [...moves].map(
    ([name, frames]) => `@keyframes ${name} { ${frames} } .${name} { animation-name: ${name}; }`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top - size.gap + 1}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>${style}
@media (prefers-reduced-motion: no-preference) {
.cover { display: inline; } .move { animation-duration: ${seconds}s; animation-iteration-count: infinite; animation-timing-function: step-end; }
${rules.join("\n")}
}
</style>
${drawn.join("\n")}
</svg>
`;
}

/** The rows that a line takes, broken between words. */
function wrapped(line: Line): Line[] {
  if (stripVTControlCharacters(line.text).length <= size.columns) return [line];
  let [count, cut] = [0, 0];
  for (const match of line.text.split(codes).flatMap((piece, index) => (index % 2 ? [piece] : [...piece]))) {
    if (!match.startsWith(codeStart) && count++ === size.columns) break;
    cut += match.length;
  }
  cut = line.text.lastIndexOf(" ", cut) + 1;
  const open = line.text.slice(0, cut).split(codes).at(-2) ?? "";
  return [{ ...line, text: line.text.slice(0, cut) }, ...wrapped({ ...line, text: open + line.text.slice(cut) })];
}

function lineAt({ text, at = 0, typedAt }: Line, y: number, moves: Map<string, string>): string {
  const length = stripVTControlCharacters(text).length;
  if (length === 0) return "";
  const from = typedAt ?? at;
  const shown = `shown-${hundredths(from)}`;
  moves.set(shown, `0% { opacity: 0 } ${percent(from)} { opacity: 1 } 97% { opacity: 0 }`);
  const drawn = `<text class="move ${shown}" x="${size.pad}" y="${y}" textLength="${length * size.char}">${spans(text)}</text>`;
  if (typedAt === undefined) return drawn;
  const typed = `typed-${hundredths(typedAt)}-${length}`;
  const to = typedAt + Math.min(0.9, length / 90);
  const far = `transform: translateX(${length * size.char}px)`;
  moves.set(
    typed,
    `0% { opacity: 0; transform: none } ${percent(typedAt)} { opacity: 1; transform: none; animation-timing-function: steps(${length}) } ${percent(to)} { opacity: 1; ${far} } ${percent(to + 0.02)} { opacity: 0; ${far} }`,
  );
  const room = `width="${(length + 1) * size.char}" height="${size.row - 1}"`;
  const cover = `<rect ${room}/><rect class="caret" width="${size.char}" height="${size.row - 1}"/>`;
  return `${drawn}<svg class="cover" aria-hidden="true" x="${size.pad}" y="${y - 14}" ${room}><g class="move ${typed}">${cover}</g></svg>`;
}

const hundredths = (second: number) => Math.round(second * 100);
const percent = (second: number) => `${((100 * second) / seconds).toFixed(2)}%`;

/** The text in the colours that its codes ask for; the prompt in its own. */
function spans(text: string): string {
  let colour = "";
  return text
    .split(codes)
    .map((piece) => {
      if (piece.startsWith(codeStart)) {
        colour = colours[piece.slice(codeStart.length, -1)] ?? "";
        return "";
      }
      if (piece.startsWith("$ ")) return `<tspan class="prompt">$</tspan>${escaped(piece.slice(1))}`;
      return piece && colour ? `<tspan class="${colour}">${escaped(piece)}</tspan>` : escaped(piece);
    })
    .join("");
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
