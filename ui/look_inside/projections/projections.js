// @ts-check
// Pictures that Python made from one unit, each with its caption.
// Data: { label, pictures: [{ url, alt, title, caption }] }.

/** @param {ParentNode} root */
function make(root) {
  const grid = find(root, '.pictures'), view = { element: grid, shown: 0, observer: new ResizeObserver(() => reachable(grid)) };
  view.observer.observe(grid);
  return view;
}

/** @typedef {ReturnType<typeof make>} View */

/** As many figures as there are pictures. @param {View} view @param {any[]} pictures */
function showPictures({ element: grid }, pictures) {
  while (grid.children.length < pictures.length) grid.append(figure([element('img')]));
  while (grid.children.length > pictures.length) grid.lastChild.remove();
  pictures.forEach(({ url, alt, title, caption }, index) => {
    const [image, below] = grid.children[index].children;
    image.src = url; image.alt = alt;
    captioned(below, title, caption);
  });
}

/** What can be pushed along can be reached by keyboard. @param {HTMLElement} grid */
function reachable(grid) {
  if (grid.scrollWidth > grid.clientWidth + 1) grid.setAttribute('tabindex', '0'); else grid.removeAttribute('tabindex');
}

export default mount('projections', {
  make,
  show(view, { label, pictures }) {
    view.element.setAttribute('aria-label', label);
    showPictures(view, pictures);
    reachable(view.element);
    const images = [...view.element.querySelectorAll('img')];
    Promise.allSettled(images.map((image) => image.decode())).then(() => { view.shown += 1; });
  },
  tidy: (view) => view.observer.disconnect(),
});
