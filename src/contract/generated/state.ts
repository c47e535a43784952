import { allResourcesOf, type Use } from "../../document/resources.ts";
import type { Case } from "../case.ts";
import { caseMaker } from "./case-maker.ts";
import { changesAlone } from "./changed.ts";
import { createdIsThere } from "./created.ts";
import { filterCheck } from "./filters.ts";
import { pageCheck } from "./pages.ts";
import { removedIsGone } from "./removed.ts";
import { replacesAlike } from "./replaced.ts";
import type { Session } from "./session.ts";
import { sortCheck } from "./sorted.ts";
import { creatorOf } from "./stock.ts";
import type { Check } from "./subject.ts";

/** Checks of what a target keeps, for each resource of a document whose items can be made by its own operations. */
export function stateCases(session: Session): readonly Case[] {
  // A guest makes nothing.
  if (session.options.identifiers) return [];
  return allResourcesOf(session.spec).flatMap((resource) => {
    const creator = creatorOf(resource);
    if (!creator || session.shape(creator).impossible !== undefined) return [];
    const subject = { session, resource, creator };
    return [...resource.uses].flatMap(([operation, use]) => {
      if (session.shape(operation).impossible !== undefined) return [];
      const asked = operation === creator ? [checks.create, checks[use]] : [checks[use]];
      const named = caseMaker(operation, "items");
      return [...new Set(asked.flatMap((one) => one ?? []))]
        .filter(({ applies }) => applies?.({ ...subject, operation }) !== false)
        .map(({ what, title, claim, run }) =>
          named(what, title, "documented", claim, (scene) => run({ ...subject, operation, scene })),
        );
    });
  });
}

const checks: Partial<Record<Use, readonly Check[]>> = {
  list: [filterCheck, sortCheck, pageCheck],
  create: [
    {
      what: "is-read-back",
      title: "What was made is there, as it was sent, and is listed once",
      claim: "A success says that the request was carried out; Location leads to what was made.",
      run: createdIsThere,
    },
  ],
  replace: [
    {
      what: "replaces-alike",
      title: "A replacement is read back, and treats what it leaves out alike each time",
      claim: "PUT replaces what is there by what is sent: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.4.",
      run: replacesAlike,
    },
  ],
  change: [
    {
      what: "changes-alone",
      title: "A change is read back, and leaves all else as it was",
      claim: "PATCH changes what it is sent: https://www.rfc-editor.org/rfc/rfc5789.",
      run: changesAlone,
    },
  ],
  remove: [
    {
      what: "is-gone",
      title: "What was removed is there no more, and is not listed",
      claim: "A success says that the request was carried out; a second one fails no server.",
      run: (subject) => removedIsGone(subject).finally(() => subject.session.forget(subject.operation, true)),
    },
  ],
};
