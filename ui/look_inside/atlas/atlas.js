// @ts-check
// The feature maps of one layer on one canvas: the strongest ones large, or all of them. Hover tells a map's numbers and
// holds a lens over it; a click, the arrow keys, Enter or its number choose it.
// Data: see `atlas_data` in __init__.py; which map is chosen and how many are shown come apart (chosen.js). State sent
// back: chosen = { layer, map, number }, which = { maps: 'strongest' | 'all', number }.

const ASPECT = 1.3, UNITS_ASPECT = 1.9, LARGE_ASPECT = 1.5, LARGE_PX = 62, LENS_PX = 208, GAP_PX = 3;

/** @param {ParentNode} root */
function make(root) {
  const view = {
    element: find(root, '.atlas'), canvas: find(root, '.field > canvas'), out: find(root, 'output'),
    low: find(root, '.low'), high: find(root, '.high'), text: PALETTE.axis,
    lens: find(root, '.lens'), glass: find(root, '.lens canvas'), search: find(root, '.search'),
    data: /** @type {Uint8Array<ArrayBuffer> | null} */ (null), header: /** @type {any} */ (null),
    values: new Uint8Array(), maxima: new Float32Array(), means: new Float32Array(),
    which: 'strongest', maps: /** @type {number[]} */ ([]), columns: 1, lines: 1, gap: GAP_PX, cellH: 1, ratio: 1,
    sheet: document.createElement('canvas'), drawn: '',
    hover: /** @type {number | null} */ (null), chosen: /** @type {number | null} */ (null),
    send: (name, value) => {},
    choices: choices((choice) => view.send('chosen', choice)),
    shows: choices((choice) => view.send('which', choice)),
    group: radiogroup(find(root, '.which'), (which) => { show(view, which); view.shows.now({ maps: which }); }),
    deaf: hear('chosen', () => adopt(view)),
    observer: new ResizeObserver(() => { if (view.header) paint(view); }),
  };
  const { canvas, search } = view;
  canvas.onpointermove = (event) => point(view, at(view, event));
  canvas.onpointerleave = () => point(view, null);
  canvas.onclick = (event) => { const map = at(view, event); if (map !== null) choose(view, map); };
  canvas.onkeydown = (event) => press(view, event);
  canvas.onfocus = canvas.onblur = () => look(view);
  search.onsubmit = (event) => { used(event); seek(view); };
  search.onkeydown = (event) => event.stopPropagation();
  view.observer.observe(canvas);
  return view;
}

/** @typedef {ReturnType<typeof make>} View */

/**
 * As many columns as make the canvas about `aspect` times as wide as high, or near that when it leaves fewer holes; none
 * narrower than `least`, where that leaves three of them.
 * @param {number} maps @param {number} rows @param {number} columns of one map @param {number} aspect
 * @param {number} width of the canvas @param {number} least
 */
function columnsFor(maps, rows, columns, aspect, width, least) {
  const wanted = Math.sqrt((maps * aspect * rows) / columns), most = Math.max(3, Math.floor(width / least));
  const cost = (count) => (Math.ceil(maps / count) * count) / maps - 1 + 0.5 * Math.abs(Math.log(count / wanted));
  let best = 1;
  for (let count = 2; count <= Math.min(maps, most); count++) if (cost(count) < cost(best)) best = count;
  return best;
}

/**
 * One map [rows, columns] from `from` on, drawn as [high, wide]: enlarged every value stays a rectangle, made smaller
 * each is the mean of the area that it covers, so that nothing is dropped.
 * @param {ArrayLike<number>} values @param {number} from @param {number} rows @param {number} columns
 * @param {number} high @param {number} wide
 */
