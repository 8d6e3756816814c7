// One feature map's strongest units: each photo with the receptive field boxed, and below it patch and projection.
// Data: { cards: [{ photo, box: [top, left, bottom, right], projection, patch, title, caption, alt, own, pixelated }], inputPx };
// `photo` and `patch` are null where the photo is not at hand.

const make = (root) => ({ cards: root.querySelector('.cards') });

function boxed(photo, [top, left, bottom, right], inputPx, alt) {
  const canvas = document.createElement('canvas'), image = new Image();
  canvas.width = canvas.height = 336;
  canvas.setAttribute('role', 'img'); canvas.setAttribute('aria-label', alt);
  image.onload = () => {
    const context = canvas.getContext('2d'), zoom = 336 / inputPx;
    const high = (bottom - top) * zoom, wide = (right - left) * zoom, y = top * zoom, x = left * zoom;
    context.drawImage(image, 0, 0, 336, 336);
    context.fillStyle = 'rgba(0, 0, 0, .55)';
    context.beginPath(); context.rect(0, 0, 336, 336); context.rect(x, y, wide, high); context.fill('evenodd');
    context.strokeStyle = '#ff4d6d'; context.lineWidth = 4;
    context.strokeRect(clamp(x, 2, 330), clamp(y, 2, 330), Math.min(wide, 332), Math.min(high, 332));
    if (wide < 40) {  // a small field is easily overlooked: ring it
      context.beginPath(); context.arc(x + wide / 2, y + high / 2, 26, 0, 2 * Math.PI); context.stroke();
    }
    canvas.dataset.painted = 'yes';
  };
  image.src = photo;
  return canvas;
}

function picture(url, alt, pixelated) {
  const image = document.createElement('img');
  image.src = url; image.alt = alt; image.classList.toggle('pixelated', pixelated);
  return image;
}

function figure(card, inputPx) {
  const figure = document.createElement('figure'), close = document.createElement('div'), caption = document.createElement('figcaption');
  figure.classList.toggle('own', card.own);
  if (card.photo) figure.append(boxed(card.photo, card.box, inputPx, card.alt));
  close.className = 'close'; close.classList.toggle('alone', !card.photo);
  if (card.patch) close.append(picture(card.patch, 'Patch: what the unit sees, enlarged', card.pixelated));
  close.append(picture(card.projection, card.photo ? 'Its projection' : card.alt, card.pixelated));
  const title = document.createElement('b'), text = document.createElement('span');
  title.textContent = card.title; text.textContent = card.caption;
  caption.append(title, text);
  figure.append(close, caption);
  return figure;
}

export default function ({ data, parentElement: root }) {
  const S = stateOf(root, 'cards', make), signature = JSON.stringify(data);
  if (S.signature !== signature) {
    S.signature = signature;
    S.cards.replaceChildren(...data.cards.map((card) => figure(card, data.inputPx)));
  }
  return forget(root, () => {});
}
