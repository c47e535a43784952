/** A line of two texts laid over each other. */
export type DiffLine = { readonly sign: "-" | "+" | " "; readonly text: string };

/** Above this many pairs of lines, no common lines are looked for. */
const mostPairs = 250_000;

/** A value as the lines that a reader compares: JSON indented, text as it is. */
export function linesOf(value: unknown): string[] {
  return (typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "(absent)")).split("\n");
}

/** What is expected and not received (`-`), received and not expected (`+`), and the longest text that both share. */
export function diffLines(expected: readonly string[], received: readonly string[]): DiffLine[] {
  const [rows, columns] = [expected.length, received.length];
  const signed = (lines: readonly string[], sign: DiffLine["sign"]) => lines.map((text) => ({ sign, text }));
  if (rows * columns > mostPairs) return [...signed(expected, "-"), ...signed(received, "+")];
  // common[row][column]: the length of the longest common subsequence from there to the end.
  const common = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      common[row]![column] =
        expected[row] === received[column]
          ? common[row + 1]![column + 1]! + 1
          : Math.max(common[row + 1]![column]!, common[row]![column + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < rows && column < columns) {
    if (expected[row] === received[column]) {
      lines.push({ sign: " ", text: expected[row]! });
      row++;
      column++;
    } else if (common[row + 1]![column]! >= common[row]![column + 1]!)
      lines.push({ sign: "-", text: expected[row++]! });
    else lines.push({ sign: "+", text: received[column++]! });
  }
  return [...lines, ...signed(expected.slice(row), "-"), ...signed(received.slice(column), "+")];
}
