// @ts-check
// Where one number lies: the photo, the map above, its own map and the map below, with the windows and readers that
// light up. number.js stands behind this file.

const SIDE_PX = 448, LEAST_PX = 14;

/** @typedef {[number, number]} Cell row, column */
/** @typedef {any} Shown what number.js makes: its View */

/** The term that is looked at. @param {Shown} view */
const current = (view) => view.data?.number?.rows[view.term];

// ---- geometry: the same windows as in Python

/** The first row and last row (or columns) of the window of unit `at`, clipped to the map below; null outside.
 * @param {{ kernel: number, stride: number, padding: number, size: number, kind: string, corner: Cell }} below
 * @param {number} at @returns {Cell} */
function windowOf({ kernel, stride, padding, size, kind }, at) {
  if (kind === 'linear') return [0, size - 1];
  const first = at * stride - padding;
  return [Math.max(0, first), Math.min(size - 1, first + kernel - 1)];
}

/** The first and last unit above whose windows hold place `at` of the map below; [0, -1] if there is none.
 * @param {{ kernel: number, stride: number, padding: number, kind: string }} below
 * @param {number} at @param {number} size the size of the map above @returns {Cell} */
function readersOf({ kernel, stride, padding, kind }, at, size) {
  if (kind === 'linear') return [0, size - 1];
  const first = Math.max(0, Math.ceil((at + padding - kernel + 1) / stride));
  const last = Math.min(size - 1, Math.floor((at + padding) / stride));
  return first <= last ? [first, last] : [0, -1];
}

// ---- painting

/** @param {Shown} view @param {string} url */
function load(view, url) {
  if (!url || view.pictures[url]) return;
  const image = new Image();
  image.onload = () => paint(view);
  image.src = url;
  view.pictures[url] = image;
}

/** @param {CanvasRenderingContext2D} context @param {number} zoom @param {Cell} rows @param {Cell} columns @param {string} colour */
function frameOf(context, zoom, rows, columns, colour) {
  if (rows[1] < rows[0] || columns[1] < columns[0]) return;
  const box = /** @type {const} */ ([columns[0] * zoom, rows[0] * zoom, (columns[1] - columns[0] + 1) * zoom, (rows[1] - rows[0] + 1) * zoom]);
  for (const [style, width] of /** @type {[string, number][]} */ ([['#000', 6], [colour, 3]])) {
    context.strokeStyle = style; context.lineWidth = width;
    context.strokeRect(...box);
  }
}

/** @param {Shown} view @param {HTMLCanvasElement} canvas @param {string} url */
function ground(view, canvas, url) {
  const context = canvas.getContext('2d'), image = view.pictures[url];
  if (!context || !image?.complete || !image.naturalWidth) return null;
  context.imageSmoothingEnabled = false;
  context.drawImage(image, 0, 0, SIDE_PX, SIDE_PX);
  return context;
}

/** @param {Shown} view */
function paint(view) {
  const { photo, above } = view.data, row = current(view);
  const seen = ground(view, view.seen, photo.url);
  if (seen) {
    const zoom = SIDE_PX / photo.side, [top, left, bottom, right] = photo.box;
    seen.fillStyle = 'rgba(0, 0, 0, 0.7)';
    seen.beginPath();
    seen.rect(0, 0, SIDE_PX, SIDE_PX);
    seen.rect(left * zoom, top * zoom, (right - left) * zoom, (bottom - top) * zoom);
    seen.fill('evenodd');
    const spare = Math.max(0, Math.ceil((LEAST_PX / zoom - (bottom - top)) / 2));  // a pixel must be found from afar
    frameOf(seen, zoom, [top - spare, bottom - 1 + spare], [left - spare, right - 1 + spare], ACCENT);
  }
  if (row && above) paintMaps(view, row);
}

/** Rows and columns that light up in the three maps, up, own and below, where something is pointed at.
 * @param {Shown} view @param {any} row @returns {Record<'up' | 'own' | 'below', [Cell, Cell] | null>} */
function lit(view, row) {
  const { above, reader } = view.data, one = (/** @type {Cell} */ [y, x]) => /** @type {[Cell, Cell]} */ ([[y, y], [x, x]]);
  /** @param {[Cell, Cell]} spans */
  const under = (spans) => /** @type {[Cell, Cell]} */ (spans.map(([first, last]) => [windowOf(row.below, first)[0], windowOf(row.below, last)[1]]));
  /** @param {[Cell, Cell]} spans */
  const over = (spans) => reader && /** @type {[Cell, Cell]} */ (spans.map(([first, last]) => [readersOf(reader, first, reader.size)[0], readersOf(reader, last, reader.size)[1]]));
  if (view.hoverOwn) return { up: over(one(view.hoverOwn)), own: one(view.hoverOwn), below: under(one(view.hoverOwn)) };
  if (view.hoverUp) {
    const own = /** @type {[Cell, Cell]} */ (view.hoverUp.map((at) => windowOf({ ...reader, size: above.size, corner: [0, 0] }, at)));
    return { up: one(view.hoverUp), own, below: under(own) };
  }
  const [top, left] = row.below.corner;
  const pointed = row.window && row.inside[view.cell[0]]?.[view.cell[1]] ? /** @type {Cell} */ ([top + view.cell[0], left + view.cell[1]]) : null;
  const cell = view.hoverBelow ?? (view.grids?.matches(':focus, :hover') ? pointed : null);  // with the keys as with the mouse
  if (!cell) return { up: null, own: null, below: pointed && one(pointed) };
  const own = /** @type {[Cell, Cell]} */ (cell.map((/** @type {number} */ at) => readersOf(row.below, at, above.size)));
  return { up: own.every(([first, last]) => first <= last) ? over(own) : null, own, below: one(cell) };
}

/** @param {Shown} view @param {any} row */
function paintMaps(view, row) {
  const { above, reader } = view.data, light = lit(view, row);
  const own = above.picture ? ground(view, view.own, above.picture) : null;
  if (own) {
    const zoom = SIDE_PX / above.size;
    if (light.own) frameOf(own, zoom, ...light.own, '#fff');
    frameOf(own, zoom, [view.at[0], view.at[0]], [view.at[1], view.at[1]], ACCENT);
  }
  const below = row.below.picture ? ground(view, view.below, row.below.picture) : null;
  if (below) {
    const zoom = SIDE_PX / row.below.size;
    frameOf(below, zoom, windowOf(row.below, view.at[0]), windowOf(row.below, view.at[1]), ACCENT);
    if (light.below) frameOf(below, zoom, ...light.below, '#fff');
  }
  const up = reader ? ground(view, view.up, reader.picture) : null;
  if (up) {
    const zoom = SIDE_PX / reader.size;
    up.fillStyle = ACCENT;
    for (const [y, x] of reader.won) up.fillRect(x * zoom, y * zoom, zoom, zoom);
    frameOf(up, zoom, readersOf(reader, view.at[0], reader.size), readersOf(reader, view.at[1], reader.size), ACCENT);
    if (light.up) frameOf(up, zoom, ...light.up, '#fff');
  }
}
