// One feature map, large and with its exact values. A click or the arrow keys choose a unit.
// Data: see `unit_map` in __init__.py; which unit is chosen comes apart (chosen.js). State sent back:
// chosen = { layer, map, row, column, number }.
// Tells the rest of the page which unit is under the pointer (event "zfnet-unit"), so that its receptive field follows.

function make(root) {
  const canvas = root.querySelector('canvas');
  const S = { canvas, out: root.querySelector('output'), hover: null, chosen: null, choices: choicesOf(120) };

  S.draw = () => {
    const { rows, columns, top } = S.header, factor = top > 0 ? 255 / top : 0;
    S.zoom = Math.max(1, Math.round(600 / Math.max(rows, columns)));
    canvas.width = columns * S.zoom; canvas.height = rows * S.zoom;
    const picture = new ImageData(columns, rows), pixels = new Uint32Array(picture.data.buffer);
    for (let unit = 0; unit < rows * columns; unit++) pixels[unit] = COLOURS[clamp(Math.round(S.values[unit] * factor), 0, 255)];
    S.sheet = document.createElement('canvas');
    S.sheet.width = columns; S.sheet.height = rows;
    S.sheet.getContext('2d').putImageData(picture, 0, 0);
    S.paint();
  };
  S.paint = () => {
    const context = canvas.getContext('2d');
    context.imageSmoothingEnabled = false;
    context.drawImage(S.sheet, 0, 0, canvas.width, canvas.height);
    const scale = canvas.width / Math.max(1, canvas.clientWidth);
    const mark = (unit, colour) => {
      // A small unit gets a frame of at least 9 screen pixels, so that it can be seen from the back row.
      const side = Math.max(S.zoom, 9 * scale), off = (side - S.zoom) / 2;
      for (const [style, width] of [['#000', 4], [colour, 2]]) {
        context.strokeStyle = style; context.lineWidth = width * scale;
        context.strokeRect(unit[1] * S.zoom - off, unit[0] * S.zoom - off, side, side);
      }
    };
    if (S.hover) mark(S.hover, '#fff');
    if (S.chosen) mark(S.chosen, '#ff4d6d');
  };
  S.say = (unit, verb) => {
    const value = S.values[unit[0] * S.header.columns + unit[1]];
    S.out.textContent = `${verb} row ${unit[0]}, column ${unit[1]} · activation ${digits(value)}`;
    globalThis.dispatchEvent(new CustomEvent('zfnet-unit', { detail: { layer: S.header.layer, row: unit[0], column: unit[1] } }));
  };
  S.at = (event) => {
    const box = canvas.getBoundingClientRect(), { rows, columns } = S.header;
    return [clamp(Math.floor(((event.clientY - box.top) / box.height) * rows), 0, rows - 1),
            clamp(Math.floor(((event.clientX - box.left) / box.width) * columns), 0, columns - 1)];
  };
  S.sayChosen = () => { if (S.chosen) S.say(S.chosen, 'Chosen:'); };
  S.mark = (unit) => { S.chosen = unit; S.paint(); S.sayChosen(); };
  S.choice = ([row, column]) => ({ layer: S.header.layer, map: S.header.map, row, column });
  S.choose = (unit) => { S.mark(unit); S.choices.now(S.choice(unit)); };
  S.adopt = () => {
    const told = globalThis.zfnetExplorer?.told;
    if (!S.header || told?.layer !== S.header.layer || told.unit[0] !== S.header.map) return;
    if (S.choices.answered(told.heard.unitMap)) S.mark(told.unit.slice(1));
  };
  globalThis.addEventListener('zfnet-told', S.adopt);
  canvas.onpointermove = (event) => { S.hover = S.at(event); S.paint(); S.say(S.hover, 'Under the pointer:'); };
  canvas.onpointerleave = () => { S.hover = null; S.paint(); S.sayChosen(); };
  canvas.onclick = (event) => S.choose(S.at(event));
  canvas.onkeydown = (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!S.chosen || (!step && event.key !== 'Enter')) return;
    event.preventDefault(); event.stopPropagation();
    if (!step) return S.choose(S.chosen);
    const by = event.shiftKey ? 5 : 1, { rows, columns } = S.header;
    S.mark([clamp(S.chosen[0] + by * step[0], 0, rows - 1), clamp(S.chosen[1] + by * step[1], 0, columns - 1)]);
    S.choices.soon(S.choice(S.chosen));
  };
  S.observer = new ResizeObserver(() => S.sheet && S.paint());
  S.observer.observe(canvas);
  return S;
}

export default function ({ data, parentElement: root, setStateValue }) {
  const S = stateOf(root, 'canvas', make);
  S.choices.send = (choice) => setStateValue('chosen', choice);
  if (S.data !== data) {
    S.data = data;
    const { header, body } = unpack(data);
    if (S.header?.layer !== header.layer || S.header.map !== header.map) { S.choices.forget(); S.chosen = null; }
    S.header = header;
    S.values = new Float32Array(body.buffer, 0, header.rows * header.columns);
    S.hover = null;
    S.draw();
    root.querySelector('.high').textContent = digits(header.top);
    S.canvas.setAttribute('aria-label', header.alt);
    S.adopt();
    S.sayChosen();
  } else S.paint();
  (globalThis.zfnetExplorer ||= {}).unitMap = S;
  return forget(root, () => { S.observer.disconnect(); globalThis.removeEventListener('zfnet-told', S.adopt); });
}
