// Elements, always with text and never with markup: what records are called is not to be trusted.

const AS_PROPERTY = new Set(["value", "checked", "disabled", "hidden", "selected", "open"]);

/** Return an element; `on…` are listeners, null and false attributes are left out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (AS_PROPERTY.has(name)) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...flat(children));
  return made;
}

/** Return an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...flat(children));
  return made;
}

function flat(children) {
  return children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false);
}

/** Return *text* with what stands between backticks as code. */
export function coded(text) {
  return text.split("`").map((part, place) => (place % 2 ? el("code", {}, part) : part));
}

/** Return a link to an address of the two systems, or its text alone: only http and https lead on. */
export function outward(address, text) {
  if (!/^https?:\/\//i.test(address || "")) return null;
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** Return the address of a screen with its query: `at("records", {q: "24-017"})`. */
export function at(path, query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  return kept.length ? `${path}?${new URLSearchParams(kept)}` : path;
}
