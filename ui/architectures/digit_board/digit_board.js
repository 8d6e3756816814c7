// @ts-check
// A board for a digit. Data: { cells, words: { board, clear, hint }, heard }. Sent back: drawn = { ink, number }, a
// hexadecimal digit of ink (0 none, f full) for each cell, row by row.

const SIDE_PX = 280, PEN_PX = 24, WAIT_MS = 250;

/** @param {ParentNode} root */
function make(root) {
  const canvas = find(root, 'canvas'), clear = find(root, '.clear'), hint = find(root, '.hint');
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const view = {
    element: find(root, '.board'), canvas, clear, hint, pen, cells: 56, send: (name, value) => {},
    choices: choices((choice) => view.send('drawn', choice), WAIT_MS),
  };
  pen.lineWidth = PEN_PX; pen.lineCap = 'round'; pen.lineJoin = 'round';
  /** @type {[number, number] | null} */
  let last = null;
  /** @param {PointerEvent} event @returns {[number, number]} */
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * SIDE_PX / box.width, (event.clientY - box.top) * SIDE_PX / box.height];
  };
  /** @param {[number, number]} to */
  const line = (to) => {
    pen.beginPath(); pen.moveTo(...(last ?? to)); pen.lineTo(...to); pen.stroke();
    last = to;
  };
  canvas.onpointerdown = (event) => {
    view.choices.forget();
    canvas.setPointerCapture(event.pointerId);
    hint.hidden = true;
    line(place(event));
    used(event);
  };
  canvas.onpointermove = (event) => { if (last) line(place(event)); };
  canvas.onpointerup = canvas.onpointercancel = () => { if (last) { last = null; view.choices.soon({ ink: ink(view) }); } };
  clear.onclick = () => { view.choices.forget(); pen.clearRect(0, 0, SIDE_PX, SIDE_PX); hint.hidden = false; };
  return view;
}

/** How much ink lies in each cell, as hexadecimal digits. */
function ink({ pen, cells }) {
  const alpha = pen.getImageData(0, 0, SIDE_PX, SIDE_PX).data, wide = SIDE_PX / cells;
  let text = '';
  for (let row = 0; row < cells; row += 1) {
    for (let column = 0; column < cells; column += 1) {
      let sum = 0;
      for (let y = 0; y < wide; y += 1) for (let x = 0; x < wide; x += 1) sum += alpha[4 * ((row * wide + y) * SIDE_PX + column * wide + x) + 3];
      text += Math.round(15 * sum / (255 * wide * wide)).toString(16);
    }
  }
  return text;
}

export default mount('digitBoard', {
  make,
  show(view, { cells, words, heard }) {
    view.cells = cells;
    view.canvas.setAttribute('aria-label', words.board);
    view.clear.textContent = words.clear;
    view.hint.textContent = words.hint;
    view.choices.answered(heard);
  },
  tidy: (view) => view.choices.forget(),
});
