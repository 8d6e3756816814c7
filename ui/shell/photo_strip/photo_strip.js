// @ts-check
// Small pictures to choose from. Data: { photos: [{ name, title, image }], label, chosen, heard }.
// State sent back: picked = { name, number }.

/** @param {ParentNode} root */
function make(root) {
  const strip = find(root, '.strip');
  const view = {
    element: strip, names: '', send: (name, value) => {},
    choices: choices((choice) => view.send('picked', choice)),
    group: radiogroup(strip, (name, byKey) => view.choices[byKey ? 'soon' : 'now']({ name })),
  };
  return view;
}

/** @param {{ name: string, title: string, image: string }} photo */
function tile({ name, title, image }) {
  const attributes = { type: 'button', role: 'radio', value: name, title, 'aria-label': title };
  return element('button', attributes, element('img', { src: image, alt: '' }));
}

export default mount('photoStrip', {
  make,
  show(view, { photos, label, chosen, heard }) {
    const names = photos.map((photo) => photo.name + photo.title + photo.image).join();
    const others = view.names !== names;
    if (others) { view.names = names; keepingFocus(view.element, () => view.element.replaceChildren(...photos.map(tile))); }
    view.element.setAttribute('aria-label', label);
    if (view.choices.answered(heard) || others) view.group.mark(chosen);
  },
  tidy: (view) => view.choices.forget(),
});
