import { describe, expect, test } from "vitest";
import { createMask } from "../../../src/contract/wire/mask.ts";

const key = "Live_7Qm2vXo9TbLr";
const mask = createMask([{ value: key, shell: '"$CONNECT_API_KEY"' }]);

describe("the mask of a key", () => {
  test.each([
    ["alone", key, "$CONNECT_API_KEY"],
    ["within text, more than once", `a ${key} b ${key}`, "a $CONNECT_API_KEY b $CONNECT_API_KEY"],
    ["as a bearer token", `Bearer ${key}`, "Bearer $CONNECT_API_KEY"],
    ["with a character more", `${key}x`, "$CONNECT_API_KEYx"],
    ["without its last character", key.slice(0, -1), "$CONNECT_API_KEY"],
    ["without its first character", key.slice(1), "$CONNECT_API_KEY"],
    ["in capitals", key.toUpperCase(), "$CONNECT_API_KEY"],
    ["in small letters", key.toLowerCase(), "$CONNECT_API_KEY"],
    ["not at all", "nothing to see", "nothing to see"],
  ])("hides it %s", (_, text, shown) => {
    expect(mask(text)).toBe(shown);
  });

  test("reaches the names and values of anything, at any depth, and leaves the rest as it is", () => {
    expect(mask({ [key]: [key, { at: `header ${key}`, n: 1, yes: true, none: null, absent: undefined }] })).toEqual({
      $CONNECT_API_KEY: [
        "$CONNECT_API_KEY",
        { at: "header $CONNECT_API_KEY", n: 1, yes: true, none: null, absent: undefined },
      ],
    });
  });
});

test.each([
  ["a quote", 'live"7Qm2vXo9'],
  ["a backslash", "live\\7Qm2vXo9"],
  ["a slash", "live/7Qm2vXo9"],
  ["a plus", "live+7Qm2vXo9=="],
])("a key with %s is hidden in JSON and in an address too", (_, value) => {
  const hides = createMask([{ value, shell: '"$CONNECT_API_KEY"' }]);
  const written = JSON.stringify({ received: value });
  // Some writers of JSON escape the slash: https://www.rfc-editor.org/rfc/rfc8259#section-7
  for (const text of [written, written.replaceAll("/", "\\/")]) {
    expect(hides(text)).toBe('{"received":"$CONNECT_API_KEY"}');
  }
  expect(hides(`/login?key=${encodeURIComponent(value)}`)).toBe("/login?key=$CONNECT_API_KEY");
});

test.each(["Live-7Qm2v", "ive-7Qm2vX", "LIVE-7QM2VX", "live-7qm2vx"])(
  "a short key is hidden in what is nearly it: %s",
  (near) => {
    expect(createMask([{ value: "Live-7Qm2vX", shell: "$KEY" }])(`You sent ${near}.`)).toBe("You sent $KEY.");
  },
);

test.each(["Bearer", "Basic", "token"])("what stands behind %s is hidden alone too", (scheme) => {
  const both = createMask([{ value: `${scheme} abc-7Qm2`, shell: '"Bearer $CONNECT_API_KEY"' }]);
  expect(both(`${scheme} abc-7Qm2, abc-7Qm2`)).toBe("Bearer $CONNECT_API_KEY, $CONNECT_API_KEY");
});

test("the longer of two keys is hidden first", () => {
  const both = createMask([
    { value: "live-key", shell: '"$ONE"' },
    { value: "live-key-second", shell: '"$TWO"' },
  ]);
  expect(both("live-key-second, live-key")).toBe("$TWO, $ONE");
});

test("a key of two or three characters is too short to be told from other text", () => {
  expect(createMask([{ value: "abc", shell: "$KEY" }])("abcdef")).toBe("abcdef");
});

test("a key that looks like a pattern of a replacement hides as well", () => {
  const odd = createMask([{ value: "$&$1-key", shell: "$&" }]);
  expect(odd("is $&$1-key")).toBe("is $&");
});
