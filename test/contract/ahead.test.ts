import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createAhead } from "../../src/contract/ahead.ts";
import { lateList } from "../../src/document/late.ts";

/** Takes all items in their order; those with a capital run alone. The end of each is up to the test. */
function stage(items: string, most: number) {
  const story: string[] = [];
  const ends = new Map<string, () => void>();
  const ahead = createAhead(lateList([...items]), {
    most,
    isSociable: (item) => item === item.toLowerCase(),
    async start(item) {
      story.push(item);
      await new Promise<void>((resolve) => ends.set(item, resolve));
      return `${item}.`;
    },
  });
  const end = async (item: string) => {
    ends.get(item)?.();
    await setTimeout(1);
  };
  return { ahead, story, end };
}

describe("work in an order", () => {
  test("runs beside its turn only what may run beside it, and no more than so many", async () => {
    const { ahead, story, end } = stage("abcdEfg", 3);
    const first = ahead.take("a");
    expect(story.join("")).toBe("abc");
    await end("b");
    expect(story.join("")).toBe("abcd");
    await end("c");
    await end("d");
    expect(story.join("")).toBe("abcd");
    await end("a");
    expect(await first).toBe("a.");
    for (const item of "bcd") expect(await ahead.take(item)).toBe(`${item}.`);
    const alone = ahead.take("E");
    expect(story.join("")).toBe("abcdE");
    await end("E");
    expect([await alone, story.join("")]).toEqual(["E.", "abcdE"]);
    void ahead.take("f");
    expect(story.join("")).toBe("abcdEfg");
  });

  test("runs one by one where no two may run at the same time", async () => {
    const { ahead, story, end } = stage("abc", 1);
    for (const item of "abc") {
      const taken = ahead.take(item);
      expect(story.at(-1)).toBe(item);
      await end(item);
      expect(await taken).toBe(`${item}.`);
    }
  });

  test("takes the same item twice as two", async () => {
    const { ahead, story, end } = stage("AA", 2);
    for (const length of [1, 2]) {
      const taken = ahead.take("A");
      expect(story).toHaveLength(length);
      await end("A");
      expect(await taken).toBe("A.");
    }
  });

  test("that is given up begins nothing more, and tells what was begun in its order", async () => {
    const { ahead, story, end } = stage("abcdef", 3);
    const first = ahead.take("a");
    await end("a");
    await first;
    expect(story.join("")).toBe("abcd");
    const rest = ahead.rest();
    for (const item of "dcb") await end(item);
    expect(await rest).toEqual(["b.", "c.", "d."]);
    expect(story.join("")).toBe("abcd");
  });

  test("whose start fails tells whoever takes it", async () => {
    const ahead = createAhead(lateList(["a", "b"]), {
      most: 2,
      isSociable: () => true,
      start: async (item) => {
        if (item === "b") throw new Error("no");
        return item;
      },
    });
    expect(await ahead.take("a")).toBe("a");
    await expect(ahead.take("b")).rejects.toThrow("no");
  });
});
