import { fileURLToPath, shippedFixturesUrl } from "#platform";
import { loadSpec } from "../connect/spec.ts";
import type { Spec } from "../document/spec.ts";
import type { Fixtures } from "../mock/store/store.ts";
import { fixturesOf, shippedFixtures } from "./connect-mock.ts";
import type { FreshImports } from "./fresh-imports.ts";
import { type Given, loadHandlers } from "./handlers.ts";

/** Where a mock finds what it is made of, as the command line gives it. */
export type InputOptions = {
  readonly spec?: string;
  readonly overlay?: string;
  readonly handlers?: string;
  readonly fixtures?: string;
  readonly seed: number;
};

/** What a mock is made of, read from its files. */
export type Inputs = {
  readonly spec: Spec;
  readonly given: Given;
  readonly fixtures: Fixtures;
  /** All of them; a folder stands for the files in it. */
  readonly files: readonly string[];
};

/** Reads the document of a mock, with its overlay. Throws a `SpecError`. */
export function readDocument({ spec, overlay }: InputOptions): Spec {
  return loadSpec(spec, { unknownKeywords: "list", ...(overlay === undefined ? {} : { overlay }) });
}

const isMadeUp = (fixtures: string | undefined) => fixtures?.startsWith("generate:") ?? false;

/**
 * Reads what else it is made of; with `fresh`, handlers as they are now, and `before` what was read before. Throws a `HandlersError` or
 * a `FixturesError`.
 */
export async function readInputs(
  spec: Spec,
  options: InputOptions,
  fresh?: FreshImports,
  before?: Inputs,
): Promise<Inputs> {
  const { handlers, seed } = options;
  const given = handlers === undefined ? {} : await loadHandlers(handlers, spec, fresh);
  const own = options.fixtures ?? given.fixtures;
  const isShipped = own === undefined && Object.keys(shippedFixtures(spec)).length > 0;
  const folder = isShipped ? fileURLToPath(shippedFixturesUrl) : own;
  // Those that are shipped are held against the document only where somebody may have changed them.
  const named = isShipped && fresh ? (folder as string) : options.fixtures;
  // What is made up is the same whenever it is, and takes its time.
  const fixtures = (isMadeUp(named) && before?.fixtures) || (await fixturesOf(spec, named, seed, given));
  const isPath = (one: unknown) => typeof one === "string" && !isMadeUp(one);
  const places = [
    isPath(folder) ? (folder as string) : undefined,
    folder instanceof URL ? fileURLToPath(folder) : undefined,
  ];
  return {
    spec,
    given,
    fixtures,
    files: [...spec.files, ...[...places, handlers].flatMap((one) => one ?? []), ...(fresh?.files ?? [])],
  };
}
