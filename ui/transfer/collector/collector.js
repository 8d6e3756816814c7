// @ts-check
// The camera. Data: { on, classes: [{ number, name, label }], room: photos that still fit, watch, heard, heardWatched,
// words: { start, refused, none, taken, full } }. State sent back: collected = { to, pictures, number } when a button is let go or eight pictures are there;
// watched = { picture, number } when the last one was answered. Pictures are JPEG data URLs of a centred square.

const EVERY_MS = 220, SIDE = 256, MOST = 8, QUALITY = 0.85;

/** @param {ParentNode} root */
function make(root) {
  const view = {
    element: find(root, '.collector'), video: find(root, 'video'), canvas: find(root, 'canvas'), note: find(root, '.note'),
    buttons: find(root, '.buttons'), shape: '', data: /** @type {any} */ (null), stream: /** @type {MediaStream | null} */ (null),
    asking: false, gone: false, holding: -1, room: 0, pictures: /** @type {string[]} */ ([]), count: 0,
    queue: /** @type {{ to: number, pictures: string[] }[]} */ ([]), timer: 0, waiting: 0, looks: 0,
    send: (name, value) => {},
    choices: choices((choice) => view.send('collected', choice)),
  };
  /** @param {Event} event */
  const under = (event) => /** @type {HTMLButtonElement | null} */ (/** @type {Element} */ (event.target).closest('button'));
  /** @param {Event} event */
  const hold = (event) => {
    const button = under(event);
    if (!button || !view.stream || view.holding >= 0) return;
    view.holding = Number(button.value);
    view.count = 0;
    view.room = view.data.room;
    button.setAttribute('aria-pressed', 'true');
    collect(view);
  };
  const release = () => {
    if (view.holding < 0) return;
    for (const one of view.buttons.children) one.setAttribute('aria-pressed', 'false');
    hand(view);
    view.holding = -1;
  };
  view.buttons.onpointerdown = (event) => { hold(event); if (view.holding >= 0) under(event)?.setPointerCapture(event.pointerId); };
  view.buttons.onpointerup = view.buttons.onpointercancel = view.buttons.onlostpointercapture = release;
  view.buttons.onkeydown = (event) => { if (event.key === ' ' || event.key === 'Enter') { used(event); if (!event.repeat) hold(event); } };
  view.buttons.onkeyup = (event) => { if (event.key === ' ' || event.key === 'Enter') { used(event); release(); } };
  view.buttons.onfocusout = release;
  return view;
}

/** @param {any} view */
async function start(view) {
  if (view.stream || view.asking) return;
  view.asking = true;
  try {
    if (!navigator.mediaDevices) throw new DOMException('', 'NotFoundError');
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: 640, height: 480 } });
    if (view.gone || !view.data.on) { for (const track of stream.getTracks()) track.stop(); return; }
    view.stream = stream;
    view.video.srcObject = stream;
    view.note.textContent = view.data.words.start;
    await view.video.play();
    view.timer = setInterval(() => tick(view), EVERY_MS);
  } catch (error) {
    const refused = /** @type {DOMException} */ (error).name === 'NotAllowedError';
    view.note.textContent = refused ? view.data.words.refused : view.data.words.none;
  } finally {
    view.asking = false;
  }
}

/** @param {any} view */
function stop(view) {
  clearInterval(view.timer);
  for (const track of view.stream?.getTracks() ?? []) track.stop();
  view.stream = null;
  view.video.srcObject = null;
}

/** @param {any} view */
function tick(view) {
  if (view.holding >= 0) collect(view);
  else if (view.data.watch && view.waiting <= view.data.heardWatched) {
    view.waiting = view.looks = Math.max(view.looks, view.data.heardWatched) + 1;
    view.send('watched', { picture: picture(view), number: view.looks });
  }
}

/** @param {any} view */
function picture(view) {
  const { video, canvas } = view, side = Math.min(video.videoWidth, video.videoHeight);
  canvas.width = canvas.height = SIDE;
  canvas.getContext('2d').drawImage(video, (video.videoWidth - side) / 2, (video.videoHeight - side) / 2, side, side, 0, 0, SIDE, SIDE);
  return canvas.toDataURL('image/jpeg', QUALITY);
}

/** @param {any} view */
function collect(view) {
  if (!view.video.videoWidth) return;
  if (view.count >= view.room) { view.note.textContent = view.data.words.full; return; }
  view.pictures.push(picture(view));
  view.count += 1;
  view.note.textContent = view.data.words.taken.replace('{n}', String(view.count));
  if (view.pictures.length >= MOST) hand(view);
}

/** @param {any} view */
function hand(view) {
  if (!view.pictures.length) return;
  view.queue.push({ to: view.holding, pictures: view.pictures });
  view.pictures = [];
  handNext(view);
}

/** One after the other: a report that another one overtakes would be lost. @param {any} view */
function handNext(view) {
  if (view.queue.length && view.choices.answered(view.data.heard)) view.choices.now(view.queue.shift());
}

export default mount('collector', {
  make,
  show(view, data) {
    view.data = data;
    const shape = JSON.stringify(data.classes);
    if (shape !== view.shape) {
      view.shape = shape;
      keepingFocus(view.buttons, () => view.buttons.replaceChildren(...data.classes.map(({ number, label }) => element('button', { type: 'button', value: String(number), 'aria-pressed': 'false' }, label))));
    }
    handNext(view);
    if (data.on) start(view); else stop(view);
  },
  tidy(view) { view.gone = true; stop(view); view.choices.forget(); },
});
