// @ts-check
// One feature map with its exact values, and beside it the photo, dimmed outside of what a unit sees: the chosen one, or
// that under the pointer. A click or the arrow keys choose a unit.
// Data: see `header_of` in __init__.py; which unit is chosen comes apart (chosen.js). State sent back:
// chosen = { layer, map, row, column, number }.

const SIDE_PX = 600, LEAST_PX = 9;

/** @typedef {[number, number]} Unit row, column */

/** @param {ParentNode} root */
function make(root) {
  const view = {
    element: find(root, '.unit-map'), canvas: find(root, 'canvas'), out: find(root, 'output'), high: find(root, '.high'),
    sees: find(root, '.sees'), photo: find(root, '.sees img'), field: find(root, '.sees i'), told: find(root, '.told span'),
    data: /** @type {Uint8Array<ArrayBuffer> | null} */ (null), header: /** @type {any} */ (null),
    values: new Float32Array(), zoom: 1, sheet: document.createElement('canvas'),
    hover: /** @type {Unit | null} */ (null), chosen: /** @type {Unit | null} */ (null),
    send: (name, value) => {},
    choices: choices((choice) => view.send('chosen', choice)),
    deaf: hear('chosen', () => adopt(view)),
    observer: new ResizeObserver(() => { if (view.header) paint(view); }),
  };
  const { canvas } = view;
  canvas.onpointermove = (event) => {
    view.hover = at(view, event);
    paint(view);
    say(view, view.hover, 'hover');
  };
  canvas.onpointerleave = () => { view.hover = null; paint(view); sayChosen(view); };
  canvas.onclick = (event) => choose(view, at(view, event));
  canvas.onkeydown = (event) => press(view, event);
  view.observer.observe(canvas);
  return view;
}

/** @typedef {ReturnType<typeof make>} View */

/** @param {View} view */
function draw(view) {
  const { rows, columns, top } = view.header, factor = top > 0 ? 255 / top : 0;
  view.zoom = Math.max(1, Math.round(SIDE_PX / Math.max(rows, columns)));
  view.canvas.width = columns * view.zoom; view.canvas.height = rows * view.zoom;
  const picture = new ImageData(columns, rows), pixels = new Uint32Array(picture.data.buffer);
  for (let unit = 0; unit < rows * columns; unit++)
    pixels[unit] = VIRIDIS[clamp(Math.round(view.values[unit] * factor), 0, 255)];
  view.sheet = element('canvas', { width: columns, height: rows });
  view.sheet.getContext('2d')?.putImageData(picture, 0, 0);
}

/** @param {View} view */
function paint({ canvas, sheet, zoom, hover, chosen }) {
  const context = canvas.getContext('2d'), scale = canvas.width / Math.max(1, canvas.clientWidth);
  context.imageSmoothingEnabled = false;
  context.drawImage(sheet, 0, 0, canvas.width, canvas.height);
  // A small unit gets a frame of at least 9 screen pixels, so that it can be seen from the back row.
  const side = Math.max(zoom, LEAST_PX * scale), off = (side - zoom) / 2;
  for (const [unit, colour] of /** @type {[Unit | null, string][]} */ ([[hover, '#fff'], [chosen, ACCENT]])) {
    if (!unit) continue;
    for (const [style, width] of /** @type {[string, number][]} */ ([['#000', 4], [colour, 2]])) {
      context.strokeStyle = style; context.lineWidth = width * scale;
      context.strokeRect(unit[1] * zoom - off, unit[0] * zoom - off, side, side);
    }
  }
}

/** @param {View} view @param {Unit} unit @param {'hover' | 'chosen'} what */
function say(view, [row, column], what) {
  const value = view.values[row * view.header.columns + column];
  view.out.textContent = filled(view.header.words[what], { row, column, value: digits(value) });
  see(view, [row, column]);
}

/**
 * The pixels that a unit sees along one axis, as [first, behind the last]: `ReceptiveField.span` in Python.
 * @param {{ jump: number, first: number, last: number, end: number }} field @param {number} index
 */
