// Speaks to the admin API. The token is kept for this tab only (sessionStorage) and travels in the
// Authorization header only: never in a URL, where logs would keep it, and never in a cookie, which a
// browser would send along for other sites, too.

const KEY = "omniflow.token";

export const token = {
  read: () => sessionStorage.getItem(KEY),
  keep: (text) => sessionStorage.setItem(KEY, text),
  forget: () => sessionStorage.removeItem(KEY),
};

// Problem is an answer that is no success, or none at all (status 0).
export class Problem extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

let refused = () => {};

// onRefused is told when the token is no longer taken.
export function onRefused(listener) {
  refused = listener;
}

// path`tenants/${tenant}` is a path of the admin API with its parts escaped.
export const path = (parts, ...values) =>
  parts.reduce((whole, part, i) => whole + encodeURIComponent(values[i - 1]) + part);

// request sends one request and returns the response, whatever its status.
export async function request(method, where, { body, headers, signal, credential } = {}) {
  try {
    return await fetch(`admin/v1/${where}`, {
      method,
      signal,
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      headers: {
        Authorization: `Bearer ${credential ?? token.read()}`,
        ...(body ? { "Content-Type": "application/json" } : {}),
        ...headers,
      },
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch (err) {
    if (signal?.aborted && err.name === "AbortError") throw err;
    throw new Problem(0, "omniflow cannot be reached.");
  }
}

// problemOf reads a refusal. One of a token that is only being tried is nobody else's business.
export async function problemOf(response, tried = false) {
  const told = await response.json().catch(() => ({}));
  if (response.status === 401 && !tried) refused();
  return new Problem(response.status, told.detail || told.title || `omniflow answered ${response.status}.`);
}

// call sends one request and returns what was answered; it throws a Problem.
export async function call(method, where, options = {}) {
  const response = await request(method, where, { signal: AbortSignal.timeout(20000), ...options });
  if (!response.ok) throw await problemOf(response, options.credential !== undefined);
  return response.status === 204 ? null : response.json();
}

export const read = (where, options) => call("GET", where, options);
