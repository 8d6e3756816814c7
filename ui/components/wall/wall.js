// A wall of feature maps, each as 3 × 3 projections and, where there are photos, the 3 × 3 patches beside them (Fig. 2).
// Data: { maps: [{ map, note, alt, projections, patches }], cell, tile, chosen, label }; `projections` and `patches` are
// pictures of 3 × 3 cells of `cell` px, of which `tile` px in the middle are used.
// State sent back: picked = { map, at }.

const GAP = 2, SIDE = 72;

const make = (root) => ({ wall: root.querySelector('.wall') });

function paint(canvas, url, cell, tile) {
  const image = new Image();
  canvas.width = canvas.height = 3 * SIDE + 2 * GAP;
  image.onload = () => {
    const context = canvas.getContext('2d'), margin = (cell - tile) / 2;
    context.imageSmoothingEnabled = tile > 12;
    context.imageSmoothingQuality = 'high';
    for (let row = 0; row < 3; row++)
      for (let column = 0; column < 3; column++)
        context.drawImage(image, column * cell + margin, row * cell + margin, tile, tile, column * (SIDE + GAP), row * (SIDE + GAP), SIDE, SIDE);
    canvas.dataset.painted = 'yes';
  };
  image.src = url;
}

function block(map) {
  const button = document.createElement('button'), pair = document.createElement('div'), label = document.createElement('div');
  button.type = 'button'; button.dataset.map = map.map;
  button.setAttribute('role', 'radio'); button.setAttribute('aria-label', map.alt);
  pair.className = 'pair'; label.className = 'label';
  const name = document.createElement('b'), note = document.createElement('span');
  name.textContent = `Map ${map.map}`; note.textContent = map.note;
  label.append(name, note);
  pair.append(document.createElement('canvas'));
  if (map.patches) pair.append(document.createElement('canvas'));
  button.append(label, pair);
  return button;
}

export default function ({ data, parentElement: root, setStateValue }) {
  const S = stateOf(root, 'wall', make);
  S.wall.setAttribute('aria-label', data.label);
  S.wall.classList.toggle('single', !data.maps.some((map) => map.patches));
  S.painted ??= new WeakMap();
  const old = new Map([...S.wall.children].map((button) => [S.painted.get(button), button]));
  const buttons = data.maps.map((map) => {
    const signature = `${map.map}|${map.note}|${map.projections}|${map.patches}`;
    const button = old.get(signature) ?? block(map);
    if (!S.painted.has(button)) {
      const [projections, patches] = button.querySelectorAll('canvas');
      paint(projections, map.projections, data.cell, data.tile);
      if (patches) paint(patches, map.patches, data.cell, data.tile);
      S.painted.set(button, signature);
    }
    return button;
  });
  // Moving an element takes the keyboard's focus from it, so nothing is moved that stays where it is.
  if (buttons.length !== S.wall.children.length || buttons.some((button, index) => button !== S.wall.children[index])) S.wall.replaceChildren(...buttons);
  const mark = (chosen) => { for (const button of S.wall.children) {
    button.setAttribute('aria-checked', +button.dataset.map === chosen);
    button.tabIndex = +button.dataset.map === chosen ? 0 : -1;
  } };
  for (const button of S.wall.children) {
    button.onclick = () => { mark(+button.dataset.map); setStateValue('picked', { map: +button.dataset.map, at: Date.now() }); };
    button.onkeydown = (event) => {
      const columns = getComputedStyle(S.wall).gridTemplateColumns.split(' ').length;
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
      const next = by && S.wall.children[[...S.wall.children].indexOf(button) + by];
      if (!next) return;
      event.preventDefault(); event.stopPropagation(); next.focus(); next.click();
    };
  }
  mark(data.chosen);
  if (![...S.wall.children].some((button) => button.tabIndex === 0) && S.wall.firstChild) S.wall.firstChild.tabIndex = 0;
  return forget(root, () => {});
}
