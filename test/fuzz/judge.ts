import { judge as judgeAnswer } from "../../src/document/judge-answer.ts";
import { isJson, mediaTypeOf } from "../../src/document/media-type.ts";
import { splitTarget } from "../../src/document/path.ts";
import type { Spec } from "../../src/document/spec.ts";
import type { Got, Outcome } from "./client.ts";
import { isFaulty, words } from "./requests.ts";
import { type Message, pathOf, type Sent } from "./wire.ts";

/** Statuses of refusals that no document need declare: they are said as the documents say others, or as RFC 9457 does. */
const refusals = new Set([400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 417, 422, 429, 431]);

const pages =
  /^\/(?:docs(?:\/.*)?|openapi\.(?:yaml|json)|_understudy\/?|_understudy\/(?:openapi\.yaml|inspector\.(?:js|css)))?$/;

/** Makes what tells what is wrong with the answers to a request; `undefined` where nothing is. */
export function createJudge(spec: Spec, control: Spec): (sent: Sent, outcome: Outcome) => string | undefined {
  const operationOf = ({ method, target }: Message) => {
    const [, query] = splitTarget(target.replace(/#.*$/s, ""));
    const path = pathOf(target) + (query === "" ? "" : `?${query}`);
    const asked = method === "HEAD" ? "GET" : method;
    return (
      control.match(asked, path).operation ?? spec.match(method, path).operation ?? spec.match(asked, path).operation
    );
  };

  function wrongIn(sent: Sent, got: Got, message: Message | undefined): string | undefined {
    const { status, headers, text } = got;
    const isAsked = sent.isAsked || isFaulty(sent.key);
    if (status >= 500 && !isAsked) return `the answer ${status}: ${text.slice(0, 300)}`;
    if (status === 0) return isAsked ? undefined : `what is no answer: ${JSON.stringify(text.slice(0, 100))}`;
    for (const [key, word] of Object.entries(words))
      if (key !== sent.key && `${text}${Object.values(headers)}`.includes(word))
        return `the word of ${key} in an answer to ${sent.key ?? "nobody"}`;
    if (headers["x-injected"] !== undefined) return "a header that somebody has smuggled in";
    if (isAsked || headers["content-type"] === "text/event-stream") return undefined;
    const operation = message && operationOf(message);
    const received = { status, headers, text, json: jsonIn(text) };
    const isDeclared = operation && (status < 400 || operation.responses.has(`${status}`));
    // What is no request at all, such as one to a host that is none, is refused before any document is asked.
    const isBelow =
      /^(400|408|413|417|431)$/.test(`${status}`) && headers["content-type"] === "application/problem+json";
    if (!isDeclared || isBelow) return wrongRefusal(got, message);
    if (message?.method === "HEAD" || message?.method === "OPTIONS") return undefined;
    const [first] = judgeAnswer(operation, received);
    return (
      first &&
      `an answer ${status} to ${operation.id} in which ${first.at} should be ${first.expected}: ${JSON.stringify(first.received)?.slice(0, 200)}`
    );
  }

  return (sent, { answers, trouble }) => {
    if (answers.length > sent.most) return `${answers.length} answers to ${sent.most} requests`;
    for (const [index, got] of answers.entries()) {
      const wrong = wrongIn(sent, got, sent.messages[index]);
      if (wrong) return wrong;
    }
    if (sent.isPatient || trouble === undefined) return undefined;
    // Whoever sends on where nobody reads is told so, and may find the connection gone before it has read that.
    return /EPIPE|ECONNRESET|Data after/.test(trouble) && isLong(sent) ? undefined : `no answer: ${trouble}`;
  };
}

function isLong({ messages }: Sent): boolean {
  return messages.some(({ body, target }) => (body?.length ?? 0) > 60_000 || target.length > 8000);
}

/** What is wrong with an answer that no operation declares. */
function wrongRefusal({ status, headers, text }: Got, message: Message | undefined): string | undefined {
  const isPage = message && pages.test(pathOf(message.target));
  if (status < 400)
    return isPage || !message || message.method === "OPTIONS" ? undefined : `an answer ${status} that nothing declares`;
  if (!refusals.has(status)) return `a refusal ${status}`;
  if (message?.method === "HEAD") return undefined;
  const type = headers["content-type"] ?? "";
  const json = jsonIn(text) as { readonly [member: string]: unknown } | undefined;
  if (!isJson(type))
    return /^text\/plain|xml/.test(type) && text !== ""
      ? undefined
      : `a refusal ${status} of the type ${type || "none"}: ${text.slice(0, 100)}`;
  if (typeof json !== "object" || json === null) return `a refusal ${status} that is no JSON`;
  if (mediaTypeOf(type) === "application/problem+json" && json.status !== status)
    return `a problem of the status ${json.status}, answered ${status}`;
  return JSON.stringify(json).length > 8 ? undefined : `a refusal ${status} that says nothing`;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
