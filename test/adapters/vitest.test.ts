import { describe, expect, test } from "vitest";
import { useMock } from "../../src/adapters/vitest.ts";
import { createClient } from "../../src/connect/client.ts";

describe("each test has a fresh mock", () => {
  const mock = useMock({ seed: 3 });
  const client = createClient({ baseUrl: "http://mock.test", apiKey: "test_key", fetch: mock.fetch });
  const params = { path: { customerId: "cus-0001-business-email" } };

  // The second would see what the first has left, if anything were left.
  test.each(["one@company.example", "two@company.example"])("%s", async (email) => {
    const { data: before } = await client.GET("/customers/{customerId}", { params });
    expect(before?.billing?.email).toBe("billing@northwind.example");
    const { data } = await client.PUT("/customers/{customerId}/billing", {
      params,
      body: { method: "EMAIL_INVOICE", email },
    });
    expect(data?.billing?.email).toBe(email);
  });
});
