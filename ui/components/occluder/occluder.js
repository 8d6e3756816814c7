// The living picture of Fig. 7: a rectangle on the photo, the readout that follows it, and panels (b)–(e) with one cursor.
// Data: see `scene` in ../../occlusion_scene.py. State sent back, only when a gesture ends:
// moved = { top, left, height, width, at }, drawn = { cells, at }; the newest `at` that Python knows comes back as `heard`.
// While the rectangle moves, values are interpolated here from the grid and nothing is sent, not even
// looked = { at }, which asks for news of a sweep that is still going on.

const BARS = 5, SMALLEST = 8, LOOK_AGAIN_MS = 400, TAP_PX = 10, SMALL_PX = 44;
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const same = (a, b) => a && b && a.top === b.top && a.left === b.left && a.height === b.height && a.width === b.width;

// For each pixel along an axis the position whose centre is nearest, −1 beyond half a step from the outermost ones.
function nearest(starts, side, stride, size) {
  const places = new Int16Array(size).fill(-1);
  starts.forEach((start, place) => {
    const before = place ? (start + starts[place - 1]) / 2 : start - stride / 2;
    const after = place < starts.length - 1 ? (start + starts[place + 1]) / 2 : start + stride / 2;
    places.fill(place, clamp(Math.round(before + side / 2), 0, size), clamp(Math.round(after + side / 2), 0, size));
  });
  return places;
}

