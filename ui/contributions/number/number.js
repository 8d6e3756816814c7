// @ts-check
// One number taken apart. Data: what `scene` in ui/contributions/scene.py makes.
// Reported back: went = { part, index, down, right, number }, returned = { level, number }, moved = { row, column, number }.

/** @param {ParentNode} root */
function make(root) {
  const view = {
    element: find(root, '.number'), data: /** @type {any} */ (null), term: 0, cell: /** @type {Cell} */ ([0, 0]),
    hoverOwn: /** @type {Cell | null} */ (null), hoverBelow: /** @type {Cell | null} */ (null), hoverUp: /** @type {Cell | null} */ (null),
    at: /** @type {Cell} */ ([0, 0]),
    seen: find(root, '.seen canvas'), own: find(root, '.own canvas'), below: find(root, '.below canvas'), up: find(root, '.up canvas'),
    grids: find(root, '.grids'), out: find(root, 'output'), go: find(root, '.go'),
    pictures: /** @type {Record<string, HTMLImageElement>} */ ({}),
    send: /** @type {(name: string, value: any) => void} */ (() => {}),
    moves: choices((choice) => view.send('moved', choice), 150),
    steps: choices((choice) => view.send('went', choice)),
    returns: choices((choice) => view.send('returned', choice)),
    terms: radiogroup(find(root, '.listed'), (value) => { pickTerm(view, Number(value)); }),
  };
  pointAt(view, view.own, 'own');
  pointAt(view, view.below, 'below');
  pointAt(view, view.up, 'up');
  view.own.onclick = (/** @type {MouseEvent} */ event) => step(view, cellAt(view.own, event, view.data.above.size), false);
  view.own.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    const way = arrows(event);
    if (!way || !view.data.above || view.data.above.size < 2) return;
    used(event);
    const by = event.shiftKey ? 5 : 1, last = view.data.above.size - 1;
    step(view, [clamp(view.at[0] + by * way[0], 0, last), clamp(view.at[1] + by * way[1], 0, last)], true);
  };
  view.below.onclick = (/** @type {MouseEvent} */ event) => clickBelow(view, event);
  view.grids.onkeydown = (/** @type {KeyboardEvent} */ event) => pressGrid(view, event);
  view.grids.onfocus = view.grids.onblur = view.grids.onpointerleave = () => { if (current(view)) paint(view); };
  view.go.onclick = () => goDown(view, view.term, view.cell);
  return view;
}

/** @typedef {ReturnType<typeof make>} View */

// ---- pointing

/** @param {HTMLCanvasElement} canvas @param {MouseEvent} event @param {number} size @returns {Cell} */
function cellAt(canvas, event, size) {
  const box = canvas.getBoundingClientRect();
  return [clamp(Math.floor(((event.clientY - box.top) / box.height) * size), 0, size - 1),
    clamp(Math.floor(((event.clientX - box.left) / box.width) * size), 0, size - 1)];
}

/** @param {View} view @param {HTMLCanvasElement} canvas @param {'own' | 'below' | 'up'} which */
function pointAt(view, canvas, which) {
  canvas.onpointermove = (event) => {
    const row = current(view), { above, reader } = view.data;
    if (!row || !above) return;
    const cell = cellAt(canvas, event, which === 'own' ? above.size : which === 'up' ? reader.size : row.below.size);
    view.hoverOwn = which === 'own' ? cell : null;
    view.hoverBelow = which === 'below' ? cell : null;
    view.hoverUp = which === 'up' ? cell : null;
    paint(view);
    sayHover(view);
  };
  canvas.onpointerleave = () => { view.hoverOwn = view.hoverBelow = view.hoverUp = null; paint(view); say(view); };
}

/** @param {View} view @param {Cell} cell @param {boolean} byKey */
function step(view, cell, byKey) {
  if (!view.data.above || view.data.above.size < 2) return;
  view.at = cell;
  paint(view);
  const choice = { row: cell[0], column: cell[1] };
  if (byKey) view.moves.soon(choice); else view.moves.now(choice);
}

