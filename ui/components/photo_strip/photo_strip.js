// Small pictures to choose from. Data: { photos: [{ name, title, image }], chosen }. State sent back: picked = { name }.

const make = (root) => ({ strip: root.querySelector('.strip') });

export default function ({ data, parentElement: root, setStateValue }) {
  const S = stateOf(root, 'strip', make);
  const names = data.photos.map((photo) => photo.name + photo.title + photo.image).join();
  if (S.names !== names) {
    S.names = names;
    S.strip.replaceChildren(...data.photos.map(({ name, title, image }) => {
      const button = document.createElement('button'), picture = document.createElement('img');
      button.type = 'button'; button.title = title; button.dataset.name = name;
      button.setAttribute('role', 'radio'); button.setAttribute('aria-label', title);
      picture.src = image; picture.alt = '';
      button.append(picture);
      return button;
    }));
  }
  for (const button of S.strip.children) {
    const chosen = button.dataset.name === data.chosen;
    button.setAttribute('aria-checked', chosen);
    button.tabIndex = chosen || (!data.photos.some((photo) => photo.name === data.chosen) && button === S.strip.firstChild) ? 0 : -1;
    button.onclick = () => setStateValue('picked', { name: button.dataset.name, at: Date.now() });
    button.onkeydown = (event) => {
      const next = { ArrowRight: 'nextSibling', ArrowLeft: 'previousSibling' }[event.key];
      if (!next || !button[next]) return;
      event.preventDefault(); event.stopPropagation(); button[next].focus(); button[next].click();
    };
  }
  return forget(root, () => {});
}
