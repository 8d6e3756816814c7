// @ts-check
// Photos that follow a handle: shifted, enlarged or turned in the browser while the handle is dragged, with the numbers
// measured at that step beside them and a line at that step in the curves below; pointing at a curve moves the handle.
// Data: { photos: [{ image, title, colour, symbol, answers, untouched, followed }], kind, amounts, texts, ticks, axis,
// at, heard, border, fill, panels: [{ name, title, words, values, share, top, ticks }], label,
// said: { probability, now } with a place for a label }.
// State sent back: moved = { at, number } when the handle is let go.

const SIDE = 224, PANELS = 3;

/** @param {ParentNode} root */
function make(root) {
  const view = {
    element: find(root, '.board'), photos: find(root, '.photos'), range: find(root, 'input'), amount: find(root, '.amount'),
    data: /** @type {any} */ (null), at: 0, dragging: false, look: '', figures: /** @type {any[]} */ ([]),
    send: (name, value) => {},
    choices: choices((choice) => view.send('moved', choice)),
    panels: Array.from({ length: PANELS }, () => curvePanel((step) => go(view, step), () => rest(view))),
  };
  const { range } = view;
  range.oninput = () => go(view, Number(range.value));
  range.onchange = () => rest(view);
  range.onpointerup = range.onpointercancel = range.onblur = () => { view.dragging = false; };  // no change, no event
  range.onkeydown = (event) => event.stopPropagation();
  find(root, '.panels').replaceChildren(...view.panels.map((panel) => panel.element));
  return view;
}

/** @typedef {ReturnType<typeof make>} View */

/** @param {View} view @param {number} step */
function go(view, step) { view.dragging = true; view.at = step; view.range.value = step; paint(view); }

/** @param {View} view */
function rest(view) {
  view.dragging = false;
  if (view.at !== view.data.at || !view.choices.answered(view.data.heard)) view.choices.now({ at: view.at });
}

/** @param {string} kind @param {number} amount */
function transformOf(kind, amount) {
  const third = 100 / (3 * SIDE);
  switch (kind) {
    case 'down': return `translate(0, ${amount * third}%)`;
    case 'right': return `translate(${amount * third}%, 0)`;
    case 'scale': return `scale(${amount})`;
    default: return `rotate(${-amount}deg)`;
  }
}

/** @param {View} view */
function paint(view) {
  const { kind, amounts, texts, photos, label, said } = view.data, move = transformOf(kind, amounts[view.at]);
  view.amount.textContent = `${label}: ${texts[view.at]}`;
  view.range.setAttribute('aria-valuetext', texts[view.at]);
  view.panels.forEach((panel) => moveTo(panel, view.at));
  view.figures.forEach((shown, index) => {
    shown.canvas.style.transform = move;
    paintNumbers(view, shown.numbers, index);
    paintAnswer(shown.answer, photos[index].answers[view.at], photos[index].untouched, said.now);
  });
}

/** @param {View} view @param {HTMLElement[]} numbers @param {number} photo */
function paintNumbers({ data, at }, numbers, photo) {
  data.panels.forEach((panel, line) => {
    numbers[line].textContent = inWords(panel.values[photo][at], panel.share);
    if (panel.share && numbers[line].parentElement)
      numbers[line].parentElement.title = filled(data.said.probability, { label: data.photos[photo].followed ?? '…' });
  });
}

/** @param {HTMLElement} line @param {string | null} answer @param {string | null} before @param {string} now */
function paintAnswer(line, answer, before, now) {
  const other = answer !== null && before !== null && answer !== before;
  line.textContent = other ? filled(now, { label: answer }) : answer ?? '…';
  line.title = answer ?? '';
  line.classList.toggle('other', other);
}

/** The photo in the middle of a canvas three times its size, with what the border choice puts around it.
 * @param {HTMLCanvasElement} canvas @param {HTMLImageElement} picture @param {string} border @param {string} fill */
