// What would be sent to Flow for an object now, as GET …/preview tells it.

import { h } from "./dom.js";
import { count } from "./format.js";

export function previewed(p) {
  return h("section", { id: "preview", "aria-live": "polite" },
    h("h3", null, "What would be sent now"),
    h("p", null, h("span", { class: `tag ${p.error ? "bad" : "plain"}` }, p.result), " ",
      [p.reason, p.error].filter(Boolean).join(": "), " ",
      h("span", { class: "quiet" }, `${count(p.requests.length, "request")} to Flow. Nothing was written.`)),
    p.requests.map(request),
    p.alsoQueues.length > 0 && h("p", null, "Also looked at: ", p.alsoQueues.map((k) => `${k.resource} ${k.id}`).join(", ")));
}

function request(r) {
  const changes = r.changes.length > 0 && h("pre", { class: "diff", tabindex: 0, "aria-label": "Changes" },
    r.changes.map((c) => [c.before && h("del", null, `- ${c.field}: ${c.before}\n`), h("ins", null, `+ ${c.field}: ${c.after}\n`)]));
  const body = r.body && h("pre", { tabindex: 0, "aria-label": "Body" }, JSON.stringify(r.body, null, 2));
  return h("div", { class: "request" },
    h("p", null, h("code", null, `${r.method} ${r.path}`), " ", h("span", { class: "quiet" }, `${r.operation}, ${r.evidence}`)),
    note(r) && h("p", { class: "quiet" }, note(r)),
    changes,
    body && (changes ? h("details", null, h("summary", null, "The whole body"), body) : body));
}

function note(r) {
  if (r.note) return `${r.note}.`;
  if (r.exists === false) return "Flow does not have it yet.";
  return r.changes.length === 0 && r.body ? "Flow has all of it already." : "";
}
