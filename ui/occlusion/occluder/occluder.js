// @ts-check
// The living picture of Fig. 7: a rectangle on the photo, the readout that follows it, and panels (b)–(e) with one cursor.
// Data: see `scene` in ../scene.py. State sent back, only when a gesture ends: moved = { top, left, height, width, number },
// drawn = { cells, number }; the newest numbers that Python knows come back as `heard`.
// While the rectangle moves, values are interpolated here from the grid and nothing is sent, not even
// looked = { at }, which asks for news of a sweep that is still going on.

const BARS = 5, LOOK_AGAIN_MS = 400, FIRST_LOOK_MS = 130, FIRST_LOOKS = 8, KEYS_MS = 150, TAP_PX = 10, SMALL_PX = 44;
const BRUSH_CELLS = 1.6, SHEET_ZOOM = 2;

/** @typedef {{ top: number, left: number, height: number, width: number }} Box in input pixels */
/** @typedef {{ x: number, y: number }} Place in input pixels */

/** Every picture on the page, this one as well. @returns {Set<View>} */
const occluders = () => (bus.groups.occluders ??= new Set());

/** @param {ParentNode} root */
function make(root) {
  const view = {
    element: find(root, '.occluder'), stage: find(root, '.stage'), boxElement: find(root, '.box'),
    panels: Object.fromEntries(['b', 'c', 'd', 'e'].map((name) => [name, find(root, `[data-panel=${name}]`)])),
    cursors: /** @type {HTMLElement[]} */ ([...root.querySelectorAll('.cursor')]),
    sheets: /** @type {HTMLElement[]} */ ([...root.querySelectorAll('.sheet')]),
    bars: Array.from({ length: BARS }, bar),
    data: /** @type {Uint8Array<ArrayBuffer> | null} */ (null), header: /** @type {any} */ (null),
    shares: new Float32Array(), totals: new Float32Array(), names: new Float32Array(),
    box: /** @type {Box} */ ({ top: 0, left: 0, height: 1, width: 1 }),
    given: /** @type {Box | null} */ (null), shown: /** @type {any} */ (null), cells: /** @type {number[]} */ ([]),
    places: /** @type {[HTMLElement, number][]} */ ([]),
    drag: /** @type {any} */ (null), tap: /** @type {PointerEvent | null} */ (null),
    hovered: false, before: /** @type {Box | null} */ (null), frame: 0,
    send: (name, value) => {},
    moves: choices((box) => view.send('moved', box), KEYS_MS),
    drawings: choices((drawing) => view.send('drawn', drawing)),
    observer: new ResizeObserver(() => { measure(view); if (view.header) paintSoon(view); }),
    poll: setInterval(() => lookAgain(view), FIRST_LOOK_MS), looks: 0, lookedAt: 0,
  };
  find(root, '.bars').append(...view.bars.map(({ row }) => row));
  listen(view);
  for (const part of [view.stage, ...view.sheets]) view.observer.observe(part);
  measure(view);
  occluders().add(view);
  debug.occluders = occluders();
  return view;
}

/** @typedef {ReturnType<typeof make>} View */

/** A line of the readout. */
function bar() {
  const label = element('span'), fill = element('i'), value = element('span');
  const row = element('div', { class: 'row', role: 'listitem' }, label, element('span', { class: 'track' }, fill), value);
  return { row, label, fill, value };
}

/** @param {View} view */
function listen(view) {
  const { stage, boxElement } = view;
  boxElement.onpointerdown = (event) => grab(view, event, 'move');
  find(view.element, '.grip').onpointerdown = (event) => grab(view, event, 'size');
  stage.onpointerdown = (event) => grab(view, event, view.header.hidden ? 'draw' : 'jump');
  stage.onpointermove = (event) => pull(view, event);
  stage.onpointerup = stage.onpointercancel = (event) => { finishTap(view, event); letGo(view, event); };
  boxElement.onkeydown = (event) => press(view, event);
  for (const sheet of view.sheets) listenTo(view, sheet);
  find(view.element, '.clear').onclick = () => { view.cells.fill(0); paintDrawing(view); tellDrawing(view); };
  const opacity = find(view.panels.d, 'input');
  opacity.oninput = () => { find(view.panels.d, 'canvas').style.opacity = opacity.value / 100; };
  opacity.oninput();
}

// ---- geometry

/** @param {Box | null} a @param {Box | null} b */
const same = (a, b) => !!a && !!b && a.top === b.top && a.left === b.left && a.height === b.height && a.width === b.width;