function surround(canvas, picture, border, fill) {
  const paper = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  canvas.width = canvas.height = 3 * SIDE;
  paper.fillStyle = fill;
  paper.fillRect(0, 0, 3 * SIDE, 3 * SIDE);
  if (border === 'reflect') reflect(paper, picture);
  else if (border === 'edge') smear(paper, picture);
  paper.drawImage(picture, SIDE, SIDE, SIDE, SIDE);
}

/** @param {CanvasRenderingContext2D} paper @param {HTMLImageElement} picture */
function reflect(paper, picture) {
  for (let row = 0; row < 3; row++)
    for (let column = 0; column < 3; column++) {
      const [right, down] = [column, row].map(
        (place) => (place === 1 ? { sign: 1, at: SIDE } : { sign: -1, at: (place + 1) * SIDE }));
      paper.setTransform(right.sign, 0, 0, down.sign, right.at, down.at);
      paper.drawImage(picture, 0, 0, SIDE, SIDE);
    }
  paper.setTransform(1, 0, 0, 1, 0, 0);
}

/** Rows and columns at the border, drawn out. @param {CanvasRenderingContext2D} paper @param {HTMLImageElement} picture */
function smear(paper, picture) {
  const { naturalWidth: wide, naturalHeight: high } = picture, one = Math.max(1, wide / SIDE);
  const ends = [[0, 0], [2 * SIDE, wide - one]];
  for (const [to, from] of ends) {
    paper.drawImage(picture, from, 0, one, high, to, SIDE, SIDE, SIDE);
    paper.drawImage(picture, 0, from, wide, one, SIDE, to, SIDE, SIDE);
    for (const [y, fromY] of ends) paper.drawImage(picture, from, fromY, one, one, to, y, SIDE, SIDE);
  }
}

/** @param {View} view */
function build(view) {
  const { panels, border, fill } = view.data;
  view.figures = view.data.photos.map(({ image, title, colour, symbol }) => {
    const mark = svg('svg', { viewBox: '-1.6 -1.6 3.2 3.2', class: 'mark', 'aria-hidden': true });
    mark.append(svg('path', { d: `M${symbol.map((corner) => corner.join()).join('L')}Z` }));
    const canvas = element('canvas', { role: 'img', 'aria-label': title });
    const numbers = panels.map(() => element('span')), answer = element('div', { class: 'answer' });
    const lines = panels.map(
      (panel, line) => element('div', { class: 'number' }, element('span', {}, panel.name), numbers[line]));
    const whole = figure([element('div', { class: 'window' }, canvas)]);
    whole.style.setProperty('--colour', colour);
    const name = element('div', { class: 'name', title }, mark, element('span', {}, title));
    whole.lastElementChild?.replaceChildren(name, ...lines, answer);
    const picture = new Image();
    picture.onload = () => surround(canvas, picture, border, fill);
    picture.src = image;
    return { whole, canvas, numbers, answer };
  });
  view.photos.replaceChildren(...view.figures.map(({ whole }) => whole));
}

/** What the figures show, apart from numbers. @param {any} data */
function lookOf({ photos, border, fill, panels }) {
  const pictures = photos.map(({ image, title, colour, symbol }) => [image, title, colour, symbol]);
  return JSON.stringify([pictures, border, fill, panels.map(({ name }) => name)]);
}

export default mount('movedPhotos', {
  make,
  show(view, data) {
    const look = lookOf(data), others = data.amounts.join() !== view.data?.amounts.join();
    view.data = data;
    if (look !== view.look) { view.look = look; build(view); }
    view.range.max = data.amounts.length - 1;
    view.range.setAttribute('aria-label', data.label);
    const answered = view.choices.answered(data.heard);
    if (!view.dragging && (answered || others)) view.at = data.at;
    view.at = clamp(view.at, 0, data.amounts.length - 1);
    if (!view.dragging) view.range.value = view.at;
    view.panels.forEach((panel, index) => showPanel(panel, data.panels[index], data));
    paint(view);
  },
  tidy(view) { view.choices.forget(); view.panels.forEach(({ watch }) => watch.disconnect()); },
});
