// @ts-check
// How features grow (Fig. 4): a table of projections, rows are maps and columns are epochs, played column by column.
// Data: { run, table, tile, layer, maps, epochs, changed, photos, rows, columns, values, curve, changing, jumped, stayed, at,
// heard, alts, words }; `table` is a picture of maps × epochs tiles of `tile` px. Numbers that were not logged, or are none because
// the run diverged, are null. State sent back when the film rests: epoch = { at, number }.

const LABEL = 34, HEAD = 24, SPACE = 3, CELL = 64, STEP_MS = 800, STEP_PX = CELL + SPACE;
const SCREEN_PX = 150, SCREEN_GAP = 6, PIXELATED = 12;

/** @param {ParentNode} root */
function make(root) {
  const view = {
    element: find(root, '.frame'), play: find(root, '.play'), slider: find(root, 'input'), output: find(root, 'output'),
    table: find(root, '.table canvas'), legend: find(root, '.table figcaption'), readout: find(root, '.readout'),
    screen: find(root, '.screen canvas'), caption: find(root, '.screen figcaption'), spoken: find(root, '.spoken'),
    charts: {
      accuracy: find(root, '.chart.accuracy'), loss: find(root, '.chart.loss'), changing: find(root, '.chart.changing'),
    },
    image: new Image(), sheet: /** @type {HTMLCanvasElement | null} */ (null), data: /** @type {any} */ (null),
    at: 0, given: -1, cell: /** @type {number | null} */ (null), cursors: /** @type {((epoch: number) => void)[]} */ ([]),
    timer: /** @type {ReturnType<typeof setInterval> | null} */ (null), send: (name, value) => {},
    choices: choices((choice) => view.send('epoch', choice)),
  };
  view.image.onload = () => { drawSheet(view); show(view, view.at); };
  view.play.onclick = () => playOrPause(view);
  view.slider.oninput = () => { stop(view); show(view, nearestEpoch(view.data.epochs, Number(view.slider.value))); };
  view.slider.onchange = () => rest(view);
  view.slider.onkeydown = (event) => slide(view, event);
  view.table.onclick = (event) => choose(view, event);
  view.table.onmousemove = (event) => point(view, event);
  view.table.onkeydown = (event) => press(view, event);
  view.table.onfocus = () => { if (view.table.matches(':focus-visible')) look(view, view.cell ?? 0, view.at); };
  view.table.onblur = () => { view.cell = null; paint(view); };
  return view;
}

/** @typedef {ReturnType<typeof make>} View */

// ---- playing

/** The film has come to rest here: said aloud, and to Python. @param {View} view */
function rest(view) {
  view.spoken.textContent = sentence(view);
  view.choices.now({ at: view.at });
}

/** @param {View} view */
function stop(view) {
  if (view.timer === null) return;
  clearInterval(view.timer);
  view.timer = null;
  showButton(view);
}

/** What the button does now. @param {View} view */
function showButton({ play, timer, data: { words } }) {
  play.textContent = timer === null ? '▶' : '❚❚';
  play.setAttribute('aria-label', timer === null ? words.play : words.pause);
}

/** @param {View} view */
function playOrPause(view) {
  if (view.timer !== null) { stop(view); rest(view); return; }
  const last = () => view.at >= view.data.epochs.length - 1;
  if (last()) show(view, 0);
  view.timer = setInterval(() => {
    show(view, view.at + 1);
    if (last()) { stop(view); rest(view); }
  }, STEP_MS);
  showButton(view);
}

// ---- pointing and keys

/** The slider stands at an epoch, not at the number of a column, so that it reads as what it is; this is the column.
 * @param {number[]} epochs @param {number} epoch */
function nearestEpoch(epochs, epoch) {
  return epochs.reduce((best, one, at) => (Math.abs(one - epoch) < Math.abs(epochs[best] - epoch) ? at : best), 0);
}

/** An arrow key leads to the next column. @param {View} view @param {KeyboardEvent} event */
function slide(view, event) {
  event.stopPropagation();
  const step = arrows(event);
  if (!step) return;
  event.preventDefault();
  stop(view);
  show(view, view.at + step[1] - step[0]);
  rest(view);
}

/** The row and the column of the table under the pointer. @param {View} view @param {MouseEvent} event */
function cellUnder({ table }, event) {
  const { left, top, width } = table.getBoundingClientRect(), zoom = table.width / width;
  return [((event.clientY - top) * zoom - HEAD) / STEP_PX, ((event.clientX - left) * zoom - LABEL) / STEP_PX].map(Math.floor);
}

