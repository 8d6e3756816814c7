// The photo with the unit's receptive field, beside pictures that Python made from the same unit.
// Data: { photo, alt, title, caption, inputPx, layer, field: { jump, first, last, end }, unit: [row, column], pictures }.

function make(root) {
  const grid = root.querySelector('.pictures');
  const S = { grid, image: new Image() };
  const figure = document.createElement('figure');
  S.canvas = document.createElement('canvas');
  S.canvas.width = S.canvas.height = 448;
  S.canvas.setAttribute('role', 'img');
  S.caption = document.createElement('figcaption');
  figure.append(S.canvas, S.caption);
  grid.append(figure);
  S.image.onload = () => S.paint(S.data.unit);

  S.paint = ([row, column]) => {
    if (!S.image.complete || !S.image.naturalWidth) return;
    const { inputPx, field } = S.data, side = S.canvas.width, zoom = side / inputPx, context = S.canvas.getContext('2d');
    const span = (index) => [clamp(field.jump * index + field.first, 0, field.end), clamp(field.jump * index + field.last + 1, 0, field.end)];
    const [top, bottom] = span(row), [left, right] = span(column);
    context.globalAlpha = 1;
    context.drawImage(S.image, 0, 0, side, side);
    context.fillStyle = 'rgba(0, 0, 0, 0.8)';
    context.fillRect(0, 0, side, top * zoom);
    context.fillRect(0, bottom * zoom, side, side - bottom * zoom);
    context.fillRect(0, top * zoom, left * zoom, (bottom - top) * zoom);
    context.fillRect(right * zoom, top * zoom, side - right * zoom, (bottom - top) * zoom);
    context.strokeStyle = '#ff4d6d'; context.lineWidth = 3;
    context.strokeRect(left * zoom, top * zoom, (right - left) * zoom, (bottom - top) * zoom);
  };
  S.follow = ({ detail }) => { if (S.data && detail.layer === S.data.layer) S.paint([detail.row, detail.column]); };
  globalThis.addEventListener('zfnet-unit', S.follow);
  return S;
}

function captioned(caption, title, text) {
  const strong = document.createElement('b'), rest = document.createElement('span');
  strong.textContent = title; rest.textContent = text;
  caption.replaceChildren(strong, rest);
}

export default function ({ data, parentElement: root }) {
  const S = stateOf(root, 'grid', make);
  S.data = data;
  if (S.image.src !== data.photo) S.image.src = data.photo; else S.paint(data.unit);
  S.canvas.setAttribute('aria-label', data.alt);
  captioned(S.caption, data.title, data.caption);
  while (S.grid.children.length < data.pictures.length + 1) {
    const figure = document.createElement('figure');
    figure.append(document.createElement('img'), document.createElement('figcaption'));
    S.grid.append(figure);
  }
  while (S.grid.children.length > data.pictures.length + 1) S.grid.lastChild.remove();
  data.pictures.forEach((picture, index) => {
    const [image, caption] = S.grid.children[index + 1].children;
    image.src = picture.url; image.alt = picture.alt;
    captioned(caption, picture.title, picture.caption);
  });
  S.grid.style.setProperty('--count', data.pictures.length + 1);
  S.grid.style.setProperty('--fewer', Math.ceil((data.pictures.length + 1) / 2));
  S.shown ??= 0;
  Promise.allSettled([...S.grid.querySelectorAll('img')].map((image) => image.decode())).then(() => { S.shown += 1; });
  (globalThis.zfnetExplorer ||= {}).projections = S;
  return forget(root, () => globalThis.removeEventListener('zfnet-unit', S.follow));
}
