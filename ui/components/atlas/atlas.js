// All feature maps of one layer on one canvas. Hover tells a map's numbers; a click, the arrow keys or Enter choose it.
// Data: see `atlas_data` in __init__.py; which map is chosen comes apart (chosen.js). State sent back:
// chosen = { layer, map, number }.

function make(root) {
  const canvas = root.querySelector('canvas');
  const S = { canvas, out: root.querySelector('output'), hover: null, chosen: null, choices: choicesOf(120) };

  S.layout = () => {
    const { rows, columns, maps } = S.header;
    // As many columns as make the canvas about 1.9 times as wide as high, or near that when it leaves fewer holes.
    const wanted = Math.sqrt((maps * 1.9 * rows) / columns);
    const cost = (count) => (Math.ceil(maps / count) * count) / maps - 1 + 0.5 * Math.abs(Math.log(count / wanted));
    S.columns = 1;
    for (let count = 2; count <= maps; count++) if (cost(count) < cost(S.columns)) S.columns = count;
    S.lines = Math.ceil(maps / S.columns);
    S.zoom = Math.max(1, Math.round(1100 / (S.columns * (columns + 1))));
    S.gap = Math.max(2, Math.round(S.zoom * 0.6));
    S.cellW = columns * S.zoom + S.gap;
    S.cellH = rows * S.zoom + S.gap;
    canvas.width = S.columns * S.cellW + S.gap;
    canvas.height = S.lines * S.cellH + S.gap;
  };
  S.draw = () => {
    const { rows, columns, maps, order, scale, top } = S.header;
    const context = canvas.getContext('2d');
    const small = new ImageData(S.columns * columns, S.lines * rows);
    const pixels = new Uint32Array(small.data.buffer);
    for (let place = 0; place < maps; place++) {
      const map = order[place], x0 = (place % S.columns) * columns, y0 = Math.floor(place / S.columns) * rows;
      // Values arrive as 0–255 of the map's own maximum; on the layer's scale they shrink accordingly.
      const factor = scale === 'layer' ? (top > 0 ? S.maxima[map] / top : 0) : 1;
      for (let y = 0, from = map * rows * columns; y < rows; y++)
        for (let x = 0, to = (y0 + y) * small.width + x0; x < columns; x++)
          pixels[to++] = COLOURS[Math.round(S.values[from++] * factor)];
    }
    S.sheet = document.createElement('canvas');
    S.sheet.width = small.width; S.sheet.height = small.height;
    S.sheet.getContext('2d').putImageData(small, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    S.paint();
  };
  S.paint = () => {
    const { rows, columns, maps, order } = S.header, context = canvas.getContext('2d');
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    for (let place = 0; place < maps; place++) {
      const column = place % S.columns, line = Math.floor(place / S.columns);
      context.drawImage(S.sheet, column * columns, line * rows, columns, rows,
        S.gap + column * S.cellW, S.gap + line * S.cellH, columns * S.zoom, rows * S.zoom);
    }
    const frame = (map, colour, width) => {
      const place = order.indexOf(map);
      if (place < 0) return;
      context.strokeStyle = colour; context.lineWidth = width;
      context.strokeRect((place % S.columns) * S.cellW + S.gap / 2, Math.floor(place / S.columns) * S.cellH + S.gap / 2, S.cellW, S.cellH);
    };
    const scale = canvas.width / Math.max(1, canvas.clientWidth);
    if (S.hover !== null) frame(S.hover, S.text, 1.5 * scale);
    if (S.chosen !== null) frame(S.chosen, S.accent, 3 * scale);
  };
  S.say = (map, verb) => {
    const { rows, columns, names } = S.header;
    S.out.textContent = rows * columns > 1
      ? `${verb} map ${map} · maximum ${digits(S.maxima[map])} · mean ${digits(S.means[map])}`
      : `${verb} unit ${map}${names[map] ? ` “${names[map]}”` : ''} · activation ${digits(S.maxima[map])}`;
  };
  S.at = (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((((event.clientX - box.left) / box.width) * canvas.width - S.gap / 2) / S.cellW);
    const line = Math.floor((((event.clientY - box.top) / box.height) * canvas.height - S.gap / 2) / S.cellH);
    const place = line * S.columns + column;
    return column >= 0 && column < S.columns && place >= 0 && place < S.header.maps ? S.header.order[place] : null;
  };
  S.mark = (map) => { S.chosen = map; S.paint(); S.sayChosen(); };
  S.sayChosen = () => { if (S.chosen !== null) S.say(S.chosen, 'Chosen:'); };
  S.choose = (map) => { S.mark(map); S.choices.now({ layer: S.header.layer, map }); };
  S.adopt = () => {
    const told = globalThis.zfnetExplorer?.told;
    if (S.header && told?.layer === S.header.layer && S.choices.answered(told.heard.atlas)) S.mark(told.unit[0]);
  };
  globalThis.addEventListener('zfnet-told', S.adopt);
  canvas.onpointermove = (event) => {
    const map = S.at(event);
    if (map === S.hover) return;
    S.hover = map; S.paint();
    if (map === null) S.sayChosen(); else S.say(map, 'Under the pointer:');
  };
  canvas.onpointerleave = () => { S.hover = null; S.paint(); S.sayChosen(); };
  canvas.onclick = (event) => { const map = S.at(event); if (map !== null) S.choose(map); };
  canvas.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: S.columns, ArrowUp: -S.columns, Home: -1e9, End: 1e9 }[event.key];
    const enter = event.key === 'Enter' && S.chosen !== null;
    if (step === undefined && !enter) return;
    event.preventDefault(); event.stopPropagation();
    if (enter) return S.choose(S.chosen);
    const map = S.header.order[clamp(S.header.order.indexOf(S.chosen) + step, 0, S.header.maps - 1)];
    S.mark(map); S.choices.soon({ layer: S.header.layer, map });
  };
  S.observer = new ResizeObserver(() => S.sheet && S.paint());
  S.observer.observe(canvas);
  return S;
}

export default function ({ data, parentElement: root, setStateValue }) {
  const S = stateOf(root, 'canvas', make);
  S.choices.send = (choice) => setStateValue('chosen', choice);
  const style = getComputedStyle(root.host ?? root);
  S.accent = '#ff4d6d';
  S.text = style.getPropertyValue('--st-text-color') || '#888';
  if (S.data !== data) {
    S.data = data;
    const { header, body } = unpack(data);
    if (S.header?.layer !== header.layer) { S.choices.forget(); S.chosen = null; S.hover = null; }
    const size = header.maps * header.rows * header.columns, start = Math.ceil(size / 4) * 4;
    S.header = header;
    S.values = new Uint8Array(body.buffer, 0, size);
    S.maxima = new Float32Array(body.buffer, start, header.maps);
    S.means = new Float32Array(body.buffer, start + 4 * header.maps, header.maps);
    S.layout(); S.draw();
    root.querySelector('.low').textContent = header.below ? '0 and below' : '0';
    root.querySelector('.high').textContent = header.scale === 'layer' ? digits(header.top) : 'each map’s maximum';
    S.canvas.setAttribute('aria-label', header.alt);
    S.adopt();
    S.sayChosen();
  } else S.paint();
  (globalThis.zfnetExplorer ||= {}).atlas = S;
  return forget(root, () => { S.observer.disconnect(); globalThis.removeEventListener('zfnet-told', S.adopt); });
}
