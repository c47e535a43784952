import type { components } from "./api.ts";

/** What happens in a sandbox. `evicted` stands for so many that are no longer held. */
export type ControlEvent =
  | { readonly event: "request"; readonly data: components["schemas"]["JournalEntry"] }
  | { readonly event: "delivery"; readonly data: components["schemas"]["Delivery"] }
  | { readonly event: "evicted"; readonly data: { readonly of: "requests" | "deliveries"; readonly count: number } };

/** The events of a stream that is asked for; it is called off by whoever takes no more. */
export function eventsIn(
  asked: Promise<ReadableStream<Uint8Array>>,
  signal: AbortSignal,
  callOff: () => void,
): AsyncIterable<ControlEvent> & { readonly ready: Promise<void> } {
  const ready = asked.then(() => {});
  // Whoever does not wait for it learns of a refusal from the first event.
  ready.catch(() => {});
  return {
    ready,
    async *[Symbol.asyncIterator]() {
      const decoder = new TextDecoder();
      let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
      let text = "";
      try {
        reader = (await asked).getReader();
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return;
          const blocks = (text + decoder.decode(value, { stream: true })).split("\n\n");
          text = blocks.pop()!;
          for (const block of blocks) {
            const event = eventOf(block);
            if (event) yield event;
          }
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        callOff();
        await reader?.cancel().catch(() => {});
      }
    },
  };
}

/** The event of some lines; `undefined` where they are a comment. https://html.spec.whatwg.org/multipage/server-sent-events.html */
function eventOf(block: string): ControlEvent | undefined {
  const fields = new Map(block.split("\n").map((line) => [line.split(":", 1)[0]!, line.slice(line.indexOf(": ") + 2)]));
  const [event, data] = [fields.get("event"), fields.get("data")];
  if (event === undefined || data === undefined) return undefined;
  // The document says what the data of each is.
  return { event, data: JSON.parse(data) } as ControlEvent;
}
