// Starts the dashboard: signing in, finding the view that the address names, and drawing it whenever
// something has changed.

import { onRefused, read, token } from "./api.js";
import { dialogs } from "./dialog.js";
import { h, render } from "./dom.js";
import { events } from "./events.js";
import { ago, clockOf } from "./format.js";
import { verdict } from "./health.js";
import { letters } from "./letters.js";
import { object } from "./object.js";
import { overview } from "./overview.js";
import { changed, noticesNow, onChange, state } from "./state.js";
import { follow } from "./stream.js";
import { syncs } from "./syncs.js";

const VIEWS = { "": overview, "dead-letters": letters, object, syncs, events };
const app = document.getElementById("app");
const modal = document.createElement("dialog");
modal.setAttribute("aria-labelledby", "dialog-title");
modal.setAttribute("aria-describedby", "dialog-text");
document.body.append(modal);

let view = null;
let listening = null; // an AbortController
let signIn = { busy: false, error: "" };

onChange(draw);
onRefused(() => signOut("The token is not taken any more. Sign in again."));
addEventListener("hashchange", () => route(true));
setInterval(changed, 1000); // "12 s ago" grows
if (token.read()) begin(token.read(), true);
else draw();

async function begin(text, kept) {
  signIn = { busy: true, error: "" };
  changed();
  try {
    state.who = await read("whoami", { credential: text });
    token.keep(text);
    signIn = { busy: false, error: "" };
    listening = new AbortController();
    follow(listening.signal, { event, comment, link, failed });
    route(!kept);
  } catch (err) {
    if (err.status === 401 || !kept) token.forget();
    signIn = { busy: false, error: err.status === 401 ? "This token is not known." : err.message };
  }
  changed();
}

function signOut(why = "") {
  token.forget();
  listening?.abort();
  sessionStorage.setItem("omniflow.why", why);
  // What was looked at is not the next person's business: nothing of it stays.
  location.replace("#/");
  location.reload();
}

function event(name, data) {
  if (name === "tenants") {
    Object.assign(state, { tenants: data.items, tenantsAt: Date.now(), trouble: "" });
  }
  if (name === "gap") state.gap = true;
  view?.told(name, data);
  changed();
}

function comment(text) {
  if (text.includes("redis")) state.trouble = "Redis cannot be reached.";
  changed();
}

function link(now) {
  state.link = now;
  if (now === "live" && state.trouble === LOST) state.trouble = "";
  changed();
}

const LOST = "omniflow cannot be reached.";

function failed(err) {
  if (err.status !== 401) state.trouble = err.status === 0 ? LOST : err.message;
  changed();
}

function parts() {
  const [name = "", ...args] = location.hash.replace(/^#\/?/, "").split("/");
  try {
    return [name, ...args.filter(Boolean).map(decodeURIComponent)];
  } catch {
    return [""];
  }
}

// route goes to the view that the address names, and takes the focus along when a person asked for it.
function route(focus) {
  if (!state.who) return;
  const [name, ...args] = parts();
  const next = VIEWS[name] ?? overview;
  view?.leave();
  view = next;
  view.enter(args);
  draw();
  if (focus) document.querySelector("h1")?.focus();
}

function draw() {
  render(app, state.who ? page() : signInPage());
  dialogs(modal);
  const worst = state.who && state.tenants ? verdict(state.tenants) : { n: 0 };
  document.title = `${worst.n > 0 ? `(${worst.n}) ` : ""}${view ? `${view.title} · ` : ""}omniflow`;
}

function signInPage() {
  const why = sessionStorage.getItem("omniflow.why");
  return h("main", { class: "sign-in", key: "sign-in" },
    h("h1", null, "omniflow"),
    h("form", {
      onSubmit(e) {
        e.preventDefault();
        sessionStorage.removeItem("omniflow.why");
        begin(new FormData(e.target).get("token").trim(), false);
      },
    },
      h("label", null, "Admin token",
        h("input", { name: "token", type: "password", required: true, autocomplete: "off", autofocus: true, "aria-describedby": "token-hint" })),
      h("p", { class: "quiet", id: "token-hint" }, "One of the tokens in server.adminTokens. It is kept for this tab only."),
      (signIn.error || why) && h("p", { class: "bad", role: "alert" }, signIn.error || why),
      h("button", { type: "submit", class: "primary", disabled: signIn.busy }, signIn.busy ? "Signing in…" : "Sign in")));
}

function page() {
  const shown = Object.keys(VIEWS).find((name) => VIEWS[name] === view) ?? "";
  return h("div", { class: "page", key: "page" },
    h("a", { class: "skip", href: "#main", onClick: (e) => (e.preventDefault(), document.getElementById("main").focus()) }, "Skip to the content"),
    h("header", { class: "top" },
      h("span", { class: "brand" }, "omniflow"),
      h("nav", { "aria-label": "Views" }, Object.entries(VIEWS).map(([name, v]) =>
        h("a", { href: `#/${name}`, "aria-current": name === shown ? "page" : null }, v.title, " ", badge(name)))),
      h("span", { class: "grow" }),
      linkState(),
      h("span", { class: "who" }, h("span", { class: "name" }, state.who.name, " "), h("span", { class: "tag plain" }, state.who.role)),
      h("button", { type: "button", onClick: () => signOut() }, "Sign out")),
    h("div", { role: "alert" }, state.trouble && h("p", { class: "banner bad" },
      h("span", { class: "mark", "aria-hidden": "true" }, "✕"), state.trouble,
      state.tenantsAt ? ` What is shown is from ${clockOf(new Date(state.tenantsAt))}.` : "")),
    h("main", { id: "main", tabindex: -1 },
      view && h("h1", { tabindex: -1 }, view.title),
      view?.draw()),
    h("div", { class: "notices", role: "status" }, noticesNow().map((n) =>
      h("p", { key: n.id, class: `notice ${n.kind}` }, n.text))),
    h("footer", { class: "quiet" },
      `omniflow ${state.who.version} · `, h("a", { href: "docs" }, "API"), " · ", h("a", { href: "readyz" }, "ready?")));
}

// badge shows where there is something to do.
function badge(name) {
  const n = name === "dead-letters" ? (state.tenants ?? []).reduce((sum, t) => sum + t.queue.dead, 0) : 0;
  return n > 0 && h("span", { class: "n warn" }, String(n));
}

function linkState() {
  const old = state.tenantsAt && Date.now() - state.tenantsAt > 12000;
  const kind = state.link === "live" && !old ? "ok" : state.link === "connecting" ? "plain" : "warn";
  const text = kind === "ok" ? "live" : kind === "plain" ? "connecting" : old ? `last heard ${ago(new Date(state.tenantsAt).toISOString())}` : "reconnecting";
  return h("span", { class: `link ${kind}`, id: "link" }, h("span", { class: "dot", "aria-hidden": "true" }), text);
}
