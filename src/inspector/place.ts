import { type ReadonlySignal, signal } from "@preact/signals";
import { type View, views } from "./view.ts";

/** Where the page is: a view of a sandbox, or the list of sandboxes where there is none. */
export type Place = {
  /** The sandbox's key, or its name as the control plane lists it. */
  readonly sandbox: string | undefined;
  readonly view: View;
  /** What is looked for. */
  readonly find: string;
  /** The id of the request that is open. */
  readonly open: number | undefined;
};

/** The place that an address stands for, by what is behind its `#`: `#/test_key/requests?find=k1&open=12`. */
export function placeIn(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const [, sandbox, view] = path.split("/").map(decoded);
  const asked = new URLSearchParams(query);
  const open = Number(asked.get("open") ?? Number.NaN);
  return {
    sandbox: sandbox || undefined,
    view: isView(view) ? view : "requests",
    find: asked.get("find") ?? "",
    open: Number.isInteger(open) ? open : undefined,
  };
}

/** The address of a place. */
export function addressOf({ sandbox, view = "requests", find, open }: Partial<Place>): string {
  if (sandbox === undefined) return "#/";
  const asked = new URLSearchParams();
  if (find) asked.set("find", find);
  if (open !== undefined) asked.set("open", `${open}`);
  const query = asked.size > 0 ? `?${asked}` : "";
  return `#/${encodeURIComponent(sandbox)}/${view}${query}`;
}

function isView(name: string | undefined): name is View {
  return name !== undefined && Object.hasOwn(views, name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The place of this page, which follows its address. */
export function followPlace(): ReadonlySignal<Place> {
  const place = signal(placeIn(location.hash));
  addEventListener("hashchange", () => {
    place.value = placeIn(location.hash);
  });
  return place;
}
