// Finds the screen that the address names and lets it fill the page.

import { el } from "./dom.js";
import { failure } from "./parts.js";

const SCREENS = [
  ["overview", "Overview"],
  ["runs", "Runs"],
  ["records", "Records"],
  ["issues", "Issues"],
  ["queue", "Queue"],
  ["why", "Why?"],
  ["reconciliation", "Reconciliation"],
  ["settings", "Settings"],
];

const base = new URL(document.baseURI).pathname;
const [screen = "", ...rest] = location.pathname.slice(base.length).split("/").filter(Boolean);
const name = screen || "overview";
const main = document.getElementById("main");

document.getElementById("skip").href = `${location.pathname}${location.search}#main`;
document.getElementById("screens").append(
  ...SCREENS.map(([path, called]) =>
    el("li", {}, el("a", { href: path, "aria-current": path === name ? "page" : null }, called)),
  ),
);
document.title = `${SCREENS.find(([path]) => path === name)?.[1] ?? "?"} · Procore ↔ Xero`;

/**
 * A screen is a module of `screens/` with `show(main, page)`, which returns the elements to show;
 * `page` holds `rest` (the parts of the address after the screen's), `query` and `me`.
 */
async function show() {
  const { show: fill } = await import(`./screens/${name}.js`);
  const me = JSON.parse(document.body.dataset.me);
  document.getElementById("who").append(me.name, " ", el("span", { class: "muted" }, role(me)));
  const page = {
    rest: rest.map(decodeURIComponent),
    query: Object.fromEntries(new URLSearchParams(location.search)),
    me,
  };
  const shown = await fill(main, page);
  if (shown) main.replaceChildren(...[shown].flat(Infinity).filter(Boolean));
}

function role(me) {
  const may = [me.operates && "operator", me.approves && "approver"].filter(Boolean);
  return may.length ? may.join(", ") : "viewer";
}

show()
  .catch((error) => main.replaceChildren(failure(error)))
  .finally(() => main.setAttribute("aria-busy", "false"));

// Airflow's frame opens no windows and, before 3.3, saves no files; its own page does both for us.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[target=_blank], a[download]");
  if (!link || window.parent === window) return;
  let outer;
  try {
    outer = window.parent.document;
  } catch {
    return; // another site's frame: the browser decides
  }
  event.preventDefault();
  const twin = outer.createElement("a");
  twin.href = link.href;
  twin.rel = "noopener noreferrer";
  if (link.hasAttribute("download")) twin.download = "";
  else twin.target = "_blank";
  outer.body.append(twin);
  twin.click();
  twin.remove();
});
