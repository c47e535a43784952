import { exec } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { pageFile, readBytes } from "#platform";
import { views } from "../../src/inspector/view.ts";
import { axeFinds, useBrowser } from "../browser.ts";
import { billingPath, emailInvoice, ids, type send, testMock } from "../mock.ts";
import { lacking } from "../needs.ts";

const missing = lacking("chromium");
const open = useBrowser();

type Call = (method: string, path: string, given?: Parameters<typeof send>[3]) => ReturnType<typeof send>;

/** A mock on a port, and its inspector at a view of `test_key`'s sandbox. */
async function inspected(view: keyof typeof views | "" = "requests", options: Parameters<typeof open>[1] = {}) {
  const { mock, call } = testMock();
  const { url, close } = await mock.listen();
  onTestFinished(close);
  const address = view === "" ? "#/" : `#/test_key/${view}`;
  const opened = await open(`${url}/_understudy/${address}`, {
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  return { ...opened, url, mock, call: call as Call, control: mock.control() };
}

const billing = (key: string, body: object = emailInvoice) => ({ headers: { "X-Idempotency-Key": key }, body });
const button = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: typeof name === "string" });
const shows = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 10_000 });

/** Answers the question that a button asks. */
async function sure(page: Page, name: string): Promise<void> {
  await button(page, name).first().click();
  await page.getByRole("dialog").getByRole("button").first().click();
}

/** Waits until something is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  await expect.poll(isSo, { timeout: 10_000, interval: 50 }).toBe(true);
}

/** Has something to see in every view. */
async function filled({ call, control }: Pick<Awaited<ReturnType<typeof inspected>>, "call" | "control">) {
  await control.webhooks.set([{ url: "http://127.0.0.1:9/hooks", types: ["customer.updated"] }]);
  for (const key of ["k-1", "k-1"]) await call("PUT", billingPath, billing(key));
  await call("PUT", billingPath, billing("k-2", { method: "EMAIL_INVOICE", email: "nobody" }));
  await call("GET", "/nowhere");
  await control.faults.add({ match: { method: "DELETE" }, answer: { status: 500 } });
  await control.faults.add({ preset: "lost-responses", match: { method: "DELETE" } });
  await call("DELETE", "/customers");
  await control.snapshots.take("before");
}

