// @ts-check
// The whole photo with the square that the network sees: drag it, or use the arrow keys; zoom with two fingers, the wheel
// (while the square has the focus, or with Ctrl), plus and minus, or the slider. A file that is dropped on it or chosen goes
// to the page's upload field; until there is one, it is kept.
// Data: { image, aspect, usual: [width, height], least, most, left, top, zoom, upload, accept, problem, heard, alt, words }:
// `usual` are the square's sides at zoom 1 as shares of the photo, its place is told as fractions of the free range.
// State sent back: moved = { left, top, zoom, number }, and retried = { problem, at }, when another file came while a problem
// (its number, 0 for none) with the one before is shown, and it is still that problem a moment later.

const STEP = 0.1, ZOOM_STEP = 1.15, WIDEST_PX = 416, SHORTEST_PX = 110, LONGEST_PX = 16000, LONG = 2.2;
const REFUSED_MS = 1500, KEPT_MS = 60_000;

/** @typedef {{ left: number, top: number, zoom: number }} Place */

/** @param {ParentNode} root */
function make(root) {
  const view = {
    element: find(root, '.crop'), stage: find(root, '.stage'), frame: find(root, '.frame'), image: find(root, 'img'),
    window: find(root, '.window'), slider: find(root, 'input'),
    data: /** @type {any} */ (null), left: 0, top: 0, zoom: 1,
    drag: /** @type {{ x: number, y: number, left: number, top: number, moved: boolean } | null} */ (null),
    fingers: /** @type {Map<number, PointerEvent>} */ (new Map()), pinch: /** @type {{ apart: number, zoom: number } | null} */ (null),
    waiting: /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined),
    chooser: element('input', { type: 'file' }), kept: /** @type {FileList | null} */ (null),
    arrival: /** @type {MutationObserver | undefined} */ (undefined),
    patience: /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined),
    send: (name, value) => {},
    choices: choices((place) => view.send('moved', place), 200),
    afresh: (/** @type {Event} */ event) => comesAfresh(view, event),
  };
  const { frame, stage, slider } = view;
  frame.onpointerdown = (event) => grab(view, event);
  frame.onpointermove = (event) => pull(view, event);
  frame.onpointerup = frame.onpointercancel = (event) => letGo(view, event);
  frame.onkeydown = (event) => press(view, event);
  stage.onclick = (event) => { if (event.target !== frame) jump(view, event); };
  stage.onwheel = (event) => turn(view, event);
  slider.oninput = () => { zoomTo(view, fromSlider(view, slider.value)); view.choices.soon(place(view)); };
  slider.onkeydown = (event) => event.stopPropagation();
  find(root, '.less').onclick = () => { zoomTo(view, view.zoom / ZOOM_STEP); view.choices.soon(place(view)); };
  find(root, '.more').onclick = () => { zoomTo(view, view.zoom * ZOOM_STEP); view.choices.soon(place(view)); };
  find(root, '.usual').onclick = () => { move(view, { left: 0.5, top: 0.5, zoom: 1 }); frame.focus(); view.choices.now(place(view)); };
  find(root, '.choose').onclick = () => view.chooser.click();
  view.chooser.onchange = () => { take(view, view.chooser.files); view.chooser.value = ''; };
  stage.ondragenter = stage.ondragover = (event) => hover(view, event);
  stage.ondragleave = () => view.element.classList.remove('over');
  stage.ondrop = (event) => drop(view, event);
  for (const kind of ['drop', 'change']) document.addEventListener(kind, view.afresh, true);
  return view;
}

/** @typedef {ReturnType<typeof make>} View */

/** @param {View} view @returns {Place} */
const place = ({ left, top, zoom }) => ({ left, top, zoom });

/**
 * The square's sides at a zoom, as shares of the photo: `crop_box` in Python, but for its rounding to whole pixels.
 * @param {[number, number]} usual @param {number} least @param {number} zoom @returns {[number, number]}
 */
function sides([width, height], least, zoom) {
  const times = Math.max(least, zoom);
  return [Math.min(1, width / times), Math.min(1, height / times)];
}

/**
 * The place at another zoom whose middle is the same, as near as the photo's edges let it.
 * @param {Place} from @param {number} zoom @param {[number, number]} usual @param {number} least @returns {Place}
 */
function zoomed(from, zoom, usual, least) {
  const before = sides(usual, least, from.zoom), after = sides(usual, least, zoom);
  /** @param {number} share @param {number} axis */
  const kept = (share, axis) => {
    const middle = share * (1 - before[axis]) + before[axis] / 2, free = 1 - after[axis];
    return free > 1e-9 ? clamp((middle - after[axis] / 2) / free, 0, 1) : 0.5;
  };
  return { left: kept(from.left, 0), top: kept(from.top, 1), zoom };
}