/** A click into the window on the map below goes there. @param {View} view @param {MouseEvent} event */
function clickBelow(view, event) {
  const row = current(view);
  if (!row || !row.window) return;
  const [y, x] = cellAt(view.below, event, row.below.size), [top, left] = row.below.corner;
  const cell = /** @type {Cell} */ ([y - top, x - left]);
  if (cell[0] < 0 || cell[1] < 0 || cell[0] >= row.window.length || cell[1] >= row.window[0].length) return;
  view.cell = cell;
  goDown(view, view.term, cell);
}

/** @param {View} view @param {number} term @param {Cell} cell */
function goDown(view, term, [down, right]) {
  const row = view.data.number?.rows[term];
  if (!row || !row.inside[down]?.[right]) return;
  view.steps.now({ part: row.part, index: row.index, down, right });
}

/** @param {View} view @param {KeyboardEvent} event */
function pressGrid(view, event) {
  const way = arrows(event), row = current(view);
  if (!row?.window) return;
  if (event.key === 'Enter') { used(event); goDown(view, view.term, view.cell); return; }
  if (!way) return;
  used(event);
  const high = row.window.length, wide = row.window[0].length;
  view.cell = [clamp(view.cell[0] + way[0], 0, high - 1), clamp(view.cell[1] + way[1], 0, wide - 1)];
  markCell(view);
}

/** @param {View} view @param {number} term */
function pickTerm(view, term) {
  view.term = term;
  const row = current(view);
  view.cell = row ? [row.cell[0], row.cell[1]] : [0, 0];
  showTerm(view);
}

// ---- what is shown

/** @param {View} view */
function showCrumbs(view) {
  const nav = find(view.element, '.crumbs'), last = view.data.crumbs.length - 1;
  nav.setAttribute('aria-label', view.data.words.path);
  keepingFocus(nav, () => nav.replaceChildren(...view.data.crumbs.flatMap((/** @type {any} */ { label, value }, /** @type {number} */ level) => {
    const button = element('button', { type: 'button', value: level, translate: 'no' }, `${label} = ${plain(value, 3)}`);
    if (level === last) button.setAttribute('aria-current', 'step');
    button.onclick = () => { if (level !== last) view.returns.now({ level }); };
    return level ? [element('i', { 'aria-hidden': 'true' }, '›'), button] : [button];
  })));
}

/** @param {View} view */
function showPassages(view) {
  find(view.element, '.passages').replaceChildren(...view.data.passages.map((/** @type {any} */ one) => passed(one, view.data.words)));
}

/** @param {View} view */
function showDrawn(view) {
  const { drawn } = view.data, section = find(view.element, '.drawn');
  section.hidden = !drawn;
  if (!drawn) return;
  find(section, 'h3').textContent = drawn.title;
  const largest = Math.max(...drawn.items.map((/** @type {any} */ one) => one.share));
  const items = drawn.items.map((/** @type {any} */ one) => ({ label: one.label, size: one.share, sign: one.value, text: `${one.made}${plain(one.value, 4)} · ${percent(one.share)}` }));
  find(section, '.drawing').replaceChildren(fan(items, largest, drawn.to, drawn.alt));
}

/** @param {number} value @param {number} largest */
function bar(value, largest) {
  const td = element('td', { class: 'bar', 'aria-hidden': 'true' }), i = element('i');
  const width = largest > 0 ? (50 * Math.min(1, Math.abs(value) / largest)) : 0;
  i.style.cssText = `width:${width}%;left:${value < 0 ? 50 - width : 50}%;background:${value < 0 ? NEGATIVE : POSITIVE}`;
  td.append(i);
  return td;
}

