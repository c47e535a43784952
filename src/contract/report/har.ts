import { STATUS_CODES } from "node:http";
import { sizeOf as bytesOf, createBudget, howToSee, keptOf, within, withKept } from "./bound.ts";
import { causesOf } from "./causes.ts";
import { cutShortText, type RecordedBody, type RecordedExchange, type Report } from "./report.ts";

/** The most bytes of `run.har`. */
export const mostBytes = 20_000_000;

/** `run.har`: the archive of a run as text; the exchanges that make it too large are left out and counted. */
export function harTextOf(report: Report, creatorVersion: string): string {
  const causes = causesOf(report);
  const entrySize = (exchange: RecordedExchange) => {
    const text = JSON.stringify(entryOf(exchange, ""), null, 2);
    return bytesOf(text) + 8 * text.split("\n").length;
  };
  return within(mostBytes, (bytes) => {
    const kept = keptOf(report.cases, causes, createBudget(bytes), { finding: () => 0, exchange: entrySize });
    const cases = report.cases.map((item) => withKept(item, kept));
    return `${JSON.stringify(harOf({ ...report, cases }, creatorVersion), null, 2)}\n`;
  });
}

/**
 * The exchanges of a run as an HTTP archive, each case a page of it, for the network panel of a browser.
 * http://www.softwareishard.com/blog/har-12-spec/
 */
export function harOf(report: Report, creatorVersion: string): { readonly log: object } {
  const cases = report.cases.filter(({ exchanges = [] }) => exchanges.length > 0);
  return {
    log: {
      version: "1.2",
      creator: { name: "understudy verify", version: creatorVersion },
      pages: cases.map(({ id, title, outcome, exchanges = [], omittedExchanges }) => ({
        startedDateTime: exchanges[0]!.sentAt,
        id,
        title: `${outcome}: ${title}`,
        pageTimings: {},
        ...(omittedExchanges ? { comment: `${omittedExchanges} more exchanges were left out` } : {}),
      })),
      entries: cases.flatMap(({ id, exchanges = [] }) => exchanges.map((exchange) => entryOf(exchange, id))),
      comment: commentOn(report),
    },
  };
}

function commentOn(report: Report): string {
  const omitted = report.cases.reduce((sum, { omittedExchanges = 0 }) => sum + omittedExchanges, 0);
  const left = omitted > 0 ? ` ${omitted} exchanges of cases were left out: ${howToSee(report)}.` : "";
  const cut = report.cutShort ? `${cutShortText(report.cutShort)} ` : "";
  return `${cut}${report.requests} requests in all; those before the first case and after the last are not here.${left} Secrets are masked.`;
}

function entryOf({ sentAt, durationMs, request, response, curl }: RecordedExchange, pageref: string): object {
  const { body } = request;
  const mimeType = (headers: Readonly<Record<string, string>>) =>
    Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  return {
    pageref,
    startedDateTime: sentAt,
    time: durationMs,
    request: {
      method: request.method,
      url: request.url,
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: pairsOf(request.headers),
      queryString: queryOf(request.url),
      ...(body ? { postData: { mimeType: mimeType(request.headers), text: body.text, ...commentOf(body) } } : {}),
      headersSize: -1,
      bodySize: body ? sizeOf(body) : 0,
    },
    response: {
      status: response.status,
      statusText: STATUS_CODES[response.status] ?? "",
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: pairsOf(response.headers),
      content: {
        size: Buffer.byteLength(response.body.text),
        mimeType: mimeType(response.headers),
        text: response.body.text,
        ...commentOf(response.body),
      },
      redirectURL: response.headers.location ?? "",
      headersSize: -1,
      bodySize: sizeOf(response.body),
    },
    cache: {},
    timings: { send: 0, wait: durationMs, receive: 0 },
    comment: curl,
  };
}

function pairsOf(values: Readonly<Record<string, string>>): object[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function queryOf(url: string): object[] {
  return URL.canParse(url) ? [...new URL(url).searchParams].map(([name, value]) => ({ name, value })) : [];
}

/** The bytes of a body; -1, "not known", where some of it was left out. */
function sizeOf({ text, omittedCharacters }: RecordedBody): number {
  return omittedCharacters ? -1 : Buffer.byteLength(text);
}

function commentOf({ omittedCharacters }: RecordedBody): { comment?: string } {
  return omittedCharacters ? { comment: `${omittedCharacters} more characters were left out` } : {};
}
