// What is known about one object.

import { call, path, read } from "./api.js";
import { h } from "./dom.js";
import { count, timeAgo, timeOf } from "./format.js";
import { previewed } from "./preview.js";
import { attempt, changed, mayAct, state, tell, tenantNames } from "./state.js";

export const RESOURCES = ["product", "price", "inventory", "customer", "purchase_order", "delivery", "supplier", "store", "category"];

let asked = null; // {tenant, resource, id}
let found = null;
let tried = null; // what the preview says
let error = "";
let again; // a timer

export const object = {
  title: "Find an object",
  enter(args) {
    asked = args.length === 3 ? { tenant: args[0], resource: args[1], id: args[2] } : null;
    found = tried = null;
    error = "";
    if (asked) load();
  },
  leave: () => clearTimeout(again),
  told(name, data) {
    if (name !== "record" || !asked || data.resource !== asked.resource) return;
    if (!data.objects.includes(asked.id) && !data.objects.includes(found?.id)) return;
    clearTimeout(again);
    again = setTimeout(load, 300);
  },
  draw,
};

const where = (o) => path`tenants/${o.tenant}/objects/${o.resource}/${o.id}`;

async function load() {
  const wanted = asked;
  try {
    const answer = await read(where(wanted));
    if (wanted !== asked) return;
    [found, error] = [answer, ""];
  } catch (err) {
    if (wanted !== asked) return;
    error = err.message;
  }
  changed();
}

function search(e) {
  e.preventDefault();
  const form = new FormData(e.target);
  const parts = [form.get("tenant"), form.get("resource"), form.get("id").trim()];
  const next = `#/object/${parts.map(encodeURIComponent).join("/")}`;
  if (location.hash === next) load();
  else location.hash = next;
}

function draw() {
  const names = tenantNames();
  return [
    h("form", { class: "search", role: "search", onSubmit: search, key: "search" },
      h("label", null, "Tenant", h("select", { name: "tenant", key: names.join(), value: asked?.tenant ?? names[0] ?? "" },
        names.map((n) => h("option", { value: n }, n)))),
      h("label", null, "Kind", h("select", { name: "resource", value: asked?.resource ?? "product" },
        RESOURCES.map((r) => h("option", { value: r }, r)))),
      h("label", { class: "grow" }, "Id in Omnium", h("input", {
        name: "id", type: "text", required: true, maxlength: 512, autocomplete: "off", spellcheck: "false", value: asked?.id ?? "",
      })),
      h("button", { type: "submit", class: "primary" }, "Find")),
    error && h("p", { class: "bad", role: "alert" }, error),
    asked && !found && !error && h("p", { class: "quiet" }, "Asking…"),
    found && shown(),
  ];
}

function shown() {
  const o = found;
  const nothing = !o.lastPush && !o.lastOutcome && !o.job && o.history.length === 0;
  return h("article", { class: "card", id: "object", "aria-labelledby": "object-name", key: where(asked) },
    h("header", null,
      h("h2", { id: "object-name" }, `${o.resource} ${o.id}`),
      h("span", { class: "quiet" }, asked.tenant)),
    o.id !== asked.id && h("p", null, `${asked.id} is another name of ${o.id}.`),
    nothing ? h("p", { class: "empty" }, "Nothing is known about this object at this tenant.") : facts(o),
    h("div", { class: "row actions" },
      mayAct() && h("button", { type: "button", class: "primary", onClick: () => attempt(sync) }, "Synchronise now"),
      h("button", { type: "button", onClick: () => attempt(preview) }, "Preview")),
    tried && previewed(tried),
    o.history.length > 0 && history(o));
}

async function sync() {
  const { result } = await call("POST", `${where(asked)}/sync`);
  tried = null;
  tell(result === "accepted" ? "The object is queued." : "The object was queued already; it is due now.");
  await load();
}

async function preview() {
  const wanted = asked;
  const answer = await read(`${where(wanted)}/preview`);
  if (wanted === asked) tried = answer;
  changed();
}

function facts(o) {
  const fact = (name, ...value) => h("div", null, h("dt", null, name), h("dd", null, value));
  const j = o.job;
  return h("dl", { class: "facts" },
    fact("Last push", timeAgo(o.lastPush)),
    fact("Last outcome", o.lastOutcome ? [h("b", null, o.lastOutcome.result), " ", o.lastOutcome.reason, " ", timeAgo(o.lastOutcome.at)] : "never ran"),
    o.lastOutcome?.error && fact("Last error", o.lastOutcome.error),
    fact("Job", j ? [h("b", null, j.state), ` · ${j.lane} lane · ${count(j.attempts, "failed attempt")} · due `, timeOf(j.due)] : "none"),
    j?.lastError && fact("Job's error", j.lastError),
    fact("In Flow as", o.flowUids.length ? o.flowUids.map((u, i) => [i > 0 && ", ", h("code", null, u)]) : "nothing pushed"));
}

function history(o) {
  return h("section", null,
    h("h3", null, "History"),
    records(o.history, `History of ${o.resource} ${o.id}`),
    h("p", { class: "quiet" }, o.historyComplete
      ? "This is all that is remembered."
      : ["Looked through back to ", timeOf(o.historyFrom), "."]));
}

// records draws entries of the history as a table.
export function records(list, label) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    h("table", null,
      h("thead", null, h("tr", null, ["Time", "What", "Result", "Object", "Tenant", "Why"].map((c) => h("th", { scope: "col" }, c)))),
      h("tbody", null, list.map(recordRow))));
}

const TROUBLE = ["failed", "permanent", "suspended", "snoozed"];
const FINE = ["pushed", "deactivated"];

function recordRow(r) {
  const kind = TROUBLE.includes(r.result) ? "bad" : FINE.includes(r.result) ? "ok" : "plain";
  const first = r.objects[0];
  const more = r.objectCount - 1;
  const tenant = r.tenants[0] ?? state.tenants?.[0]?.tenant;
  return h("tr", { key: r.id },
    h("td", null, timeOf(r.at)),
    h("td", null, r.kind === "event" ? `event${r.change ? `: ${r.change}` : ""}` : `run, attempt ${r.attempt}`),
    h("td", null, h("span", { class: `tag ${kind}` }, r.result), r.settled && r.settled !== "acked" ? ` ${r.settled}` : null),
    h("td", null,
      first && r.resource
        ? h("a", { href: `#/object/${[tenant, r.resource, first].map(encodeURIComponent).join("/")}` }, `${r.resource} ${first}`)
        : r.resource || "–",
      more > 0 && ` and ${count(more, "other")}`),
    h("td", null, r.tenants.join(", ") || (r.market ? `market ${r.market}` : "–")),
    h("td", { class: "wide" }, [r.reason, r.error].filter(Boolean).join(": ")));
}