function span({ jump, first, last, end }, index) {
  return [clamp(jump * index + first, 0, end), clamp(jump * index + last + 1, 0, end)];
}

/** Frames what a unit sees, and tells where that is. @param {View} view @param {Unit} unit */
function see({ header: { inputPx: side, field: reach, words }, sees, field, told }, [row, column]) {
  const [top, bottom] = span(reach, row), [left, right] = span(reach, column);
  const part = (/** @type {number} */ pixels) => `${(100 * pixels) / side}%`;
  Object.assign(field.style, { top: part(top), left: part(left), height: part(bottom - top), width: part(right - left) });
  const place = filled(words.place, { top, bottom: bottom - 1, left, right: right - 1 });
  told.textContent = filled(words.seen, { rows: bottom - top, columns: right - left, place });
  sees.setAttribute('aria-label', filled(words.alt, { place, n: side }));
}

/** @param {View} view */
function sayChosen(view) { if (view.chosen) say(view, view.chosen, 'chosen'); }

/** The unit under the pointer. @param {View} view @param {MouseEvent} event @returns {Unit} */
function at({ canvas, header: { rows, columns } }, event) {
  const box = canvas.getBoundingClientRect();
  return [clamp(Math.floor(((event.clientY - box.top) / box.height) * rows), 0, rows - 1),
    clamp(Math.floor(((event.clientX - box.left) / box.width) * columns), 0, columns - 1)];
}

/** @param {View} view @param {Unit} unit */
function mark(view, unit) { view.chosen = unit; paint(view); sayChosen(view); }

/** @param {View} view @param {Unit} unit */
const choice = ({ header: { layer, map } }, [row, column]) => ({ layer, map, row, column });

/** @param {View} view @param {Unit} unit */
function choose(view, unit) { mark(view, unit); view.choices.now(choice(view, unit)); }

/** Takes over what Python says is chosen. @param {View} view */
function adopt(view) {
  const told = bus.last.chosen, { header } = view;
  if (!header || told?.layer !== header.layer || told.unit[0] !== header.map) return;
  if (view.choices.answered(told.heard.unitMap)) mark(view, told.unit.slice(1));
}

/** @param {View} view @param {KeyboardEvent} event */
function press(view, event) {
  const { chosen, header: { rows, columns } } = view;
  // Home and End lead to the ends of the row.
  const end = event.ctrlKey || event.metaKey || event.altKey ? undefined : { Home: -columns, End: columns }[event.key];
  const step = end ? /** @type {Unit} */ ([0, end]) : arrows(event);
  if (!chosen || (!step && event.key !== 'Enter')) return;
  used(event);
  if (!step) { choose(view, chosen); return; }
  const by = event.shiftKey ? 5 : 1;
  const row = clamp(chosen[0] + by * step[0], 0, rows - 1), column = clamp(chosen[1] + by * step[1], 0, columns - 1);
  const unit = /** @type {Unit} */ ([row, column]);
  mark(view, unit);
  view.choices.soon(choice(view, unit));
}

/** @param {View} view @param {Uint8Array<ArrayBuffer>} data */
function take(view, data) {
  const { header, body } = unpack(data);
  if (view.header?.layer !== header.layer || view.header.map !== header.map) {
    view.choices.forget();
    view.chosen = null;
  }
  view.data = data;
  view.header = header;
  view.values = new Float32Array(body.buffer, 0, header.rows * header.columns);
  view.hover = null;
  draw(view);
  view.high.textContent = digits(header.top);
  view.canvas.setAttribute('aria-label', header.alt);
  if (view.photo.src !== header.photo) view.photo.src = header.photo;
  find(view.element, '.told b').textContent = header.words.title;
}

export default mount('unitMap', {
  make,
  show(view, data) {
    const fresh = view.data !== data;
    if (fresh) take(view, data);
    paint(view);
    if (fresh) { adopt(view); sayChosen(view); }
  },
  tidy(view) { view.observer.disconnect(); view.deaf(); view.choices.forget(); },
});