function make(root) {
  const $ = (selector) => root.querySelector(selector);
  const S = { stage: $('.stage'), boxElement: $('.box'), drag: null, cells: null, drawnAt: 0, timer: 0 };
  const explorer = globalThis.zfnetExplorer;
  S.panels = Object.fromEntries([...root.querySelectorAll('[data-panel]')].map((figure) => [figure.dataset.panel, figure]));
  S.cursors = [...root.querySelectorAll('.cursor')];
  S.bars = [...Array(BARS)].map(() => {
    const row = document.createElement('div');
    row.className = 'row'; row.setAttribute('role', 'listitem');
    const [label, track, value] = ['span', 'span', 'span'].map((tag) => document.createElement(tag));
    track.className = 'track'; track.append(document.createElement('i'));
    row.append(label, track, value); $('.bars').append(row);
    return { row, label, fill: track.firstChild, value };
  });

  S.fitted = (box) => {
    const side = S.header.inputPx, height = clamp(Math.round(box.height), SMALLEST, side), width = clamp(Math.round(box.width), SMALLEST, side);
    return { height, width, top: clamp(Math.round(box.top), 0, side - height), left: clamp(Math.round(box.left), 0, side - width) };
  };

  // Bilinear between the four grid points around the rectangle's corner. The last step of a grid may be a shorter one.
  const along = (starts, place) => {
    const last = starts.length - 1, first = clamp(Math.floor(place / S.header.grid.stride), 0, Math.max(last - 1, 0)), next = Math.min(first + 1, last);
    return [first, next, next > first ? clamp((place - starts[first]) / (starts[next] - starts[first]), 0, 1) : 0];
  };
  S.between = (values, first, box) => {
    const { tops, lefts, columns } = S.header.grid, [y0, y1, y] = along(tops, box.top), [x0, x1, x] = along(lefts, box.left);
    const at = (row, column) => values[first + row * columns + column];
    return (1 - y) * ((1 - x) * at(y0, x0) + x * at(y0, x1)) + y * ((1 - x) * at(y1, x0) + x * at(y1, x1));
  };
  S.read = () => {
    const { grid, exact } = S.header;
    if (exact && same(exact.box, S.box)) return { kind: 'exact', ...exact };
    if (!grid || grid.height !== S.box.height || grid.width !== S.box.width) return null;
    const count = grid.rows * grid.columns;
    const all = grid.labels.map((label, place) => ({ label, share: S.between(S.shares, place * count, S.box) }));
    const share = all[grid.chosen].share;
    all.sort((a, b) => b.share - a.share);
    return { kind: 'grid', classes: all.slice(0, BARS), share, total: S.between(S.totals, 0, S.box) };
  };

  S.measure = () => { S.places = [S.boxElement, ...S.cursors].map((element) => [element, element.parentElement.clientWidth]); };
  S.paintSoon = () => { S.frame ||= requestAnimationFrame(S.paint); };
  S.paint = () => {
    cancelAnimationFrame(S.frame); S.frame = 0;
    const { inputPx, chosen, hidden, done } = S.header, { top, left, height, width } = S.box;
    for (const [element, side] of S.places) {
      const scale = side / inputPx;
      element.style.transform = `translate(${left * scale}px, ${top * scale}px)`;
      element.style.width = `${width * scale}px`; element.style.height = `${height * scale}px`;
    }
    S.boxElement.classList.toggle('small', Math.min(width, height) * (S.places[0][1] / inputPx) < SMALL_PX);
    $('.place').textContent = `row ${top}, column ${left} · ${height} × ${width} px`;
    const values = hidden ? null : S.read();
    S.shown = values;
    $('.headline .number').textContent = values ? percent(values.share) : '…';
    const kind = $('.kind');
    kind.dataset.kind = values ? values.kind : 'none';
    const words = hidden ? 'hidden until you have guessed' : values ? { exact: 'exact', grid: done ? 'between grid points' : 'coarse so far' }[values.kind] : 'computing …';
    if (kind.textContent !== words) kind.textContent = words;
    if (values?.kind === 'exact') {
      const said = `Row ${top}, column ${left}: ${chosen.label} ${percent(values.share)}, exact. Most probable: ${values.classes[0].label}.`;
      if ($('.spoken').textContent !== said) $('.spoken').textContent = said;
    }
    S.bars.forEach(({ row, label, fill, value }, number) => {
      const item = values?.classes[number];
      row.hidden = !item && !!values;
      if (label.textContent !== (item?.label ?? '…')) { label.textContent = item?.label ?? '…'; label.title = item?.label ?? ''; }
      row.classList.toggle('chosen', item?.label === chosen.label);
      fill.style.width = item ? `${100 * item.share}%` : 0;
      value.textContent = item ? percent(item.share) : '';
    });
    const { cleanTotal, range: [, topTotal] } = S.header.map;
    $('.activity i').style.width = values ? `${clamp((100 * values.total) / topTotal, 0, 100)}%` : 0;
    $('.activity b').style.left = `${(100 * cleanTotal) / topTotal}%`;
    $('.activity .value').textContent = values ? values.total.toFixed(1) : '…';
  };

  S.go = (box, quiet) => {
    S.box = S.fitted(box); S.paintSoon();
    if (quiet) return;
    for (const other of explorer.occluders)
      if (other !== S && other.header.inputPx === S.header.inputPx && other.stage.isConnected) other.go(S.box, true);
  };
  const later = (than) => Math.max(Date.now(), than + 1);
  S.wait = () => { clearTimeout(S.timer); S.timer = 0; };
  S.tell = () => {
    S.wait();
    S.send('moved', { ...S.box, at: (explorer.movedAt = later(explorer.movedAt)) });
  };
  S.soon = (wait) => { S.wait(); S.timer = setTimeout(S.tell, wait); };
  S.busy = () => !!(S.drag || S.hovered || S.timer);
  S.poll = setInterval(() => {
    if (S.header?.growing && root.isConnected && ![...explorer.occluders].some((one) => one.drag)) S.send('looked', { at: Date.now() });
  }, LOOK_AGAIN_MS);

  const pixel = (event, element) => {
    const frame = element.getBoundingClientRect(), scale = S.header.inputPx / frame.width;
    return { x: (event.clientX - frame.left) * scale, y: (event.clientY - frame.top) * scale };
  };
  const centred = ({ x, y }) => ({ ...S.box, top: y - S.box.height / 2, left: x - S.box.width / 2 });

  const grab = (mode) => (event) => {
    if (event.button || S.drag) return;
    event.stopPropagation();
    if (mode === 'jump' && event.pointerType === 'touch') { S.tap = event; return; } // it may become a scroll
    event.preventDefault(); S.wait();
    if (mode !== 'draw') S.boxElement.focus({ preventScroll: true });
    const start = pixel(event, S.stage);
    if (mode === 'draw') { S.drag = { mode, id: event.pointerId, last: start }; S.stroke(start, start); }
    else {
      if (mode === 'jump') S.go(centred(start));
      S.drag = { mode, id: event.pointerId, start, box: S.box, moved: mode === 'jump' };
      S.boxElement.classList.add('drag');
    }
    S.stage.setPointerCapture(event.pointerId);
  };
  S.boxElement.onpointerdown = grab('move');
  $('.grip').onpointerdown = grab('size');
  S.stage.onpointerdown = (event) => grab(S.header.hidden ? 'draw' : 'jump')(event);
  S.stage.onpointermove = (event) => {
    const drag = S.drag;
    if (!drag || drag.id !== event.pointerId) return;
    const at = pixel(event, S.stage);
    if (drag.mode === 'draw') { S.stroke(drag.last, at); drag.last = at; return; }
    const y = at.y - drag.start.y, x = at.x - drag.start.x, { box } = drag;
    drag.moved = true;
    if (drag.mode !== 'size') S.go({ ...box, top: box.top + y, left: box.left + x });
    else if (event.shiftKey) S.go({ ...box, height: box.height + y, width: box.width + x });
    else {
      const most = Math.min(S.header.inputPx - box.top, (S.header.inputPx - box.left) * (box.height / box.width));
      const height = clamp(box.height + Math.max(y, x), SMALLEST, most);
      S.go({ ...box, height, width: (height * box.width) / box.height });
    }
  };
  S.stage.onpointerup = S.stage.onpointercancel = (event) => {
    const drag = S.drag, { tap } = S;
    S.tap = null;
    if (tap?.pointerId === event.pointerId && event.type === 'pointerup' && Math.hypot(event.clientX - tap.clientX, event.clientY - tap.clientY) < TAP_PX) {
      S.boxElement.focus({ preventScroll: true });
      S.go(centred(pixel(event, S.stage))); S.tell();
    }
    if (!drag || drag.id !== event.pointerId) return;
    S.drag = null; S.boxElement.classList.remove('drag');
    if (drag.mode === 'draw') S.tellDrawing(); else if (drag.moved) S.tell();
  };
  S.boxElement.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 1 : S.header.step;
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    const grow = { '+': 8, '=': 8, '-': -8 }[event.key];
    const stamp = S.header.hidden && (event.key === ' ' || event.key === 'Enter');
    if (!by && !grow && !stamp) return;
    event.preventDefault(); event.stopPropagation();
    if (stamp) { S.stamp(); return; }
    if (by) S.go({ ...S.box, top: S.box.top + step * by[0], left: S.box.left + step * by[1] });
    else S.go({ ...S.box, height: S.box.height + grow, width: S.box.width + grow });
    S.soon(150);
  };
  for (const sheet of root.querySelectorAll('.sheet')) {
    const follow = (event) => { S.before ||= S.box; S.hovered = true; S.go(centred(pixel(event, sheet))); };
    const end = () => { if (S.hovered) { S.hovered = false; S.before = null; S.tell(); } };
    sheet.onpointermove = (event) => { if (!S.drag && (event.pointerType === 'mouse' || event.buttons)) follow(event); };
    sheet.onpointerdown = (event) => { if (event.pointerType !== 'touch') follow(event); };
    sheet.onpointerup = (event) => { if (event.pointerType === 'touch') follow(event); end(); };
    sheet.onpointerleave = end;
    // The finger scrolls the page after all.
    sheet.onpointercancel = () => { if (S.hovered) { S.go(S.before); S.hovered = false; S.before = null; } };
  }

  // Drawing a guess: cells of the photo, painted with a round brush, or stamped with the rectangle by keyboard.
  S.mark = (inside) => {
    const { across, cellPx } = S.header.drawing;
    for (let cell = 0; cell < across * across; cell++)
      if (inside((Math.floor(cell / across) + 0.5) * cellPx, ((cell % across) + 0.5) * cellPx)) S.cells[cell] = 1;
    S.paintDrawing();
  };
  S.brush = ({ x, y }) => S.mark((row, column) => Math.hypot(row - y, column - x) <= 1.6 * S.header.drawing.cellPx);
  S.stroke = (from, to) => {
    const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / S.header.drawing.cellPx) || 1;
    for (let step = 1; step <= steps; step++) S.brush({ x: from.x + ((to.x - from.x) * step) / steps, y: from.y + ((to.y - from.y) * step) / steps });
  };
  S.stamp = () => {
    const { top, left, height, width } = S.box;
    S.mark((row, column) => row >= top && row < top + height && column >= left && column < left + width);
    S.tellDrawing();
  };
  S.tellDrawing = () => S.send('drawn', { cells: S.cells.join(''), at: (S.drawnAt = later(S.drawnAt)) });
  $('.clear').onclick = () => { S.cells.fill(0); S.paintDrawing(); S.tellDrawing(); };
  S.paintDrawing = () => {
    const { across } = S.header.drawing, canvas = $('.drawn');
    canvas.width = canvas.height = across;
    const context = canvas.getContext('2d');
    context.fillStyle = '#ff2d87';
    if (S.header.hidden) S.cells.forEach((on, cell) => on && context.fillRect(cell % across, Math.floor(cell / across), 1, 1));
    $('.clear').hidden = !S.header.hidden || !S.cells.includes(1);
  };

  S.sheetOf = (panel, colourOf) => {
    const { grid, inputPx } = S.header, canvas = S.panels[panel].querySelector('canvas'), zoom = 2;
    canvas.width = canvas.height = inputPx * zoom;
    const context = canvas.getContext('2d');
    if (!grid) return context;
    const { tops, lefts, columns, stride, height, width } = grid;
    // Each position is drawn around the rectangle's centre, so that it lies where the rectangle lies on the photo.
    const rowOf = nearest(tops, height, stride, inputPx), columnOf = nearest(lefts, width, stride, inputPx);
    const picture = new ImageData(inputPx, inputPx), pixels = new Uint32Array(picture.data.buffer);
    for (let y = 0; y < inputPx; y++) if (rowOf[y] >= 0)
      for (let x = 0; x < inputPx; x++) if (columnOf[x] >= 0) pixels[y * inputPx + x] = colourOf(rowOf[y] * columns + columnOf[x]);
    const small = document.createElement('canvas');
    small.width = small.height = inputPx;
    small.getContext('2d').putImageData(picture, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, inputPx * zoom, inputPx * zoom);
    return context;
  };
  S.outline = (context, cells, colour, zoom) => {
    const { across, cellPx } = S.header.drawing, side = cellPx * zoom;
    const on = (row, column) => row >= 0 && column >= 0 && row < across && column < across && cells[row * across + column] === '1';
    context.beginPath();
    for (let row = 0; row <= across; row++) for (let column = 0; column <= across; column++) {
      if (on(row, column) !== on(row - 1, column)) { context.moveTo(column * side, row * side); context.lineTo((column + 1) * side, row * side); }
      if (on(row, column) !== on(row, column - 1)) { context.moveTo(column * side, row * side); context.lineTo(column * side, (row + 1) * side); }
    }
    for (const [style, thick] of [['#000', 7], [colour, 4]]) { context.strokeStyle = style; context.lineWidth = thick; context.stroke(); }
  };
  S.paintPanels = () => {
    const { grid, map, chosen, palette, alts, drawing } = S.header;
    const shade = (value, [low, high]) => COLOURS[clamp(Math.round((255 * (value - low)) / (high - low || 1)), 0, 255)];
    S.sheetOf('b', (place) => shade(S.totals[place], map.range));
    const count = grid ? grid.rows * grid.columns : 0;
    const context = S.sheetOf('d', (place) => shade(S.shares[grid.chosen * count + place], chosen.range));
    if (drawing.guess) { S.outline(context, drawing.important, '#ffffff', 2); S.outline(context, drawing.guess, '#ff2d87', 2); }
    const colours = palette.map((text) => { const n = parseInt(text.slice(1), 16); return (0xff000000 | ((n & 255) << 16) | (n & 0xff00) | (n >> 16)) >>> 0; });
    S.sheetOf('e', (place) => colours[S.names[place]]);
    for (const [panel, alt] of Object.entries(alts)) S.panels[panel].querySelector('canvas')?.setAttribute('aria-label', alt);
  };
  S.observer = new ResizeObserver(() => { S.measure(); if (S.header) S.paintSoon(); });
  for (const element of [S.stage, ...root.querySelectorAll('.sheet')]) S.observer.observe(element);
  S.measure();
  const opacity = S.panels.d.querySelector('input');
  opacity.oninput = () => { S.panels.d.querySelector('canvas').style.opacity = opacity.value / 100; };
  opacity.oninput();
  return S;
}