function scaled(values, from, rows, columns, high, wide) {
  const across = new Float32Array(rows * wide), whole = new Float32Array(high * wide);
  along(columns, wide, (to, source, share) => {
    for (let y = 0; y < rows; y++) across[y * wide + to] += values[from + y * columns + source] * share;
  });
  along(rows, high, (to, source, share) => {
    for (let x = 0; x < wide; x++) whole[to * wide + x] += across[source * wide + x] * share;
  });
  return whole;
}

/** Which of `count` values each of `size` pixels shows, and with which share.
 * @param {number} count @param {number} size @param {(to: number, source: number, share: number) => void} add */
function along(count, size, add) {
  for (let to = 0; to < size; to++) {
    if (size >= count) { add(to, Math.floor(((to + 0.5) * count) / size), 1); continue; }
    const begin = (to * count) / size, end = ((to + 1) * count) / size;
    for (let source = Math.floor(begin); source < Math.min(count, end); source++)
      add(to, source, ((Math.min(end, source + 1) - Math.max(begin, source)) * size) / count);
  }
}

/** Whether only the strongest maps are shown. @param {View} view */
const few = ({ header, which }) => which !== 'all' && header.strongest.length < header.maps;

/** The maps that are shown: the chosen one is always among them. @param {View} view */
function listed(view) {
  const { order, strongest } = view.header, { chosen } = view;
  if (!few(view)) return order;
  return chosen === null || strongest.includes(chosen) ? strongest : [...strongest.slice(0, -1), chosen];
}

/**
 * Whole pixels of the screen for every cell and gap; the cells share the whole width, so that some are a pixel wider.
 * @param {View} view
 */
function layout(view) {
  const { rows, columns } = view.header, { canvas } = view, large = few(view), wide = Math.max(1, canvas.clientWidth);
  const aspect = rows * columns === 1 ? UNITS_ASPECT : large ? LARGE_ASPECT : ASPECT;
  view.maps = listed(view);
  view.ratio = globalThis.devicePixelRatio || 1;
  view.gap = Math.max(1, Math.round(GAP_PX * view.ratio * (large ? 1 : 0.5)));
  view.columns = columnsFor(view.maps.length, rows, columns, aspect, wide, large ? LARGE_PX : 1);
  view.lines = Math.ceil(view.maps.length / view.columns);
  const width = Math.round(wide * view.ratio);
  view.cellH = Math.max(1, Math.round((((width - view.gap) / view.columns - view.gap) * rows) / columns)) + view.gap;
  const height = view.lines * view.cellH + view.gap;
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  canvas.style.aspectRatio = `${width} / ${height}`;
}

/** Where a column of maps begins, its gap first. @param {View} view @param {number} column */
const edge = ({ canvas, gap, columns }, column) => Math.floor((column * (canvas.width - gap)) / columns);

/** Where the map at `place` is drawn on the sheet, with the gaps before it. @param {View} view @param {number} place */
function cell(view, place) {
  const column = place % view.columns, x = edge(view, column);
  return { x, y: Math.floor(place / view.columns) * view.cellH, wide: edge(view, column + 1) - x };
}

/** The colours of one map as it is drawn [high, wide]. @param {View} view @param {number} map @param {number} high
 * @param {number} wide */
function picture({ header: { rows, columns, scale, top }, values, maxima }, map, high, wide) {
  const picture = new ImageData(wide, high), pixels = new Uint32Array(picture.data.buffer);
  // Values arrive as 0–255 of the map's own maximum; on the layer's scale they shrink accordingly.
  const factor = scale === 'layer' ? (top > 0 ? Math.max(0, maxima[map]) / top : 0) : 1;
  const levels = scaled(values, map * rows * columns, rows, columns, high, wide);
  for (let place = 0; place < pixels.length; place++) pixels[place] = VIRIDIS[clamp(Math.round(levels[place] * factor), 0, 255)];
  return picture;
}

