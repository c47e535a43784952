/** What a case may need of a target beyond the customer; a case whose needs are not met is skipped, with its reason. */
export type World = {
  /** An `ACTIVE` payment profile of the customer. */
  readonly paymentProfile: string;
  /** Another `ACTIVE` payment profile of the customer. */
  readonly secondPaymentProfile: string;
  /** A payment profile of the customer that is not `ACTIVE`. */
  readonly inactivePaymentProfile: string;
  /** A payment profile of another customer. */
  readonly foreignPaymentProfile: string;
  /** Another customer; it is read, and never sent a request that could be carried out. */
  readonly otherCustomer: string;
  /** A customer without billing, which the run may write: only a sandbox has one. */
  readonly unbilledCustomer: string;
  /** A second known API key. */
  readonly secondApiKey: string;
  /** Moves the target's clock forward by so many milliseconds. */
  readonly clock: (advanceMs: number) => Promise<void>;
};

export type Need = keyof World;