/** @param {View} view */
function showTable(view) {
  const { words, number } = view.data, table = find(view.element, '.terms');
  table.hidden = !number;
  find(view.element, '.made').hidden = !number || !number.rows.length;
  if (!number) return;
  const { digits: places, largest } = number;
  table.setAttribute('aria-label', number.alt);
  const head = element('tr', {}, element('th', { scope: 'col' }, words.term), element('th', { 'aria-hidden': 'true' }),
    element('th', { scope: 'col', class: 'num' }, words.value), element('th', { scope: 'col', class: 'num', title: words.shareOf }, words.share), element('th'));
  find(table, 'thead').replaceChildren(head);
  /** @param {any} one @param {string} name @param {Node} first */
  const line = (one, name, first) => element('tr', { class: name }, first, name === 'total' || name === 'result' ? element('td') : bar(one.value, largest),
    element('td', { class: 'num value', translate: 'no' }, plain(one.value, places)),
    element('td', { class: 'num', translate: 'no' }, one.share === undefined ? '' : percent(one.share)));
  const listed = find(table, '.listed');
  keepingFocus(listed, () => listed.replaceChildren(...number.rows.map((/** @type {any} */ row, /** @type {number} */ at) => {
    const button = element('button', { type: 'button', role: 'radio', value: at, 'aria-checked': 'false' }, row.label);
    const tr = line(row, 'term', element('td', {}, button));
    const to = element('button', { type: 'button', class: 'to', tabindex: -1, 'aria-label': `${words.go}: ${row.label}`, title: words.go }, '↓');
    to.onclick = (event) => { event.stopPropagation(); goDown(view, at, row.cell); };
    to.disabled = !row.go;
    tr.append(element('td', {}, to));
    return tr;
  })));
  const named = (/** @type {any} */ one) => element('td', {}, one.label);
  find(table, '.rest').replaceChildren(
    ...(number.rest ? [line(number.rest, 'others', named(number.rest))] : []),
    line(number.bias, 'bias', named(number.bias)),
    line(number.sum, 'total', named(number.sum)),
    line(number.value, 'result', named(number.value)));
}

/** @param {View} view */
function showTerm(view) {
  const { words, number } = view.data, row = current(view);
  if (!row) return;
  view.terms.mark(String(view.term));
  find(view.element, '.which').textContent = `${row.label}: ${words.window} × ${words.kernel} = ${words.product}`;
  const colours = find(view.element, '.colours');
  colours.hidden = !number.colour;
  if (number.colour) {
    const parts = ['window', 'kernel', 'product'].map((name) => figure([element('img', { src: number.colour[name], alt: number.colour.alts[name] })], words[name]));
    colours.replaceChildren(parts[0], element('span', { class: 'sign' }, '×'), parts[1], element('span', { class: 'sign' }, '='), parts[2]);
  }
  view.grids.hidden = !row.window;
  view.grids.setAttribute('aria-label', words.cells);
  if (row.window) {
    const product = row.window.map((/** @type {number[]} */ line, /** @type {number} */ i) => line.map((value, j) => value * row.kernel[i][j]));
    const sign = (/** @type {string} */ text) => element('span', { class: 'sign', 'aria-hidden': 'true' }, text);
    const grid = (/** @type {string} */ name, /** @type {number[][]} */ values) => element('div', {}, element('b', {}, words[name]), cells(values, name, { places: number.digits, inside: row.inside }));
    const next = (/** @type {string} */ text, /** @type {Node} */ one) => element('div', { class: 'next' }, sign(text), one);
    view.grids.replaceChildren(grid('window', row.window), next('×', grid('kernel', row.kernel)), next('=', grid('product', product)),
      element('div', {}, element('b', {}, words.added), element('span', { class: 'added', translate: 'no' }, plain(row.value, number.digits))));
    for (const td of view.grids.querySelectorAll('td')) {
      const cell = /** @type {Cell} */ (td.dataset.cell?.split(',').map(Number));
      td.onpointerenter = () => { view.cell = cell; markCell(view); };
      if (row.inside[cell[0]][cell[1]]) { td.classList.add('can'); td.onclick = () => goDown(view, view.term, cell); }
    }
  }
  load(view, row.below.picture);
  view.below.setAttribute('aria-label', row.below.alt);
  captioned(find(view.element, '.below figcaption'), `${words.below}: ${row.label}`, words.hover);
  find(view.element, '.below').hidden = !row.below.picture;
  view.go.textContent = words.go;
  markCell(view);
}

/** @param {View} view */
function markCell(view) {
  for (const td of view.grids.querySelectorAll('td')) td.classList.toggle('at', td.dataset.cell === view.cell.join());
  paint(view);
  say(view);
}

