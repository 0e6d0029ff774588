// Two small charts side by side: documents made in each night, stacked; and their money, each kind
// for itself, since an order, its bill and its payment are the same money.

import { el, svg } from "./dom.js";
import { money } from "./names.js";

const WIDTH = 420;
const HEIGHT = 110;
const HEAD = 16;
const FOOT = 18;

/** Return the charts, and the same as a table for who would rather read. */
export function nights(found, currency) {
  const all = Object.keys(found[0]?.documents ?? {});
  const kinds = all.filter((kind) => found.some((night) => night.documents[kind]));
  if (!kinds.length) return el("p", { class: "muted" }, "No documents were made in the last two weeks.");
  const keys = kinds.map((kind) => ({ name: kind, colour: `k${all.indexOf(kind)}` }));
  const amount = (night, kind) => Math.max(0, Number(night.money[kind]));
  const books = currency || "the books’ currency";
  return el("div", { class: "charts" },
    el("p", { class: "keys" }, keys.map((key) => el("span", { class: `key ${key.colour}` }, key.name))),
    figure("Documents per night", bars(found, {
      label: "Documents made per night", keys, stacked: true, top: String,
      value: (night, kind) => night.documents[kind], said: (night, kind) => `${night.documents[kind]} ${kind}`,
    })),
    figure(`Money per night, in ${books}`, bars(found, {
      label: `Money of the documents made per night, in ${books}`, keys, stacked: false, top: compact,
      value: amount, said: (night, kind) => `${kind} ${money(night.money[kind])}`,
    })),
    el("details", {}, el("summary", {}, "As a table"), table(found, kinds, currency)),
  );
}

function figure(name, drawn) {
  return el("figure", {}, el("figcaption", {}, name), drawn);
}

function table(found, kinds, currency) {
  const heads = ["Night", ...kinds, ...kinds.map((kind) => `${kind}, ${currency || "money"}`)];
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Documents and money per night" },
    el("table", { class: "fields" },
      el("thead", {}, el("tr", {}, heads.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, found.map((night) => el("tr", {}, el("td", { class: "still" }, night.day),
        kinds.map((kind) => el("td", { class: "number" }, night.documents[kind] ? String(night.documents[kind]) : "·")),
        kinds.map((kind) => el("td", { class: "number" }, Number(night.money[kind]) ? money(night.money[kind]) : "·")))))));
}

/** Return the bars of each night: on each other where they may be added up, else side by side. */
function bars(found, { label, keys, stacked, top, value, said }) {
  const values = (night) => keys.map((key) => value(night, key.name));
  const height = (night) => (stacked ? values(night).reduce((sum, each) => sum + each, 0) : Math.max(...values(night)));
  const most = Math.max(1, ...found.map(height));
  const step = WIDTH / found.length;
  const foot = HEAD + HEIGHT;
  const drawn = svg("svg", { viewBox: `0 0 ${WIDTH} ${foot + FOOT}`, role: "img", "aria-label": label });
  drawn.append(
    svg("line", { x1: 0, x2: WIDTH, y1: HEAD, y2: HEAD, class: "axis most" }),
    svg("text", { x: 0, y: HEAD - 4 }, top(most)),
    svg("line", { x1: 0, x2: WIDTH, y1: foot + 0.5, y2: foot + 0.5, class: "axis" }));
  found.forEach((night, place) => {
    const group = svg("g", {}, svg("title", {}, `${night.day}: ${keys.map((key) => said(night, key.name)).join(", ")}`));
    const wide = (step - 4) / (stacked ? 1 : keys.length);
    let under = foot;
    keys.forEach((key, i) => {
      const tall = (value(night, key.name) / most) * HEIGHT;
      const x = place * step + 2 + (stacked ? 0 : i * wide);
      if (tall) group.append(svg("rect", { x, y: under - tall, width: wide - (stacked ? 0 : 1), height: tall, class: key.colour }));
      if (stacked) under -= tall;
    });
    group.append(svg("rect", { x: place * step, y: HEAD, width: step, height: HEIGHT, class: "target" }));
    drawn.append(group);
    if (place % 2 !== found.length % 2) dayUnder(drawn, night, place, step, foot);
  });
  return drawn;
}

function dayUnder(drawn, night, place, step, foot) {
  const day = new Date(`${night.day}T00:00:00`);
  drawn.append(svg("text", { x: place * step + step / 2, y: foot + 14, "text-anchor": "middle" }, day.toLocaleDateString(undefined, { day: "numeric", month: "short" })));
}

const compact = (value) => new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 }).format(value);
