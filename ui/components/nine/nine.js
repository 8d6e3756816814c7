// One feature map's strongest units: each photo with the receptive field boxed, its patch and its projection.
// Data: { cards: [{ photo, box: [top, left, bottom, right], projection, patch, title, caption, alt, own, pixelated }],
//   inputPx, places }; `photo` and `patch` are null where the photo is not at hand, `projection` where it needs one.
// `places`: no photo of the nine is at hand, so that projections are large and photos are small frames with the box.

const SIDE = 336, BOX = '#ff4d6d';

const make = (root) => ({ cards: root.querySelector('.cards') });

function drawBox(context, [top, left, bottom, right], inputPx, thickness) {
  const zoom = SIDE / inputPx, high = (bottom - top) * zoom, wide = (right - left) * zoom, y = top * zoom, x = left * zoom;
  context.fillStyle = 'rgba(0, 0, 0, .55)';
  context.beginPath(); context.rect(0, 0, SIDE, SIDE); context.rect(x, y, wide, high); context.fill('evenodd');
  context.strokeStyle = BOX; context.lineWidth = thickness;
  const inset = thickness / 2, most = SIDE - thickness;
  context.strokeRect(clamp(x, inset, most), clamp(y, inset, most), Math.min(wide, most - Math.max(0, x - inset)), Math.min(high, most - Math.max(0, y - inset)));
  if (wide < 40) {  // a small field is easily overlooked: ring it
    context.beginPath(); context.arc(x + wide / 2, y + high / 2, 26, 0, 2 * Math.PI); context.stroke();
  }
}

function boxed(card, inputPx) {
  const canvas = document.createElement('canvas'), context = canvas.getContext('2d');
  canvas.width = canvas.height = SIDE;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', card.photo ? card.alt : `Where its receptive field lies in the photo, which is not shown: ${card.alt}`);
  const finish = () => { drawBox(context, card.box, inputPx, card.photo ? 4 : 10); canvas.dataset.painted = 'yes'; };
  if (card.photo) {
    const image = new Image();
    image.onload = () => { context.drawImage(image, 0, 0, SIDE, SIDE); finish(); };
    image.src = card.photo;
  } else {
    context.fillStyle = '#9a9a9a'; context.fillRect(0, 0, SIDE, SIDE);
    finish();
  }
  return canvas;
}

function picture(url, alt, pixelated) {
  const image = document.createElement('img');
  image.src = url; image.alt = alt; image.classList.toggle('pixelated', pixelated);
  return image;
}

function empty(words) {
  const box = document.createElement('div');
  box.className = 'empty'; box.textContent = words;
  return box;
}

function figure(card, inputPx) {
  const figure = document.createElement('figure'), caption = document.createElement('figcaption');
  figure.classList.toggle('own', card.own);
  const title = document.createElement('b'), text = document.createElement('span');
  title.textContent = card.title; text.textContent = card.caption;
  caption.append(title, text);
  const parts = { place: boxed(card, inputPx), projection: card.projection ? picture(card.projection, `Its projection. ${card.alt}`, card.pixelated) : empty('no photo, no projection') };
  if (card.patch) parts.patch = picture(card.patch, 'Patch: what the unit sees, enlarged', card.pixelated);
  for (const [name, part] of Object.entries({ ...parts, caption })) { part.classList.add(name); figure.append(part); }
  return figure;
}

export default function ({ data, parentElement: root }) {
  const S = stateOf(root, 'cards', make), signature = JSON.stringify(data);
  if (S.signature !== signature) {
    S.signature = signature;
    S.cards.classList.toggle('places', data.places);
    S.cards.replaceChildren(...data.cards.map((card) => figure(card, data.inputPx)));
  }
  return forget(root, () => {});
}
