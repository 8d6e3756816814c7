// How features grow (Fig. 4): a table of projections, rows are maps and columns are epochs, played column by column.
// Data: { run, table, tile, layer, maps, epochs, changed, photos, rows, columns, values, curve, changing, jumped, stayed, at,
// alts }; `table` is a picture of maps × epochs tiles of `tile` px. Numbers that were not logged, or are none because the
// run diverged, are null. State sent back when the film rests: epoch = { at, when }.

const LABEL = 34, HEAD = 24, SPACE = 3, CELL = 64, STEP_MS = 800, MARK = '#ff4d6d';
const LINES = ['#0d9488', '#b45309', '#7c3aed', '#2563eb', '#be185d', '#4d7c0f', '#475569'];

function make(root) {
  const find = (name) => root.querySelector(name);
  const S = {
    play: find('.play'), slider: find('input'), output: find('output'), table: find('.table canvas'), legend: find('.table figcaption'),
    screen: find('.screen canvas'), caption: find('.screen figcaption'), spoken: find('.spoken'), readout: find('.readout'), cell: null, image: new Image(), at: null, timer: null,
    charts: Object.fromEntries(['accuracy', 'loss', 'changing'].map((name) => [name, find(`.chart.${name}`)])),
  };
  S.image.onload = () => { paintTable(S); show(S, S.at); };
  return S;
}

const tileOf = (S, row, column) => [column * S.data.tile, row * S.data.tile, S.data.tile, S.data.tile];
const ready = (S) => S.image.complete && S.image.naturalWidth > 0;

function jump(context, x, y, size) {
  context.fillStyle = MARK; context.strokeStyle = '#fff'; context.lineWidth = 1;
  context.beginPath(); context.moveTo(x, y); context.lineTo(x + size, y); context.lineTo(x, y + size); context.closePath();
  context.fill(); context.stroke();
}

function paintTable(S) {
  if (!ready(S)) return;
  const { maps, epochs, changed } = S.data, canvas = S.sheet ??= document.createElement('canvas');
  canvas.width = LABEL + epochs.length * (CELL + SPACE); canvas.height = HEAD + maps.length * (CELL + SPACE);
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = S.data.tile > 12; context.imageSmoothingQuality = 'high';
  context.font = '16px sans-serif'; context.textBaseline = 'middle';
  context.fillStyle = getComputedStyle(S.table).color;
  context.textAlign = 'center';
  epochs.forEach((epoch, column) => context.fillText(epoch, LABEL + column * (CELL + SPACE) + CELL / 2, HEAD / 2));
  context.textAlign = 'right';
  maps.forEach((map, row) => {
    const y = HEAD + row * (CELL + SPACE);
    context.fillStyle = getComputedStyle(S.table).color;
    context.fillText(map, LABEL - 6, y + CELL / 2);
    epochs.forEach((_, column) => {
      const x = LABEL + column * (CELL + SPACE);
      context.drawImage(S.image, ...tileOf(S, row, column), x, y, CELL, CELL);
      if (changed[row][column]) jump(context, x, y, 13);
    });
  });
}

function paint(S) {
  if (!ready(S) || !S.sheet) return;
  const { maps, changed } = S.data, context = S.table.getContext('2d');
  S.table.width = S.sheet.width; S.table.height = S.sheet.height;
  S.table.style.maxWidth = `${S.sheet.width}px`;
  context.drawImage(S.sheet, 0, 0);
  context.strokeStyle = MARK; context.lineWidth = 3;
  context.strokeRect(LABEL + S.at * (CELL + SPACE) - 1.5, HEAD - 1.5, CELL + 3, maps.length * (CELL + SPACE));
  if (S.cell !== null) {
    const x = LABEL + S.at * (CELL + SPACE), y = HEAD + S.cell * (CELL + SPACE);
    for (const [colour, width] of [['#000', 6], ['#fff', 3]]) { context.strokeStyle = colour; context.lineWidth = width; context.strokeRect(x + 3, y + 3, CELL - 6, CELL - 6); }
  }
  const across = Math.ceil(Math.sqrt(maps.length)), side = 150, gap = 6, screen = S.screen.getContext('2d');
  S.screen.width = across * side + (across - 1) * gap; S.screen.height = Math.ceil(maps.length / across) * (side + gap) - gap;
  screen.imageSmoothingEnabled = S.data.tile > 12; screen.imageSmoothingQuality = 'high';
  maps.forEach((_, row) => {
    const x = (row % across) * (side + gap), y = Math.floor(row / across) * (side + gap);
    screen.drawImage(S.image, ...tileOf(S, row, S.at), x, y, side, side);
    if (changed[row][S.at]) jump(screen, x, y, 26);
  });
  S.table.dataset.at = S.at;
}

