import {
  BrokenTarget,
  type Exchange,
  type Guest,
  isObject,
  type JsonObject,
  RunError,
  TransportError,
  type Visit,
} from "../src/contract/kit.ts";
import { freshEmails } from "./samples.ts";
import { type ConnectGiven, type ConnectNeed, customerPath } from "./scene.ts";
import { identifiers, undos } from "./topics.ts";

/** What a run has to be told of a deployment; what is left out is looked up by reading. */
export type ConnectGuestOptions = Pick<ConnectGiven, "customer"> & {
  readonly [N in Exclude<keyof ConnectGiven, "customer" | "found">]?: string | undefined;
};

/** Makes the guest of one customer of the Connect API. */
export function connectGuest(options: ConnectGuestOptions): Guest<ConnectGiven> {
  const { customer } = options;
  return {
    name: `customer ${customer}`,
    async readFirst(visit) {
      const found = await customerFound(visit, customer);
      const { user = madeUpUser } = options;
      if (options.user !== undefined && usersOf(found).includes(user))
        throw new RunError(
          `The user ${user} is associated with customer ${customer}; --user should name one who is not, whom the run may add and remove.`,
        );
      return { customer, found, user, ...(await neighboursFound(visit, options)) };
    },
    unmet: unmet satisfies Record<Exclude<ConnectNeed, "clock" | "secondApiKey" | "user">, string>,
    identifiers,
    undos,
    marks: freshEmails,
  };
}

/** Whom the run adds where it is told of nobody. */
const madeUpUser = "understudy-user";

function usersOf({ users }: JsonObject): readonly unknown[] {
  return Array.isArray(users) ? users.filter(isObject).map(({ userId }) => userId) : [];
}

/** Why a need is not met, and what would meet it. */
const unmet = {
  paymentProfile: "no ACTIVE payment profile of the customer is known; name one with --payment-profile",
  secondPaymentProfile: "the customer has no second ACTIVE payment profile",
  inactivePaymentProfile: "the customer has no payment profile that is not ACTIVE",
  foreignPaymentProfile: "no payment profile of another customer is known; name one with --foreign-payment-profile",
  otherCustomer: "no other customer can be seen with this key",
  unbilledCustomer: "only a sandbox has a customer without billing that may be written",
};

/** The customer as it stands there. Throws a `RunError` when the target, the key or the customer is not what the run needs. */
async function customerFound({ send, baseUrl }: Visit, customer: string): Promise<JsonObject> {
  const path = customerPath(customer);
  let answer: Exchange;
  try {
    answer = await send({ method: "GET", path });
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new RunError(`Cannot reach ${baseUrl}: ${error.message}.`);
  }
  const said = `${baseUrl} answered ${answer.status} to GET ${path}`;
  if (answer.status === 401 || answer.status === 403) {
    throw new RunError(
      `${said}: it does not know this API key. Pass one that it knows with --api-key or CONNECT_API_KEY.`,
    );
  }
  if (answer.status === 404) {
    throw new RunError(
      `${said}: it has no such customer. Name one that the run may write with --customer or CONNECT_CUSTOMER_ID.`,
    );
  }
  if (answer.status < 200 || answer.status > 299)
    throw new RunError(`${said}; the run needs to read this customer first.`);
  if (isObject(answer.json)) return answer.json;
  if (answer.json !== undefined)
    throw new BrokenTarget(`${said} with JSON that is no customer; nothing else was tried.`);
  const type = answer.headers["content-type"] ?? "no media type";
  throw new RunError(`${said} with ${type} and no JSON object. Is this the base URL of a Connect API?`);
}

/** Finds by reads alone what cases need and the options do not say. */
async function neighboursFound(
  { send, sandboxState }: Visit,
  { customer, ...options }: ConnectGuestOptions,
): Promise<Omit<ConnectGiven, "customer" | "found" | "user">> {
  const profilesOf = async (owner: string) => {
    const path = `/payment-profiles?customerId=${encodeURIComponent(owner)}`;
    return itemsOf(await send({ method: "GET", path })).filter((profile) => profile.customerId === owner);
  };
  const own = await profilesOf(customer);
  const others = itemsOf(await send({ method: "GET", path: "/customers?limit=10" }))
    .flatMap(({ customerId }) => stringIn(customerId) ?? [])
    .filter((id) => id !== customer);
  let foreignPaymentProfile = options.foreignPaymentProfile;
  for (const other of others) {
    if (foreignPaymentProfile) break;
    foreignPaymentProfile = idOf((await profilesOf(other)).find(isActive));
  }
  const active = own.filter(isActive).flatMap((profile) => idOf(profile) ?? []);
  const paymentProfile = options.paymentProfile ?? active[0];
  return known({
    paymentProfile,
    secondPaymentProfile: options.secondPaymentProfile ?? active.find((id) => id !== paymentProfile),
    inactivePaymentProfile: options.inactivePaymentProfile ?? idOf(own.find((profile) => !isActive(profile))),
    foreignPaymentProfile,
    otherCustomer: options.otherCustomer ?? others[0],
    unbilledCustomer: options.unbilledCustomer ?? unbilledIn(sandboxState),
  });
}

function unbilledIn(state: unknown): string | undefined {
  const customers = isObject(state) && Array.isArray(state.customers) ? state.customers.filter(isObject) : [];
  return stringIn(customers.find(({ billing }) => billing === undefined)?.customerId);
}

function isActive({ status }: JsonObject): boolean {
  return status === "ACTIVE";
}

function idOf(profile: JsonObject | undefined): string | undefined {
  return stringIn(profile?.paymentProfileId);
}

function itemsOf({ json }: Exchange): readonly JsonObject[] {
  return isObject(json) && Array.isArray(json.items) ? json.items.filter(isObject) : [];
}

function stringIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The members that have a value. */
function known<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
