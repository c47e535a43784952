import type { Faker } from "@faker-js/faker";
import { isObject, type JsonObject } from "../pointer.ts";
import { typesOf } from "../schema.ts";
import type { View } from "../view.ts";
import type { Random } from "./random.ts";
import type { Schemas } from "./schemas.ts";

/** What values are made from, beside their schema. */
export type Making = {
  readonly schemas: Schemas;
  /**
   * The values of a member of this name that mean something to the target, where that is not for the schema to say: an
   * identifier. None at all: leave it out, or make it null.
   */
  readonly known: (name: string) => readonly unknown[] | undefined;
  /** Which way the values go, where the two ways differ. */
  readonly view?: View | undefined;
};

/**
 * What is made of that which a schema leaves open: as little as it requires and the plainest, every member that it names, what
 * somebody could mean, or anything.
 */
export type Style = "least" | "full" | "likely" | "random";

/** The making of one value. */
export type Run = {
  readonly making: Making;
  readonly style: Style;
  readonly random: Random;
  readonly faker: Faker | undefined;
  readonly state: {
    /** How many more values, inner ones and rejected ones included, it may take. */
    left: number;
    /** The first place where nothing could be made, and why. */
    reason: string | undefined;
  };
  /** Makes a value of a schema that its schema accepts; `undefined` where none could be made. */
  make(schema: unknown, run: Run, at: At): unknown;
};

/** Where a value stands in the whole. */
export type At = {
  /** The name of the member that it is; empty for the whole and for an item. */
  readonly name: string;
  /** For a reader: `body.owner.id`. */
  readonly place: string;
  readonly depth: number;
  /** How many inner values its optional members and items may come to. */
  readonly share: number;
  /** The schemas around it. */
  readonly around: readonly object[];
  /** No more than its schema requires. */
  readonly bare: boolean;
};

/** How deep optional members are made; a schema that contains itself has no end. */
export const deepest = 4;
/** The known values of a member, `null` among them where its schema allows that. */
export function knownOf(schema: unknown, making: Making, name: string): readonly unknown[] | undefined {
  const known = name === "" ? undefined : making.known(name);
  const nullable = known && making.schemas.alternatives(schema).some((plain) => typesOf(plain).includes("null"));
  return nullable ? [...known, null] : known;
}

/** What tells a schema from those around it: its members or items, which forms of it share. */
export function keyOf(plain: JsonObject): object {
  for (const keyword of ["properties", "items", "additionalProperties"] as const)
    if (isObject(plain[keyword])) return plain[keyword];
  return plain;
}

/** Whether a schema holds itself a second time. */
export function isAround(plain: JsonObject, at: At): boolean {
  const key = keyOf(plain);
  return at.around.filter((one) => one === key).length > 1;
}