/** The nearest rectangle of whole pixels inside the photo. @param {Box} box
 * @param {{ inputPx: number, smallest: number }} header @returns {Box} */
function fitted(box, { inputPx: side, smallest }) {
  const height = clamp(Math.round(box.height), smallest, side), width = clamp(Math.round(box.width), smallest, side);
  const top = clamp(Math.round(box.top), 0, side - height), left = clamp(Math.round(box.left), 0, side - width);
  return { top, left, height, width };
}

/**
 * For each pixel along an axis the position whose centre is nearest, −1 beyond half a step from the outermost ones.
 * @param {number[]} starts @param {number} side @param {number} stride @param {number} size
 */
function nearest(starts, side, stride, size) {
  const places = new Int16Array(size).fill(-1);
  starts.forEach((start, place) => {
    const before = place ? (start + starts[place - 1]) / 2 : start - stride / 2;
    const after = place < starts.length - 1 ? (start + starts[place + 1]) / 2 : start + stride / 2;
    places.fill(place, clamp(Math.round(before + side / 2), 0, size), clamp(Math.round(after + side / 2), 0, size));
  });
  return places;
}

/**
 * The two positions around `place` and how far it lies between them. The last step of a grid may be a shorter one.
 * @param {number[]} starts @param {number} stride @param {number} place @returns {[number, number, number]}
 */
function along(starts, stride, place) {
  const last = starts.length - 1, first = clamp(Math.floor(place / stride), 0, Math.max(last - 1, 0));
  const next = Math.min(first + 1, last);
  return [first, next, next > first ? clamp((place - starts[first]) / (starts[next] - starts[first]), 0, 1) : 0];
}

/**
 * Bilinear between the four grid points around the rectangle's corner.
 * @param {{ tops: number[], lefts: number[], stride: number, columns: number }} grid
 * @param {ArrayLike<number>} values row by row from number `first` on
 * @param {number} first @param {{ top: number, left: number }} box
 */
function between({ tops, lefts, stride, columns }, values, first, box) {
  const [y0, y1, y] = along(tops, stride, box.top), [x0, x1, x] = along(lefts, stride, box.left);
  /** @param {number} row @param {number} column */
  const at = (row, column) => values[first + row * columns + column];
  return (1 - y) * ((1 - x) * at(y0, x0) + x * at(y0, x1)) + y * ((1 - x) * at(y1, x0) + x * at(y1, x1));
}

/** The place under the pointer. @param {View} view @param {PointerEvent} event @param {Element} part
 * @returns {Place} */
function pixel(view, event, part) {
  const frame = part.getBoundingClientRect(), scale = view.header.inputPx / frame.width;
  return { x: (event.clientX - frame.left) * scale, y: (event.clientY - frame.top) * scale };
}

/** The rectangle around a place. @param {View} view @param {Place} place @returns {Box} */
const centred = ({ box }, { x, y }) => ({ ...box, top: y - box.height / 2, left: x - box.width / 2 });

// ---- the readout

/** What is known of the rectangle's place: exact, between grid points, or null. @param {View} view */
function read({ header: { grid, exact }, box, shares, totals }) {
  if (exact && same(exact.box, box)) return { kind: 'exact', ...exact };
  if (!grid || grid.height !== box.height || grid.width !== box.width) return null;
  const count = grid.rows * grid.columns;
  const all = grid.labels.map((label, place) => ({ label, share: between(grid, shares, place * count, box) }));
  const share = all[grid.chosen].share;
  all.sort((a, b) => b.share - a.share);
  return { kind: 'grid', classes: all.slice(0, BARS), share, total: between(grid, totals, 0, box) };
}

/** @param {View} view */
function measure(view) {
  view.places = [view.boxElement, ...view.cursors].map((part) => [part, part.parentElement.clientWidth]);
}

/** @param {View} view */
function paintSoon(view) { view.frame ||= requestAnimationFrame(() => paint(view)); }

/** The rectangle, its cursors and the readout. @param {View} view */
function paint(view) {
  cancelAnimationFrame(view.frame);
  view.frame = 0;
  view.shown = view.header.hidden ? null : read(view);
  paintBoxes(view);
  paintHeadline(view);
  paintBars(view);
  paintActivity(view);
}

