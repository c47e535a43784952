import { expect, test } from "vitest";
import { testMock } from "../../mock.ts";

test("says where there is nothing, without the query, and where to look", async () => {
  const { call } = testMock();
  expect((await call("GET", "/nowhere?secret=1")).body).toEqual({
    message: 'There is nothing at "/nowhere".',
    code: "not_found",
    hint: "GET /docs shows every operation.",
  });
});
