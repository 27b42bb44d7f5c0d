// What all views share. A view reads it while it draws; whoever changes it says so with changed().

export const state = {
  who: null, // whose token it is: {name, role, version}
  tenants: null, // as GET /admin/v1/tenants lists them; null until they are known
  tenantsAt: 0, // when they were told
  link: "connecting", // connecting, live or lost
  trouble: "", // why what is shown may be old; empty when it is not
  gap: false, // whether entries were left out
};

export const mayAct = () => state.who?.role === "operator";

export const tenantNames = () => (state.tenants ?? []).map((t) => t.tenant);

let draw = () => {};
let waiting = false;

export function onChange(listener) {
  draw = listener;
}

// changed has the page drawn soon; several changes at once are drawn once.
export function changed() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    draw();
  });
}

const notices = [];

// tell shows a short message for a while; screen readers speak it.
export function tell(text, kind = "ok") {
  notices.push({ text, kind, id: `${Date.now()}-${notices.length}` });
  const shown = notices.at(-1);
  setTimeout(() => {
    notices.splice(notices.indexOf(shown), 1);
    changed();
  }, 8000);
  changed();
}

export const noticesNow = () => notices;

// attempt runs an action and tells what went wrong.
export async function attempt(action) {
  try {
    return await action();
  } catch (err) {
    tell(err.message, "bad");
    return undefined;
  }
}