/** @param {View} view */
function paintBoxes({ element: whole, header: { inputPx, words }, box: { top, left, height, width }, places, boxElement }) {
  for (const [part, side] of places) {
    const scale = side / inputPx;
    part.style.transform = `translate(${left * scale}px, ${top * scale}px)`;
    part.style.width = `${width * scale}px`; part.style.height = `${height * scale}px`;
  }
  boxElement.classList.toggle('small', Math.min(width, height) * (places[0][1] / inputPx) < SMALL_PX);
  find(whole, '.place').textContent = filled(words.place, { top, left, height, width });
}

/** @param {View} view */
function paintHeadline({ element: whole, header: { hidden, done, chosen, words }, shown, box: { top, left } }) {
  const kind = find(whole, '.kind'), spoken = find(whole, '.spoken');
  find(whole, '.headline .number').textContent = shown ? percent(shown.share) : '…';
  kind.dataset.kind = shown ? shown.kind : 'none';
  const known = { exact: words.exact, grid: done ? words.between : words.coarse }[shown?.kind] ?? words.computing;
  setText(kind, hidden ? words.hidden : known);
  if (shown?.kind !== 'exact') return;
  const best = shown.classes[0].label;
  setText(spoken, filled(words.spoken, { top, left, label: chosen.label, share: percent(shown.share), best }));
}

/** @param {View} view */
function paintBars({ bars, shown, header: { chosen } }) {
  bars.forEach(({ row, label, fill, value }, number) => {
    const item = shown?.classes[number];
    row.hidden = !item && !!shown;
    if (setText(label, item?.label ?? '…')) label.title = item?.label ?? '';
    row.classList.toggle('chosen', item?.label === chosen.label);
    fill.style.width = item ? `${100 * item.share}%` : '0';
    value.textContent = item ? percent(item.share) : '';
  });
}

/** @param {View} view */
function paintActivity({ element: whole, shown, header: { map: { cleanTotal, range: [, top] } } }) {
  find(whole, '.activity i').style.width = shown ? `${clamp((100 * shown.total) / top, 0, 100)}%` : '0';
  find(whole, '.activity b').style.left = `${(100 * cleanTotal) / top}%`;
  find(whole, '.activity .value').textContent = shown ? shown.total.toFixed(1) : '…';
}

/** Writes only what is new, so that nothing is read out twice. @param {Element} part @param {string} text */
function setText(part, text) {
  if (part.textContent === text) return false;
  part.textContent = text;
  return true;
}

// ---- moving the rectangle

/** Puts the rectangle there, in every picture of the same size. @param {View} view @param {Box} box */
function go(view, box) {
  for (const one of occluders())
    if (one === view || (one.header?.inputPx === view.header.inputPx && one.stage.isConnected)) {
      one.box = fitted(box, one.header);
      paintSoon(one);
    }
}

/** Whether Python has heard of every move in this picture. @param {View} view */
const answered = ({ header, moves }) => !header || moves.answered(header.heard.moved);

/** Often at first, since the first coarse map is there in half a second; then at leisure. @param {View} view */
function lookAgain(view) {
  if (!view.header?.growing || !view.element.isConnected || [...occluders()].some((one) => one.drag)) return;
  view.looks = view.header.grid ? 0 : view.looks + 1;
  const often = view.looks > 0 && view.looks <= FIRST_LOOKS;
  if (!often && Date.now() - view.lookedAt < LOOK_AGAIN_MS) return;
  view.lookedAt = Date.now();
  view.send('looked', { at: Date.now() });
}

/** @param {View} view @param {PointerEvent} event @param {'move' | 'size' | 'jump' | 'draw'} mode */
function grab(view, event, mode) {
  if (event.button || view.drag) return;
  event.stopPropagation();
  if (mode === 'jump' && event.pointerType === 'touch') { view.tap = event; return; } // it may become a scroll
  event.preventDefault();
  view.moves.forget();
  const start = pixel(view, event, view.stage), id = event.pointerId;
  if (mode === 'draw') {
    view.drag = { mode, id, last: start };
    stroke(view, start, start);
  } else {
    view.boxElement.focus({ preventScroll: true });
    if (mode === 'jump') go(view, centred(view, start));
    view.drag = { mode, id, start, box: view.box, moved: mode === 'jump' };
    view.boxElement.classList.add('drag');
  }
  view.stage.setPointerCapture(id);
}

