// The whole photo with the square that the network sees; drag it, or use the arrow keys.
// Data: { image, aspect, width, height, left, top, alt }: the square's size as shares of the photo, its place as
// fractions of the free range. State sent back: moved = { left, top }.

function make(root) {
  const stage = root.querySelector('.stage'), frame = root.querySelector('.frame');
  const S = { stage, frame, image: root.querySelector('img'), drag: null };
  S.paint = () => {
    const { width, height } = S.data;
    frame.style.width = `${100 * width}%`; frame.style.height = `${100 * height}%`;
    frame.style.left = `${100 * S.left * (1 - width)}%`; frame.style.top = `${100 * S.top * (1 - height)}%`;
  };
  S.move = (left, top) => { S.left = clamp(left, 0, 1); S.top = clamp(top, 0, 1); S.paint(); };
  S.tell = () => S.send('moved', { left: S.left, top: S.top, at: Date.now() });
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
  frame.onpointerup = frame.onpointercancel = () => { if (S.drag?.moved) S.tell(); S.drag = null; };
  frame.onkeydown = (event) => {
    const step = { ArrowRight: [0.1, 0], ArrowLeft: [-0.1, 0], ArrowDown: [0, 0.1], ArrowUp: [0, -0.1] }[event.key];
    if (!step) return;
    event.preventDefault(); event.stopPropagation();
    S.move(S.left + step[0], S.top + step[1]);
    clearTimeout(S.timer); S.timer = setTimeout(S.tell, 200);
  };
  return S;
}

export default function ({ data, parentElement: root, setStateValue }) {
  const S = stateOf(root, 'stage', make);
  S.send = setStateValue;
  S.data = data;
  if (S.image.src !== data.image) S.image.src = data.image;
  S.stage.style.aspectRatio = data.aspect;
  S.stage.style.maxWidth = `${420 * data.aspect}px`;
  S.frame.setAttribute('aria-label', data.alt);
  if (!S.drag) S.move(data.left, data.top);
  return forget(root, () => clearTimeout(S.timer));
}
