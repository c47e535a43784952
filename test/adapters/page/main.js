import { createMock } from "connect-understudy";
import { mswHandlers } from "connect-understudy/msw";
import { setupWorker } from "msw/browser";

const mock = createMock({ seed: 7, apiKeys: ["live_key"], now: () => Date.parse("2030-01-01T00:00:00.000Z") });
const worker = setupWorker(...mswHandlers(mock, "https://api.example.test/connect"));
await worker.start({ quiet: true, onUnhandledRequest: "bypass" });
globalThis.mock = mock;
globalThis.isReady = true;
