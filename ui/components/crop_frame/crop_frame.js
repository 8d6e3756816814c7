// The whole photo with the square that the network sees; drag it, or use the arrow keys.
// Data: { image, aspect, width, height, left, top, heard, alt }: the square's size as shares of the photo, its place as
// fractions of the free range, the number of the newest move that arrived. State sent back: moved = { left, top, number }.

function make(root) {
  const stage = root.querySelector('.stage'), frame = root.querySelector('.frame');
  const S = { stage, frame, image: root.querySelector('img'), drag: null, choices: choicesOf(200) };
  S.paint = () => {
    const { width, height } = S.data;
    frame.style.width = `${100 * width}%`; frame.style.height = `${100 * height}%`;
    frame.style.left = `${100 * S.left * (1 - width)}%`; frame.style.top = `${100 * S.top * (1 - height)}%`;
  };
  S.move = (left, top) => { S.left = clamp(left, 0, 1); S.top = clamp(top, 0, 1); S.paint(); };
  S.place = () => ({ left: S.left, top: S.top });
  frame.onpointerdown = (event) => {
    if (event.button) return;
    event.preventDefault(); frame.focus({ preventScroll: true }); frame.setPointerCapture(event.pointerId);
    S.drag = { x: event.clientX, y: event.clientY, left: S.left, top: S.top, moved: false };
  };
  frame.onpointermove = (event) => {
    if (!S.drag) return;
    const freeX = stage.clientWidth * (1 - S.data.width), freeY = stage.clientHeight * (1 - S.data.height);
    S.drag.moved = true;
    S.move(S.drag.left + (freeX > 0.5 ? (event.clientX - S.drag.x) / freeX : 0), S.drag.top + (freeY > 0.5 ? (event.clientY - S.drag.y) / freeY : 0));
  };
  frame.onpointerup = frame.onpointercancel = () => { if (S.drag?.moved) S.choices.now(S.place()); S.drag = null; };
  frame.onkeydown = (event) => {
    const step = { ArrowRight: [0.1, 0], ArrowLeft: [-0.1, 0], ArrowDown: [0, 0.1], ArrowUp: [0, -0.1] }[event.key];
    if (!step && event.key !== 'Enter') return;
    event.preventDefault(); event.stopPropagation();
    if (!step) return S.choices.now(S.place());
    S.move(S.left + step[0], S.top + step[1]);
    S.choices.soon(S.place());
  };
  return S;
}

export default function ({ data, parentElement: root, setStateValue }) {
  const S = stateOf(root, 'stage', make);
  S.choices.send = (place) => setStateValue('moved', place);
  S.data = data;
  if (S.image.src !== data.image) { S.image.src = data.image; S.choices.forget(); }
  S.stage.style.aspectRatio = data.aspect;
  S.stage.style.maxWidth = `${420 * data.aspect}px`;
  S.frame.setAttribute('aria-label', data.alt);
  if (!S.drag && S.choices.answered(data.heard)) S.move(data.left, data.top);
  (globalThis.zfnetExplorer ||= {}).crop = S;
  return forget(root, S.choices.forget);
}
