// @ts-check
// What the components in the browser share. Python puts this file, after the palette, in front of each component's own
// script (`script` in __init__.py); it exports nothing, so that its functions are simply there.

const ACCENT = PALETTE.accent, DRAWN = PALETTE.drawn, SERIES = PALETTE.series;

/**
 * A colour "rrggbb" as the number that an ImageData holds for it, opaque.
 * @param {string} hex with or without "#"
 */
function packedColour(hex) {
  const number = parseInt(hex.replace('#', ''), 16);
  return (0xff000000 | ((number & 0xff) << 16) | (number & 0xff00) | (number >> 16)) >>> 0;
}

// Viridis as 256 numbers for an ImageData.
const VIRIDIS = Uint32Array.from(PALETTE.viridis.match(/.{6}/g) ?? [], packedColour);

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
/** @param {number} value */
const digits = (value) => (value !== 0 && Math.abs(value) < 0.01 ? value.toExponential(1) : value.toFixed(2));
/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/**
 * A sentence with its values in place: Python sends it in the reader's language, as "map {map} · maximum {maximum}".
 * @param {string} text @param {Record<string, string | number>} values
 */
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/**
 * What `packed` in __init__.py made: the header, and the arrays' bytes in a buffer of their own.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {{ header: any, body: Uint8Array<ArrayBuffer> }}
 */
function unpack(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return { header, body: bytes.slice(4 + length) };
}

// ---- elements

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean>} [attributes] "class", "aria-label", …
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean>} [attributes]
 * @param {string | number} [text]
 * @returns {SVGElementTagNameMap[Tag]}
 */
function svg(tag, attributes = {}, text) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text !== undefined) node.textContent = String(text);
  return node;
}

/**
 * A figure of `parts` over a caption, in bold its title.
 * @param {Node[]} parts @param {string} [title] @param {string} [text]
 */
function figure(parts, title = '', text = '') {
  const caption = element('figcaption');
  captioned(caption, title, text);
  return element('figure', {}, ...parts, caption);
}

/** @param {Element} caption @param {string} title @param {string} text */
function captioned(caption, title, text) {
  caption.replaceChildren(...(title ? [element('b', {}, title)] : []), ...(text ? [element('span', {}, text)] : []));
}

/**
 * Finds what the component's html must have.
 * @param {ParentNode} root @param {string} selector
 * @returns {any}
 */
function find(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`There is no ${selector} in this component.`);
  return found;
}

// ---- keys

/**
 * Where an arrow key points, as [down, right]; null for other keys and for the browser's own shortcuts.
 * @param {KeyboardEvent} event
 * @returns {[number, number] | null}
 */
function arrows(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  switch (event.key) {
    case 'ArrowRight': return [0, 1];
    case 'ArrowLeft': return [0, -1];
    case 'ArrowDown': return [1, 0];
    case 'ArrowUp': return [-1, 0];
    default: return null;
  }
}

/** A key that was used here: the page shall not scroll, and Streamlit shall not take it for a shortcut.
 * @param {Event} event */
function used(event) {
  event.preventDefault();
  event.stopPropagation();
}

/**
 * The item to which a key leads from item `at` of `count` in rows of `columns`; the ends meet. Null: to none.
 * @param {string} key @param {number} at @param {number} count @param {number} columns
 * @returns {number | null}
 */
function neighbour(key, at, count, columns) {
  if (columns === 1) key = { ArrowDown: 'ArrowRight', ArrowUp: 'ArrowLeft' }[key] ?? key;
  const column = at % columns;
  switch (key) {
    case 'Home': return 0;
    case 'End': return count - 1;
    case 'ArrowRight': return (at + 1) % count;
    case 'ArrowLeft': return (at + count - 1) % count;
    case 'ArrowDown': return at + columns < count ? at + columns : column;
    case 'ArrowUp': return at >= columns ? at - columns : column + columns * Math.floor((count - 1 - column) / columns);
    default: return null;
  }
}

/**
 * Lets the buttons in `group` that have role="radio" be chosen from: one is in the way of the Tab key, arrows, Home and
 * End go from there and choose (WAI-ARIA practices, “Radio Group”). In a css grid, up and down go to the next row.
 * @param {HTMLElement} group
 * @param {(value: string, byKey: boolean) => void} onPick told a button's value
 */
