// The network as a row of blocks: as high as the maps are wide, as wide as there are many maps (root scale).
// Data: { layers: [{ name, size, high, wide, alt }], chosen }. State sent back: picked = { layer, at }.

const make = (root) => ({ strip: root.querySelector('.strip') });

export default function ({ data, parentElement: root, setStateValue }) {
  const S = stateOf(root, 'strip', make);
  const names = data.layers.map((layer) => layer.name + layer.size).join();
  if (S.names !== names) {
    S.names = names;
    S.strip.replaceChildren(...data.layers.map((layer) => {
      const button = document.createElement('button');
      button.type = 'button'; button.dataset.name = layer.name;
      button.setAttribute('role', 'radio'); button.setAttribute('aria-label', layer.alt);
      const block = document.createElement('span'), bar = document.createElement('i');
      block.className = 'block'; bar.style.width = `${layer.wide}px`; bar.style.height = `${layer.high}px`;
      block.append(bar);
      const name = document.createElement('b'), size = document.createElement('small');
      name.textContent = layer.name; size.textContent = layer.size;
      button.append(block, name, size);
      return button;
    }));
  }
  const mark = (chosen) => { for (const button of S.strip.children) {
    button.setAttribute('aria-checked', button.dataset.name === chosen);
    button.tabIndex = button.dataset.name === chosen ? 0 : -1;
  } };
  for (const button of S.strip.children) {
    button.onclick = () => { mark(button.dataset.name); setStateValue('picked', { layer: button.dataset.name, at: Date.now() }); };
    button.onkeydown = (event) => {
      const next = { ArrowRight: 'nextSibling', ArrowLeft: 'previousSibling' }[event.key];
      if (!next || !button[next]) return;
      event.preventDefault(); event.stopPropagation(); button[next].focus(); button[next].click();
    };
  }
  mark(data.chosen);
  return forget(root, () => {});
}
