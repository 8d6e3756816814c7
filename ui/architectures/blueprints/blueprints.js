// @ts-check
// Networks as rows of blocks: as high as the maps are wide, as wide as there are many; units of vectors as a square.
// Data: { networks: [{ title, totals, label, photo, parts: [{ name, short, side, depth, look, alt, mark, facts, sums,
// inner, box, next, seen, differs }] }], words, legend, chosen, heard }. Sent back: picked = { part, number }.

const TALLEST_PX = 150, THINNEST_PX = 4, LOWEST_PX = 2, GAP_PX = 8, DENSE = 25, LABEL_PX = 62, MOST_PER_MAP_PX = 2;

/** @param {ParentNode} root */
function make(root) {
  const view = {
    element: find(root, '.blueprints'), networks: find(root, '.networks'), details: find(root, '.details'),
    legend: find(root, '.legend'), drawn: '', wide: 0, chosen: '', /** @type {any} */ data: null,
    /** @type {{ mark: (value: string) => void }[]} */ groups: [], send: (name, value) => {},
    choices: choices((choice) => view.send('picked', choice)), observer: new ResizeObserver(() => fit(view)),
  };
  view.observer.observe(view.element);
  return view;
}

/** @param {any} part */
function block(part) {
  return element('button', { type: 'button', role: 'radio', value: part.name, 'aria-label': part.alt, title: part.alt,
    class: part.mark ? 'changed' : '' },
    element('span', { class: 'room' }, element('i', { class: part.look })),
    element('span', { class: 'mark', translate: 'no' }, part.mark),
    element('b', { translate: 'no' }, part.name), element('small', { translate: 'no' }, part.short));
}

/** Draws all networks anew. */
function draw(view) {
  const { networks, legend } = view.data;
  view.groups = [];
  keepingFocus(view.networks, () => view.networks.replaceChildren(...networks.map((network) => {
    const dense = network.parts.length > DENSE ? ' dense' : '';
    const strip = element('div', { class: `strip${dense}`, role: 'radiogroup', 'aria-label': network.label },
      ...network.parts.map(block));
    view.groups.push(radiogroup(strip, (part, byKey) => { choose(view, part); view.choices[byKey ? 'soon' : 'now']({ part }); }));
    strip.onmouseover = (event) => {
      const button = /** @type {Element} */ (event.target).closest('button');
      if (button) tellAbout(view, button.value);
    };
    strip.onmouseleave = () => tellAbout(view, view.chosen);
    const title = element('h3', {}, network.title + ' ', element('small', { translate: 'no' }, network.totals));
    return element('div', {}, title, strip);
  })));
  view.legend.replaceChildren(...legend.map(([look, text]) =>
    element('span', {}, ...(look ? [element('i', { class: look })] : []), text)));
  view.wide = 0;
  fit(view);
}

/** Gives every block its size: one scale for all networks that are shown. */
function fit(view) {
  const wide = view.element.clientWidth;
  if (!view.data || !wide || wide === view.wide) return;
  view.wide = wide;
  const { networks } = view.data, sides = networks.flatMap((network) => network.parts.map((part) => part.side));
  const scale = TALLEST_PX / Math.max(...sides);
  const perMap = Math.min(...networks.map((network) => widest(network.parts, wide)));
  const across = (part) => Math.max(THINNEST_PX, part.depth * perMap);
  [...view.networks.querySelectorAll('.strip')].forEach((strip, at) => {
    const { parts } = networks[at];
    const high = Math.max(...parts.map((part) => part.side)) * scale + 12;
    [...strip.querySelectorAll('button')].forEach((button, number) => {
      const part = parts[number], bar = button.querySelector('i');
      bar.style.width = `${across(part)}px`;
      bar.style.height = `${Math.max(LOWEST_PX, part.side * scale)}px`;
      button.querySelector('.room').style.height = `${high}px`;
      button.style.minWidth = strip.classList.contains('dense') ? '' : `${LABEL_PX}px`;
    });
  });
}

/** How many px wide a map may be drawn, so that all parts stand in one row of `wide` px beside their labels. */
function widest(parts, wide) {
  const least = parts.length > DENSE ? THINNEST_PX : LABEL_PX, room = wide - GAP_PX * (parts.length + 1);
  const needed = (perMap) => parts.reduce((sum, part) => sum + Math.max(least, part.depth * perMap), 0);
  let low = 0, high = MOST_PER_MAP_PX;
  for (let halving = 0; halving < 20; halving += 1) {
    const middle = (low + high) / 2;
    if (needed(middle) <= room) low = middle; else high = middle;
  }
  return Math.max(low, least / Math.max(1, ...parts.map((part) => part.depth)));  // as wide as a label costs nothing
}

/** @param {any} part @param {any} network */
function detail(part, network, words) {
  const picture = element('img', { src: network.photo, alt: part.seen });
  if (network.inputPx < 100) picture.style.imageRendering = 'pixelated';
  const frame = (place, look) => {
    const [top, left, bottom, right] = place.map((one) => 100 * one);
    return element('i', { class: look, style:
      `top:${top}%;left:${left}%;height:${bottom - top}%;width:${right - left}%` });
  };
  const shown = element('div', { class: 'window' }, picture, ...(part.next ? [frame(part.next, 'next')] : []), frame(part.box, 'own'));
  const facts = element('dl', {}, ...part.facts.flatMap(([name, value]) =>
    [element('dt', {}, name), element('dd', { translate: 'no' }, value)]));
  const children = [
    element('h4', {}, `${network.title}: `, element('span', { translate: 'no' }, part.name)),
    element('div', { class: 'pair' }, figure([shown], '', part.seen), element('div', {}, facts)),
    ...part.sums.map(([name, sum]) => element('p', { class: 'sum' }, `${name}: `, element('code', { translate: 'no' }, sum))),
  ];
  if (part.inner.length) children.push(element('ul', { class: 'inner', translate: 'no' }, ...part.inner.map((line) => element('li', {}, line))));
  if (part.differs) children.push(element('p', { class: 'differs' }, part.differs));
  return element('section', { 'data-part': part.name }, ...children);
}

/** Shows what is known of a part, in every network that has it. */
function tellAbout(view, name) {
  const { networks, words } = view.data;
  const found = networks.flatMap((network) => network.parts.filter((part) => part.name === name).map((part) => detail(part, network, words)));
  view.details.replaceChildren(...found);
  for (const button of view.networks.querySelectorAll('button')) button.classList.toggle('seen', button.value === name);
}

function choose(view, name) {
  view.chosen = name;
  view.groups.forEach((group, at) => group.mark(view.data.networks[at].parts.some((part) => part.name === name) ? name : ''));
  tellAbout(view, name);
}

export default mount('blueprints', {
  make,
  show(view, data) {
    const { networks, legend, words } = data, drawn = JSON.stringify([networks, legend, words]);
    const others = view.drawn !== drawn;
    view.data = data;
    if (others) { view.drawn = drawn; view.choices.forget(); draw(view); }
    if ((view.choices.answered(data.heard) && data.chosen !== view.chosen) || others) choose(view, data.chosen);
  },
  tidy(view) { view.observer.disconnect(); view.choices.forget(); },
});