/** @param {View} view @param {MouseEvent} event */
function choose(view, event) {
  const [, column] = cellUnder(view, event);
  if (column >= 0) { stop(view); show(view, column); rest(view); }
}

/** @param {View} view @param {MouseEvent} event */
function point(view, event) {
  const [row, column] = cellUnder(view, event);
  if (view.data.photos[row]?.[column] !== undefined) view.readout.textContent = cellSentence(view.data, row, column);
}

/** @param {View} view @param {number} row @param {number} column */
function look(view, row, column) {
  view.cell = clamp(row, 0, view.data.maps.length - 1);
  show(view, column);
  view.readout.textContent = view.spoken.textContent = cellSentence(view.data, view.cell, view.at);
}

/** @param {View} view @param {KeyboardEvent} event */
function press(view, event) {
  const step = arrows(event), before = view.at;
  if (!step) return;
  used(event);
  stop(view);
  look(view, (view.cell ?? 0) + step[0], view.at + step[1]);
  if (view.at !== before) view.choices.soon({ at: view.at });
}

// ---- painting

/** @param {View} view @param {number} row @param {number} column @returns {[number, number, number, number]} */
const tileOf = ({ data: { tile } }, row, column) => [column * tile, row * tile, tile, tile];
/** @param {View} view */
const ready = ({ image }) => image.complete && image.naturalWidth > 0;

/** @param {CanvasRenderingContext2D} context @param {number} tile */
function smoothUnlessFew(context, tile) {
  context.imageSmoothingEnabled = tile > PIXELATED; context.imageSmoothingQuality = 'high';
}

/** The corner that says: another photo. @param {CanvasRenderingContext2D} context @param {number} x @param {number} y
 * @param {number} size */
function corner(context, x, y, size) {
  context.fillStyle = ACCENT; context.strokeStyle = '#fff'; context.lineWidth = 1;
  context.beginPath(); context.moveTo(x, y); context.lineTo(x + size, y); context.lineTo(x, y + size); context.closePath();
  context.fill(); context.stroke();
}

