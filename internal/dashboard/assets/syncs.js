// Synchronisations: which run, how far they are, and starting or cancelling them.

import { call, path, read } from "./api.js";
import { confirm } from "./dialog.js";
import { h } from "./dom.js";
import { count, duration, number, rate, timeOf } from "./format.js";
import { changed, mayAct, state, tell, tenantNames } from "./state.js";

const FINAL = ["done", "failed", "cancelled"];
const EVERY = 2000;

const known = new Map(); // by tenant: {items, error, absent}
const resources = new Map(); // by tenant: what it exports
let timer;

export const syncs = {
  title: "Synchronisations",
  enter() {
    load();
    exports();
    timer = setInterval(load, EVERY);
  },
  leave: () => clearInterval(timer),
  told: (name) => name === "tenants" && known.size === 0 && load(),
  draw,
};

async function load() {
  await Promise.all(tenantNames().map(async (tenant) => {
    try {
      known.set(tenant, { items: (await read(path`tenants/${tenant}/syncs`)).items });
    } catch (err) {
      const absent = err.status === 404 || err.status === 405;
      known.set(tenant, { items: known.get(tenant)?.items ?? [], error: absent ? "" : err.message, absent });
      if (absent) clearInterval(timer); // it does not appear while this version runs
    }
  }));
  changed();
}

async function exports() {
  try {
    for (const t of (await read("config")).tenants) resources.set(t.tenant, t.resources);
    changed();
  } catch {
    // Without the list, only everything can be synchronised.
  }
}

function draw() {
  const all = [...known.values()];
  if (all.length === 0) return h("p", { class: "quiet" }, "Asking…");
  if (all.every((k) => k.absent)) {
    return h("p", { class: "empty" }, "Synchronisations are not available in this version of omniflow.");
  }
  return [mayAct() && starter(), tenantNames().map(tenantPart)];
}

let tenant = "";

function starter() {
  const names = tenantNames();
  const of = names.includes(tenant) ? tenant : names[0];
  return h("form", { class: "card", onSubmit: start, key: "start", "aria-labelledby": "start-title" },
    h("h2", { id: "start-title" }, "Start a full synchronisation"),
    h("p", { class: "quiet" }, "Every object is read and compared. What is unchanged causes no write. Live events go first."),
    h("div", { class: "row" },
      h("label", null, "Tenant ", h("select", { name: "tenant", value: of, onChange: (e) => ((tenant = e.target.value), changed()) },
        names.map((n) => h("option", { value: n }, n))))),
    h("fieldset", { class: "row", key: of },
      h("legend", null, "Kinds of objects"),
      (resources.get(of) ?? []).map((r) => h("label", { class: "check", key: r }, h("input", { type: "checkbox", name: "resource", value: r, checked: true }), r))),
    h("div", { class: "row actions" }, h("button", { type: "submit", class: "primary" }, "Start…")));
}

function start(e) {
  e.preventDefault();
  const form = new FormData(e.target);
  const of = form.get("tenant");
  const wanted = form.getAll("resource");
  confirm({
    title: `Synchronise ${of}?`,
    text: `Everything of these kinds is read from Omnium: ${wanted.join(", ") || "none is chosen"}.`,
    nothing: wanted.length === 0,
    action: "Start",
    async run() {
      await call("POST", path`tenants/${of}/syncs`, { body: { resources: wanted, mode: "full" } });
      tell(`The synchronisation of ${of} is asked for.`);
      await load();
    },
  });
}

function tenantPart(of) {
  const have = known.get(of) ?? { items: [] };
  return h("section", { key: of, "aria-labelledby": `s-${of}` },
    h("h2", { id: `s-${of}` }, of),
    have.error && h("p", { class: "bad" }, have.error),
    have.absent && h("p", { class: "empty" }, "Not available."),
    !have.absent && have.items.length === 0 && h("p", { class: "empty" }, "None yet."),
    have.items.map((s) => one(of, s)));
}

function one(of, s) {
  const over = FINAL.includes(s.state);
  const handled = s.done + s.failed;
  const aim = s.total ?? 0; // not known until everything is listed
  const kind = s.state === "failed" ? "bad" : s.state === "done" ? "ok" : "plain";
  return h("article", { key: s.id, class: "card", "data-sync": s.id },
    h("header", null,
      h("h3", null, h("span", { class: `tag ${kind}` }, s.cancelRequested && !over ? "ending" : s.state), " ",
        s.since ? ["changes since ", timeOf(s.since), " of "] : null, s.resources.join(", ")),
      h("span", { class: "quiet" }, s.startedAt ? ["started ", timeOf(s.startedAt)] : "waits for its turn")),
    !over && h("progress", {
      key: aim > 0 ? "part" : "some", max: Math.max(aim, 1), value: aim > 0 ? handled : undefined,
      "aria-label": `Progress of the synchronisation of ${of}`,
    }),
    h("p", null, [
      `${number(s.seen)} listed`,
      `${number(handled)}${aim > 0 ? ` of ${number(aim)}` : ""} worked off`,
      count(s.failed, "failure"),
      s.orphans > 0 && `${number(s.orphans)} gone from Omnium`,
      !over && s.rate > 0 && `${rate(s.rate)} a second`,
      s.estimate > 0 && `about ${duration(s.estimate)} left`,
      s.finishedAt && s.startedAt && `took ${duration((Date.parse(s.finishedAt) - Date.parse(s.startedAt)) / 1000)}`,
    ].filter(Boolean).join(" · ")),
    s.refused > 0 && h("p", { class: "warn" }, `${count(s.refused, "object")} gone from Omnium ${s.refused === 1 ? "was" : "were"} left alone, because they are too many.`),
    s.error && h("p", { class: "bad" }, s.error),
    mayAct() && !over && !s.cancelRequested && h("div", { class: "row actions" },
      h("button", { type: "button", class: "quiet-danger", "aria-label": `Cancel the synchronisation of ${s.resources.join(", ")} of ${of}…`, onClick: () => cancel(of, s) }, "Cancel…")));
}

function cancel(of, s) {
  confirm({
    title: `Cancel the synchronisation of ${of}?`,
    text: "No more objects are listed. What is queued already is worked off.",
    action: "Cancel it", danger: true,
    async run() {
      await call("DELETE", path`tenants/${of}/syncs/${s.id}`);
      tell("The synchronisation ends.");
      await load();
    },
  });
}
