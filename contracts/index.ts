export { fixturesOf } from "./fixtures.ts";
export { type ConnectGuestOptions, connectGuest } from "./guest.ts";
export { modelCases } from "./model.contract.ts";
export {
  assumed,
  billingOf,
  billingPath,
  type ConnectCase,
  type ConnectGiven,
  type ConnectNeed,
  type ConnectScene,
  customerPath,
  documented,
  type Topic,
  type UpdateOptions,
} from "./scene.ts";
export { cases, identifiers, statements, undos } from "./topics.ts";
