// What comes in and what becomes of it, as it happens, and what was not taken.

import { read } from "./api.js";
import { h } from "./dom.js";
import { timeOf } from "./format.js";
import { records, RESOURCES } from "./object.js";
import { changed, state, tenantNames } from "./state.js";

const RESULTS = ["accepted", "coalesced", "duplicate", "ignored", "unrouted", "pushed", "unchanged", "skipped", "deactivated", "rekeyed", "waiting", "permanent", "snoozed", "deferred", "suspended", "failed"];
const MOST = 200;

const filter = { tenant: "", resource: "", result: "" };
let past = { items: [], next: "" };
const apart = { unrouted: null, rejected: null }; // {items, next, error}
let error = "";
let following = true;

export const events = {
  title: "Events",
  enter() {
    load();
    for (const kind of Object.keys(apart)) loadApart(kind);
  },
  leave() {},
  told(name, data) {
    if (name !== "record") return;
    if (data.result === "unrouted") loadApart("unrouted");
    if (following && matches(data)) {
      past.items = [data, ...past.items.filter((r) => r.id !== data.id)].slice(0, MOST);
    }
  },
  draw,
};

const matches = (r) =>
  (!filter.tenant || r.tenants.includes(filter.tenant)) &&
  (!filter.resource || r.resource === filter.resource) &&
  (!filter.result || r.result === filter.result);

async function load(cursor = "") {
  const query = new URLSearchParams({ limit: "50", cursor });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value);
  try {
    const page = await read(`events?${query}`);
    past = { items: cursor ? [...past.items, ...page.items] : page.items, next: page.nextCursor };
    error = "";
  } catch (err) {
    error = err.message;
  }
  changed();
}

async function loadApart(kind, cursor = "") {
  try {
    const page = await read(`${kind}?limit=50&cursor=${encodeURIComponent(cursor)}`);
    const before = cursor ? apart[kind].items : [];
    apart[kind] = { items: [...before, ...page.items], next: page.nextCursor };
  } catch (err) {
    apart[kind] = { items: [], next: "", ...apart[kind], error: err.message };
  }
  changed();
}

function draw() {
  return [
    h("section", { "aria-labelledby": "activity" },
      h("h2", { id: "activity" }, "Activity"),
      h("div", { class: "row" },
        choice("tenant", "Tenant", tenantNames()),
        choice("resource", "Kind", RESOURCES),
        choice("result", "Result", RESULTS),
        h("label", { class: "check" }, h("input", {
          type: "checkbox", checked: following, onChange: (e) => ((following = e.target.checked), following ? load() : changed()),
        }), "Live")),
      error && h("p", { class: "bad" }, error),
      state.gap && h("p", { class: "quiet" }, "More happened at once than is shown here."),
      past.items.length > 0 ? records(past.items, "Activity") : h("p", { class: "empty" }, "Nothing that matches is remembered."),
      past.next && h("button", { type: "button", onClick: () => ((following = false), load(past.next)) }, "Show older")),
    h("section", { "aria-labelledby": "unrouted", key: "unrouted" },
      h("h2", { id: "unrouted" }, "Unrouted events"),
      h("p", { class: "quiet" }, "Kept because no tenant serves the market or they name no objects. They are queued as soon as a tenant takes them."),
      apartPart("unrouted", "No event waits for a tenant.", unroutedTable)),
    h("section", { "aria-labelledby": "rejected", key: "rejected" },
      h("h2", { id: "rejected" }, "Rejected bodies"),
      h("p", { class: "quiet" }, "The last bodies that were answered 400, because they are no Omnium events."),
      apartPart("rejected", "Nothing was rejected.", rejectedList)),
  ];
}

const choice = (name, label, values) =>
  h("label", null, `${label} `, h("select", {
    value: filter[name], key: values.join(), onChange: (e) => ((filter[name] = e.target.value), load()),
  }, h("option", { value: "" }, "any"), values.map((v) => h("option", { value: v }, v))));

function apartPart(kind, none, table) {
  const have = apart[kind];
  if (!have) return h("p", { class: "quiet" }, "Asking…");
  return [
    have.error && h("p", { class: "bad" }, have.error),
    have.items.length > 0 ? table(have.items) : !have.error && h("p", { class: "empty" }, none),
    have.next && h("button", { type: "button", onClick: () => loadApart(kind, have.next) }, "Show more"),
  ];
}

const unroutedTable = (items) =>
  h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Unrouted events" },
    h("table", null,
      h("thead", null, h("tr", null, ["Time", "Why", "Market", "Store", "Kind", "Objects"].map((c) => h("th", { scope: "col" }, c)))),
      h("tbody", null, items.map((e) => h("tr", null,
        h("td", null, timeOf(e.time)),
        h("td", null, e.reason === "no_object_ids" ? "names no objects" : "no tenant takes it"),
        h("td", null, e.market || "–"),
        h("td", null, e.store || "–"),
        h("td", null, `${e.resource} ${e.change}`),
        h("td", { class: "wide" }, e.objects.join(", ") || "–"))))));

const rejectedList = (items) =>
  items.map((b) => h("details", { class: "rejected", key: b.at + b.reason },
    h("summary", null, timeOf(b.at), ` ${b.reason}`),
    h("pre", { tabindex: 0 }, b.body || "(empty)")));
