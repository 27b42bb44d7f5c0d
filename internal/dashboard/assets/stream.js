// Follows the stream of server-sent events with fetch, because EventSource cannot send a token.

import { read, problemOf, request } from "./api.js";

const SILENCE = 15000; // the tenants come every five seconds
const WAITS = [1000, 2000, 5000, 10000];

// follow listens until the signal aborts. `on` is told: event(name, data), comment(text) and
// link(state), where state is live or lost. While there is no stream, which can be because too many
// listen, the tenants are asked for before every new attempt.
export async function follow(signal, on) {
  let last = "";
  for (let failures = 0; !signal.aborted; ) {
    try {
      await once(signal, last, {
        ...on,
        event(name, data, id) {
          failures = 0;
          last = id || last;
          on.event(name, data);
        },
      });
    } catch (err) {
      if (signal.aborted || err.status === 401) return;
      if (err.status === 400) last = ""; // the place is gone
    }
    if (signal.aborted) return;
    on.link("lost");
    await poll(on);
    await pause(WAITS[Math.min(failures++, WAITS.length - 1)], signal);
  }
}

async function poll(on) {
  try {
    on.event("tenants", await read("tenants"));
  } catch (err) {
    on.failed(err);
  }
}

async function once(signal, last, on) {
  const quiet = new AbortController();
  const both = AbortSignal.any([signal, quiet.signal]);
  let timer = setTimeout(() => quiet.abort(), SILENCE);
  try {
    const response = await request("GET", "stream", { signal: both, headers: last ? { "Last-Event-ID": last } : {} });
    if (!response.ok) throw await problemOf(response);
    on.link("live");
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parse = parser(on);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => quiet.abort(), SILENCE);
      parse(value);
    }
  } finally {
    clearTimeout(timer);
  }
}

// parser takes pieces of the stream and tells about every message that is whole.
export function parser(on) {
  let rest = "";
  return (piece) => {
    const blocks = (rest + piece).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) message(block, on);
  };
}

function message(block, on) {
  const fields = {};
  for (const line of block.split("\n")) {
    const at = line.indexOf(":");
    const value = line.slice(at + 1).replace(/^ /, "");
    if (at === 0) on.comment(value);
    else if (at > 0) fields[line.slice(0, at)] = value;
  }
  if (fields.data) on.event(fields.event ?? "message", JSON.parse(fields.data), fields.id);
}

function pause(ms, signal) {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}