/** @param {View} view */
function say(view) {
  const row = current(view), { words, number } = view.data;
  if (!row?.window) { view.out.textContent = ''; return; }
  const [down, right] = view.cell, window = row.window[down][right], kernel = row.kernel[down][right];
  view.go.disabled = !row.inside[down][right];
  if (!row.inside[down][right]) { view.out.textContent = words.outside; return; }
  const [top, left] = row.below.corner, places = number.digits;
  view.out.textContent = `${words.row} ${top + down}, ${words.column} ${left + right}: ${plain(window, places)} × ${plain(kernel, places)} = ${plain(window * kernel, places)}`;
}

/** @param {View} view */
function sayHover(view) {
  const { words } = view.data, cell = view.hoverOwn ?? view.hoverBelow ?? view.hoverUp;
  if (cell) view.out.textContent = `${view.hoverOwn ? words.own : view.hoverUp ? words.reader : words.below}: ${words.row} ${cell[0]}, ${words.column} ${cell[1]}`;
}

/** @param {View} view */
function showWiring(view) {
  const { wiring, words } = view.data, section = find(view.element, '.wiring');
  section.hidden = !wiring;
  if (!wiring) return;
  find(section, '.wired').textContent = words.wiring;
  find(section, '.whole').textContent = words.kernels;
  const image = find(section, '.kernels img');
  image.src = wiring.picture; image.alt = wiring.alt;
  find(section, '.kernels figcaption').textContent = wiring.caption;
  const items = wiring.best.map((/** @type {any} */ one) => ({ label: one.label, size: one.strength, sign: one.sign, text: one.strength.toFixed(3), picture: one.picture }));
  const said = `${wiring.from} → ${wiring.to}: ${items.map((/** @type {any} */ one) => `${one.label} (${one.text})`).join(', ')}`;
  find(section, '.drawing').replaceChildren(fan(items, wiring.largest, wiring.to, said));
}

/** @param {View} view @param {any} data */
function take(view, data) {
  const before = view.data, kept = before && before.title !== data.title && before.number && data.number;
  const name = kept ? before.number.rows[view.term]?.label : null;
  const same = data.number?.rows.findIndex((/** @type {any} */ row) => row.label === name) ?? -1;
  view.data = data;
  view.hoverOwn = view.hoverBelow = view.hoverUp = null;
  if (view.moves.answered(data.heard) && data.above) view.at = [data.above.at[0], data.above.at[1]];
  find(view.element, '.title').textContent = data.title;
  showCrumbs(view);
  showPassages(view);
  showDrawn(view);
  const pixel = find(view.element, '.pixel');
  pixel.hidden = !data.pixel;
  pixel.textContent = data.pixel?.text ?? '';
  showTable(view);
  showWiring(view);
  find(view.element, '.pools').replaceChildren(...(data.above?.pools ?? []).map((/** @type {string} */ text) => element('div', {}, text)));
  find(view.element, '.hint').textContent = data.words.cells;
  view.pictures = {};
  load(view, data.photo.url);
  view.seen.setAttribute('aria-label', data.photo.alt);
  captioned(find(view.element, '.seen figcaption'), '', data.photo.caption);
  find(view.element, '.own').hidden = !data.above?.picture;
  find(view.element, '.below').hidden = true;
  if (data.above?.picture) {
    load(view, data.above.picture);
    view.own.setAttribute('aria-label', data.above.alt);
    captioned(find(view.element, '.own figcaption'), data.words.own, data.words.step);
  }
  find(view.element, '.up').hidden = !data.reader;
  if (data.reader) {
    load(view, data.reader.picture);
    view.up.setAttribute('aria-label', data.reader.alt);
    captioned(find(view.element, '.up figcaption'), `${data.words.reader}: ${data.reader.label}`, data.reader.hint);
  }
  if (data.number?.rows.length) pickTerm(view, Math.max(0, same)); else paint(view);
}

export default mount('number', {
  make,
  show(view, data) { if (view.data !== data) take(view, data); },
  tidy(view) { view.moves.forget(); view.steps.forget(); view.returns.forget(); },
});
