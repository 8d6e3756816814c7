// @ts-check
// All classes with their photos. Data: { classes: [{ number, name, note, tiles: [{ id, title, image, wrong }] }], chosen,
// heard, words: { said } }. State sent back: act = { do: 'pick' | 'move' | 'remove', photo, to, number }.

/** @param {ParentNode} root */
function make(root) {
  const board = find(root, '.board');
  const view = {
    element: board, shape: '', dragged: '', send: (name, value) => {},
    choices: choices((choice) => view.send('act', choice)),
  };
  /** @param {Event} event */
  const tileOf = (event) => /** @type {HTMLButtonElement | null} */ (/** @type {Element} */ (event.target).closest('button'));
  /** @param {Event} event */
  const classOf = (event) => /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('section'));
  /** @param {string} what @param {string} photo @param {number} to */
  const act = (what, photo, to) => view.choices.now({ do: what, photo, to });
  board.onclick = (event) => { const tile = tileOf(event); if (tile) { mark(view, tile.value); act('pick', tile.value, -1); } };
  board.onkeydown = (event) => {
    const tile = tileOf(event);
    if (!tile || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = [...board.querySelectorAll('button')], at = all.indexOf(tile);
    if (event.key === 'Delete' || event.key === 'Backspace') {
      used(event);
      (all[at + 1] ?? all[at - 1])?.focus();
      act('remove', tile.value, -1);
      return;
    }
    const next = neighbour(event.key, at, all.length, all.length);
    if (next === null) return;
    used(event);
    all[next].focus();
  };
  board.ondragstart = (event) => {
    const tile = tileOf(event);
    if (!tile) return;
    view.dragged = tile.value;
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', tile.title);
  };
  board.ondragover = (event) => {
    const over = classOf(event);
    if (!view.dragged || !over) return;
    event.preventDefault();
    for (const one of board.querySelectorAll('section')) one.classList.toggle('over', one === over);
  };
  board.ondragend = () => { view.dragged = ''; for (const one of board.querySelectorAll('.over')) one.classList.remove('over'); };
  board.ondrop = (event) => {
    const over = classOf(event);
    if (!view.dragged || !over) return;
    event.preventDefault();
    act('move', view.dragged, Number(over.dataset.number));
    board.ondragend();
  };
  return view;
}

/** @param {any} view @param {string} chosen */
function mark(view, chosen) {
  for (const tile of view.element.querySelectorAll('button')) tile.setAttribute('aria-pressed', String(tile.value === chosen));
}

/** @param {{ id: string, title: string, image: string, wrong: boolean }} tile */
function tileOf({ id, title, image, wrong }) {
  const attributes = { type: 'button', value: id, title, 'aria-label': title, draggable: 'true', class: wrong ? 'wrong' : '' };
  return element('button', attributes, element('img', { src: image, alt: '' }));
}

export default mount('board', {
  make,
  show(view, { classes, chosen, heard }) {
    const shape = JSON.stringify(classes.map(({ number, name, note, tiles }) => [number, name, note, tiles.map(({ id, title, wrong }) => [id, title, wrong])]));
    if (shape !== view.shape) {
      view.shape = shape;
      keepingFocus(view.element, () => view.element.replaceChildren(...classes.map(({ number, name, note, tiles }) => {
        const title = element('h3', {}, name, ' ', element('span', { translate: 'no' }, note));
        return element('section', { 'data-number': String(number), 'aria-label': name }, title, element('div', { class: 'tiles' }, ...tiles.map(tileOf)));
      })));
    }
    if (view.choices.answered(heard)) mark(view, chosen);
  },
  tidy: (view) => view.choices.forget(),
});
