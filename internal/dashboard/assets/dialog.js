// Asks before something is done. The browser's own modal dialog keeps the focus inside, closes on
// Escape and gives the focus back.

import { h, render } from "./dom.js";
import { changed } from "./state.js";

let open = null;

// confirm asks {title, text, action, danger, run}. prepare, when there is one, is run first and returns
// the text to show, or throws; null as {text, nothing: true} offers no action.
export function confirm(question) {
  open = { ...question, busy: false, ready: !question.prepare, error: "" };
  changed();
  if (question.prepare) prepare(open);
}

async function prepare(asked) {
  try {
    Object.assign(asked, await asked.prepare(), { ready: true });
  } catch (err) {
    asked.error = err.message;
  }
  changed();
}

async function act(asked) {
  asked.busy = true;
  changed();
  try {
    await asked.run(asked);
    if (open === asked) close();
  } catch (err) {
    Object.assign(asked, { busy: false, error: err.message });
  }
  changed();
}

function close() {
  open = null;
  changed();
}

// dialogs draws what is asked now into its own element, outside of the page.
export function dialogs(element) {
  if (!open) {
    if (element.open) element.close();
    return;
  }
  const asked = open;
  render(element,
    h("h2", { id: "dialog-title" }, asked.title),
    h("p", { id: "dialog-text", "aria-live": "polite" }, asked.text ?? "Counting…"),
    asked.error && h("p", { class: "bad", role: "alert" }, asked.error),
    h("div", { class: "row end" },
      h("button", { type: "button", onClick: close, autofocus: true }, "Cancel"),
      !asked.nothing && h("button", {
        type: "button", class: asked.danger ? "danger" : "primary",
        disabled: !asked.ready || asked.busy, onClick: () => act(asked),
      }, asked.busy ? "Working…" : asked.action)));
  element.oncancel = (e) => (e.preventDefault(), asked.busy || close());
  if (!element.open) element.showModal();
}
