import { shippedFixturesUrl } from "#platform";
import { connect } from "../connect/connect.ts";
import { isShipped, loadSpec } from "../connect/spec.ts";
import type { Operation, Spec } from "../document/spec.ts";
import { FixturesError, readFixtures } from "../mock/fixtures.ts";
import {
  collectionsOf,
  createMock as createAnyMock,
  type Mock,
  type MockOptions,
  type ReloadOptions,
  reloadOptions,
} from "../mock/mock.ts";
import { refuseUnknown } from "../mock/options.ts";
import type { Fixtures } from "../mock/store/store.ts";
import { pagesOf } from "./pages.ts";
import { progressBar } from "./progress-bar.ts";

/**
 * Makes a mock; without a document of one's own, of the Connect API with its handlers and its fixtures. Throws a `SpecError` or
 * a `FixturesError` when it is given what it cannot serve, and a `TypeError` for an option that it does not know.
 */
export function createMock(options: MockOptions = {}): Mock {
  let given = options;
  const mock = createAnyMock({ pages: pagesOf(async () => undefined), ...given, ...completed(given) });
  const reload = mock.reload.bind(mock);
  return Object.assign(mock, {
    async reload(changes: ReloadOptions = {}) {
      refuseUnknown("reload", changes, reloadOptions);
      const next = { ...given, ...changes };
      await reload(completed(next));
      given = next;
    },
  });
}

/** What a mock is made of, with what is known of its document beside. */
function completed(options: MockOptions) {
  const spec = specOf(options.spec);
  const own = behaviourOf(spec);
  const handlers = { ...own.handlers, ...options.handlers };
  const fixtures = options.fixtures ?? shippedFixtures(spec);
  // What was known of another document goes with it.
  const { collections = own.collections ?? {}, check = own.check ?? (() => []) } = options;
  const { announce = own.announce ?? (() => undefined) } = options;
  return { spec, handlers, fixtures, collections, check, announce };
}

/** What is known of a document's operations beside the document: all of the Connect API, nothing of another. */
export function behaviourOf(spec: Spec): Omit<MockOptions, "spec"> {
  if (isShipped(spec)) return connect;
  if (!spec.operations.some(({ id }) => Object.hasOwn(connect.handlers, id))) return {};
  const shipped = loadSpec();
  const signature = ({ id, method, path }: Operation) => `${id} ${method} ${path}`;
  const signatures = new Set(shipped.operations.map(signature));
  const same = spec.operations.filter((operation) => signatures.has(signature(operation)));
  // Many an API has customers, and calls what creates one createCustomer: that is a chance likeness.
  const isOfIt = spec.title === shipped.title || same.some(({ id }) => id === "updateCustomerBilling");
  if (same.length === 0 || !isOfIt) return {};
  const { announce, ...others } = connect;
  const isTold = spec.webhooks.some(({ path }) => path === "customer.updated");
  return {
    ...others,
    ...(isTold ? { announce } : {}),
    handlers: Object.fromEntries(same.flatMap(({ id }) => (connect.handlers[id] ? [[id, connect.handlers[id]]] : []))),
  };
}

/** The fixtures that the package ships, for a document of the Connect API that speaks of what they hold; for another, none. */
export function shippedFixtures(spec: Spec): Fixtures {
  const own = behaviourOf(spec);
  const names = Object.keys(collectionsOf(spec, own.collections));
  if (!own.handlers || !["customers", "paymentProfiles"].every((name) => names.includes(name))) return {};
  // A test proves them valid by the shipped document; checking them again would be a tenth of every start.
  return readFixtures(shippedFixturesUrl, names, isShipped(spec) ? undefined : { spec, ...connect });
}

/**
 * The fixtures that a command line names: a file, a folder, or `generate:N`; else those that come with the handlers. Throws a
 * `FixturesError`.
 */
export async function fixturesOf(
  spec: Spec,
  given: string | undefined,
  seed: number,
  behaviour: Omit<MockOptions, "spec"> = {},
): Promise<Fixtures> {
  const own = { ...behaviourOf(spec), ...behaviour };
  const named = given ?? own.fixtures;
  if (named === undefined) return shippedFixtures(spec);
  if (typeof named !== "string" && !(named instanceof URL)) return named;
  if (named instanceof URL || !named.startsWith("generate:"))
    return readFixtures(named, Object.keys(collectionsOf(spec, own.collections)), { spec, check: own.check });
  const count = named.slice("generate:".length);
  if (!/^[1-9]\d{0,6}$/.test(count)) {
    throw new FixturesError(
      `--fixtures generate:N takes a number of customers, such as generate:1000; received "${count}".`,
    );
  }
  const { generateFixtures } = await import("../connect/generate-fixtures.ts");
  return generateFixtures(Number(count), seed, progressBar(process.stderr, "customers", Number(count)));
}

function specOf(given: MockOptions["spec"]): Spec {
  return given === undefined || typeof given === "string" || given instanceof URL ? loadSpec(given) : given;
}