export default function ({ data, parentElement: root, setStateValue }) {
  const explorer = (globalThis.zfnetExplorer ||= {});
  explorer.occluders ||= new Set();
  explorer.movedAt ||= 0;
  const S = stateOf(root, 'stage', make);
  explorer.occluders.add(S);
  S.send = setStateValue;
  if (S.data !== data) {
    S.data = data;
    const { header, body } = unpack(data);
    const first = !S.header, $ = (selector) => root.querySelector(selector);
    S.header = header;
    const count = header.grid ? header.grid.rows * header.grid.columns : 0, kinds = header.grid ? header.grid.labels.length : 0;
    const numbers = new Float32Array(body.buffer, 0, count * (kinds + 2));
    S.shares = numbers.subarray(0, count * kinds);
    S.totals = numbers.subarray(count * kinds, count * (kinds + 1));
    S.names = numbers.subarray(count * (kinds + 1));
    // Python is the authority, unless it has not heard yet of what was done here last.
    const given = header.box;
    if (first || (!S.busy() && !same(given, S.given) && header.heard.moved >= explorer.movedAt)) S.box = S.fitted(given);
    S.given = given;
    if (first || (S.drag?.mode !== 'draw' && header.heard.drawn >= S.drawnAt)) S.cells = [...(header.drawing.cells || '0'.repeat(header.drawing.across ** 2))].map(Number);
    for (const image of [$('.picture'), $('.under')]) if (image.src !== header.image) image.src = header.image;
    $('.picture').alt = header.imageAlt;
    $('.title').textContent = header.title;
    S.boxElement.style.background = header.fill.colour;
    S.boxElement.style.backdropFilter = header.fill.blur ? `blur(${header.fill.blur}px)` : '';
    S.boxElement.setAttribute('aria-label', header.boxAlt);
    S.stage.classList.toggle('drawing', header.hidden);
    root.querySelector('.occluder').classList.toggle('hidden-map', header.hidden);
    $('.headline .class').textContent = header.chosen.label; $('.headline .class').title = header.chosen.label;
    $('.activity .name').textContent = header.map.title;
    $('.note').textContent = header.note;
    for (const [panel, text] of Object.entries(header.captions)) {
      const caption = S.panels[panel].querySelector('figcaption');
      caption.textContent = caption.title = text;
    }
    for (const [panel, range, unit] of [['b', header.map.range.map((value) => value.toFixed(1)), 'sum'], ['d', header.chosen.range.map(percent), '']]) {
      S.panels[panel].querySelector('.low').textContent = range[0];
      S.panels[panel].querySelector('.high').textContent = `${range[1]} ${unit}`;
    }
    if (header.projection) {
      const pair = $('.pair'), [projection, others] = pair.children;
      projection.src = header.projection.url; projection.alt = header.projection.alt;
      others.hidden = !header.projection.others; pair.classList.toggle('alone', others.hidden);
      if (!others.hidden) { others.src = header.projection.others; others.alt = header.projection.othersAlt; }
      S.panels.c.querySelector('.legend').textContent = header.projection.caption;
    }
    $('.names').replaceChildren(...header.legend.map(({ label, colour, share }) => {
      const item = document.createElement('span'), swatch = document.createElement('i'), text = document.createElement('em');
      item.setAttribute('role', 'listitem'); swatch.style.background = colour; text.textContent = `${label} ${share}`; text.title = label;
      item.append(swatch, text);
      return item;
    }));
    S.paintDrawing(); S.paintPanels();
  }
  S.paint();
  explorer.occluder = S;
  return forget(root, () => { S.observer.disconnect(); S.wait(); clearInterval(S.poll); cancelAnimationFrame(S.frame); explorer.occluders.delete(S); });
}
