// Says in words what is wrong with a tenant, the worst first.

import { count, duration, number } from "./format.js";

const SLOW = 120; // seconds that a due job may wait before somebody should know

// troubles returns [{kind, text}]: bad needs somebody now, warn can wait until the morning.
export function troubles(t) {
  const list = [];
  const add = (when, kind, text) => when && list.push({ kind, text });
  add(t.suspended, "bad", `Stopped: Flow refuses the credential${t.suspendedReason ? ` (${t.suspendedReason})` : ""}`);
  add(t.breaker === "open", "bad", "Flow fails: requests are held back");
  add(t.queue.oldestSeconds > SLOW, t.paused ? "warn" : "bad", `The oldest job has waited for ${duration(t.queue.oldestSeconds)}`);
  add(t.breaker === "half-open", "warn", "Flow is being tried again");
  add(t.paused, "warn", "Paused by an operator");
  add(t.queue.dead > 0, "warn", `${count(t.queue.dead, "dead letter")}`);
  return list;
}

const NAMED = 3;

// verdict sums all tenants up in one line.
export function verdict(tenants) {
  const found = tenants.map((t) => ({ name: t.tenant, list: troubles(t) })).filter((f) => f.list.length > 0);
  const bad = found.filter((f) => f.list.some((x) => x.kind === "bad"));
  const tell = (list) => list.slice(0, NAMED).map((f) => `${f.name}: ${f.list[0].text}`).join("; ") +
    (list.length > NAMED ? `; and ${number(list.length - NAMED)} more` : "");
  if (bad.length > 0) return { kind: "bad", n: found.length, text: `Somebody is needed: ${tell(bad)}` };
  if (found.length > 0) return { kind: "warn", n: found.length, text: `Worth a look: ${tell(found)}` };
  return { kind: "ok", n: 0, text: tenants.length === 1 ? "The tenant is fine" : `All ${number(tenants.length)} tenants are fine` };
}

export const MARKS = { ok: "✓", warn: "!", bad: "✕" };

// EXPLAINED says what the commonest reasons of dead letters ask for.
const EXPLAINED = {
  attempts_exhausted: "It failed too often for a passing cause. Replay it once the cause is mended.",
  uid_collision: "Two objects fall on one uid in Flow. Mend the ids in Omnium, then replay.",
  unmappable: "The data in Omnium cannot be expressed in Flow. Mend the object in Omnium, then replay.",
  poison: "Workers crashed over it. Look at the log before replaying.",
  omnium_unreadable: "What Omnium answered cannot be read.",
  omnium_refused: "Omnium refuses to tell about it.",
  price_list_missing: "Flow lacks the price list. Create it there, then replay.",
  store_unknown: "It names a store that is not known.",
  unknown_resource: "The tenant does not export this kind of object.",
};

// explain returns a sentence about a reason; empty when there is nothing to add to the word.
export function explain(reason) {
  if (reason.startsWith("flow_refused_")) return "Flow refuses the data. The detail says why; mend it in Omnium, then replay.";
  return EXPLAINED[reason] ?? "";
}
