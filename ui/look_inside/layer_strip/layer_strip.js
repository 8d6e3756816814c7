// @ts-check
// The network as a row of blocks: as high as the maps are wide, as wide as there are many maps (root scale), beside the
// layer's name; with the pool before it, its filters' size and how many pixels of the photo one unit sees.
// Data: { layers: [{ name, size, pool, kernel, sees, high, wide, alt }], label, chosen, heard }.
// State sent back: picked = { layer, number }.

const NARROWEST = 4.6; // times the size of the type

/** @param {ParentNode} root */
function make(root) {
  const strip = find(root, '.strip');
  const view = {
    element: strip, names: '', send: (name, value) => {},
    choices: choices((choice) => view.send('picked', choice)),
    group: radiogroup(strip, (layer, byKey) => view.choices[byKey ? 'soon' : 'now']({ layer })),
    observer: new ResizeObserver(() => arrange(strip)),
  };
  view.observer.observe(strip);
  return view;
}

/**
 * As few rows as there is room for, and in all of them equally many; in present mode always one, which tells less.
 * @param {HTMLElement} strip
 */
function arrange(strip) {
  const count = Math.max(1, strip.children.length), size = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const most = Math.max(1, Math.floor(strip.clientWidth / (NARROWEST * size)));
  const presenting = getComputedStyle(strip).getPropertyValue('--zf-controls').trim() === 'none';
  const columns = presenting && count <= 10 ? count : Math.ceil(count / Math.ceil(count / most));
  strip.style.setProperty('--columns', String(columns));
  strip.classList.toggle('short', presenting);
  strip.classList.toggle('tight', presenting || strip.clientWidth / columns < 4 * size);
}

/** @param {Record<string, string | number>} layer */
function block({ name, size, pool, kernel, sees, high, wide, alt }) {
  const bar = element('i', { style: `width: ${wide}px; height: ${high}px` });
  return element('button', { type: 'button', role: 'radio', value: name, 'data-name': name, 'aria-label': alt, title: alt },
    element('span', { class: 'name' }, bar, element('b', {}, String(name))),
    ...Object.entries({ size, pool, kernel, sees }).map(([kind, text]) => element('small', { class: kind }, String(text))));
}

export default mount('layerStrip', {
  make,
  show(view, { layers, label, chosen, heard }) {
    const names = JSON.stringify(layers);
    const others = view.names !== names;
    if (others) {
      view.names = names;
      view.choices.forget();
      keepingFocus(view.element, () => view.element.replaceChildren(...layers.map(block)));
      arrange(view.element);
    }
    view.element.setAttribute('aria-label', label);
    if (view.choices.answered(heard) || others) view.group.mark(chosen);
  },
  tidy(view) { view.observer.disconnect(); view.choices.forget(); },
});
