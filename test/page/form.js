import { createClient } from "connect-understudy/client";

const given = new URLSearchParams(location.search);
const customerId = given.get("customer") ?? "cus-0001-business-email";
const params = { path: { customerId } };
const form = document.querySelector("form");
const status = document.querySelector("[role=status]");

/** What tracing tools send along, and the cookies of whoever is signed in. */
const traced = {
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "sentry-trace": "771a43a4192642f0b136d5159a501700-1",
  "X-Request-Id": crypto.randomUUID(),
};
const client = createClient({
  baseUrl: given.get("api") ?? location.origin,
  apiKey: given.get("key") ?? "test_key",
  retries: Number(given.get("retries") ?? 3),
  fetch: (request) => {
    for (const [name, value] of Object.entries(traced)) request.headers.set(name, value);
    return fetch(request, { credentials: "include" });
  },
  wait: async (ms) => {
    say(`No answer that counts yet; trying again in ${Math.ceil(ms / 1000)} s`);
    await new Promise((resolve) => setTimeout(resolve, ms));
  },
});

/** One key for each change that somebody wants to make, however often it is sent. */
let key = crypto.randomUUID();

const addressParts = ["street1", "city", "zip", "country"];
const field = (name) => form.elements.namedItem(name);

function say(text) {
  status.textContent = text;
}

function show({ name, billing }) {
  document.querySelector("#name").textContent = name;
  if (!billing) return;
  field("method").value = billing.method;
  field("email").value = billing.email ?? "";
  for (const part of addressParts) field(`address.${part}`).value = billing.address?.[part] ?? "";
  field("defaultPaymentProfileId").value = billing.defaultPaymentProfileId ?? "";
  field("autoPay").checked = billing.autoPay ?? false;
}

/** What the form says, as the API takes it. */
function change() {
  const text = (name) => field(name).value.trim();
  const parts = addressParts.map((part) => [part, text(`address.${part}`)]);
  const address = Object.fromEntries(parts.filter(([, value]) => value !== ""));
  return {
    method: text("method"),
    ...(text("email") === "" ? {} : { email: text("email") }),
    ...(Object.keys(address).length === 0 ? {} : { address }),
    defaultPaymentProfileId: text("defaultPaymentProfileId") || null,
    autoPay: field("autoPay").checked,
  };
}

/** Puts each message at its field; what has no field is said below. */
function showErrors({ message, details = [] }) {
  const rest = [];
  for (const detail of details) {
    const name = detail.property ?? "";
    const place = document.querySelector(`[data-for="${CSS.escape(name.split(".", 1)[0])}"]`);
    if (place) place.textContent = `${place.textContent} ${detail.message}`.trim();
    else rest.push(detail.message);
    const input = form.elements.namedItem(name);
    if (input instanceof HTMLElement) input.setAttribute("aria-invalid", "true");
  }
  say([message, ...rest].join(" "));
}

function clear() {
  for (const place of document.querySelectorAll("[data-for]")) place.textContent = "";
  for (const input of form.elements) input.removeAttribute("aria-invalid");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  clear();
  say("Saving");
  try {
    const { data, error, response } = await client.PUT("/customers/{customerId}/billing", {
      params: { ...params, header: { "X-Idempotency-Key": key } },
      body: change(),
    });
    if (data) {
      show(data);
      say("Saved");
    } else if (error?.code === "idempotency_key_mismatch")
      say("An earlier try was saved after all. Look at it before you change it: reload the page.");
    else showErrors(error ?? { message: `The answer was ${response.status}.` });
    // Whatever was answered was about this change: the next one is another.
    key = crypto.randomUUID();
  } catch {
    say("Nothing came back. Nobody knows whether it was saved; saving again is safe.");
  }
});

const [customer, profiles] = await Promise.all([
  client.GET("/customers/{customerId}", { params }),
  client.GET("/payment-profiles", { params: { query: { customerId } } }),
]);
for (const { paymentProfileId, displayName, status } of profiles.data?.items ?? [])
  field("defaultPaymentProfileId").append(
    new Option(`${displayName ?? paymentProfileId} (${status})`, paymentProfileId),
  );
if (customer.data) show(customer.data);
say(customer.data ? "Ready" : `Not loaded: ${customer.error?.message}`);