/** @param {View} view @param {Place} to */
function move(view, to) {
  const { usual, least, most, words } = view.data, { style } = view.frame;
  view.left = clamp(to.left, 0, 1); view.top = clamp(to.top, 0, 1); view.zoom = clamp(to.zoom, least, most);
  const [width, height] = sides(usual, least, view.zoom);
  style.width = `${100 * width}%`; style.height = `${100 * height}%`;
  style.left = `${100 * view.left * (1 - width)}%`; style.top = `${100 * view.top * (1 - height)}%`;
  view.slider.value = String(Math.round((100 * Math.log(view.zoom / least)) / Math.log(most / least)));
  view.slider.setAttribute('aria-valuetext', filled(words.times, { zoom: view.zoom.toFixed(2) }));
  find(view.element, '.usual').disabled = view.zoom === 1 && view.left === 0.5 && view.top === 0.5;
  inSight(view, width, height);
}

/** A long photo is larger than its window: there the square stays in sight. @param {View} view @param {number} width
 * @param {number} height */
function inSight({ window: frame, stage, left, top, drag }, width, height) {
  if (drag) return;
  const x = left * (1 - width) * stage.clientWidth, y = top * (1 - height) * stage.clientHeight;
  const wide = width * stage.clientWidth, high = height * stage.clientHeight;
  if (x < frame.scrollLeft || x + wide > frame.scrollLeft + frame.clientWidth) frame.scrollLeft = x + wide / 2 - frame.clientWidth / 2;
  if (y < frame.scrollTop || y + high > frame.scrollTop + frame.clientHeight) frame.scrollTop = y + high / 2 - frame.clientHeight / 2;
}

/** @param {View} view @param {number} zoom */
function zoomTo(view, zoom) {
  const { usual, least, most } = view.data;
  move(view, zoomed(place(view), clamp(zoom, least, most), usual, least));
}

/** @param {View} view @param {string} value */
const fromSlider = ({ data: { least, most } }, value) => {
  const zoom = least * (most / least) ** (Number(value) / 100);
  return Math.abs(zoom - 1) < 0.02 ? 1 : zoom;
};

/** @param {View} view */
function apart({ fingers }) {
  const [one, other] = [...fingers.values()];
  return Math.max(1, Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY));
}

/** @param {View} view @param {PointerEvent} event */
function grab(view, event) {
  if (event.button) return;
  event.preventDefault();
  view.frame.focus({ preventScroll: true });
  view.frame.setPointerCapture(event.pointerId);
  view.fingers.set(event.pointerId, event);
  if (view.fingers.size === 2) view.pinch = { apart: apart(view), zoom: view.zoom };
  view.drag = { x: event.clientX, y: event.clientY, left: view.left, top: view.top, moved: view.pinch !== null };
}

/** @param {View} view @param {PointerEvent} event */
function pull(view, event) {
  const { drag, stage, data, fingers, pinch } = view;
  if (!drag || !fingers.has(event.pointerId)) return;
  fingers.set(event.pointerId, event);
  if (pinch) { if (fingers.size === 2) zoomTo(view, pinch.zoom * (apart(view) / pinch.apart)); return; }
  const [width, height] = sides(data.usual, data.least, view.zoom);
  const freeX = stage.clientWidth * (1 - width), freeY = stage.clientHeight * (1 - height);
  drag.moved = true;
  move(view, { left: drag.left + (freeX > 0.5 ? (event.clientX - drag.x) / freeX : 0),
    top: drag.top + (freeY > 0.5 ? (event.clientY - drag.y) / freeY : 0), zoom: view.zoom });
}

/** @param {View} view @param {PointerEvent} event */
function letGo(view, event) {
  view.fingers.delete(event.pointerId);
  if (view.fingers.size) return;
  if (view.drag?.moved) view.choices.now(place(view));
  view.drag = view.pinch = null;
}

/** A click beside the square brings it there. @param {View} view @param {MouseEvent} event */
function jump(view, event) {
  const box = view.stage.getBoundingClientRect(), [width, height] = sides(view.data.usual, view.data.least, view.zoom);
  /** @param {number} at @param {number} side @param {number} now */
  const share = (at, side, now) => (side < 1 ? (at - side / 2) / (1 - side) : now);
  move(view, { left: share((event.clientX - box.left) / box.width, width, view.left),
    top: share((event.clientY - box.top) / box.height, height, view.top), zoom: view.zoom });
  view.frame.focus({ preventScroll: true });
  view.choices.now(place(view));
}

/** The wheel zooms where somebody means it to: elsewhere it scrolls the page. @param {View} view @param {WheelEvent} event */
function turn(view, event) {
  if (!event.ctrlKey && !view.frame.matches(':focus')) return;
  event.preventDefault();
  zoomTo(view, view.zoom * Math.exp(-clamp(event.deltaY, -100, 100) / (event.ctrlKey ? 100 : 400)));
  view.choices.soon(place(view));
}

