/** The views of a sandbox, by the last part of their address, with their titles. */
export const views = {
  requests: "Requests",
  records: "Records",
  idempotency: "Idempotency",
  faults: "Faults",
  clock: "Clock",
  webhooks: "Webhooks",
  snapshots: "Snapshots",
} as const;

export type View = keyof typeof views;
