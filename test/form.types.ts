/** A form of billing as an application has it; `npm run check` compiles this file, test/package.test.ts against the installed package. */
import {
  type BillingInput,
  type CustomerInput,
  createClient,
  type DetailCode,
  detailCodes,
  type ErrorCode,
} from "../src/client.ts";

const client = createClient({ baseUrl: "http://127.0.0.1:4010", apiKey: "test_key" });

/** State as React keeps it. */
declare function useState<T>(first: T): [T, (next: T) => void];

export function useBillingForm(customerId: string) {
  const [billing, setBilling] = useState<BillingInput>({ method: "EMAIL_INVOICE" });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const select = (method: BillingInput["method"]) => setBilling({ ...billing, method });
  const type = (email: string) => setBilling({ ...billing, email });
  const choose = (card: string | null) =>
    setBilling({ ...billing, defaultPaymentProfileId: card, autoPay: card !== null });

  async function save() {
    const params = { path: { customerId } };
    const { error } = await client.PUT("/customers/{customerId}/billing", { params, body: billing });
    const told = (error?.details ?? []).map(({ property = "", code }) => [
      property,
      isKnown(code) ? messages[code] : code,
    ]);
    setErrors(Object.fromEntries(told));
  }
  return { billing, errors, select, type, choose, save };
}

export function create(customer: CustomerInput, billing: BillingInput) {
  return client.POST("/customers", { body: { ...customer, billing } });
}

function isKnown(code: string): code is DetailCode {
  return (detailCodes as readonly string[]).includes(code);
}

const messages: Record<DetailCode, string> = {
  FIELD_REQUIRED: "Bitte ausfüllen",
  INVALID_TYPE: "Das geht hier nicht",
  INVALID_FORMAT: "Bitte prüfen Sie die Schreibweise",
  INVALID_VALUE: "Diesen Wert gibt es nicht",
  UNKNOWN_FIELD: "Dieses Feld gibt es nicht",
};

// @ts-expect-error a translation is missing
export const incomplete: Record<DetailCode, string> = { FIELD_REQUIRED: "Bitte ausfüllen" };

// @ts-expect-error there is no such code
export const misspelt: ErrorCode = "idempotency_mismatch";

// @ts-expect-error there is no such method
export const fax: BillingInput = { method: "FAX" };
