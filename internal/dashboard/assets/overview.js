// The first view: is anything wrong, and where.

import { call, path, read } from "./api.js";
import { buckets, chart } from "./chart.js";
import { confirm } from "./dialog.js";
import { h } from "./dom.js";
import { duration, number, rate, timeAgo } from "./format.js";
import { MARKS, troubles, verdict } from "./health.js";
import { attempt, changed, mayAct, state, tell } from "./state.js";

const samples = new Map(); // by tenant: {items, at, minutes}
const EVERY = 15000;
let minutes = 180;
let timer;

export const overview = {
  title: "Tenants",
  enter() {
    load();
    timer = setInterval(load, EVERY);
  },
  leave: () => clearInterval(timer),
  told: (name) => name === "tenants" && samples.size === 0 && load(),
  draw,
};

async function load() {
  const wanted = minutes;
  await Promise.all((state.tenants ?? []).map(async ({ tenant }) => {
    try {
      const { items } = await read(`${path`tenants/${tenant}/samples`}?minutes=${wanted}`);
      if (wanted === minutes) samples.set(tenant, { items, at: Date.now(), minutes: wanted });
    } catch {
      // The charts stay as they are; the banner says what is wrong.
    }
  }));
  changed();
}

function draw() {
  if (!state.tenants) return h("p", { class: "quiet" }, "Asking…");
  const all = verdict(state.tenants);
  return [
    h("p", { class: `verdict ${all.kind}`, id: "verdict" },
      h("span", { class: "mark", "aria-hidden": "true" }, MARKS[all.kind]), all.text),
    h("div", { class: "row" },
      h("label", null, "Charts show the last ",
        h("select", {
          id: "range", value: String(minutes),
          onChange: (e) => ((minutes = Number(e.target.value)), load()),
        }, [[60, "hour"], [180, "3 hours"], [720, "12 hours"], [1440, "24 hours"]].map(([m, text]) =>
          h("option", { value: String(m) }, text))))),
    h("div", { class: "cards" }, state.tenants.map(card)),
  ];
}

function card(t) {
  const found = troubles(t);
  const worst = found[0]?.kind ?? "ok";
  return h("section", { key: t.tenant, class: `card ${worst}`, "aria-labelledby": `t-${t.tenant}`, "data-tenant": t.tenant },
    h("header", null,
      h("h2", { id: `t-${t.tenant}` },
        h("span", { class: "mark", "aria-hidden": "true" }, MARKS[worst]), t.tenant),
      h("span", { class: "quiet" }, t.markets.length ? t.markets.join(", ") : "no markets")),
    found.length > 0 && h("ul", { class: "troubles" }, found.map((x) => h("li", { class: x.kind }, x.text))),
    figures(t),
    charts(t.tenant),
    mayAct() && h("div", { class: "row actions" },
      t.paused || t.suspended
        ? h("button", { key: "resume", type: "button", class: "primary", onClick: () => resume(t) }, `Resume ${t.tenant}`)
        : h("button", { key: "pause", type: "button", onClick: () => pause(t) }, `Pause ${t.tenant}…`)));
}

function figures(t) {
  const q = t.queue;
  const figure = (name, value, hint, props) =>
    h("div", { title: hint, ...props }, h("dt", null, name), h("dd", null, value));
  return h("dl", { class: "figures" },
    figure("Breaker", t.breaker, "Whether requests to Flow go through, as this replica sees it", { class: t.breaker === "closed" ? "" : t.breaker === "open" ? "bad" : "warn" }),
    figure("Ready", number(q.ready), "Jobs that are due now"),
    figure("Delayed", number(q.delayed), "Jobs that are due later"),
    figure("Leased", number(q.leased), "Jobs that are being worked on"),
    figure("Dead", q.dead > 0 ? h("a", { href: `#/dead-letters/${encodeURIComponent(t.tenant)}`, "aria-label": `${number(q.dead)} dead letters of ${t.tenant}` }, number(q.dead)) : "0",
      "Dead letters", { class: q.dead > 0 ? "warn" : "" }),
    figure("Oldest", q.ready > 0 ? duration(q.oldestSeconds) : "–", "For how long the job that is due longest has waited"),
    figure("Rate", rateOf(t.tenant), "Runs that ended per minute, over the last five minutes"),
    figure("Last success", timeAgo(t.lastSuccess), "When an object of this tenant last agreed with Omnium"));
}

function rateOf(tenant) {
  const known = samples.get(tenant);
  if (!known) return "–";
  const since = Date.now() - 5 * 60000;
  const ended = known.items.filter((s) => Date.parse(s.at) >= since)
    .reduce((sum, s) => sum + s.pushed + s.agreed + s.failed + s.buried, 0);
  return `${rate(ended / 5)} / min`;
}

function charts(tenant) {
  const known = samples.get(tenant);
  if (!known) return h("p", { class: "quiet" }, "No charts yet.");
  const frame = { minutes: known.minutes, now: known.at };
  const runs = buckets(known.items, known.minutes, known.at, (sum, s, span) => ({
    pushed: (sum?.pushed ?? 0) + s.pushed / span,
    agreed: (sum?.agreed ?? 0) + s.agreed / span,
    failed: (sum?.failed ?? 0) + (s.failed + s.buried) / span,
  }));
  const depth = buckets(known.items.filter((s) => s.queue), known.minutes, known.at, (most, s) =>
    Math.max(most?.waiting ?? 0, s.queue.ready + s.queue.delayed) === most?.waiting
      ? most : { waiting: s.queue.ready + s.queue.delayed });
  return h("div", { class: "charts" },
    chart({
      ...frame, label: "Runs per minute", columns: runs, unit: "a minute",
      parts: [
        { name: "pushed", kind: "pushed", of: (c) => c.pushed, tell: true },
        { name: "agreed", kind: "agreed", of: (c) => c.agreed },
        { name: "failed", kind: "failed", of: (c) => c.failed, tell: true },
      ],
    }),
    chart({
      ...frame, label: "Jobs waiting", columns: depth, unit: "jobs",
      parts: [{ name: "waiting", kind: "waiting", of: (c) => c.waiting }],
    }));
}

function pause(t) {
  confirm({
    title: `Pause ${t.tenant}?`,
    text: "No more jobs are started for this tenant until it is resumed. Events are still taken in.",
    action: "Pause",
    run: () => control(t, "pause", "is paused"),
  });
}

const resume = (t) => attempt(() => control(t, "resume", "is resumed"));

async function control(t, verb, done) {
  const now = await call("POST", path`tenants/${t.tenant}/` + verb);
  state.tenants = state.tenants.map((other) => (other.tenant === now.tenant ? now : other));
  tell(`${t.tenant} ${done}.`);
}
