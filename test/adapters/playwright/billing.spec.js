import { expect, test } from "connect-understudy/playwright";

const customer = "cus-0001-business-email";
const stories = Number(process.env.UNDERSTUDY_STORIES ?? 1);
const { UNDERSTUDY_PAGE: pageUrl, UNDERSTUDY_API: api } = process.env;

/** Opens the form; what it calls is routed by the fixture. */
async function open(page, options = "") {
  await page.goto(`${pageUrl}?api=${encodeURIComponent(api)}&customer=${customer}${options}`);
  await expect(page.getByRole("status")).toHaveText("Ready");
}

const save = (page) => page.getByRole("button", { name: "Save" }).click();

for (let story = 0; story < stories; story++) {
  test.describe(`story ${story}`, () => {
    test("what is saved is there, here and nowhere else", async ({ page, mock }) => {
      await open(page);
      // The fixtures' own: nothing of another test has come here.
      await expect(page.getByLabel("E-mail", { exact: true })).toHaveValue("billing@northwind.example");
      await page.getByLabel("E-mail", { exact: true }).fill(`story-${story}@company.example`);
      await save(page);
      await expect(page.getByRole("status")).toHaveText("Saved");
      const [sent] = await mock.control.requests({ operationId: "updateCustomerBilling", count: 1 });
      expect(sent).toMatchObject({ response: { status: 200 } });
      await page.reload();
      await expect(page.getByLabel("E-mail", { exact: true })).toHaveValue(`story-${story}@company.example`);
    });

    test("a refusal stands at its field", async ({ page }) => {
      await open(page);
      await page.getByLabel("E-mail", { exact: true }).fill("nobody");
      await save(page);
      await expect(page.locator("[data-for=email]")).not.toBeEmpty();
      await expect(page.getByLabel("E-mail", { exact: true })).toHaveAttribute("aria-invalid", "true");
    });

    test("a lost response is repeated, and carried out once", async ({ page, mock }) => {
      await open(page);
      await mock.control.faults.add({
        match: { operationId: "updateCustomerBilling" },
        times: 1,
        connection: "drop-after",
      });
      await page.getByLabel("E-mail", { exact: true }).fill("once@company.example");
      await save(page);
      await expect(page.getByRole("status")).toHaveText("Saved");
      const sent = await mock.control.requests({ operationId: "updateCustomerBilling", count: 2 });
      expect(sent).toHaveLength(2);
      const { idempotency } = await mock.control.state();
      expect(idempotency).toHaveLength(1);
    });

    test("a server that is busy is asked again", async ({ page, mock }) => {
      await open(page);
      await mock.control.faults.add({
        match: { method: "PUT" },
        times: 1,
        answer: { status: 429, headers: { "Retry-After": "1" } },
      });
      await save(page);
      await expect(page.getByRole("status")).toContainText("trying again in 1 s");
      await expect(page.getByRole("status")).toHaveText("Saved");
    });
  });
}
