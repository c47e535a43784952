import type { Resource } from "../../document/resources.ts";
import type { Operation } from "../../document/spec.ts";
import type { Scene } from "../scene.ts";
import type { Session } from "./session.ts";

/** An operation of a resource that is looked at, and the one that makes the items for that. */
export type Subject = {
  readonly session: Session;
  readonly resource: Resource;
  readonly creator: Operation;
  readonly operation: Operation;
  readonly scene: Scene;
};

/** What is looked at in the operations that use a resource in one way. */
export type Check = {
  readonly what: string;
  readonly title: string;
  readonly claim: string;
  /** Whether there is something to look at; there is unless it says so. */
  readonly applies?: (subject: Omit<Subject, "scene">) => boolean;
  readonly run: (subject: Subject) => Promise<void>;
};

/** The items around those of a resource, as its operations name them. */
export async function aroundOf({ session, operation, scene }: Subject): Promise<Readonly<Record<string, unknown>>> {
  const { made } = await session.making(operation, scene);
  return Object.assign({}, ...[...made.values()].map(({ path }) => path));
}
