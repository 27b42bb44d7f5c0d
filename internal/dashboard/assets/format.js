// How numbers and times are written. Times are the reader's local ones; the title of each has UTC.

import { h } from "./dom.js";

const whole = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

export const number = (n) => whole.format(n);

export const clockOf = (date) => clock.format(date);

export const minuteOf = (date) => minute.format(date);

// count writes a number and its noun: 1 dead letter, 2 dead letters.
export const count = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;

// duration writes seconds in the largest unit that says enough.
export function duration(seconds) {
  if (seconds < 1) return "under 1 s";
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

// rate writes runs per minute.
export const rate = (perMinute) => (perMinute < 10 && perMinute % 1 !== 0 ? perMinute.toFixed(1) : number(Math.round(perMinute)));

// ago writes how long a moment is past; what the clocks disagree about is now.
export function ago(text, now = Date.now()) {
  if (!text) return "never";
  const seconds = (now - Date.parse(text)) / 1000;
  return seconds < 2 ? "just now" : `${duration(seconds)} ago`;
}

// timeAgo is a moment, told by how long ago it was.
export const timeAgo = (text) => (text ? h("time", { datetime: text, title: text }, ago(text)) : "never");

// timeOf is a moment: the time of day, and the date unless it is today.
export function timeOf(text) {
  if (!text) return "–";
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  return h("time", { datetime: text, title: text }, today ? clock.format(at) : `${day.format(at)} ${clock.format(at)}`);
}
