// Two small charts side by side: documents made in each night, and the money that they move.

import { el, svg } from "./dom.js";
import { money } from "./names.js";

const WIDTH = 420;
const HEIGHT = 110;
const FOOT = 18;

/** Return the charts, and the same as a table for who would rather read. */
export function nights(found) {
  const kinds = Object.keys(found[0]?.documents ?? {}).filter((kind) => found.some((night) => night.documents[kind]));
  const total = (night) => kinds.reduce((sum, kind) => sum + night.documents[kind], 0);
  if (!found.some(total)) return el("p", { class: "muted" }, "No documents were made in the last two weeks.");
  return el("div", { class: "charts" },
    el("figure", {},
      el("figcaption", {}, "Documents per night ", kinds.map((kind, i) => el("span", { class: `key k${i}` }, kind))),
      bars(found, kinds.map((kind) => (night) => night.documents[kind]), "Documents made per night", (night) => `${night.day}: ${kinds.map((kind) => `${night.documents[kind]} ${kind}`).join(", ")}`)),
    el("figure", {},
      el("figcaption", {}, "Money per night"),
      bars(found, [(night) => Number(night.money)], "Money moved per night", (night) => `${night.day}: ${money(night.money)}`)),
    el("details", {},
      el("summary", {}, "As a table"),
      el("table", { class: "fields" },
        el("thead", {}, el("tr", {}, ["Night", ...kinds, "Money"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, found.map((night) => el("tr", {}, el("td", {}, night.day), kinds.map((kind) => el("td", { class: "number" }, String(night.documents[kind]))), el("td", { class: "number" }, money(night.money))))))),
  );
}

function bars(found, parts, label, title) {
  const most = Math.max(1, ...found.map((night) => parts.reduce((sum, part) => sum + part(night), 0)));
  const step = WIDTH / found.length;
  const drawn = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + FOOT}`, role: "img", "aria-label": label });
  drawn.append(svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT + 0.5, y2: HEIGHT + 0.5, class: "axis" }));
  found.forEach((night, place) => {
    let top = HEIGHT;
    const group = svg("g", {}, svg("title", {}, title(night)));
    parts.forEach((part, i) => {
      const height = (part(night) / most) * (HEIGHT - 14);
      top -= height;
      if (height) group.append(svg("rect", { x: place * step + 2, y: top, width: step - 4, height, class: `k${i}` }));
    });
    group.append(svg("rect", { x: place * step, y: 0, width: step, height: HEIGHT, class: "target" }));
    drawn.append(group);
    if (place % 2 !== found.length % 2) dayUnder(drawn, night, place, step);
  });
  const peak = found.reduce((a, b) => (parts.reduce((s, p) => s + p(b), 0) > parts.reduce((s, p) => s + p(a), 0) ? b : a));
  const x = Math.min(Math.max(found.indexOf(peak) * step + step / 2, 15), WIDTH - 15);
  drawn.append(svg("text", { x, y: 10, "text-anchor": "middle", class: "peak" }, compact(parts.reduce((s, p) => s + p(peak), 0))));
  return drawn;
}

function dayUnder(drawn, night, place, step) {
  const day = new Date(`${night.day}T00:00:00`);
  drawn.append(svg("text", { x: place * step + step / 2, y: HEIGHT + 14, "text-anchor": "middle" }, day.toLocaleDateString(undefined, { day: "numeric", month: "short" })));
}

const compact = (value) => new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 }).format(value);
