// Dead letters, grouped by why they died; replayed and discarded after they were counted.

import { call, path, read } from "./api.js";
import { confirm } from "./dialog.js";
import { h } from "./dom.js";
import { count, number, timeAgo, timeOf } from "./format.js";
import { explain } from "./health.js";
import { changed, mayAct, state, tell } from "./state.js";

const PAGE = 200;
const MOST = 2000; // letters that are looked at per tenant
const ROWS = 25;

let chosen = ""; // a tenant; empty means all that have dead letters
const known = new Map(); // by tenant: {groups, total, more, dead, error}
const rows = new Map(); // by tenant and reason: how many are listed

export const letters = {
  title: "Dead letters",
  enter(args) {
    chosen = args[0] ?? "";
    refresh(true);
  },
  leave() {},
  told: (name) => name === "tenants" && refresh(false),
  draw,
};

// refresh reads the letters of tenants whose number has changed, or of all.
function refresh(all) {
  for (const t of state.tenants ?? []) {
    const have = known.get(t.tenant);
    if ((chosen === "" || chosen === t.tenant) && !have?.loading && (all || have?.dead !== t.queue.dead)) load(t);
  }
}

async function load(t) {
  const have = known.get(t.tenant);
  known.set(t.tenant, { groups: [], total: 0, ...have, loading: true });
  let next = { dead: t.queue.dead };
  try {
    next = { ...next, ...grouped(await all(t.tenant)) };
  } catch (err) {
    next = { ...have, error: err.message, groups: have?.groups ?? [], total: have?.total ?? 0 };
  }
  known.set(t.tenant, next);
  changed();
}

