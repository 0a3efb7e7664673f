// Elements, made and kept. No text that comes from the network is ever read as HTML.

/** Returns the element with this id. */
export const find = (id) => document.getElementById(id);

/** Makes an element with a class and with what is in it: texts or elements. */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);

  return made;
}

/** Makes an element of SVG with attributes. */
export function drawn(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);

  return made;
}

/** Sets a text, if it is another one: what stays the same is not drawn again. */
export function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/** Replaces all of a place by a sentence. */
export function note(place, sentence) {
  const known = place.firstElementChild;
  if (known?.classList.contains("empty") && known.textContent === sentence) return;
  place.replaceChildren(element("p", "empty", sentence));
}

/** Returns the table in a place; makes it with a caption and heads, if there is none. Heads of numbers begin with `#`. */
export function tableIn(place, caption, heads) {
  const known = place.querySelector("table");
  if (known && known.dataset.heads === heads.join("|")) {
    say(known.caption, caption);
    return known;
  }

  const head = element("tr");
  for (const text of heads) {
    const cell = element("th", text.startsWith("#") ? "number" : "", text.replace("#", ""));
    cell.scope = "col";
    head.append(cell);
  }
  const table = element("table", "", element("caption", "hidden", caption), element("thead", "", head), element("tbody"));
  table.dataset.heads = heads.join("|");
  const scrolled = element("div", "scrolled", table);
  // What scrolls can be scrolled by keyboard too.
  scrolled.tabIndex = 0;
  scrolled.setAttribute("role", "group");
  scrolled.setAttribute("aria-label", caption);
  place.replaceChildren(scrolled);

  return table;
}

/** Makes a body have `count` rows; `make` makes one that is missing. */
export function rowsOf(table, count, make) {
  const body = table.tBodies[0];
  while (body.rows.length > count) body.lastElementChild.remove();
  while (body.rows.length < count) body.append(make());

  return body.rows;
}
