// Photos that follow a handle: shifted, enlarged or turned in the browser while the handle is dragged, with the numbers
// measured at that step beside them and a line at that step in the curves below; pointing at a curve moves the handle.
// Data: { photos: [{ image, title, colour, symbol, answers, untouched, followed }], kind, amounts, texts, ticks, axis,
// at, border, fill, panels: [{ name, title, words, values, share, top, ticks }], label }.
// State sent back: moved = { at } when the handle is let go.

const SIDE = 224, ANSWER_MS = 3000;

function make(root) {
  const S = { board: root.querySelector('.board'), photos: root.querySelector('.photos'), range: root.querySelector('input'), amount: root.querySelector('.amount') };
  S.tell = () => {
    S.dragging = false;
    if (S.at === S.data.at && !S.sent) return;
    S.sent = { at: S.at, time: Date.now() };
    S.send('moved', S.sent);
  };
  S.to = (step) => { S.dragging = true; S.at = step; S.range.value = step; S.paint(); };
  S.range.oninput = () => S.to(Number(S.range.value));
  S.range.onchange = S.tell;
  S.range.onpointerup = S.range.onpointercancel = S.range.onblur = () => { S.dragging = false; };  // no change, no event
  S.range.onkeydown = (event) => event.stopPropagation();
  S.panels = [0, 1, 2].map(() => curvePanel(S.to, S.tell));
  root.querySelector('.panels').replaceChildren(...S.panels.map(({ element }) => element));
  S.paint = () => {
    const { kind, amounts, texts, panels, photos, label } = S.data, amount = amounts[S.at];
    const third = 100 / (3 * SIDE);
    const move = { down: `translate(0, ${amount * third}%)`, right: `translate(${amount * third}%, 0)`, scale: `scale(${amount})`, rotation: `rotate(${-amount}deg)` }[kind];
    S.amount.textContent = `${label}: ${texts[S.at]}`;
    S.range.setAttribute('aria-valuetext', texts[S.at]);
    S.panels.forEach((panel) => panel.to(S.at));
    S.figures.forEach((figure, index) => {
      figure.canvas.style.transform = move;
      panels.forEach((panel, line) => {
        figure.numbers[line].textContent = inWords(panel.values[index][S.at], panel.share);
        if (panel.share) figure.numbers[line].parentElement.title = `probability of ${photos[index].followed ?? '…'}`;
      });
      const answer = photos[index].answers[S.at], before = photos[index].untouched;
      const other = answer !== null && before !== null && answer !== before;
      figure.answer.textContent = other ? `now: ${answer}` : answer ?? '…';
      figure.answer.title = answer ?? '';
      figure.answer.classList.toggle('other', other);
    });
  };
  return S;
}

// The photo in the middle of a canvas three times its size, with what the border choice puts around it.
function surrounded(canvas, picture, border, fill) {
  const paper = canvas.getContext('2d');
  canvas.width = canvas.height = 3 * SIDE;
  paper.fillStyle = fill;
  paper.fillRect(0, 0, 3 * SIDE, 3 * SIDE);
  if (border === 'reflect') {
    for (let row = 0; row < 3; row++)
      for (let column = 0; column < 3; column++) {
        paper.setTransform(column === 1 ? 1 : -1, 0, 0, row === 1 ? 1 : -1, (column === 1 ? column : column + 1) * SIDE, (row === 1 ? row : row + 1) * SIDE);
        paper.drawImage(picture, 0, 0, SIDE, SIDE);
      }
    paper.setTransform(1, 0, 0, 1, 0, 0);
  } else if (border === 'edge') {
    const scale = picture.naturalWidth / SIDE, one = Math.max(1, scale), far = picture.naturalWidth - one;
    for (const [x, from] of [[0, 0], [2 * SIDE, far]]) paper.drawImage(picture, from, 0, one, picture.naturalHeight, x, SIDE, SIDE, SIDE);
    for (const [y, from] of [[0, 0], [2 * SIDE, far]]) paper.drawImage(picture, 0, from, picture.naturalWidth, one, SIDE, y, SIDE, SIDE);
    for (const [x, fromX] of [[0, 0], [2 * SIDE, far]]) for (const [y, fromY] of [[0, 0], [2 * SIDE, far]]) paper.drawImage(picture, fromX, fromY, one, one, x, y, SIDE, SIDE);
  }
  paper.drawImage(picture, SIDE, SIDE, SIDE, SIDE);
}

function build(S) {
  S.figures = S.data.photos.map(({ image, title, colour, symbol }) => {
    const figure = document.createElement('figure'), box = document.createElement('div'), canvas = document.createElement('canvas');
    const caption = document.createElement('figcaption'), name = document.createElement('div'), mark = drawn('svg', { viewBox: '-1.6 -1.6 3.2 3.2', class: 'mark', 'aria-hidden': true });
    figure.style.setProperty('--colour', colour);
    box.className = 'window'; name.className = 'name'; mark.append(drawn('path', { d: `M${symbol.map((corner) => corner.join()).join('L')}Z` }));
    canvas.setAttribute('role', 'img'); canvas.setAttribute('aria-label', title);
    const text = document.createElement('span');
    text.textContent = title; name.title = title; name.append(mark, text); caption.append(name);
    const numbers = S.data.panels.map((row) => {
      const line = document.createElement('div'), left = document.createElement('span'), right = document.createElement('span');
      line.className = 'number'; left.textContent = row.name; line.append(left, right); caption.append(line);
      return right;
    });
    const answer = document.createElement('div');
    answer.className = 'answer'; caption.append(answer);
    box.append(canvas); figure.append(box, caption);
    const picture = new Image();
    picture.onload = () => surrounded(canvas, picture, S.data.border, S.data.fill);
    picture.src = image;
    return { figure, canvas, numbers, answer };
  });
  S.photos.replaceChildren(...S.figures.map(({ figure }) => figure));
}

export default function ({ data, parentElement: root, setStateValue }) {
  const S = stateOf(root, 'board', make);
  S.send = setStateValue;
  const look = JSON.stringify([data.photos.map(({ image, title, colour, symbol }) => [image, title, colour, symbol]), data.border, data.fill, data.panels.map(({ name }) => name)]);
  if (data.amounts.join() !== S.data?.amounts.join()) S.sent = null;
  S.data = data;
  if (look !== S.look) { S.look = look; build(S); }
  S.range.max = data.amounts.length - 1;
  S.range.setAttribute('aria-label', data.label);
  const answered = !S.sent || data.at === S.sent.at || Date.now() - S.sent.time > ANSWER_MS;
  if (!S.dragging && answered) { S.at = clamp(data.at, 0, data.amounts.length - 1); S.range.value = S.at; S.sent = null; }
  S.at = Math.min(S.at, data.amounts.length - 1);
  S.panels.forEach((panel, index) => panel.show(data.panels[index], data));
  S.paint();
  (globalThis.zfnetExplorer ||= {}).movedPhotos = S;
  return forget(root, () => S.panels.forEach(({ watch }) => watch.disconnect()));
}