async function all(tenant) {
  const items = [];
  let cursor = "";
  do {
    const page = await read(`${path`tenants/${tenant}/dead-letters`}?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor && items.length < MOST);
  return { items, more: cursor !== "" };
}

function grouped({ items, more }) {
  const byReason = Map.groupBy(items, (d) => d.reason);
  const groups = [...byReason].map(([reason, list]) => ({
    reason, list,
    resources: [...Map.groupBy(list, (d) => d.resource)].map(([resource, of]) => ({ resource, n: of.length })),
  }));
  groups.sort((a, b) => b.list.length - a.list.length);
  return { groups, total: items.length, more };
}

function draw() {
  if (!state.tenants) return h("p", { class: "quiet" }, "Asking…");
  const shown = state.tenants.filter((t) => (chosen ? t.tenant === chosen : t.queue.dead > 0 || known.get(t.tenant)?.groups.length));
  return [
    h("nav", { class: "chips", "aria-label": "Tenants" },
      chip("", "All", state.tenants.reduce((sum, t) => sum + t.queue.dead, 0)),
      state.tenants.map((t) => chip(t.tenant, t.tenant, t.queue.dead))),
    shown.length === 0 && h("p", { class: "empty" }, chosen ? `There is no tenant ${chosen}.` : "There are no dead letters."),
    shown.map((t) => tenantPart(t)),
  ];
}

const chip = (tenant, text, n) =>
  h("a", {
    key: `chip-${tenant}`, href: tenant ? `#/dead-letters/${encodeURIComponent(tenant)}` : "#/dead-letters",
    "aria-current": chosen === tenant ? "true" : null,
  }, text, " ", h("span", { class: n > 0 ? "n warn" : "n" }, number(n)));

function tenantPart(t) {
  const have = known.get(t.tenant);
  return h("section", { key: t.tenant, "aria-labelledby": `d-${t.tenant}` },
    h("h2", { id: `d-${t.tenant}` }, t.tenant),
    have?.error && h("p", { class: "bad" }, have.error),
    !have?.error && t.queue.dead === 0 && h("p", { class: "empty" }, "No dead letters."),
    have?.more && h("p", { class: "quiet" }, `The newest ${number(have.total)} are shown; replaying and discarding count all.`),
    have?.groups.map((g) => groupPart(t.tenant, g, have.more)));
}

function groupPart(tenant, g, more) {
  const listed = rows.get(`${tenant} ${g.reason}`) ?? ROWS;
  const newest = g.list[0];
  return h("article", { key: g.reason, class: "card group", "data-reason": g.reason },
    h("header", null,
      h("h3", null, h("span", { class: "n warn" }, `${number(g.list.length)}${more ? "+" : ""}`), " ", h("code", null, g.reason || "(no reason)")),
      h("span", { class: "quiet" }, g.resources.map((r) => `${number(r.n)} ${r.resource}`).join(", "), " · newest ", timeAgo(newest.diedAt))),
    explain(g.reason) && h("p", null, explain(g.reason)),
    h("p", { class: "detail" }, newest.detail || "No detail."),
    mayAct() && g.reason && h("div", { class: "row actions" },
      h("button", { type: "button", onClick: () => ask(tenant, REPLAY, { reason: g.reason }, g.reason) }, `Replay all ${g.reason}…`),
      h("button", { type: "button", class: "quiet-danger", onClick: () => ask(tenant, DISCARD, { reason: g.reason }, g.reason) }, `Discard all ${g.reason}…`)),
    h("details", null,
      h("summary", null, `Show ${count(g.list.length, "letter")}`),
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Dead letters of ${tenant}: ${g.reason}` },
        h("table", null,
          h("thead", null, h("tr", null, ["Object", "Died", "Attempts", "Detail", mayAct() && "Actions"].filter(Boolean).map((c) => h("th", { scope: "col" }, c)))),
          h("tbody", null, g.list.slice(0, listed).map((d) => row(tenant, d))))),
      g.list.length > listed && h("button", {
        type: "button", onClick: () => (rows.set(`${tenant} ${g.reason}`, listed + 100), changed()),
      }, `Show more of ${number(g.list.length)}`)));
}

function row(tenant, d) {
  const name = `${d.resource} ${d.id}`;
  const one = { resource: d.resource, ids: [d.id] };
  return h("tr", { key: name },
    h("th", { scope: "row" }, h("a", { href: `#/object/${[tenant, d.resource, d.id].map(encodeURIComponent).join("/")}` }, name)),
    h("td", null, timeOf(d.diedAt)),
    h("td", { class: "num" }, number(d.attempts)),
    h("td", { class: "wide" }, d.detail),
    mayAct() && h("td", null, h("div", { class: "row" },
      h("button", { type: "button", "aria-label": `Replay ${name}`, onClick: () => ask(tenant, REPLAY, one, name) }, "Replay…"),
      h("button", { type: "button", class: "quiet-danger", "aria-label": `Discard ${name}`, onClick: () => ask(tenant, DISCARD, one, name) }, "Discard…"))));
}

const REPLAY = {
  verb: "replay", title: "Replay", done: "replayed",
  effect: "They are worked on again, now.",
};
const DISCARD = {
  verb: "discard", title: "Discard", done: "discarded", danger: true,
  effect: "They are forgotten. The objects stay in Flow as they are, until a newer event names them.",
};

// ask counts what matches, and settles exactly that once it was confirmed: what dies after the count is
// left alone.
function ask(tenant, action, filter, what) {
  const before = new Date().toISOString();
  const all = { ...filter, before };
  confirm({
    title: `${action.title} ${what} of ${tenant}?`,
    action: action.title,
    danger: action.danger,
    async prepare() {
      const { matched } = await settle(tenant, action, all, true);
      if (matched === 0) return { text: "Nothing matches any more.", nothing: true };
      return { action: `${action.title} ${count(matched, "dead letter")}`, text: `${count(matched, "dead letter")} match${matched === 1 ? "es" : ""}. ${action.effect}` };
    },
    async run() {
      const { settled } = await settle(tenant, action, all, false);
      tell(`${count(settled, "dead letter")} of ${tenant} ${action.done}.`);
      await load({ tenant, queue: { dead: -1 } });
    },
  });
}

async function settle(tenant, action, filter, dryRun) {
  const sum = { matched: 0, settled: 0 };
  let cursor = "";
  do {
    const body = { filter, dryRun, cursor };
    const answer = await call("POST", path`tenants/${tenant}/dead-letters/` + action.verb, { body });
    sum.matched += answer.matched;
    sum.settled += answer[action.done];
    cursor = answer.nextCursor;
  } while (cursor);
  return sum;
}
