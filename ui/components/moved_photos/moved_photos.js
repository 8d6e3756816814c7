// Photos that follow a handle: shifted, enlarged or turned in the browser while the handle is dragged, with the numbers
// measured at that step beside them. Data: { photos: [{ image, title, colour, answers, chosen }], kind, amounts, texts,
// at, border, fill, rows: [{ title, values, share }], label }. State sent back: moved = { at } when the handle is let go.

const SIDE = 224;

function make(root) {
  const S = { board: root.querySelector('.board'), photos: root.querySelector('.photos'), range: root.querySelector('input'), amount: root.querySelector('.amount') };
  S.range.oninput = () => { S.dragging = true; S.at = Number(S.range.value); S.paint(); };
  S.range.onchange = () => { S.dragging = false; S.send('moved', { at: S.at, time: Date.now() }); };
  S.range.onkeydown = (event) => event.stopPropagation();
  S.paint = () => {
    const { kind, amounts, texts, rows, photos, label } = S.data, amount = amounts[S.at];
    const third = 100 / (3 * SIDE);
    const move = { down: `translate(0, ${amount * third}%)`, right: `translate(${amount * third}%, 0)`, scale: `scale(${amount})`, rotation: `rotate(${-amount}deg)` }[kind];
    S.amount.textContent = `${label}: ${texts[S.at]}`;
    S.range.setAttribute('aria-valuetext', texts[S.at]);
    S.figures.forEach((figure, index) => {
      figure.canvas.style.transform = move;
      rows.forEach((row, line) => { figure.numbers[line].textContent = shown(row.values[index][S.at], row.share); });
      const answer = photos[index].answers[S.at];
      const other = answer !== null && answer !== photos[index].chosen;
      figure.answer.textContent = other ? `now: ${answer}` : answer ?? '…';
      figure.answer.title = answer ?? '';
      figure.answer.classList.toggle('other', other);
    });
  };
  return S;
}

const shown = (value, share) => (value === null ? '…' : share ? `${(100 * value).toFixed(1)} %` : digits(value));

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
  S.figures = S.data.photos.map(({ image, title, colour }) => {
    const figure = document.createElement('figure'), box = document.createElement('div'), canvas = document.createElement('canvas');
    const caption = document.createElement('figcaption'), name = document.createElement('div'), mark = document.createElement('span');
    figure.style.setProperty('--colour', colour);
    box.className = 'window'; name.className = 'name'; mark.className = 'mark';
    canvas.setAttribute('role', 'img'); canvas.setAttribute('aria-label', title);
    const text = document.createElement('span');
    text.textContent = title; name.title = title; name.append(mark, text); caption.append(name);
    const numbers = S.data.rows.map((row) => {
      const line = document.createElement('div'), left = document.createElement('span'), right = document.createElement('span');
      line.className = 'number'; left.textContent = row.title; left.title = row.title; line.append(left, right); caption.append(line);
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
  const look = JSON.stringify([data.photos.map((photo) => [photo.image, photo.title]), data.border, data.rows.map((row) => row.title)]);
  S.data = data;
  if (look !== S.look) { S.look = look; build(S); }
  S.range.max = data.amounts.length - 1;
  S.range.setAttribute('aria-label', data.label);
  if (!S.dragging) { S.at = clamp(data.at, 0, data.amounts.length - 1); S.range.value = S.at; }
  S.at = Math.min(S.at, data.amounts.length - 1);
  S.paint();
  (globalThis.zfnetExplorer ||= {}).movedPhotos = S;
  return forget(root, () => {});
}