/** The table without marks, to be copied from. @param {View} view */
function drawSheet(view) {
  if (!ready(view)) return;
  const { maps, epochs, changed, tile } = view.data;
  const width = LABEL + epochs.length * STEP_PX, height = HEAD + maps.length * STEP_PX;
  const sheet = view.sheet = element('canvas', { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (sheet.getContext('2d'));
  const ink = getComputedStyle(view.table).color;
  smoothUnlessFew(context, tile);
  context.font = '16px sans-serif'; context.textBaseline = 'middle';
  context.fillStyle = ink; context.textAlign = 'center';
  epochs.forEach((epoch, column) => context.fillText(epoch, LABEL + column * STEP_PX + CELL / 2, HEAD / 2));
  context.textAlign = 'right';
  maps.forEach((map, row) => {
    const y = HEAD + row * STEP_PX;
    context.fillStyle = ink;
    context.fillText(map, LABEL - 6, y + CELL / 2);
    epochs.forEach((_, column) => {
      const x = LABEL + column * STEP_PX;
      context.drawImage(view.image, ...tileOf(view, row, column), x, y, CELL, CELL);
      if (changed[row][column]) corner(context, x, y, 13);
    });
  });
}

/** @param {View} view */
function paint(view) {
  if (!ready(view) || !view.sheet) return;
  paintTable(view);
  paintScreen(view);
  view.table.dataset.at = view.at;
}

/** @param {View} view */
function paintTable({ table, sheet, at, cell, data: { maps } }) {
  if (!sheet) return;
  const context = table.getContext('2d'), x = LABEL + at * STEP_PX;
  table.width = sheet.width; table.height = sheet.height;
  table.style.maxWidth = `${sheet.width}px`;
  context.drawImage(sheet, 0, 0);
  context.strokeStyle = ACCENT; context.lineWidth = 3;
  context.strokeRect(x - 1.5, HEAD - 1.5, CELL + 3, maps.length * STEP_PX);
  if (cell === null) return;
  for (const [colour, width] of [['#000', 6], ['#fff', 3]]) {
    context.strokeStyle = colour; context.lineWidth = width;
    context.strokeRect(x + 3, HEAD + cell * STEP_PX + 3, CELL - 6, CELL - 6);
  }
}

/** @param {View} view */
function paintScreen(view) {
  const { screen, at, data: { maps, changed, tile } } = view, each = SCREEN_PX + SCREEN_GAP;
  const across = Math.ceil(Math.sqrt(maps.length)), context = screen.getContext('2d');
  screen.width = across * each - SCREEN_GAP; screen.height = Math.ceil(maps.length / across) * each - SCREEN_GAP;
  smoothUnlessFew(context, tile);
  maps.forEach((_, row) => {
    const x = (row % across) * each, y = Math.floor(row / across) * each;
    context.drawImage(view.image, ...tileOf(view, row, at), x, y, SCREEN_PX, SCREEN_PX);
    if (changed[row][at]) corner(context, x, y, 26);
  });
}

/** @param {View} view @param {number} at */
function show(view, at) {
  const { epochs, words } = view.data;
  view.at = clamp(at, 0, epochs.length - 1);
  view.slider.value = epochs[view.at];
  view.output.textContent = filled(words.epochOf, { epoch: epochs[view.at], last: epochs.at(-1) });
  view.slider.setAttribute('aria-valuetext', filled(words.epoch, { epoch: epochs[view.at] }));
  view.caption.textContent = sentence(view);
  for (const cursor of view.cursors) cursor(epochs[view.at]);
  paint(view);
}

// ---- words

/** What happened until this epoch. @param {{ data: any, at: number }} view */
function sentence({ data: { epochs, curve, changed, maps, jumped, stayed, words }, at }) {
  const epoch = epochs[at], record = curve.find((one) => one.epoch === epoch);
  const known = both(record?.loss != null, record?.val != null, ['silent', 'loss', 'accuracy', 'lossAndAccuracy']);
  const numbers = { loss: record?.loss?.toFixed(2), share: percent(record?.val ?? 0) };
  const learnt = epoch === 0 ? words.control : filled(words[known], numbers);
  if (!at) return filled(words.first, { epoch, learnt });
  const told = both(jumped[at] != null, stayed[at] != null, ['jumps', 'jumped', 'stayed', 'jumpedAndStayed']);
  return filled(words[told], {
    epoch, learnt, jumps: changed.filter((row) => row[at]).length, maps: maps.length,
    jumped: jumped[at]?.toFixed(2), stayed: stayed[at]?.toFixed(2),
  });
}

/** Of four names the one for: neither, the one, the other, both. @param {boolean} one @param {boolean} other
 * @param {string[]} names */
const both = (one, other, names) => names[Number(one) + 2 * Number(other)];

/** @param {any} data @param {number} row @param {number} column */
function cellSentence({ maps, epochs, photos, rows, columns, values, changed, words }, row, column) {
  const value = values[row][column], place = { row: rows[row][column], column: columns[row][column] };
  const known = value > 0 ? filled(words.excited, { value: digits(value), ...place }) : words.notExcited;
  const excited = value == null ? words.noNumber : known;
  const told = { map: maps[row], epoch: epochs[column], excited, photo: photos[row][column] };
  return filled(changed[row][column] ? words.newCell : words.cell, told);
}

// ---- charts

const WIDE = 420, HIGH = 108, LEFT = 38, RIGHT = 6, TOP = 6, BOTTOM = 18;

/** The least round number that is not below `value`. @param {number} value */
function niceTop(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * unit >= value - 1e-12) ?? 10) * unit;
}

/**
 * Draws lines over epochs; returns how to move the cursor to an epoch.
 * @param {HTMLElement} chart @param {string} title @param {string} alt
 * @param {{ name: string, colour: string, points: [number, number][] }[]} series
 * @param {number} last the epoch at the right end @param {string} end what stands there
 */
function drawChart(chart, title, series, alt, last, end) {
  const points = series.flatMap((line) => line.points);
  const most = niceTop(Math.max(1e-9, ...points.map(([, y]) => y)));
  /** @param {[number, number]} point */
  const place = ([x, y]) => [LEFT + (x / last) * (WIDE - LEFT - RIGHT), TOP + (1 - y / most) * (HIGH - TOP - BOTTOM)];
  const cursor = svg('line', { class: 'cursor', y1: TOP, y2: HIGH - BOTTOM }), drawing = find(chart, 'svg');
  drawing.setAttribute('viewBox', `0 0 ${WIDE} ${HIGH}`); drawing.setAttribute('aria-label', alt);
  drawing.replaceChildren(...chartAxes(place, last, most, end), ...series.flatMap((line) => chartLine(place, line)), cursor);
  const key = series.map(({ name, colour }) => element('i', { style: `--line: ${colour}` }, name));
  find(chart, 'figcaption').replaceChildren(element('b', {}, title), ...key);
  chart.hidden = points.length === 0;
  return (epoch) => {
    const x = place([Math.min(epoch, last), 0])[0];
    cursor.setAttribute('x1', String(x)); cursor.setAttribute('x2', String(x));
  };
}