/** @param {View} view @param {PointerEvent} event */
function pull(view, event) {
  const { drag } = view;
  if (!drag || drag.id !== event.pointerId) return;
  const at = pixel(view, event, view.stage);
  if (drag.mode === 'draw') { stroke(view, drag.last, at); drag.last = at; return; }
  const y = at.y - drag.start.y, x = at.x - drag.start.x, { box } = drag;
  drag.moved = true;
  go(view, drag.mode === 'size' ? resized(view, box, x, y, event.shiftKey) : { ...box, top: box.top + y, left: box.left + x });
}

/** @param {View} view @param {Box} box @param {number} x @param {number} y @param {boolean} freely both sides apart
 * @returns {Box} */
function resized({ header: { inputPx, smallest } }, box, x, y, freely) {
  if (freely) return { ...box, height: box.height + y, width: box.width + x };
  const most = Math.min(inputPx - box.top, (inputPx - box.left) * (box.height / box.width));
  const height = clamp(box.height + Math.max(y, x), smallest, most);
  return { ...box, height, width: (height * box.width) / box.height };
}

/** A finger that was lifted where it came down moves the rectangle there. @param {View} view @param {PointerEvent} event */
function finishTap(view, event) {
  const { tap } = view;
  view.tap = null;
  if (tap?.pointerId !== event.pointerId || event.type !== 'pointerup') return;
  if (Math.hypot(event.clientX - tap.clientX, event.clientY - tap.clientY) >= TAP_PX) return;
  view.boxElement.focus({ preventScroll: true });
  go(view, centred(view, pixel(view, event, view.stage)));
  view.moves.now(view.box);
}

/** @param {View} view @param {PointerEvent} event */
function letGo(view, event) {
  const { drag } = view;
  if (!drag || drag.id !== event.pointerId) return;
  view.drag = null;
  view.boxElement.classList.remove('drag');
  if (drag.mode === 'draw') tellDrawing(view); else if (drag.moved) view.moves.now(view.box);
}

/** @param {View} view @param {KeyboardEvent} event */
function press(view, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { box, header } = view, by = arrows(event), step = event.shiftKey ? 1 : header.step;
  const grow = { '+': header.grow, '=': header.grow, '-': -header.grow }[event.key];
  const stamped = header.hidden && (event.key === ' ' || event.key === 'Enter');
  if (!by && !grow && !stamped) return;
  used(event);
  if (stamped) { stamp(view); return; }
  if (by) go(view, { ...box, top: box.top + step * by[0], left: box.left + step * by[1] });
  else if (grow) go(view, { ...box, height: box.height + grow, width: box.width + grow });
  view.moves.soon(view.box);
}

/** Pointing at a map moves the rectangle; leaving it sends where it is. @param {View} view @param {HTMLElement} sheet */
function listenTo(view, sheet) {
  /** @param {PointerEvent} event */
  const follow = (event) => {
    view.before ||= view.box;
    view.hovered = true;
    go(view, centred(view, pixel(view, event, sheet)));
  };
  const end = () => {
    if (!view.hovered) return;
    view.hovered = false; view.before = null;
    view.moves.now(view.box);
  };
  sheet.onpointermove = (event) => { if (!view.drag && (event.pointerType === 'mouse' || event.buttons)) follow(event); };
  sheet.onpointerdown = (event) => { if (event.pointerType !== 'touch') follow(event); };
  sheet.onpointerup = (event) => { if (event.pointerType === 'touch') follow(event); end(); };
  sheet.onpointerleave = end;
  // The finger scrolls the page after all.
  sheet.onpointercancel = () => {
    if (view.hovered && view.before) go(view, view.before);
    view.hovered = false; view.before = null;
  };
}

// ---- drawing a guess: cells of the photo, painted with a round brush, or stamped with the rectangle by keyboard

/** @param {View} view @param {(row: number, column: number) => boolean} inside a place in input pixels */
function mark(view, inside) {
  const { across, cellPx } = view.header.drawing;
  for (let cell = 0; cell < across * across; cell++)
    if (inside((Math.floor(cell / across) + 0.5) * cellPx, ((cell % across) + 0.5) * cellPx)) view.cells[cell] = 1;
  paintDrawing(view);
}

/** @param {View} view @param {Place} from @param {Place} to */
function stroke(view, from, to) {
  const { cellPx } = view.header.drawing, steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / cellPx) || 1;
  for (let step = 1; step <= steps; step++) {
    const x = from.x + ((to.x - from.x) * step) / steps, y = from.y + ((to.y - from.y) * step) / steps;
    mark(view, (row, column) => Math.hypot(row - y, column - x) <= BRUSH_CELLS * cellPx);
  }
}