/** All shown maps on a sheet, which stays as it is until other maps or another size are shown. @param {View} view */
function draw(view) {
  const { canvas, gap, cellH } = view, wanted = [view.maps.join(), canvas.width, canvas.height].join(' ');
  if (view.drawn === wanted) return;
  view.drawn = wanted;
  view.sheet = element('canvas', { width: canvas.width, height: canvas.height });
  const context = view.sheet.getContext('2d');
  view.maps.forEach((map, place) => {
    const { x, y, wide } = cell(view, place);
    context?.putImageData(picture(view, map, cellH - gap, Math.max(1, wide - gap)), x + gap, y + gap);
  });
}

/** @param {View} view */
function paint(view) {
  const { canvas } = view;
  if (!canvas.clientWidth) return;
  layout(view);
  draw(view);
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(view.sheet, 0, 0);
  if (view.hover !== null) frame(view, context, view.hover, view.text, 1.5);
  if (view.chosen !== null) frame(view, context, view.chosen, ACCENT, 3);
  look(view);
}

/** @param {View} view @param {CanvasRenderingContext2D} context @param {number} map @param {string} colour
 * @param {number} width on the screen */
function frame(view, context, map, colour, width) {
  const place = view.maps.indexOf(map);
  if (place < 0) return;
  const { x, y, wide } = cell(view, place);
  context.strokeStyle = colour; context.lineWidth = width * view.ratio;
  context.strokeRect(x + view.gap / 2, y + view.gap / 2, wide, view.cellH);
}

/** Holds the lens beside the map under the pointer, or the one that the keyboard has come to. @param {View} view */
function look(view) {
  const { canvas, lens, glass, header, cellH, ratio } = view, { rows } = header ?? {};
  const map = view.hover ?? (header && canvas.matches(':focus-visible') ? view.chosen : null);
  const place = map === null ? -1 : view.maps.indexOf(map);
  lens.hidden = place < 0 || rows * header.columns === 1 || cell(view, place).wide / ratio > 0.75 * LENS_PX;
  if (lens.hidden || map === null) return;
  const times = Math.max(1, Math.round((LENS_PX * ratio) / Math.max(rows, header.columns)));
  glass.width = header.columns * times; glass.height = rows * times;
  glass.style.width = `${glass.width / ratio}px`;
  glass.getContext('2d').putImageData(picture(view, map, glass.height, glass.width), 0, 0);
  find(lens, 'span').textContent = `${map} · ${digits(view.maxima[map])}`;
  const there = cell(view, place), x = there.x / ratio, y = there.y / ratio;
  const right = x + there.wide / ratio + 8, fits = right + lens.offsetWidth <= canvas.clientWidth;
  const left = fits ? right : Math.max(0, x - lens.offsetWidth - 8);
  const top = clamp(y + (cellH / ratio - lens.offsetHeight) / 2, 0, Math.max(0, canvas.clientHeight - lens.offsetHeight));
  lens.style.transform = `translate(${left}px, ${top}px)`;
}

/** @param {View} view @param {number} map @param {'hover' | 'chosen'} what */
function say(view, map, what) {
  const { names, words } = view.header;
  const numbers = { map, name: names[map] ? ` “${names[map]}”` : '', maximum: digits(view.maxima[map]), mean: digits(view.means[map]) };
  view.out.textContent = filled(words[what], numbers);
}

/** @param {View} view */
function sayChosen(view) { if (view.chosen !== null) say(view, view.chosen, 'chosen'); }

/** The map under the pointer, or null. @param {View} view @param {MouseEvent} event */
function at({ canvas, maps, columns, cellH, gap }, event) {
  const box = canvas.getBoundingClientRect(), across = ((event.clientX - box.left) / box.width) * canvas.width;
  const column = Math.floor(((across - gap / 2) * columns) / (canvas.width - gap));
  const line = Math.floor((((event.clientY - box.top) / box.height) * canvas.height - gap / 2) / cellH);
  const place = line * columns + column;
  return column >= 0 && column < columns && place >= 0 && place < maps.length ? maps[place] : null;
}

