import { describe, expect, test } from "vitest";
import { harOf, harTextOf } from "../../../src/contract/report/har.ts";
import type { RecordedExchange, Report } from "../../../src/contract/report/report.ts";
import { runAgainst } from "../../mutants/run-against.ts";
import { largeReports } from "./large-reports.ts";
import { reportOf, result } from "./sample-report.ts";

const exchange: RecordedExchange = {
  operationId: "updateCustomerBilling",
  sentAt: "2026-01-15T09:30:00.000Z",
  durationMs: 12.5,
  request: {
    method: "PUT",
    url: "http://target.example/customers/cus-1/billing?a=1&a=%C3%A9",
    headers: { "X-API-Key": "$CONNECT_API_KEY", "Content-Type": "application/json" },
    body: { text: '{"é":1}' },
  },
  response: {
    status: 409,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: { text: '{"code"', omittedCharacters: 90 },
  },
  curl: "curl -sS -i -X PUT",
};

type Members = Record<string, unknown>;
type Har = { log: Members & { pages: Members[]; entries: (Members & { request: Members; response: Members })[] } };

const read = (report: Report) => JSON.parse(JSON.stringify(harOf(report, "0.1.0"))) as Har;

/** The members that HAR 1.2 demands, each with its type. http://www.softwareishard.com/blog/har-12-spec/ */
const demanded: Record<string, Record<string, string>> = {
  log: { version: "string", creator: "object", entries: "list" },
  page: { startedDateTime: "string", id: "string", title: "string", pageTimings: "object" },
  entry: {
    ...{ startedDateTime: "string", time: "number", request: "object", response: "object" },
    ...{ cache: "object", timings: "object" },
  },
  request: {
    ...{ method: "string", url: "string", httpVersion: "string", cookies: "list", headers: "list" },
    ...{ queryString: "list", headersSize: "number", bodySize: "number" },
  },
  response: {
    ...{ status: "number", statusText: "string", httpVersion: "string", cookies: "list", headers: "list" },
    ...{ content: "object", redirectURL: "string", headersSize: "number", bodySize: "number" },
  },
  content: { size: "number", mimeType: "string" },
  postData: { mimeType: "string", text: "string" },
  timings: { send: "number", wait: "number", receive: "number" },
  pair: { name: "string", value: "string" },
};

function wrong(value: unknown, kind: string): string[] {
  const typeOf = (member: unknown) => (Array.isArray(member) ? "list" : typeof member);
  return Object.entries(demanded[kind]!)
    .filter(([name, type]) => typeOf((value as Members)[name]) !== type)
    .map(([name]) => `${kind}.${name}`);
}

function wrongIn({ log }: Har): string[] {
  const pages = new Set(log.pages.map(({ id }) => id));
  return [
    ...wrong(log, "log"),
    ...log.pages.flatMap((page) => wrong(page, "page")),
    ...log.entries.flatMap(({ request, response, timings, time, pageref, ...entry }) => {
      const { send, wait, receive } = timings as Record<string, number>;
      return [
        ...wrong({ request, response, timings, time, ...entry }, "entry"),
        ...wrong(request, "request"),
        ...wrong(response, "response"),
        ...wrong(response.content, "content"),
        ...wrong(timings, "timings"),
        ...(request.postData ? wrong(request.postData, "postData") : []),
        ...[request.headers, request.queryString, response.headers].flatMap((list) =>
          (list as unknown[]).flatMap((pair) => wrong(pair, "pair")),
        ),
        ...(pages.has(pageref) ? [] : ["entry.pageref"]),
        ...(Number.isNaN(Date.parse(String(entry.startedDateTime))) ? ["entry.startedDateTime"] : []),
        // https://w3c.github.io/web-performance/specs/HAR/Overview.html#sec-har-object-types-timings
        ...(Math.abs(Number(time) - (send! + wait! + receive!)) < 0.01 ? [] : ["entry.time"]),
      ];
    }),
  ];
}

describe("run.har", () => {
  test.each(Object.entries(largeReports))("is valid where exchanges were left out, of %s", (_, report) => {
    expect(wrongIn(JSON.parse(harTextOf(report, "0.1.0")))).toEqual([]);
  });

  test("holds the exchanges of each case as a page", () => {
    const cases = [result("billing/a", { exchanges: [exchange], omittedExchanges: 3 }), result("billing/b")];
    const har = read(reportOf(cases));
    expect(wrongIn(har)).toEqual([]);
    expect(har.log.version).toBe("1.2");
    expect(har.log.pages).toMatchObject([{ id: "billing/a", comment: "3 more exchanges were left out" }]);
    expect(har.log.entries).toMatchObject([
      {
        pageref: "billing/a",
        time: 12.5,
        request: {
          method: "PUT",
          queryString: [
            { name: "a", value: "1" },
            { name: "a", value: "é" },
          ],
          headers: [
            { name: "X-API-Key", value: "$CONNECT_API_KEY" },
            { name: "Content-Type", value: "application/json" },
          ],
          postData: { mimeType: "application/json", text: '{"é":1}' },
          bodySize: 8,
        },
        response: {
          status: 409,
          statusText: "Conflict",
          // Not known, since some of it was left out.
          bodySize: -1,
          content: {
            size: 7,
            mimeType: "application/json; charset=utf-8",
            text: '{"code"',
            comment: "90 more characters were left out",
          },
        },
      },
    ]);
  });

  test("of a whole run is valid, and holds what the cases sent", { timeout: 30_000 }, async () => {
    const report = await runAgainst({});
    const har = read(report);
    expect(wrongIn(har)).toEqual([]);
    expect(har.log.entries.length).toBeGreaterThan(600);
    expect(har.log.entries.length).toBeLessThanOrEqual(report.requests);
  });

  test("of a run that sent nothing is valid too", () => {
    expect(wrongIn(read(reportOf([])))).toEqual([]);
  });
});
