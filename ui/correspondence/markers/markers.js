// @ts-check
// Photos with a few squares on each that can be dragged or moved with the arrow keys (Shift: 8 px).
// Data: { photos: [{ image, title }], parts: [{ name, colour }], points: [[[x, y], …], …], side, size, heard, words } in
// input pixels; `words` has places for part, photo, column and row.
// State sent back: moved = { points, number } when a square is let go.

const FAR_PX = 8;

/** @param {ParentNode} root */
function make(root) {
  const view = {
    element: find(root, '.faces'), data: /** @type {any} */ (null), look: '',
    points: /** @type {[number, number][][]} */ ([]), squares: /** @type {HTMLButtonElement[][]} */ ([]),
    drag: /** @type {any} */ (null), send: (name, value) => {},
    choices: choices((choice) => view.send('moved', choice), 300),
  };
  return view;
}

/** @typedef {ReturnType<typeof make>} View */

/** @param {View} view @param {number} photo @param {number} part */
function place({ points, squares, data: { side, size, parts, photos, words } }, photo, part) {
  const [x, y] = points[photo][part], square = squares[photo][part];
  square.style.left = `${(100 * (x - side / 2)) / size}%`;
  square.style.top = `${(100 * (y - side / 2)) / size}%`;
  square.style.width = square.style.height = `${(100 * side) / size}%`;
  const values = { part: parts[part].name, photo: photos[photo].title, column: x, row: y };
  square.setAttribute('aria-label', filled(words, values));
}

/** @param {View} view @param {number} photo @param {number} part @param {number} x @param {number} y */
function move(view, photo, part, x, y) {
  const last = view.data.size - 1;
  view.points[photo][part] = [clamp(Math.round(x), 0, last), clamp(Math.round(y), 0, last)];
  place(view, photo, part);
}

/** @param {View} view */
const moved = ({ points }) => ({ points: points.map((photo) => photo.map((point) => [...point])) });

/** @param {View} view @param {number} photo @param {number} part */
function square(view, photo, part) {
  const style = `--colour: ${view.data.parts[part].colour}`;
  const button = element('button', { type: 'button', class: 'marker', style });
  button.onpointerdown = (event) => {
    if (event.button) return;
    event.preventDefault(); button.focus({ preventScroll: true }); button.setPointerCapture(event.pointerId);
    view.drag = { photo, part, x: event.clientX, y: event.clientY, from: view.points[photo][part], moved: false };
  };
  button.onpointermove = (event) => {
    const { drag } = view;
    if (!drag || drag.photo !== photo || drag.part !== part) return;
    const scale = view.data.size / (button.parentElement?.clientWidth || 1);
    drag.moved = true;
    move(view, photo, part, drag.from[0] + (event.clientX - drag.x) * scale, drag.from[1] + (event.clientY - drag.y) * scale);
  };
  button.onpointerup = button.onpointercancel = button.onlostpointercapture = () => {
    if (view.drag?.moved) view.choices.now(moved(view));
    view.drag = null;
  };
  button.onkeydown = (event) => {
    const step = arrows(event), [x, y] = view.points[photo][part], far = event.shiftKey ? FAR_PX : 1;
    if (!step) return;
    used(event);
    move(view, photo, part, x + step[1] * far, y + step[0] * far);
    view.choices.soon(moved(view));
  };
  return button;
}

/** @param {View} view */
function build(view) {
  const { parts, photos } = view.data;
  const names = parts.map(({ name, colour }) => element('span', { style: `--colour: ${colour}` }, name));
  view.squares = photos.map((_, photo) => parts.map((_, part) => square(view, photo, part)));
  const faces = photos.map(({ image, title }, photo) => {
    const picture = element('img', { src: image, alt: title, draggable: false });
    return figure([element('div', { class: 'photo' }, picture, ...view.squares[photo])], '', title);
  });
  view.element.replaceChildren(...faces, element('div', { class: 'legend' }, ...names));
}

export default mount('markers', {
  make,
  show(view, data) {
    const look = JSON.stringify([data.photos, data.parts]), others = look !== view.look;
    view.data = data;
    if (others) { view.look = look; view.drag = null; view.choices.forget(); build(view); }
    // What has been moved here and has not yet come back from Python is newer than what Python says.
    if ((view.choices.answered(data.heard) && !view.drag) || others)
      view.points = data.points.map((photo) => photo.map((point) => [...point]));
    data.photos.forEach((_, photo) => data.parts.forEach((_, part) => place(view, photo, part)));
  },
  tidy: (view) => view.choices.forget(),
});
