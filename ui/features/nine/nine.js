// @ts-check
// One feature map's strongest units: each photo with the receptive field boxed, its patch and its projection.
// Data: { cards: [{ photo, box: [top, left, bottom, right], projection, patch, title, caption, alt, own, pixelated }],
//   inputPx, places, words }; `photo` and `patch` are null where the photo is not at hand, `projection` where it needs one.
// `places`: no photo of the nine is at hand, so that projections are large and photos are small frames with the box.

const SIDE = 336, SMALL = 40, RING = 26;

/** @param {CanvasRenderingContext2D} context @param {number[]} box @param {number} inputPx @param {number} thickness */
function drawBox(context, [top, left, bottom, right], inputPx, thickness) {
  const zoom = SIDE / inputPx, high = (bottom - top) * zoom, wide = (right - left) * zoom, y = top * zoom, x = left * zoom;
  context.fillStyle = 'rgba(0, 0, 0, .55)';
  context.beginPath(); context.rect(0, 0, SIDE, SIDE); context.rect(x, y, wide, high); context.fill('evenodd');
  context.strokeStyle = ACCENT; context.lineWidth = thickness;
  const inset = thickness / 2, most = SIDE - thickness;
  context.strokeRect(clamp(x, inset, most), clamp(y, inset, most),
    Math.min(wide, most - Math.max(0, x - inset)), Math.min(high, most - Math.max(0, y - inset)));
  if (wide < SMALL) {  // a small field is easily overlooked: ring it
    context.beginPath(); context.arc(x + wide / 2, y + high / 2, RING, 0, 2 * Math.PI); context.stroke();
  }
}

function boxed(card, inputPx, words) {
  const label = card.photo ? card.alt : filled(words.place, { alt: card.alt });
  const canvas = element('canvas', { width: SIDE, height: SIDE, role: 'img', 'aria-label': label });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const finish = () => { drawBox(context, card.box, inputPx, card.photo ? 4 : 10); canvas.dataset.painted = 'yes'; };
  if (card.photo) {
    const image = new Image();
    image.onload = () => { context.drawImage(image, 0, 0, SIDE, SIDE); finish(); };
    image.src = card.photo;
  } else {
    context.fillStyle = PALETTE.quiet; context.fillRect(0, 0, SIDE, SIDE);
    finish();
  }
  return canvas;
}

function picture(url, alt, pixelated) {
  return element('img', { src: url, alt, class: pixelated ? 'pixelated' : '' });
}

function cardFigure(card, { inputPx, words }) {
  const projection = card.projection
    ? picture(card.projection, filled(words.projection, { alt: card.alt }), card.pixelated)
    : element('div', { class: 'empty' }, words.none);
  const parts = { place: boxed(card, inputPx, words), projection };
  if (card.patch) parts.patch = picture(card.patch, words.patch, card.pixelated);
  const whole = figure(Object.values(parts), card.title, card.caption);
  for (const [name, part] of Object.entries({ ...parts, caption: whole.lastElementChild })) part?.classList.add(name);
  whole.classList.toggle('own', card.own);
  whole.classList.toggle('patched', Boolean(card.patch));
  return whole;
}

export default mount('nine', {
  make: (root) => ({ element: find(root, '.cards'), signature: '' }),
  show(view, data) {
    const signature = JSON.stringify(data);
    if (view.signature === signature) return;
    view.signature = signature;
    view.element.classList.toggle('places', data.places);
    view.element.replaceChildren(...data.cards.map((card) => cardFigure(card, data)));
  },
});
