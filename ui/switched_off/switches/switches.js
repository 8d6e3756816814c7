// @ts-check
// Maps to switch off or to double. Data: { maps: [{ map, title, note, state, word, alt, image }], label, heard }.
// State sent back: pressed = { map, number }.

/** @param {ParentNode} root */
function make(root) {
  const group = find(root, '.switches');
  const view = {
    element: group, shape: '', send: (name, value) => {},
    choices: choices((choice) => view.send('pressed', choice)),
  };
  group.onclick = (event) => {
    const button = /** @type {HTMLButtonElement | null} */ (/** @type {Element} */ (event.target).closest('button'));
    if (button) view.choices.now({ map: Number(button.value) });
  };
  return view;
}

/** @param {any} one */
function card({ map, title, note, state, word, alt, image }) {
  const attributes = { type: 'button', value: String(map), 'data-state': state, 'aria-label': alt };
  const parts = image ? [element('img', { src: image, alt: '' })] : [];
  return element('button', attributes, ...parts, element('b', {}, title), element('span', { translate: 'no' }, note), element('span', {}, word));
}

export default mount('switches', {
  make,
  show(view, { maps, label, heard }) {
    view.choices.answered(heard);
    const shape = JSON.stringify(maps);
    if (shape === view.shape) return;
    view.shape = shape;
    view.element.setAttribute('aria-label', label);
    keepingFocus(view.element, () => view.element.replaceChildren(...maps.map(card)));
  },
  tidy: (view) => view.choices.forget(),
});
