/** A line of two texts laid over each other. */
export type DiffLine = { readonly sign: "-" | "+" | " "; readonly text: string };

/** Above this many pairs of lines, no common lines are looked for. */
const mostPairs = 250_000;

/** A value as the lines that a reader compares: JSON indented, text as it is. */
export function linesOf(value: unknown): string[] {
  return (typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "(absent)")).split("\n");
}

/** What goes of the old lines (`-`), what comes with the new ones (`+`), and the longest text that both share. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const [rows, columns] = [before.length, after.length];
  const signed = (lines: readonly string[], sign: DiffLine["sign"]) => lines.map((text) => ({ sign, text }));
  if (rows * columns > mostPairs) return [...signed(before, "-"), ...signed(after, "+")];
  // common[row][column]: the length of the longest common subsequence from there to the end.
  const common = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      common[row]![column] =
        before[row] === after[column]
          ? common[row + 1]![column + 1]! + 1
          : Math.max(common[row + 1]![column]!, common[row]![column + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < rows && column < columns) {
    if (before[row] === after[column]) {
      lines.push({ sign: " ", text: before[row]! });
      row++;
      column++;
    } else if (common[row + 1]![column]! >= common[row]![column + 1]!) lines.push({ sign: "-", text: before[row++]! });
    else lines.push({ sign: "+", text: after[column++]! });
  }
  return [...lines, ...signed(before.slice(row), "-"), ...signed(after.slice(column), "+")];
}
