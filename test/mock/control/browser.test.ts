import { once } from "node:events";
import { createServer, type Server } from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startBrowser } from "../../browser.ts";
import { testMock } from "../../mock.ts";
import { lacking } from "../../needs.ts";

const missing = lacking("chromium");
const frozenAt = Date.parse("2030-01-01T00:00:00.000Z");

/**
 * A mock on a port whose clock was stopped, so that a reset shows. What it answers is read on the wire, for a browser does not tell
 * what it keeps from a page.
 */
async function servedMock() {
  const { mock } = testMock();
  const { clock } = await mock.sandbox();
  await clock.change({ now: frozenAt, frozen: true });
  const { url, close } = await mock.listen();
  onTestFinished(close);
  const answers: string[] = [];
  let told = () => {};
  const wire = createTcpServer((browser) => {
    const server = connect(Number(new URL(url).port), "127.0.0.1");
    const asked: string[] = [];
    browser.on("data", (bytes) => {
      for (const [, line] of `${bytes}`.matchAll(/^([A-Z]+ \/\S*) HTTP\/1\.1\r$/gm)) asked.push(line!);
    });
    server.on("data", (bytes) => {
      for (const [, status] of `${bytes}`.matchAll(/^HTTP\/1\.1 (\d+) /gm)) answers.push(`${asked.shift()} ${status}`);
      told();
    });
    browser.pipe(server).pipe(browser);
    for (const socket of [browser, server]) socket.on("error", () => socket.destroy());
  });
  const port = await listening(wire);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    clock: () => clock.read(),
    /** What was answered under `/_understudy`, once it is this answer at last. */
    answersUntil: (last: string) =>
      new Promise<string[]>((resolve) => {
        told = () => {
          const ours = answers.filter((line) => line.includes(" /_understudy/"));
          if (ours.at(-1) === last) resolve(ours);
        };
        told();
      }),
  };
}

/** Empty pages under every name that leads here; answers the port. */
function servedPages(): Promise<number> {
  return listening(
    createServer((_, outgoing) => outgoing.setHeader("Content-Type", "text/html").end("<!doctype html>")),
  );
}

async function listening(server: TcpServer | Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return (server.address() as AddressInfo).port;
}

/** What a script of the page gets of an address; `unreadable` where the browser keeps the answer from it. */
function ask(page: Page, method: string, url: string, body?: string): Promise<string> {
  const init = { method, ...(body && { body, headers: { "Content-Type": "application/json" } }) };
  return page.evaluate(
    ([url, init]) =>
      fetch(url, init).then(
        async (answer) => `${answer.status} ${(await answer.text()).slice(0, 80)}`,
        () => "unreadable",
      ),
    [url, init] as const,
  );
}

describe.skipIf(missing)(`the control plane in a browser${missing}`, { timeout: 30_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser("--host-resolver-rules=MAP evil.example 127.0.0.1, MAP rebound.example 127.0.0.1");
  }, 30_000);

  afterAll(() => browser?.close());

  async function opened(address: string): Promise<Page> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }

  test("a foreign page reads nothing and changes nothing, however it asks", async () => {
    const { url, clock, answersUntil } = await servedMock();
    const page = await opened(`http://evil.example:${await servedPages()}/`);
    const [state, reset, requests] = ["state", "reset", "requests"].map((name) => `${url}/_understudy/${name}`);
    // The page reaches the mock: what follows is refused, not lost.
    expect(await ask(page, "GET", `${url}/customers`)).toMatch(/^401 /);
    expect(await ask(page, "GET", state!)).toBe("unreadable");
    expect(await ask(page, "POST", reset!)).toBe("unreadable");
    // Such a change asks for leave first.
    expect(await ask(page, "PUT", `${url}/_understudy/clock`, '{"frozen":false}')).toBe("unreadable");
    await page.evaluate((reset) => fetch(reset, { method: "POST", mode: "no-cors" }), reset!);
    await answersUntil("POST /_understudy/reset 403");
    // A picture names no origin; the browser says that another site asks.
    await page.evaluate(`new Image().src = "${requests}"`);
    await answersUntil("GET /_understudy/requests 403");
    // A form leads the whole window there.
    await page.evaluate(`
      const form = document.createElement("form");
      form.method = "post";
      form.action = "${reset}";
      document.body.append(form);
      form.submit();
    `);
    expect(await answersUntil("POST /_understudy/reset 403")).toEqual([
      "GET /_understudy/state 403",
      "POST /_understudy/reset 403",
      "OPTIONS /_understudy/clock 403",
      "POST /_understudy/reset 403",
      "GET /_understudy/requests 403",
      "POST /_understudy/reset 403",
    ]);
    expect(await clock()).toEqual({ now: frozenAt, frozen: true });
  });

  test.each(["localhost", "127.0.0.1", "shop.localhost"])("a page of %s reads and changes", async (name) => {
    const { url, clock } = await servedMock();
    const page = await opened(`http://${name}:${await servedPages()}/`);
    expect(await ask(page, "GET", `${url}/_understudy/state`)).toMatch(/^200 \{"customers":\[/);
    expect(await ask(page, "PUT", `${url}/_understudy/clock`, '{"advanceMs":1}')).toMatch(/^200 /);
    expect((await clock()).now).toBe(frozenAt + 1);
    expect(await ask(page, "POST", `${url}/_understudy/reset`)).toMatch(/^204 /);
    expect((await clock()).frozen).toBe(false);
  });

  test("the mock's own page reads and changes", async () => {
    const { url, clock } = await servedMock();
    const page = await opened(`${url}/openapi.json`);
    expect(await ask(page, "GET", "/_understudy/state")).toMatch(/^200 /);
    expect(await ask(page, "POST", "/_understudy/reset")).toMatch(/^204 /);
    expect((await clock()).frozen).toBe(false);
  });

  test("a sandboxed frame of a loopback page has no origin, and is refused", async () => {
    const { url, clock, answersUntil } = await servedMock();
    const page = await opened(`http://localhost:${await servedPages()}/`);
    const script = `fetch("${url}/_understudy/reset", { method: "POST" })`;
    await page.setContent(`<iframe sandbox="allow-scripts" srcdoc='<script>${script}</script>'></iframe>`);
    expect(await answersUntil("POST /_understudy/reset 403")).toEqual(["POST /_understudy/reset 403"]);
    expect((await clock()).frozen).toBe(true);
  });

  test("a page whose name was bound to this machine afterwards is refused, though it asks its own origin", async () => {
    const { port, clock } = await servedMock();
    const page = await opened(`http://rebound.example:${port}/openapi.json`);
    const refused = /^403 \{"message":"The control plane answers where the header Host is/;
    expect(await ask(page, "GET", "/_understudy/state")).toMatch(refused);
    expect(await ask(page, "POST", "/_understudy/reset")).toMatch(refused);
    expect(await ask(page, "PUT", "/_understudy/clock", '{"frozen":false}')).toMatch(refused);
    expect(await clock()).toEqual({ now: frozenAt, frozen: true });
  });
});
