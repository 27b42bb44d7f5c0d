// Small charts of minutes, drawn as SVG. What a chart says is also its label, for those who do not
// see it; each column has its numbers as a tooltip.

import { h } from "./dom.js";
import { minuteOf, number } from "./format.js";

const WIDTH = 360;
const HEIGHT = 72;
const COLUMNS = 180;

// buckets puts samples into columns that each span some minutes; what nobody measured stays null.
export function buckets(samples, minutes, now, combine) {
  const span = Math.ceil(minutes / COLUMNS);
  const columns = new Array(Math.ceil(minutes / span)).fill(null);
  const end = Math.floor(now / 60000);
  for (const s of samples) {
    const back = end - Math.floor(Date.parse(s.at) / 60000);
    const i = columns.length - 1 - Math.floor(back / span);
    if (back >= 0 && i >= 0) columns[i] = combine(columns[i], s, span);
  }
  return columns;
}

// chart draws columns of stacked parts: [{name, kind, of(column)}]. label says what is counted.
export function chart({ label, parts, columns, minutes, now, unit }) {
  const totals = columns.map((c) => (c ? parts.reduce((sum, p) => sum + p.of(c), 0) : 0));
  const top = Math.max(...totals, 0);
  const scale = top > 0 ? (HEIGHT - 4) / top : 0;
  const width = WIDTH / columns.length;
  const span = minutes / columns.length;
  const at = (i) => new Date(now - (columns.length - 1 - i) * span * 60000);
  const known = columns.filter(Boolean).length;
  const said = known === 0
    ? `${label}: nothing is known yet`
    : `${label} over the last ${hours(minutes)}: at most ${number(Math.round(top))} ${unit}` +
      (top > 0 ? `, at ${minuteOf(at(totals.indexOf(top)))}` : "") +
      parts.filter((p) => p.tell).map((p) => `; ${number(Math.round(sumOf(columns, p) * span))} ${p.name}`).join("");
  return h("figure", { class: "chart" },
    h("figcaption", null,
      h("span", null, label),
      h("span", { class: "peak" }, known === 0 ? "no data yet" : `peak ${number(Math.round(top))}`)),
    h("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": said },
      h("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 }),
      columns.map((c, i) => c && column(c, i, { parts, scale, width, at: at(i) }))),
    h("div", { class: "axis", "aria-hidden": "true" },
      h("span", null, minuteOf(new Date(now - minutes * 60000))),
      parts.length > 1 && h("span", { class: "legend" },
        parts.map((p) => h("span", { class: `key ${p.kind}` }, p.name))),
      h("span", null, "now")));
}

function column(c, i, { parts, scale, width, at }) {
  let y = HEIGHT - 1;
  const bars = parts.map((p) => {
    const height = p.of(c) * scale;
    y -= height;
    return height > 0 && h("rect", {
      class: p.kind, x: i * width, y, width: Math.max(width - 0.3, 0.5), height: Math.max(height, 0.8),
    });
  });
  const numbers = parts.map((p) => `${p.name} ${number(Math.round(p.of(c) * 10) / 10)}`).join(", ");
  return h("g", { key: i },
    bars,
    h("rect", { class: "hit", x: i * width, y: 0, width, height: HEIGHT },
      h("title", null, `${minuteOf(at)} ${numbers}`)));
}

const sumOf = (columns, part) => columns.reduce((sum, c) => sum + (c ? part.of(c) : 0), 0);

export const hours = (minutes) => (minutes === 60 ? "hour" : `${minutes / 60} hours`);
