// @ts-check
// Begins anew when nobody has touched the page for a while, for exhibitions. Data: { seconds, start } (start: where to).

const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'];

export default mount('idle', {
  make(root) {
    const view = { element: find(root, 'div'), send: () => {}, timer: 0, seconds: 0, start: '', wait: () => {} };
    view.wait = () => {
      clearTimeout(view.timer);
      view.timer = setTimeout(() => location.assign(view.start), 1000 * view.seconds);
    };
    for (const sign of SIGNS) addEventListener(sign, view.wait, { passive: true, capture: true });
    return view;
  },
  show(view, { seconds, start }) {
    if (seconds !== view.seconds || start !== view.start) { view.seconds = seconds; view.start = start; view.wait(); }
  },
  tidy(view) {
    clearTimeout(view.timer);
    for (const sign of SIGNS) removeEventListener(sign, view.wait, { capture: true });
  },
});