function sentence(S) {
  const { epochs, curve, changed, maps, jumped, stayed } = S.data, epoch = epochs[S.at], record = curve.find((one) => one.epoch === epoch);
  const jumps = changed.filter((row) => row[S.at]).length;
  const told = [];
  if (record?.loss != null) told.push(`loss ${record.loss.toFixed(2)}`);
  if (record?.val != null) told.push(`validation accuracy ${(100 * record.val).toFixed(1)} %`);
  const learnt = epoch === 0 ? 'before training: random weights, the control' : told.join(', ') || 'neither loss nor accuracy was logged as a number';
  if (!S.at) return `Epoch ${epoch}: ${learnt}.`;
  const changes = [];
  if (jumped[S.at] != null) changes.push(`${stayed[S.at] == null ? 'the' : 'their'} pictures changed by ${jumped[S.at].toFixed(2)} (1 − cosine)`);
  if (stayed[S.at] != null) changes.push(`the other pictures changed by ${stayed[S.at].toFixed(2)}${changes.length ? '' : ' (1 − cosine)'}`);
  return `Epoch ${epoch}: ${learnt}. In ${jumps} of ${maps.length} maps the strongest photo is a new one${changes.length ? `; ${changes.join(', ')}` : ''}.`;
}

function cellSentence(S, row, column) {
  const { maps, epochs, photos, rows, columns, values, changed } = S.data, value = values[row][column];
  const excited = value == null ? 'its activation is not a number' : value > 0 ? `activation ${digits(value)} at row ${rows[row][column]}, column ${columns[row][column]}` : 'not excited';
  return `Map ${maps[row]}, epoch ${epochs[column]}: ${excited}, photo ${photos[row][column]}${changed[row][column] ? ' (a new one)' : ''}.`;
}

function show(S, at) {
  S.at = clamp(at, 0, S.data.epochs.length - 1);
  S.slider.value = S.at;
  S.output.textContent = `epoch ${S.data.epochs[S.at]} of ${S.data.epochs.at(-1)}`;
  S.slider.setAttribute('aria-valuetext', `epoch ${S.data.epochs[S.at]}`);
  S.caption.textContent = sentence(S);
  for (const cursor of S.cursors) cursor(S.data.epochs[S.at]);
  paint(S);
}

function chart(figure, title, series, unit, alt) {
  const svg = figure.querySelector('svg'), wide = 420, high = 108, left = 38, bottom = 18, top = 6;
  const points = series.flatMap((line) => line.points), last = Math.max(1, ...points.map(([x]) => x));
  const most = niceTop(Math.max(1e-9, ...points.map(([, y]) => y)));
  const place = ([x, y]) => [left + (x / last) * (wide - left - 6), top + (1 - y / most) * (high - top - bottom)];
  const element = (name, attributes, text) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  svg.setAttribute('viewBox', `0 0 ${wide} ${high}`); svg.setAttribute('aria-label', alt);
  svg.replaceChildren();
  for (const share of [0, 0.5, 1]) {
    const y = place([0, share * most])[1];
    svg.append(element('line', { class: 'axis', x1: left, x2: wide - 6, y1: y, y2: y }));
    svg.append(element('text', { x: left - 5, y: y + 4, 'text-anchor': 'end' }, +(share * most).toPrecision(3)));
  }
  const step = Math.max(1, Math.ceil(last / 6));
  for (let epoch = 0; place([epoch, 0])[0] < wide - 70; epoch += step) svg.append(element('text', { x: place([epoch, 0])[0], y: high - 3, 'text-anchor': 'middle' }, epoch));
  svg.append(element('text', { x: wide - 6, y: high - 3, 'text-anchor': 'end' }, `epoch ${last}`));
  for (const line of series) {
    svg.append(element('polyline', { points: line.points.map((point) => place(point).join()).join(' '), stroke: line.colour }));
    for (const point of line.points.length < 2 ? line.points : []) { const [cx, cy] = place(point); svg.append(element('circle', { cx, cy, r: 3, fill: line.colour })); }
  }
  const cursor = element('line', { class: 'cursor', y1: top, y2: high - bottom });
  svg.append(cursor);
  const heading = document.createElement('b');
  heading.textContent = title + (unit ? ` (${unit})` : '');
  figure.querySelector('figcaption').replaceChildren(heading, ...series.map((line) => {
    const key = document.createElement('i');
    key.textContent = line.name; key.style.setProperty('--line', line.colour);
    return key;
  }));
  figure.hidden = points.length === 0;
  return (epoch) => { const x = place([Math.min(epoch, last), 0])[0]; cursor.setAttribute('x1', x); cursor.setAttribute('x2', x); };
}

