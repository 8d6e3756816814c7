// Photos with a few squares on each that can be dragged or moved with the arrow keys (Shift: 8 px).
// Data: { photos: [{ image, title }], parts: [{ name, colour }], points: [[[x, y], …], …], side, size } in input pixels.
// State sent back: moved = { points } when a square is let go.

const ANSWER_MS = 3000;

function make(root) {
  const S = { faces: root.querySelector('.faces'), drag: null, timer: null, sent: null };
  S.tell = () => {
    clearTimeout(S.timer); S.timer = null;
    S.sent = { points: JSON.stringify(S.points), time: Date.now() };
    S.send('moved', { points: S.points, time: S.sent.time });
  };
  S.place = (photo, part) => {
    const [x, y] = S.points[photo][part], { side, size } = S.data, style = S.squares[photo][part].style;
    style.left = `${(100 * (x - side / 2)) / size}%`; style.top = `${(100 * (y - side / 2)) / size}%`;
    style.width = style.height = `${(100 * side) / size}%`;
    S.squares[photo][part].setAttribute('aria-label', `${S.data.parts[part].name} of ${S.data.photos[photo].title}: column ${x}, row ${y}; arrow keys move it`);
  };
  S.move = (photo, part, x, y) => {
    S.points[photo][part] = [clamp(Math.round(x), 0, S.data.size - 1), clamp(Math.round(y), 0, S.data.size - 1)];
    S.place(photo, part);
  };
  return S;
}

function square(S, photo, part) {
  const button = document.createElement('button');
  button.type = 'button'; button.className = 'marker';
  button.style.setProperty('--colour', S.data.parts[part].colour);
  button.onpointerdown = (event) => {
    if (event.button) return;
    event.preventDefault(); button.focus({ preventScroll: true }); button.setPointerCapture(event.pointerId);
    S.drag = { photo, part, x: event.clientX, y: event.clientY, from: S.points[photo][part], moved: false };
  };
  button.onpointermove = (event) => {
    if (!S.drag || S.drag.photo !== photo || S.drag.part !== part) return;
    const scale = S.data.size / button.parentElement.clientWidth;
    S.drag.moved = true;
    S.move(photo, part, S.drag.from[0] + (event.clientX - S.drag.x) * scale, S.drag.from[1] + (event.clientY - S.drag.y) * scale);
  };
  button.onpointerup = button.onpointercancel = button.onlostpointercapture = () => { if (S.drag?.moved) S.tell(); S.drag = null; };
  button.onkeydown = (event) => {
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (!step) return;
    event.preventDefault(); event.stopPropagation();
    const [x, y] = S.points[photo][part], far = event.shiftKey ? 8 : 1;
    S.move(photo, part, x + step[0] * far, y + step[1] * far);
    clearTimeout(S.timer); S.timer = setTimeout(S.tell, 300);
  };
  return button;
}

function build(S) {
  const legend = document.createElement('div');
  legend.className = 'legend';
  legend.append(...S.data.parts.map(({ name, colour }) => {
    const item = document.createElement('span');
    item.textContent = name; item.style.setProperty('--colour', colour);
    return item;
  }));
  S.squares = S.data.photos.map((_, photo) => S.data.parts.map((_, part) => square(S, photo, part)));
  S.faces.replaceChildren(...S.data.photos.map(({ image, title }, photo) => {
    const figure = document.createElement('figure'), box = document.createElement('div'), picture = document.createElement('img'), caption = document.createElement('figcaption');
    box.className = 'photo'; picture.src = image; picture.alt = title; picture.draggable = false; caption.textContent = title;
    box.append(picture, ...S.squares[photo]); figure.append(box, caption);
    return figure;
  }), legend);
}

export default function ({ data, parentElement: root, setStateValue }) {
  const S = stateOf(root, 'faces', make);
  S.send = setStateValue;
  const look = JSON.stringify([data.photos, data.parts]);
  S.data = data;
  const others = look !== S.look;
  if (others) { S.look = look; S.drag = S.sent = null; clearTimeout(S.timer); S.timer = null; build(S); }
  // What has been moved here and not yet come back from the server is newer than what the server says.
  const answered = !S.sent || Date.now() - S.sent.time > ANSWER_MS || JSON.stringify(data.points) === S.sent.points;
  if (others || (!S.drag && !S.timer && answered)) { S.points = data.points.map((photo) => photo.map((point) => [...point])); S.sent = null; }
  data.photos.forEach((_, photo) => data.parts.forEach((_, part) => S.place(photo, part)));
  (globalThis.zfnetExplorer ||= {}).markers = S;
  return forget(root, () => clearTimeout(S.timer));
}