function chartAxes(place, last, most, end) {
  const up = [0, 0.5, 1].flatMap((share) => {
    const y = place([0, share * most])[1];
    return [svg('line', { class: 'axis', x1: LEFT, x2: WIDE - RIGHT, y1: y, y2: y }),
      svg('text', { x: LEFT - 5, y: y + 4, 'text-anchor': 'end' }, +(share * most).toPrecision(3))];
  });
  const step = Math.max(1, Math.ceil(last / 6)), right = [];
  for (let epoch = 0; place([epoch, 0])[0] < WIDE - 70; epoch += step)
    right.push(svg('text', { x: place([epoch, 0])[0], y: HIGH - 3, 'text-anchor': 'middle' }, epoch));
  return [...up, ...right, svg('text', { x: WIDE - RIGHT, y: HIGH - 3, 'text-anchor': 'end' }, end)];
}

function chartLine(place, { points, colour }) {
  const line = svg('polyline', { points: points.map((point) => place(point).join()).join(' '), stroke: colour });
  if (points.length > 1) return [line];
  return [line, ...points.map(place).map(([cx, cy]) => svg('circle', { cx, cy, r: 3, fill: colour }))];
}

/** @param {View} view */
function drawCharts({ charts, data: { curve, changing, epochs, alts, words } }) {
  const line = (name, key, colour, factor = 1) => (
    { name, colour, points: curve.filter((one) => one[key] != null).map((one) => [one.epoch, factor * one[key]]) });
  const [validation, training] = SERIES;
  const last = Math.max(1, epochs.at(-1), ...curve.map((one) => one.epoch));  // one scale of time for all charts
  const end = filled(words.epoch, { epoch: last });
  const layers = Object.entries(changing).map(([name, values], number) => ({
    name, colour: SERIES[number % SERIES.length],
    points: values.flatMap((value, column) => (value == null ? [] : [[epochs[column - 1], value], [epochs[column], value]])),
  }));
  return [
    drawChart(charts.accuracy, words.accuracyTitle,
      [line(words.training, 'train', training, 100), line(words.validation, 'val', validation, 100)], alts.accuracy, last, end),
    drawChart(charts.loss, words.lossTitle,
      [line(words.training, 'loss', training), line(words.validation, 'val_loss', validation)], alts.loss, last, end),
    drawChart(charts.changing, words.changingTitle, layers, alts.changing, last, end),
  ];
}

/**
 * The column to show: that of Python when the film is another one, or when Python has heard everything and says a new
 * one (a link, Back); the last one where a growing run was at its end; else the one that is shown.
 * @param {View} view @param {any} before the data until now @param {boolean} fresh
 */
function columnFor(view, before, fresh) {
  const { at, epochs, heard } = view.data, answered = view.choices.answered(heard);
  const following = before && view.at === before.epochs.length - 1 && epochs.length > before.epochs.length;
  const said = at !== view.given;
  if (answered) view.given = at;
  if (fresh) return at;
  if (following) return epochs.length - 1;
  return answered && said && view.timer === null ? at : view.at;
}

export default mount('film', {
  make,
  show(view, data) {
    const before = view.data, fresh = !before || before.layer !== data.layer || before.run !== data.run;
    view.data = data;
    view.cursors = drawCharts(view);
    view.slider.min = data.epochs[0]; view.slider.max = data.epochs.at(-1);
    view.table.setAttribute('aria-label', data.alts.table); view.screen.setAttribute('aria-label', data.alts.screen);
    view.legend.textContent = filled(data.words.legend, { layer: data.layer });
    view.slider.setAttribute('aria-label', data.words.slider);
    showButton(view);
    if (fresh) { view.cell = null; view.readout.textContent = data.words.hint; }
    view.at = clamp(columnFor(view, before?.run === data.run ? before : null, fresh), 0, data.epochs.length - 1);
    if (view.image.src !== data.table) view.image.src = data.table; else drawSheet(view);
    show(view, view.at);
  },
  tidy(view) { stop(view); view.choices.forget(); },
});
