import type { components } from "../api.ts";

/**
 * The codes of refusals that the document knows of, for a table of messages that lacks none: `Record<ErrorCode, string>`. A
 * deployment may answer another: only those of idempotency are documented.
 */
export type ErrorCode = components["schemas"]["ErrorCode"];

/** The codes of violations that the document knows of, the `code` of a refusal's `details`; a deployment may answer another. */
export type DetailCode = components["schemas"]["DetailCode"];

/** All error codes. */
export const errorCodes: readonly ErrorCode[] = namesOf({
  VALIDATION_ERROR: true,
  unauthorized: true,
  forbidden: true,
  not_found: true,
  method_not_allowed: true,
  idempotency_key_mismatch: true,
  idempotency_key_locked: true,
  precondition_failed: true,
  payload_too_large: true,
  unsupported_media_type: true,
  too_many_requests: true,
  internal_error: true,
  unavailable: true,
} satisfies Record<ErrorCode, true>);

/** All codes of violations. */
export const detailCodes: readonly DetailCode[] = namesOf({
  FIELD_REQUIRED: true,
  INVALID_TYPE: true,
  INVALID_FORMAT: true,
  INVALID_VALUE: true,
  UNKNOWN_FIELD: true,
} satisfies Record<DetailCode, true>);

function namesOf<Name extends string>(names: Record<Name, true>): readonly Name[] {
  return Object.keys(names) as Name[];
}