describe.skipIf(missing)(`the inspector${missing}`, { timeout: 60_000 }, () => {
  test("weighs less than 60 KB of script, gzipped, and asks nobody but its mock", async () => {
    expect(gzipSync(readBytes(pageFile("inspector.js"))).length).toBeLessThan(60 * 1024);
    const { page, url, requests, complaints } = await inspected();
    await shows(page, "Live");
    await shows(page, "Connect API, customer billing");
    expect(requests.filter((request) => !request.startsWith(`${url}/_understudy/`))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("is found without a view, without a slash, and by a link of another site", async () => {
    const { page, url } = await inspected("");
    for (const address of ["/_understudy", "/_understudy/"]) {
      await page.goto("about:blank");
      await page.goto(url + address);
      await shows(page, "Nothing has come yet");
      expect(page.url()).toBe(`${url}/_understudy/#/test_key/requests`);
    }
    await page.goto(`${url.replace("127.0.0.1", "localhost")}/_understudy/`);
    await page.evaluate(`location.assign("${url}/_understudy/")`);
    await shows(page, "Nothing has come yet");
  });

  describe("requests", () => {
    test("show as they come, why each was answered so, and which rule refused it", async () => {
      const { page, call } = await inspected();
      await shows(page, "Nothing has come yet");
      await call("PUT", billingPath, billing("k-1"));
      await call("PUT", billingPath, billing("k-1"));
      await call("PUT", billingPath, billing("k-2", { method: "EMAIL_INVOICE", email: 7 }));
      const rows = page.getByRole("listitem").filter({ hasText: billingPath });
      await until(async () => (await rows.count()) === 3);
      expect(await rows.allInnerTexts()).toEqual([
        expect.stringMatching(/400[\s\S]*PUT[\s\S]*VALIDATION_ERROR/),
        expect.stringMatching(/200[\s\S]*replayed/),
        expect.stringMatching(/200[\s\S]*stored/),
      ]);
      await rows.nth(1).getByRole("link").click();
      await shows(page, "Nothing was carried out again.");
      await page.getByRole("link", { name: "Close" }).click();
      await rows.first().getByRole("link").click();
      await shows(page, "body.email breaks type");
      expect(page.url()).toMatch(/open=3$/);
      await page.reload();
      await shows(page, "body.email breaks type");
    });

    test("can be repeated by the curl line that is copied", async () => {
      const { page, call, control } = await inspected();
      await call("PUT", billingPath, billing("k-1", { ...emailInvoice, email: "it's@company.example" }));
      await page.getByRole("link", { name: new RegExp(billingPath) }).click();
      await button(page, "Copy").click();
      await button(page, "Copied").waitFor();
      const line = await page.evaluate<string>("navigator.clipboard.readText()");
      expect(line).toContain("-H 'X-API-Key: test_key'");
      if (lacking("curl")) return;
      const { stdout } = await promisify(exec)(line);
      expect(stdout).toMatch(/^x-mock-idempotency: replayed\r$/im);
      expect(await control.requests()).toHaveLength(2);
    });

    test("are searched, filtered by their answer, held still and cleared", async () => {
      const { page, call, control } = await inspected();
      await call("PUT", billingPath, billing("k-1"));
      await call("GET", "/customers");
      await call("GET", "/nowhere");
      await shows(page, "3 requests");
      await page.getByRole("searchbox").fill("k-1 put");
      await shows(page, "1 of 3 requests");
      expect(page.url()).toContain("find=k-1+put");
      await page.getByRole("searchbox").fill("");
      await page.getByLabel("Answer").selectOption("4xx");
      await shows(page, "1 of 3 requests");
      await page.getByRole("searchbox").fill("customers");
      await shows(page, "No request is like that.");
      await page.getByRole("searchbox").fill("");
      await page.getByLabel("Answer").selectOption("Any answer");
      await button(page, "Pause").click();
      await call("GET", "/customers");
      await call("GET", "/customers");
      await shows(page, "3 requests");
      await button(page, "Go on").click();
      await shows(page, "5 requests");
      await button(page, "Clear").click();
      await shows(page, "Nothing has come yet");
      expect(await control.requests()).toEqual([]);
    });

    test("lead to their operation and to the others under their key", async () => {
      const { page, call, url } = await inspected();
      for (const key of ["k-1", "k-1", "k-2"]) await call("PUT", billingPath, billing(key));
      await page
        .getByRole("link", { name: /stored/ })
        .first()
        .click();
      const link = page.getByRole("link", { name: "updateCustomerBilling in the reference" });
      expect(await link.getAttribute("href")).toBe(`${url}/docs#operation/updateCustomerBilling`);
      await page.getByRole("link", { name: "All requests under k-2" }).click();
      await shows(page, "1 of 3 requests");
    });

    test("are gone through by the keyboard", async () => {
      const { page, call } = await inspected();
      for (const path of ["/customers", "/nowhere"]) await call("GET", path);
      await shows(page, "2 requests");
      await page.keyboard.press("Tab");
      await button(page, "To the content").press("Enter");
      for (let count = 0; count < 5; count++) await page.keyboard.press("Tab");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.getByRole("region", { name: "Request 1" }).waitFor();
    });

    test("of a mock that was started again begin anew", async () => {
      const { mock, call } = testMock();
      const first = await mock.listen();
      const port = Number(new URL(first.url).port);
      const { page } = await open(`${first.url}/_understudy/`);
      for (const _ of [1, 2]) await call("GET", "/customers");
      await shows(page, "2 requests");
      await first.close();
      await shows(page, "Connecting again");
      await shows(page, "The mock does not answer. It may have been ended.");
      const other = testMock();
      const second = await other.mock.listen({ port });
      onTestFinished(second.close);
      await other.call("GET", "/nowhere");
      await shows(page, "1 request");
      await shows(page, "Live");
    });

    test("at a thousand a second leave the page steady", async () => {
      const { page, call } = await inspected();
      await shows(page, "Live");
      await page.evaluate(`
        globalThis.longest = 0;
        const note = (list) => {
          for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
        };
        new PerformanceObserver(note).observe({ entryTypes: ["longtask"] });
      `);
      for (let tick = 0; tick < 60; tick++) {
        const began = performance.now();
        await Promise.all(Array.from({ length: 50 }, () => call("GET", "/customers?limit=1")));
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, 50 - (performance.now() - began))));
      }
      await call("GET", "/last");
      await page.getByRole("link", { name: /\/last/ }).waitFor({ timeout: 10_000 });
      await shows(page, /^1000 requests/);
      expect(await page.getByRole("listitem").count()).toBe(100);
      await button(page, "Show more").click();
      await until(async () => (await page.getByRole("listitem").count()) === 300);
      expect(await page.evaluate("longest")).toBeLessThan(400);
    });
  });

  test("records show by collection, and each change with what was before", async () => {
    const { page, call, control } = await inspected("records");
    await shows(page, "Nothing has changed since");
    expect(await page.getByRole("group").count()).toBeGreaterThan(0);
    await call("PUT", billingPath, billing("k-1", { method: "EMAIL_INVOICE", email: "new@company.example" }));
    const changes = page.getByRole("region", { name: "Changes" });
    await changes.getByText('+     "email": "new@company.example"').waitFor();
    await changes.getByText('-     "email": "billing@northwind.example"').waitFor();
    await control.patchState({ customers: { [ids.paper]: null } });
    await changes.getByText("gone").waitFor();
    await page.getByText(/^paymentProfiles/).click();
    await page.getByRole("searchbox").fill(ids.card);
    await page.locator("summary").filter({ hasText: ids.card }).click();
    await page.getByRole("region", { name: "Records" }).getByText('"status": "ACTIVE"').waitFor();
    await page
      .getByText(/^customers/)
      .first()
      .click();
    await page.getByRole("searchbox").fill("nobody");
    await shows(page, "No record is like that.");
    await changes.getByRole("link", { name: "request 1" }).click();
    await page.getByRole("region", { name: "Request 1" }).waitFor();
  });

  test("idempotency keys show with the time that is left", async () => {
    const { page, call, control } = await inspected("idempotency");
    await shows(page, "No answer is kept under a key.");
    await control.freeze();
    await call("PUT", billingPath, billing("k-1"));
    await call("PUT", billingPath, billing("k-2"));
    await shows(page, "1 d left");
    await control.advance(60_000);
    await shows(page, "23 h 59 min left");
    await control.advance(86_400_000);
    await shows(page, "expired");
    await page.getByRole("searchbox").fill("k-2");
    await shows(page, "1 of 2 keys");
    await page.locator("summary").click();
    await shows(page, `"email": "${emailInvoice.email}"`);
    await page.getByRole("link", { name: "Requests under this key" }).click();
    await shows(page, "1 of 2 requests");
  });

  test("faults are switched on and off, added and removed", async () => {
    const { page, call, control } = await inspected("faults");
    await page.getByText("maintenance").click();
    await shows(page, "maintenance is on.");
    expect((await call("GET", "/customers")).status).toBe(503);
    await shows(page, "applied 1 times");
    await page.getByText("maintenance", { exact: true }).click();
    await shows(page, "maintenance is off.");
    expect((await call("GET", "/customers")).status).toBe(200);

    await page.getByLabel("Operation").fill("updateCustomerBiling");
    await page.getByLabel("Answer with status").fill("409");
    await button(page, "Add the fault").click();
    await shows(page, /an operationId of the document.*updateCustomerBilling/);
    await button(page, "Close").click();
    await page.getByLabel("Operation").fill("updateCustomerBilling");
    await page.getByLabel("How many times").fill("2");
    await button(page, "Add the fault").click();
    await shows(page, "updateCustomerBilling: answer 409, 2 times");
    expect((await call("PUT", billingPath, billing("k-1"))).status).toBe(409);

    const rule = page.getByRole("checkbox", { name: /answer 409/ });
    await rule.click();
    await shows(page, "Switched off");
    expect(await control.faults.list()).toEqual([]);
    await page.reload();
    await shows(page, "Switched off");
    await rule.click();
    await shows(page, /fault-\d, applied 0 times/);
    await button(page, /^Remove: /).click();
    await shows(page, "Nothing goes wrong on purpose.");
    await control.faults.add({ delayMs: 1 });
    await shows(page, "every request: 1 ms");
    await sure(page, "Remove all");
    await shows(page, "Everything goes as it should.");
    expect(await control.faults.list()).toEqual([]);
  });

  test("the clock is advanced, stopped, set and brought back", async () => {
    const { page, control } = await inspected("clock");
    await shows(page, "The real time");
    await button(page, "Advance 24 h").click();
    await shows(page, /(1 d|23 h 59 min) ahead of the real time/);
    await button(page, "Freeze").click();
    await shows(page, "frozen");
    expect((await control.clock()).frozen).toBe(true);
    await page.getByLabel("Time in UTC").fill("2030-01-02T03:04:05");
    await button(page, "Set").click();
    await shows(page, "2030-01-02 03:04:05 UTC");
    await button(page, "Let it run").click();
    await shows(page, "The clock runs.");
    await shows(page, /2030-01-02 03:04:0[6-9] UTC/);
    await button(page, "Back to the real time").click();
    await shows(page, "The real time");
  });

  test("receivers are set, and deliveries sent again", async () => {
    const statuses = [500, 204];
    const receiver = createServer((request, response) => {
      request.resume();
      response.writeHead(statuses.shift() ?? 204).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void receiver.close());
    const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
    const { page, call, control } = await inspected("webhooks");
    await shows(page, "Nobody is told of changes.");
    await page.getByLabel("URL").fill("https://elsewhere.example/");
    await button(page, "Add the receiver").click();
    await page.getByRole("alert").filter({ hasText: "elsewhere.example" }).waitFor();
    await button(page, "Close").click();
    await page.getByLabel("URL").fill(hook);
    await page.getByLabel("Events").fill("customer.updated");
    await button(page, "Add the receiver").click();
    await shows(page, "The receiver is added.");
    expect(await control.webhooks.list()).toEqual([{ url: hook, types: ["customer.updated"] }]);
    await control.freeze();
    await call("PUT", billingPath, billing("k-1"));
    await shows(page, "pending");
    await shows(page, /1 attempt, again in 1 s/);
    await button(page, /^Replay/).click();
    await shows(page, "acknowledged");
    await shows(page, /2 attempts/);
    await page.locator("summary").click();
    await shows(page, /"type": "customer.updated"/);
    await button(page, `Remove ${hook}`).click();
    await shows(page, "Nobody is told of changes.");
  });

  test("snapshots are taken, restored and removed", async () => {
    const { page, call, control } = await inspected("snapshots");
    await shows(page, "There is no snapshot.");
    await page.getByLabel("Name").fill("before");
    await button(page, "Take a snapshot").click();
    await shows(page, "before is kept.");
    await call("PUT", billingPath, billing("k-1", { method: "EMAIL_INVOICE", email: "changed@company.example" }));
    await button(page, "Restore before").click();
    await shows(page, "The sandbox is as it was at before.");
    expect((await call("GET", `/customers/${ids.business}`)).body.billing.email).toBe("billing@northwind.example");
    await sure(page, "Remove before");
    await shows(page, "There is no snapshot.");
    expect(await control.snapshots.list()).toEqual([]);
  });

  test("a sandbox is reset once that was confirmed", async () => {
    const { page, call, control } = await inspected();
    await call("PUT", billingPath, billing("k-1"));
    await shows(page, "1 request");
    await button(page, "Reset").click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    expect(await control.requests()).toHaveLength(1);
    await sure(page, "Reset");
    await shows(page, "Nothing has come yet");
    expect(await control.requests()).toEqual([]);
    await call("GET", "/customers");
    await shows(page, "1 request");
  });

  test("sandboxes are listed, opened by name or key, and forgotten", async () => {
    const { page, call, mock } = await inspected("");
    await call("PUT", billingPath, { ...billing("k-1"), headers: { "X-API-Key": "test_other" } });
    await page.getByRole("link", { name: "test_key" }).waitFor();
    await page.getByRole("link", { name: /^te\*\*\*-/ }).click();
    await shows(page, "1 request");
    await page.getByRole("link", { name: /billing/ }).click();
    await shows(page, '-H "X-API-Key: $API_KEY"');
    await page.getByRole("link", { name: "understudy" }).click();
    await page.getByRole("textbox", { name: "Key" }).fill("test_other");
    await button(page, "Open").click();
    await page.getByRole("link", { name: /billing/ }).click();
    await shows(page, "-H 'X-API-Key: test_other'");
    await page.getByRole("link", { name: "understudy" }).click();
    const [other] = (await mock.control().sandboxes.list()).filter(({ isDefault }) => !isDefault);
    await button(page, `Forget ${other!.name}`).click();
    await page.getByRole("dialog").getByRole("button", { name: "Forget" }).click();
    await shows(page, /is forgotten/);
    expect(await mock.control().sandboxes.list()).toEqual([expect.objectContaining({ isDefault: true })]);
  });

  test("a key that nobody knows is said to be unknown", async () => {
    const { page, url } = await inspected();
    await page.goto("about:blank");
    await page.goto(`${url}/_understudy/#/nobody/clock`);
    await page.getByRole("alert").filter({ hasText: "known key" }).first().waitFor();
  });

  test.each(["light", "dark"] as const)("axe finds nothing on any view, %s", async (colorScheme) => {
    const { page, url, ...rest } = await inspected("", { colorScheme });
    await filled(rest);
    const found: Record<string, string[]> = {};
    const places = Object.keys(views).map((view) => `#/test_key/${view}`);
    for (const place of ["#/", ...places, "#/test_key/requests?open=3", "#/test_key/requests?find=nothing"]) {
      await page.goto("about:blank");
      await page.goto(`${url}/_understudy/${place}`);
      await page.locator("main :is(ul, ol, form, .empty)").first().waitFor();
      await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
      found[place] = await axeFinds(page);
    }
    await button(page, "Reset").click();
    found.dialog = await axeFinds(page);
    expect(Object.entries(found).filter(([, lines]) => lines.length > 0)).toEqual([]);
    expect(Object.keys(found)).toHaveLength(11);
  });

  test("nothing stands beyond the edge of a phone", async () => {
    const { page, url, ...rest } = await inspected("", { viewport: { width: 360, height: 740 } });
    await filled(rest);
    for (const place of ["", ...Object.keys(views).map((view) => `test_key/${view}`), "test_key/requests?open=3"]) {
      await page.goto("about:blank");
      await page.goto(`${url}/_understudy/#/${place}`);
      await page.locator("main :is(ul, ol, form, .empty)").first().waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    }
    await page.getByRole("region", { name: "Request 3" }).waitFor();
    expect(await page.getByRole("region", { name: "Requests", exact: true }).count()).toBe(0);
  });
});
