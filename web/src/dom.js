/** Elements from plain calls. Text only ever becomes text nodes, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {Node | string | null | false} Child
 * @typedef {Record<string, string | number | boolean | null | ((event: any) => void)>} Props
 */

/**
 * `onclick`-style functions become listeners, `testid` becomes `data-testid`, booleans become
 * bare attributes; everything else is set as it is.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Props} props
 * @param {Child[]} children
 * @returns {E}
 */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "testid") element.setAttribute("data-testid", String(value));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...present(children));
  return element;
}

/**
 * @param {Element} element
 * @param {...Child} children
 */
export function replace(element, ...children) {
  element.replaceChildren(...present(children));
}

/**
 * Sets text only where it differs, so that screen readers are not told the same again.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes `parent` hold one child per item, in order, keeping the children of items that stay.
 * @template I
 * @template {Element} E
 * @param {Element} parent
 * @param {I[]} items
 * @param {(item: I) => string | number} keyOf
 * @param {(item: I) => E} make
 * @param {(element: E, item: I) => void} update
 */
export function keyed(parent, items, keyOf, make, update) {
  const keys = items.map((item) => String(keyOf(item)));
  const staying = new Set(keys);
  const old = new Map();
  for (const child of [...parent.children]) {
    const key = child.getAttribute("data-key") ?? "";
    if (staying.has(key)) old.set(key, child);
    else child.remove(); // first of all, so that those after it need not be moved
  }
  items.forEach((item, index) => {
    const key = keys[index] ?? "";
    const element = old.get(key) ?? make(item);
    old.delete(key);
    element.setAttribute("data-key", key);
    if (parent.children[index] !== element) {
      parent.insertBefore(element, parent.children[index] ?? null);
    }
    update(element, item);
  });
  for (const element of old.values()) element.remove();
}

/** @param {Child[]} children */
const present = (children) =>
  /** @type {(Node | string)[]} */ (children.filter((child) => child !== null && child !== false));