function radiogroup(group, onPick) {
  const buttons = () => /** @type {HTMLButtonElement[]} */ ([...group.querySelectorAll('[role=radio]')]);
  const columns = () => {
    const style = getComputedStyle(group);
    return style.display === 'grid' ? style.gridTemplateColumns.split(' ').length : 1;
  };
  /** @param {string} value */
  const mark = (value) => {
    const all = buttons(), chosen = all.find((button) => button.value === value);
    for (const button of all) {
      button.setAttribute('aria-checked', String(button === chosen));
      button.tabIndex = button === (chosen ?? all[0]) ? 0 : -1;
    }
  };
  /** @param {HTMLButtonElement} button @param {boolean} byKey */
  const pick = (button, byKey) => { mark(button.value); onPick(button.value, byKey); };
  /** @param {Event} event */
  const under = (event) => buttons().find((button) => button.contains(/** @type {Node} */ (event.target)));
  group.onclick = (event) => { const button = under(event); if (button) pick(button, false); };
  group.onkeydown = (event) => {
    const all = buttons(), button = under(event);
    if (!button || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = neighbour(event.key, all.indexOf(button), all.length, columns());
    if (next === null) return;
    used(event);
    all[next].focus();
    if (all[next] !== button) pick(all[next], true);
  };
  return { mark };
}

/**
 * Draws the inside of a group anew and gives the focus back to what stands for the same thing there: the button of the
 * same value, or the first one in the way of the Tab key.
 * @param {HTMLElement} group @param {() => void} redraw
 */
function keepingFocus(group, redraw) {
  const active = /** @type {Document | ShadowRoot} */ (group.getRootNode()).activeElement;
  const held = active instanceof HTMLElement && group.contains(active) ? active : null;
  redraw();
  if (!held || held.isConnected) return;
  const all = /** @type {HTMLButtonElement[]} */ ([...group.querySelectorAll('button')]);
  const again = all.find((one) => one.value === /** @type {HTMLButtonElement} */ (held).value) ?? all[0];
  again?.focus({ preventScroll: true });
}

// ---- what is said to Python

/**
 * What the visitor chooses against what Python answers. Every choice carries a number and Python sends back the newest
 * that has arrived (`newest` in received.py), so that an answer to an earlier choice never undoes a later one.
 * @param {(choice: any) => void} send
 * @param {number} waitMs how long `soon` waits for a next one
 */
function choices(send, waitMs = 120) {
  let sent = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const own = {
    forget() { clearTimeout(timer); timer = undefined; },
    /** @param {any} choice */
    now(choice) { own.forget(); sent += 1; send({ ...choice, number: sent }); },
    /** @param {any} choice */
    soon(choice) { own.forget(); timer = setTimeout(() => own.now(choice), waitMs); },
    /** Whether Python has heard everything; a new element goes on counting where the one before it stopped.
     * @param {number} number the newest that it has heard */
    answered(number) {
      if (timer !== undefined || number < sent) return false;
      sent = number;
      return true;
    },
  };
  return own;
}

// ---- what components tell each other: one bus for the page

/** @type {{ events: EventTarget, last: Record<string, any>, groups: Record<string, Set<any>> }} */
const bus = (globalThis.zfnetBus ??= { events: new EventTarget(), last: {}, groups: {} });

/** @param {string} name @param {any} message */
function tell(name, message) {
  bus.last[name] = message;
  bus.events.dispatchEvent(new CustomEvent(name, { detail: message }));
}

/**
 * Calls `listener` with every message of that name; the last one waits in `bus.last`. Returns how to stop.
 * @param {string} name @param {(message: any) => void} listener
 */
function hear(name, listener) {
  /** @param {any} event */
  const heard = (event) => listener(event.detail);
  bus.events.addEventListener(name, heard);
  return () => bus.events.removeEventListener(name, heard);
}

// ---- pages that a browser translates

/**
 * A browser that translates the page keeps words of its own in place of what stood there, and a figure that changes
 * afterwards may go on being shown as it was. So whatever holds a figure is left as it is, and so is whatever has changed
 * once; all other words may be translated. Goes on with what comes later; returns how to stop.
 * @param {Node} root an element, or the root of a component
 */
function keepFigures(root) {
  /** @param {Node | null} node */
  const keep = (node) => { if (node instanceof Element && !/^(STYLE|SCRIPT)$/.test(node.tagName)) node.setAttribute('translate', 'no'); };
  /** @param {Node} node */
  const look = (node) => {
    if (node instanceof Text) { if (/\d/.test(node.data)) keep(node.parentElement); return; }
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) look(text);
  };
  /** @param {NodeList} nodes */
  const words = (nodes) => [...nodes].some((node) => node instanceof Text && node.data.trim() !== '');
  const watch = new MutationObserver((changes) => {
    for (const { type, target, addedNodes, removedNodes } of changes) {
      if (type === 'characterData') keep(target.parentElement);
      else if (words(removedNodes) && words(addedNodes)) keep(target);
      else addedNodes.forEach(look);
    }
  });
  watch.observe(root, { childList: true, characterData: true, subtree: true });
  look(root);
  return () => watch.disconnect();
}

// ---- mounting

// For tests and for the curious; nothing in the app reads it.
const debug = (globalThis.zfnetExplorer ??= {});

/**
 * A component for Streamlit: `make` is called once for each element that is put on the page, `show` with every answer
 * of Python, `tidy` when the element has left the page or its inside was replaced.
 * Streamlit also asks to clean up after a render that a newer one overtook: only a root that is gone is tidied.
 * @template {{ element: Element, send?: (name: string, value: any) => void }} View
 * @template Data
 * @param {string} name its name in `debug`
 * @param {{ make: (root: ParentNode) => View, show: (view: View, data: Data) => void, tidy?: (view: View) => void }} component
 *   `view.element` stands for the inside of the root; `view.send(name, value)` reports to Python
 */
function mount(name, { make, show, tidy = () => {} }) {
  /** @type {WeakMap<ParentNode, View>} */
  const views = new WeakMap();
  /** @type {WeakMap<View, () => void>} */
  const stops = new WeakMap();
  /** @param {ParentNode} root */
  const end = (root) => {
    const view = views.get(root);
    if (!view) return;
    views.delete(root);
    stops.get(view)?.();
    tidy(view);
    if (debug[name] === view) delete debug[name];
  };
  /** @param {{ data: Data, parentElement: ParentNode & Node, setStateValue: (name: string, value: any) => void }} given */
  return ({ data, parentElement: root, setStateValue }) => {
    if (views.has(root) && !root.contains(/** @type {View} */ (views.get(root)).element)) end(root);
    if (!views.has(root)) {
      const made = make(root);
      views.set(root, made);
      stops.set(made, keepFigures(root));
    }
    const view = /** @type {View} */ (views.get(root));
    view.send = setStateValue;
    debug[name] = view;
    show(view, data);
    return () => setTimeout(() => { if (!root.isConnected) end(root); }, 0);
  };
}
