import type { ConnectCase } from "../../contracts/index.ts";
import type { LateList } from "../document/late.ts";
import type { Spec } from "../document/spec.ts";
import type { ConnectionOptions } from "./connection.ts";

/** The options of `understudy verify`, as the command line gives them. */
export type VerifyCommandOptions = ConnectionOptions & {
  readonly target?: string;
  readonly apiKey?: string;
  readonly customer?: string;
  readonly user?: string;
  readonly paymentProfile?: string;
  readonly foreignPaymentProfile?: string;
  readonly secondApiKey?: string;
  readonly report?: string;
  /** The `report.json` of an earlier run. */
  readonly compare?: string;
  readonly strict?: boolean;
  readonly filter?: string;
  readonly list?: boolean;
  readonly maxRequests?: number;
  /** Requests a second. */
  readonly rate?: number;
  /** The longest wait that the target may ask for, in seconds. */
  readonly maxWait?: number;
  /** The longest that the run may take, in seconds. */
  readonly maxTime?: number;
  /** Cases at the same time, of those that only read. */
  readonly concurrency?: number;
  readonly readOnly?: boolean;
  readonly allowWrites?: boolean;
  /** Send writes that nothing is known to undo, too. */
  readonly allowLeftovers?: boolean;
  readonly plan?: boolean;
  /** Send every request to the mock too, and tell where the two differ. */
  readonly againstMock?: boolean;
  /** A file of known differences. */
  readonly deviations?: string;
  /** A file to write what fails to, as deviations. */
  readonly writeDeviations?: string;
  /** Whether the cases that follow from the document run too. */
  readonly generated?: boolean;
  /** Random requests of each operation and direction. */
  readonly examples?: number;
  readonly seed?: number;
  /** Where in the searches of the seed to look, and nowhere else. */
  readonly path?: string;
  /** Values that no schema can tell, as `name=value`. */
  readonly param?: readonly string[];
  /** Another OpenAPI document in the place of the shipped one: the generated cases alone, and no customer. */
  readonly spec?: string;
  /** The least part of the document that the run has to see, in per cent. */
  readonly minCoverage?: number;
};

/** What a run is made of, before it is known against what. */
export type Suite = {
  readonly spec: Spec;
  /** Whether the document is that of the Connect API: what is known of it beyond its document is then used. */
  readonly isConnect: boolean;
  readonly seed: number;
  /** The cases to run. */
  readonly cases: LateList<ConnectCase>;
  /** Those that `--filter` left out, too. */
  readonly allCases: LateList<ConnectCase>;
};
