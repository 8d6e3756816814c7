// @ts-check
// A wall of feature maps, each as 3 × 3 projections and, where there are photos, the 3 × 3 patches beside them (Fig. 2).
// Data: { maps: [{ map, title, note, shows, alt, projections, patches }], cell, tile, chosen, label, heard };
// `projections` and `patches` are pictures of 3 × 3 cells of `cell` px, of which `tile` px in the middle are used; `shows` says what the
// photos show.
// State sent back: picked = { map, number }.

const GAP = 2, SIDE = 72;

/** @param {ParentNode} root */
function make(root) {
  const wall = find(root, '.wall');
  const view = {
    element: wall, painted: /** @type {WeakMap<Element, string>} */ (new WeakMap()), send: (name, value) => {},
    choices: choices((choice) => view.send('picked', choice)),
    group: radiogroup(wall, (map, byKey) => view.choices[byKey ? 'soon' : 'now']({ map: Number(map) })),
  };
  return view;
}

/** @typedef {ReturnType<typeof make>} View */

/** @param {HTMLCanvasElement} canvas @param {string} url @param {number} cell @param {number} tile */
function paint(canvas, url, cell, tile) {
  const image = new Image();
  canvas.width = canvas.height = 3 * SIDE + 2 * GAP;
  image.onload = () => {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')), margin = (cell - tile) / 2;
    context.imageSmoothingEnabled = tile > 12;
    context.imageSmoothingQuality = 'high';
    for (let row = 0; row < 3; row++)
      for (let column = 0; column < 3; column++)
        context.drawImage(image, column * cell + margin, row * cell + margin, tile, tile,
          column * (SIDE + GAP), row * (SIDE + GAP), SIDE, SIDE);
    canvas.dataset.painted = 'yes';
  };
  image.src = url;
}

function block({ map, title, note, shows, alt, patches }) {
  const label = element('div', { class: 'label' }, element('b', {}, title), element('span', {}, note));
  const pair = element('div', { class: 'pair' }, element('canvas'), ...(patches ? [element('canvas')] : []));
  const words = element('div', { class: 'shows' }, shows ?? '');
  const attributes = { type: 'button', role: 'radio', value: map, 'data-map': map, 'aria-label': alt };
  return element('button', attributes, label, pair, words);
}

/** One button for each map; what shows the same as before stays. @param {View} view */
function buttons({ element: wall, painted }, { maps, cell, tile }) {
  const old = new Map([...wall.children].map((button) => [painted.get(button), button]));
  return maps.map((map) => {
    const signature = `${map.map}|${map.note}|${map.alt}|${map.projections}|${map.patches}`;
    const button = old.get(signature) ?? block(map);
    if (!painted.has(button)) {
      const [projections, patches] = button.querySelectorAll('canvas');
      paint(projections, map.projections, cell, tile);
      if (patches) paint(patches, map.patches, cell, tile);
      painted.set(button, signature);
    }
    return button;
  });
}

export default mount('wall', {
  make,
  show(view, data) {
    const { element: wall } = view;
    wall.setAttribute('aria-label', data.label);
    wall.classList.toggle('single', !data.maps.some((map) => map.patches));
    const all = buttons(view, data);
    // Moving an element takes the keyboard's focus from it, so nothing is moved that stays where it is.
    const others = all.length !== wall.children.length || all.some((button, index) => button !== wall.children[index]);
    if (others) wall.replaceChildren(...all);
    if (view.choices.answered(data.heard) || others) view.group.mark(String(data.chosen));
  },
  tidy: (view) => view.choices.forget(),
});
