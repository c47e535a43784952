import { wireRequestOf } from "../contract/target.ts";
import { carrierOf, carry, credentialOf } from "../contract/wire/credential.ts";
import { curlOf, jsonOf, type Transport, type WireRequest, type WireResponse } from "../contract/wire/exchange.ts";
import { mediaTypeOf } from "../document/media-type.ts";
import { isObject, type Spec } from "../document/spec.ts";
import { createMock } from "../index.ts";
import type { Fixtures } from "../mock/store/store.ts";
import { createMockTransport } from "./mock-transport.ts";

/** Where the mock and a deployment answered the same request differently. */
export type Difference = {
  /** The operation, or the method of a path that is not documented. */
  readonly operation: string;
  /** What differs: `status`, `code`, `media type`, `body.<path>`. */
  readonly at: string;
  readonly mock: string;
  readonly deployment: string;
  /** How many answers differed so. */
  readonly count: number;
  /** The first request that showed it, for a shell. */
  readonly curl: string;
};

export type Fidelity = {
  /** How many requests both were sent. */
  readonly compared: number;
  /** How many of them both answered alike. */
  readonly alike: number;
  readonly differences: readonly Difference[];
};

/** Sends every request to the deployment and then to a mock of the same world, and compares. */
export type Mirror = { readonly transport: Transport; fidelity(): Fidelity };

/** Reads what stands at a path of the deployment as JSON; `undefined` where it does not answer. */
export type ReadJson = (path: string) => Promise<unknown>;

export type MirrorOptions = {
  readonly baseUrl: string;
  readonly apiKeys: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** What the mock begins with, read from the deployment. */
  fixtures(read: ReadJson): Promise<object>;
};

/**
 * Makes a mirror: a mock that begins with what the deployment answers. Requests that overlap are not compared, since which of
 * them comes first is chance.
 */
export async function createMirror(spec: Spec, deployment: Transport, options: MirrorOptions): Promise<Mirror> {
  const { baseUrl, apiKeys } = options;
  const carrier = carrierOf(spec);
  const [apiKey = ""] = apiKeys;
  const credential = credentialOf(spec, apiKey, "CONNECT_API_KEY");
  const read: ReadJson = async (path) => {
    const { request } = wireRequestOf({ method: "GET", path }, { ...options, apiKey: credential }, carrier);
    const { status, body } = await deployment(request, AbortSignal.timeout(30_000));
    return status < 300 ? jsonOf(body) : undefined;
  };
  const shellLine = (request: WireRequest) => {
    const { shellHeaders, shellEnd } = carry(credential, carrier, "", request.headers);
    return curlOf(request, shellHeaders, shellEnd);
  };
  // A deployment's records are taken as they are; how they fit the document is what the run finds out.
  const mock = createMock({ spec, apiKeys, fixtures: (await options.fixtures(read)) as Fixtures });
  const stand = createMockTransport(mock);
  const differences = new Map<string, Difference>();
  let [compared, alike, underWay, begun] = [0, 0, 0, 0];
  return {
    async transport(request, signal) {
      const alone = underWay === 0;
      const turn = ++begun;
      underWay++;
      try {
        const answer = await deployment(request, signal);
        const stillAlone = alone && begun === turn;
        // A deployment that says "not now" has not looked at the request.
        if (answer.status === 429) return answer;
        const mocked = await stand(request, signal);
        if (!stillAlone) return answer;
        compared++;
        const found = differencesOf(mocked, answer);
        if (found.length === 0) alike++;
        const operation = operationOf(spec, request, baseUrl);
        for (const difference of found) {
          const key = JSON.stringify([operation, difference]);
          const known = differences.get(key);
          differences.set(key, {
            operation,
            ...difference,
            count: (known?.count ?? 0) + 1,
            curl: known?.curl ?? shellLine(request),
          });
        }
        return answer;
      } finally {
        underWay--;
      }
    },
    fidelity: () => ({ compared, alike, differences: [...differences.values()].sort((a, b) => b.count - a.count) }),
  };
}

/** What a mirror found, for a reader. */
export function describeFidelity({ compared, alike, differences }: Fidelity): string {
  const share = compared === 0 ? 0 : Math.floor((1000 * alike) / compared) / 10;
  const lines = differences.map(
    ({ operation, at, mock, deployment, count, curl }) =>
      `  ${operation}, ${at} (${count}x)\n    the mock says        ${mock}\n    the deployment says  ${deployment}\n    ${curl.slice(0, 600)}`,
  );
  return [`Beside the mock: ${alike} of ${compared} answers alike, ${share} %`, ...lines].join("\n");
}

function differencesOf(
  mock: WireResponse,
  deployment: WireResponse,
): Omit<Difference, "operation" | "count" | "curl">[] {
  if (mock.status !== deployment.status) return [{ at: "status", mock: saying(mock), deployment: saying(deployment) }];
  const [mockType, deploymentType] = [mock, deployment].map(({ headers }) => mediaTypeOf(headers["content-type"]));
  const found =
    mockType === deploymentType
      ? []
      : [{ at: "media type", mock: mockType || "none", deployment: deploymentType || "none" }];
  const [mockCode, deploymentCode] = [mock, deployment].map(({ body }) => codeOf(body));
  if (mockCode !== deploymentCode)
    found.push({ at: "code", mock: mockCode ?? "none", deployment: deploymentCode ?? "none" });
  const [mockShape, deploymentShape] = [mock, deployment].map(({ body }) => shapeOf(jsonOf(body)));
  for (const at of new Set([...mockShape!.keys(), ...deploymentShape!.keys()])) {
    const [one, other] = [mockShape!.get(at) ?? "absent", deploymentShape!.get(at) ?? "absent"];
    if (one !== other) found.push({ at, mock: one, deployment: other });
  }
  return found;
}

function saying({ status, body }: WireResponse): string {
  return [status, codeOf(body)].filter(Boolean).join(" ");
}

function codeOf(body: string): string | undefined {
  const json = jsonOf(body);
  return isObject(json) && typeof json.code === "string" ? json.code : undefined;
}

/** The type at every path of a value; the items of a list share one path, and free key-value pairs none. */
function shapeOf(value: unknown, at = "body", shape = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) {
    shape.set(at, "array");
    for (const item of value) shapeOf(item, `${at}[]`, shape);
  } else if (isObject(value)) {
    shape.set(at, "object");
    for (const [name, member] of Object.entries(value))
      if (!at.endsWith(".metadata")) shapeOf(member, `${at}.${name}`, shape);
  } else if (value !== undefined) shape.set(at, value === null ? "null" : typeof value);
  return shape;
}

function operationOf(spec: Spec, { method, url }: WireRequest, baseUrl: string): string {
  const base = new URL(baseUrl).pathname.replace(/\/$/, "");
  const { operation } = spec.match(method, new URL(url).pathname.slice(base.length));
  return operation ? `${operation.method} ${operation.path}` : `${method} on a path that is not documented`;
}