/** @param {View} view @param {KeyboardEvent} event */
function press(view, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = arrows(event), larger = { '+': ZOOM_STEP, '=': ZOOM_STEP, '-': 1 / ZOOM_STEP }[event.key];
  if (!step && !larger && event.key !== 'Enter' && event.key !== '0') return;
  used(event);
  if (event.key === 'Enter') { view.choices.now(place(view)); return; }
  if (step) move(view, { left: view.left + STEP * step[1], top: view.top + STEP * step[0], zoom: view.zoom });
  else zoomTo(view, larger ? view.zoom * larger : 1);
  view.choices.soon(place(view));
}

// ---- files dropped on the photo, or chosen

/** The page's upload field, while it can be used: Streamlit fetches its script after the photo has been drawn, and lets it
 * rest while the server is out of reach. @param {View} view */
const field = ({ data }) => /** @type {HTMLInputElement | null} */ (
  document.querySelector(`.st-key-${data.upload}:not(:has(button:disabled)) input[type=file]`));

/** Files may always come: what is not taken here, the browser opens in place of the page.
 * @param {View} view @param {DragEvent} event */
function hover(view, event) {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  view.element.classList.add('over');
}

/** @param {View} view @param {DragEvent} event */
function drop(view, event) {
  view.element.classList.remove('over');
  if (!event.dataTransfer?.types.includes('Files')) return;
  used(event);
  take(view, event.dataTransfer.files);
}

/** Keeps the first file until the upload field is there to take it over, or for a minute; a later one takes its place.
 * @param {View} view @param {FileList | null} files */
function take(view, files) {
  if (!files?.length) return;
  letBe(view);
  const one = new DataTransfer();
  one.items.add(files[0]);
  view.kept = one.files;
  if (handOver(view)) return;
  view.arrival = new MutationObserver(() => handOver(view));
  view.arrival.observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled'] });
  view.patience = setTimeout(letBe, KEPT_MS, view);
  inWords(view);
}

/** The upload field takes the kept file over, with all its checks, if it is there. @param {View} view */
function handOver(view) {
  const into = field(view), { kept } = view;
  if (!into || !kept) return false;
  letBe(view);
  into.files = kept;
  into.dispatchEvent(new Event('change', { bubbles: true }));
  return true;
}

/** No file is kept any more. @param {View} view */
function letBe(view) {
  view.arrival?.disconnect();
  view.arrival = undefined;
  clearTimeout(view.patience);
  view.kept = null;
  inWords(view);
}

/** Over the photo stands which file is kept, or what to do with one. @param {View} view */
function inWords({ element, kept, data }) {
  element.classList.toggle('kept', kept !== null);
  find(element, '.drop span').textContent = kept ? `${kept[0].name} …` : data.words.drop;
}

/** What was wrong with the file before is forgotten when another one comes, also when the upload field itself refuses that
 * one, and Python hears nothing of it. @param {View} view @param {Event} event */
function comesAfresh(view, event) {
  const problem = view.data?.problem;
  const from = event.composedPath().find((one) => one instanceof Element && one.classList.contains(`st-key-${view.data?.upload}`));
  if (!problem || !from) return;
  clearTimeout(view.waiting);
  view.waiting = setTimeout(() => { if (view.data.problem === problem) view.send('retried', { problem, at: Date.now() }); }, REFUSED_MS);
}

/** As large as its column; a very long photo larger than that, so that its square can be grabbed. @param {View} view */
function fit({ stage, data: { aspect } }) {
  const { style } = stage, long = aspect > LONG || aspect < 1 / LONG;
  style.aspectRatio = aspect;
  style.minWidth = long ? `${Math.min(LONGEST_PX, SHORTEST_PX * Math.max(1, aspect))}px` : '';
  style.maxWidth = `${Math.max(SHORTEST_PX, WIDEST_PX * aspect)}px`;
}

export default mount('crop', {
  make,
  show(view, data) {
    view.data = data;
    if (view.image.src !== data.image) { view.image.src = data.image; view.choices.forget(); }
    fit(view);
    view.frame.setAttribute('aria-label', data.alt);
    view.frame.title = data.words.hint;
    view.slider.setAttribute('aria-label', data.words.zoom);
    find(view.element, '.usual').textContent = data.words.usual;
    find(view.element, '.choose').textContent = data.words.choose;
    find(view.element, '.hint').textContent = data.words.hint;
    view.chooser.accept = data.accept;
    inWords(view);
    if (!view.drag && view.choices.answered(data.heard)) move(view, data);
  },
  tidy(view) {
    view.choices.forget();
    letBe(view);
    clearTimeout(view.waiting);
    for (const kind of ['drop', 'change']) document.removeEventListener(kind, view.afresh, true);
  },
});