const niceTop = (value) => { const unit = 10 ** Math.floor(Math.log10(value)); return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * unit >= value - 1e-12) * unit; };

export default function ({ data, parentElement: root, setStateValue }) {
  const S = stateOf(root, 'table', make), { curve, changing, epochs, alts } = data;
  const fresh = !S.data || S.data.layer !== data.layer || S.data.run !== data.run;
  const following = S.data && S.at === S.data.epochs.length - 1 && data.run === S.data.run && epochs.length > S.data.epochs.length;
  S.data = data;
  const line = (name, key, colour, factor = 1) => ({ name, colour, points: curve.filter((one) => one[key] != null).map((one) => [one.epoch, factor * one[key]]) });
  S.cursors = [
    chart(S.charts.accuracy, 'Accuracy', [line('training', 'train', LINES[1], 100), line('validation', 'val', LINES[0], 100)], '%', alts.accuracy),
    chart(S.charts.loss, 'Loss', [line('training', 'loss', LINES[1]), line('validation', 'val_loss', LINES[0])], '', alts.loss),
    chart(S.charts.changing, 'How much the projections still change', Object.entries(changing).map(([name, values], number) => (
      { name, colour: LINES[number % LINES.length], points: values.flatMap((value, column) => (value == null ? [] : [[epochs[column - 1], value], [epochs[column], value]])) })),
      '1 − cosine, per epoch', alts.changing),
  ];
  S.slider.max = epochs.length - 1;
  S.table.setAttribute('aria-label', alts.table); S.screen.setAttribute('aria-label', alts.screen);
  S.legend.textContent = `${data.layer}: rows are maps, columns are epochs. A red corner marks where the photo that excites the map most is another one than in the column before.`;
  const rest = () => { S.spoken.textContent = sentence(S); setStateValue('epoch', { at: S.at, when: Date.now() }); };
  const stop = () => {
    if (S.timer === null) return;
    clearInterval(S.timer); S.timer = null; S.play.textContent = '▶'; S.play.setAttribute('aria-label', 'Play the film');
  };
  S.stop = stop;
  S.play.onclick = () => {
    if (S.timer !== null) { stop(); rest(); return; }
    S.play.textContent = '❚❚'; S.play.setAttribute('aria-label', 'Pause the film');
    if (S.at >= S.data.epochs.length - 1) show(S, 0);
    S.timer = setInterval(() => {
      show(S, S.at + 1);
      if (S.at >= S.data.epochs.length - 1) { stop(); rest(); }
    }, STEP_MS);
  };
  S.slider.oninput = () => { stop(); show(S, +S.slider.value); };
  S.slider.onchange = rest;
  S.slider.onkeydown = (event) => event.stopPropagation();
  S.table.onclick = (event) => {
    const { left, width } = S.table.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * S.table.width - LABEL;
    if (x >= 0) { stop(); show(S, Math.floor(x / (CELL + SPACE))); rest(); }
  };
  S.table.onmousemove = (event) => {
    const { left, top, width } = S.table.getBoundingClientRect(), zoom = S.table.width / width;
    const column = Math.floor(((event.clientX - left) * zoom - LABEL) / (CELL + SPACE));
    const row = Math.floor(((event.clientY - top) * zoom - HEAD) / (CELL + SPACE));
    if (data.photos[row]?.[column] !== undefined) S.readout.textContent = cellSentence(S, row, column);
  };
  const look = (row, column) => {
    S.cell = clamp(row, 0, data.maps.length - 1);
    show(S, column);
    S.readout.textContent = S.spoken.textContent = cellSentence(S, S.cell, S.at);
  };
  S.table.onkeydown = (event) => {
    const [down, right] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key] ?? [];
    if (down === undefined) return;
    event.preventDefault(); event.stopPropagation(); stop();
    const before = S.at;
    look((S.cell ?? 0) + down, S.at + right);
    if (S.at !== before) setStateValue('epoch', { at: S.at, when: Date.now() });
  };
  S.table.onfocus = () => { if (S.table.matches(':focus-visible')) look(S.cell ?? 0, S.at); };
  S.table.onblur = () => { S.cell = null; paint(S); };
  if (fresh) { S.cell = null; S.readout.textContent = 'Point at a picture, or go to it with the arrow keys, to read its activation and photo.'; }
  if (fresh || S.at === null) { S.at = clamp(data.at, 0, epochs.length - 1); }
  if (following) S.at = epochs.length - 1;
  if (S.image.src !== data.table) { S.image.src = data.table; } else paintTable(S);
  show(S, S.at);
  (globalThis.zfnetExplorer ??= {}).film = S;
  return forget(root, stop);
}