/** @param {View} view @param {number | null} map */
function point(view, map) {
  if (map === view.hover) return;
  view.hover = map;
  paint(view);
  if (map === null) sayChosen(view); else say(view, map, 'hover');
}

/** @param {View} view @param {number} map */
function mark(view, map) { view.chosen = map; paint(view); sayChosen(view); }

/** @param {View} view @param {number} map */
function choose(view, map) { mark(view, map); view.choices.now({ layer: view.header.layer, map }); }

/** The map of the number, or the unit of the name, that was typed. @param {View} view */
function seek(view) {
  const { maps, names, words } = view.header, asked = find(view.search, 'input').value.trim().toLowerCase();
  if (!asked) return;
  const named = names.findIndex((name) => name.toLowerCase() === asked);
  const number = /^\d+$/.test(asked) ? Number(asked) : named >= 0 ? named : names.findIndex((name) => name.toLowerCase().includes(asked));
  if (number < 0 || number >= maps || !(names.length || /^\d+$/.test(asked))) view.out.textContent = filled(words.missing, { asked, last: maps - 1 });
  else choose(view, number);
}

/** @param {View} view @param {string} which */
function show(view, which) {
  view.which = which;
  view.hover = null;
  view.group.mark(which);
  paint(view);
}

/** Takes over what Python says is chosen. @param {View} view */
function adopt(view) {
  const told = bus.last.chosen;
  if (!view.header || told?.layer !== view.header.layer) return;
  if (view.shows.answered(told.heard.which) && view.which !== told.maps) show(view, told.maps);
  if (view.choices.answered(told.heard.atlas)) mark(view, told.unit[0]);
}

/** @param {View} view @param {KeyboardEvent} event */
function press(view, event) {
  const { maps, columns, header: { layer } } = view, step = arrows(event);
  if (event.key === 'Enter' && view.chosen !== null) { used(event); choose(view, view.chosen); return; }
  const by = step ? step[0] * columns + step[1] : { Home: -maps.length, End: maps.length }[event.key];
  if (by === undefined) return;
  used(event);
  const map = maps[clamp(maps.indexOf(view.chosen ?? -1) + by, 0, maps.length - 1)];
  mark(view, map);
  view.choices.soon({ layer, map });
}

/** @param {View} view @param {Uint8Array<ArrayBuffer>} data */
function take(view, data) {
  const { header, body } = unpack(data), { words } = header;
  if (view.header?.layer !== header.layer) { view.choices.forget(); view.chosen = null; view.hover = null; }
  const size = header.maps * header.rows * header.columns, start = Math.ceil(size / 4) * 4;
  view.data = data;
  view.header = header;
  view.drawn = '';
  view.values = new Uint8Array(body.buffer, 0, size);
  view.maxima = new Float32Array(body.buffer, start, header.maps);
  view.means = new Float32Array(body.buffer, start + 4 * header.maps, header.maps);
  const [strongest, all] = view.element.querySelectorAll('.which button'), group = find(view.element, '.which');
  group.setAttribute('aria-label', words.which);
  group.hidden = header.strongest.length >= header.maps;
  strongest.textContent = words.strongest; all.textContent = words.all;
  find(view.search, 'span').textContent = words.search;
  view.search.classList.toggle('named', header.names.length > 0);
  view.group.mark(view.which);
  view.low.textContent = words.low;
  view.high.textContent = header.scale === 'layer' ? digits(header.top) : words.high;
  view.canvas.setAttribute('aria-label', header.alt);
}

export default mount('atlas', {
  make,
  show(view, data) {
    view.text = getComputedStyle(view.element).getPropertyValue('--st-text-color') || PALETTE.axis;
    const fresh = view.data !== data;
    if (fresh) take(view, data);
    paint(view);
    if (fresh) { adopt(view); sayChosen(view); }
  },
  tidy(view) { view.observer.disconnect(); view.deaf(); view.choices.forget(); view.shows.forget(); },
});
