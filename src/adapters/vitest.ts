import { beforeEach } from "vitest";
import { createMock } from "../commands/connect-mock.ts";
import type { Mock, MockOptions } from "../mock/mock.ts";

/**
 * A mock for the tests of a file, or of the `describe` that it is called in: before each of them every sandbox is back at its
 * fixtures. It takes what `createMock` takes, and throws what that throws.
 */
export function useMock(options: MockOptions = {}): Mock {
  const mock = createMock(options);
  beforeEach(() => mock.reset());
  return mock;
}