/** @param {View} view */
function stamp(view) {
  const { top, left, height, width } = view.box;
  mark(view, (row, column) => row >= top && row < top + height && column >= left && column < left + width);
  tellDrawing(view);
}

/** @param {View} view */
function tellDrawing(view) { view.drawings.now({ cells: view.cells.join('') }); }

/** @param {View} view */
function paintDrawing({ element: whole, cells, header: { hidden, drawing: { across } } }) {
  const canvas = find(whole, '.drawn'), context = canvas.getContext('2d');
  canvas.width = canvas.height = across;
  context.fillStyle = DRAWN;
  if (hidden) cells.forEach((on, cell) => on && context.fillRect(cell % across, Math.floor(cell / across), 1, 1));
  find(whole, '.clear').hidden = !hidden || !cells.includes(1);
}

// ---- the maps

/**
 * Draws a grid on a panel's canvas: each position around the rectangle's centre, so that it lies where the rectangle lies
 * on the photo. @param {View} view @param {string} panel @param {(place: number) => number} colourOf
 */
function paintSheet({ panels, header: { grid, inputPx } }, panel, colourOf) {
  const canvas = find(panels[panel], 'canvas'), context = canvas.getContext('2d'), side = inputPx * SHEET_ZOOM;
  canvas.width = canvas.height = side;
  if (!grid) return context;
  const { tops, lefts, columns, stride, height, width } = grid;
  const rowOf = nearest(tops, height, stride, inputPx), columnOf = nearest(lefts, width, stride, inputPx);
  const picture = new ImageData(inputPx, inputPx), pixels = new Uint32Array(picture.data.buffer);
  for (let y = 0; y < inputPx; y++)
    for (let x = 0; x < inputPx; x++)
      if (rowOf[y] >= 0 && columnOf[x] >= 0) pixels[y * inputPx + x] = colourOf(rowOf[y] * columns + columnOf[x]);
  const small = element('canvas', { width: inputPx, height: inputPx });
  small.getContext('2d')?.putImageData(picture, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, side, side);
  return context;
}

/** The border of the cells that are on. @param {View} view @param {CanvasRenderingContext2D} context
 * @param {string} cells @param {string} colour @param {number} zoom */
function outline({ header: { drawing: { across, cellPx } } }, context, cells, colour, zoom) {
  const side = cellPx * zoom;
  /** @param {number} row @param {number} column */
  const on = (row, column) => row >= 0 && column >= 0 && row < across && column < across && cells[row * across + column] === '1';
  /** @param {number} row @param {number} column @param {number} down @param {number} right */
  const edge = (row, column, down, right) => {
    context.moveTo(column * side, row * side); context.lineTo((column + right) * side, (row + down) * side);
  };
  context.beginPath();
  for (let row = 0; row <= across; row++)
    for (let column = 0; column <= across; column++) {
      if (on(row, column) !== on(row - 1, column)) edge(row, column, 0, 1);
      if (on(row, column) !== on(row, column - 1)) edge(row, column, 1, 0);
    }
  for (const [style, thick] of /** @type {[string, number][]} */ ([['#000', 7], [colour, 4]])) {
    context.strokeStyle = style; context.lineWidth = thick; context.stroke();
  }
}

/** @param {View} view */
function paintPanels(view) {
  const { grid, map, chosen, palette, alts, drawing } = view.header, count = grid ? grid.rows * grid.columns : 0;
  /** @param {number} value @param {[number, number]} range */
  const shade = (value, [low, high]) => VIRIDIS[clamp(Math.round((255 * (value - low)) / (high - low || 1)), 0, 255)];
  const colours = palette.map(packedColour);
  paintSheet(view, 'b', (place) => shade(view.totals[place], map.range));
  const over = paintSheet(view, 'd', (place) => shade(view.shares[grid.chosen * count + place], chosen.range));
  if (drawing.guess) {
    outline(view, over, drawing.important, '#ffffff', SHEET_ZOOM);
    outline(view, over, drawing.guess, DRAWN, SHEET_ZOOM);
  }
  paintSheet(view, 'e', (place) => colours[view.names[place]]);
  for (const [panel, alt] of Object.entries(alts)) view.panels[panel].querySelector('canvas')?.setAttribute('aria-label', alt);
}

// ---- what Python says

