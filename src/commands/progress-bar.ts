/** What a bar is drawn on. */
type Stream = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

/** How long some work takes before anybody is told of it, and how often they are told, in milliseconds. */
const [patienceMs, everyMs] = [500, 100];

/** How wide a bar is, in letters. */
const width = 30;

/** Makes what draws how much of some work is done, where that takes long and there is a terminal; at the end, it takes it away. */
export function progressBar(
  stream: Stream,
  what: string,
  whole: number,
  now: () => number = () => performance.now(),
): (done: number) => void {
  const began = now();
  let [drawnAt, isDrawn] = [began + patienceMs - everyMs, false];
  return (done) => {
    if (!stream.isTTY) return;
    if (done >= whole) {
      if (isDrawn) stream.write("\r\u001B[2K");
      return;
    }
    if (now() - drawnAt < everyMs) return;
    [drawnAt, isDrawn] = [now(), true];
    const full = Math.floor((done / whole) * width);
    const left = Math.ceil((((drawnAt - began) / done) * (whole - done)) / 1000);
    const number = (value: number) => value.toLocaleString("en-US");
    const line = `${"█".repeat(full)}${"░".repeat(width - full)} ${number(done)} of ${number(whole)} ${what}, ${left} s left`;
    stream.write(`\r\u001B[2K${line.slice(0, Math.max(0, (stream.columns ?? 80) - 1))}`);
  };
}