/** @param {View} view @param {Uint8Array<ArrayBuffer>} data */
function take(view, data) {
  const { header, body } = unpack(data), first = !view.header;
  view.data = data;
  view.header = header;
  const count = header.grid ? header.grid.rows * header.grid.columns : 0, kinds = header.grid ? header.grid.labels.length : 0;
  const numbers = new Float32Array(body.buffer, 0, count * (kinds + 2));
  view.shares = numbers.subarray(0, count * kinds);
  view.totals = numbers.subarray(count * kinds, count * (kinds + 1));
  view.names = numbers.subarray(count * (kinds + 1));
  takeBox(view, first);
  takeDrawing(view, first);
  showPhoto(view);
  showWords(view);
  if (header.projection) showProjection(view);
  paintDrawing(view);
  paintPanels(view);
}

/** Python is the authority, unless it has not heard yet of what was done last, here or in the picture beside.
 * @param {View} view @param {boolean} first */
function takeBox(view, first) {
  const { box } = view.header, busy = !!view.drag || view.hovered;
  const heard = [...occluders()].every(answered);
  if (first || (!busy && heard && !same(box, view.given))) view.box = fitted(box, view.header);
  view.given = box;
}

/** @param {View} view @param {boolean} first */
function takeDrawing(view, first) {
  const { heard, drawing } = view.header, known = view.drawings.answered(heard.drawn) && view.drag?.mode !== 'draw';
  if (first || known) view.cells = [...(drawing.cells || '0'.repeat(drawing.across ** 2))].map(Number);
}

/** @param {View} view */
function showPhoto({ element: whole, header: { image, imageAlt, fill, boxAlt, hidden }, boxElement, stage }) {
  for (const picture of [find(whole, '.picture'), find(whole, '.under')]) if (picture.src !== image) picture.src = image;
  find(whole, '.picture').alt = imageAlt;
  boxElement.style.background = fill.colour;
  boxElement.style.backdropFilter = fill.blur ? `blur(${fill.blur}px)` : '';
  boxElement.setAttribute('aria-label', boxAlt);
  stage.classList.toggle('drawing', hidden);
  whole.classList.toggle('hidden-map', hidden);
}

/** @param {View} view */
function showWords({ element: whole, header, panels }) {
  const { title, chosen, map, note, captions, legend, progress, words } = header, name = find(whole, '.headline .class');
  find(whole, '.title').textContent = title;
  name.textContent = name.title = chosen.label;
  find(whole, '.activity .name').textContent = map.title;
  find(whole, '.note').textContent = find(whole, '.note').title = note;
  find(whole, '.progress i').style.width = progress ? `${100 * progress.share}%` : '0';
  find(whole, '.progress span').textContent = progress ? progress.text : '';
  find(whole, '.clear').textContent = words.clear;
  find(whole, '.bars').setAttribute('aria-label', words.bars);
  find(panels.d, 'input').title = words.opacity;
  find(panels.d, 'input').setAttribute('aria-label', words.opacity);
  for (const [panel, text] of Object.entries(captions)) {
    const caption = find(panels[panel], 'figcaption');
    caption.textContent = caption.title = text;
  }
  const ranges = { b: map.range.map((value) => value.toFixed(1)), d: chosen.range.map(percent) };
  for (const [panel, [low, high]] of Object.entries(ranges)) {
    find(panels[panel], '.low').textContent = low;
    find(panels[panel], '.high').textContent = panel === 'b' ? filled(words.sum, { value: high }) : high;
  }
  find(whole, '.names').replaceChildren(...legend.map(({ label, colour, share }) => element('span', { role: 'listitem' },
    element('i', { style: `background: ${colour}` }), element('em', { title: label }, `${label} ${share}`))));
}

/** @param {View} view */
function showProjection({ element: whole, header: { projection }, panels }) {
  const pair = find(whole, '.pair'), [picture, others] = pair.children;
  picture.src = projection.url; picture.alt = projection.alt;
  others.hidden = !projection.others;
  pair.classList.toggle('alone', others.hidden);
  if (!others.hidden) { others.src = projection.others; others.alt = projection.othersAlt; }
  find(panels.c, '.legend').textContent = find(panels.c, '.legend').title = projection.caption;
}

export default mount('occluder', {
  make,
  show(view, data) {
    if (view.data !== data) take(view, data);
    paint(view);
  },
  tidy(view) {
    view.observer.disconnect();
    view.moves.forget(); view.drawings.forget();
    clearInterval(view.poll); cancelAnimationFrame(view.frame);
    occluders().delete(view);
  },
});
