// @ts-check
// The small drawings of one number: tables of cells, what a pool or a normalisation passes on, and a fan of what comes
// together. number.js stands behind this file.

const NUMBERED = 7, FULL = 0.75;
const POSITIVE = SERIES[0], NEGATIVE = SERIES[1];

/** A signed number with a true minus. @param {number} value @param {number} places */
const plain = (value, places) => {
  const text = Math.abs(value).toFixed(places);
  return (value < 0 && Number(text) !== 0 ? '−' : '') + text;
};

/** The colour of a signed number on white, pale enough for black text. @param {number} value @param {number} largest */
function tint(value, largest) {
  const share = largest > 0 ? FULL * Math.min(1, Math.abs(value) / largest) : 0;
  const full = value < 0 ? NEGATIVE : POSITIVE;
  const parts = [1, 3, 5].map((at) => Math.round(255 + share * (parseInt(full.slice(at, at + 2), 16) - 255)));
  return `rgb(${parts.join(' ')})`;
}

/** A table of signed numbers, tinted; what lies outside the map is hatched.
 * @param {(number | null)[][]} values @param {string} name @param {{ places: number, inside?: number[][], chosen?: Cell }} more */
function cells(values, name, { places, inside, chosen }) {
  const largest = Math.max(0, ...values.flat().map((value) => Math.abs(value ?? 0)));
  const table = element('table', { class: `cells ${name}`, translate: 'no' });
  if (values[0].length > NUMBERED) table.classList.add('quiet');
  table.style.setProperty('--across', String(values[0].length));
  values.forEach((line, down) => {
    const tr = element('tr');
    line.forEach((value, right) => {
      const td = element('td', {}, value === null ? '' : plain(value, places));
      td.style.backgroundColor = value === null ? PALETTE.grid : tint(value, largest);
      td.dataset.cell = `${down},${right}`;
      if (value === null || (inside && !inside[down][right])) td.classList.add('outside');
      if (chosen && chosen[0] === down && chosen[1] === right) td.classList.add('at');
      tr.append(td);
    });
    table.append(tr);
  });
  return table;
}

/** What a pool, a normalisation or a concatenation did. @param {any} one @param {any} words */
function passed(one, words) {
  const text = element('p', {}, one.text);
  if (one.formula) text.append(element('span', { class: 'formula', translate: 'no' }, one.formula));
  if (!one.values.length) return element('div', {}, text);
  const flow = element('div', { class: 'flow' }), result = cells([[one.result]], 'result', { places: 4 });
  if (one.maps.length) {
    flow.append(neighbours(one, words));
  } else {
    flow.append(cells(one.values, 'passed', { places: 3, chosen: one.chosen }),
      element('span', { class: 'arrow' }, element('small', {}, one.sign), element('b', { 'aria-hidden': 'true' }, '→')), result);
  }
  return element('div', {}, flow, text);
}

/** The same unit in the neighbouring maps, with the squares that are added up. @param {any} one @param {any} words */
function neighbours(one, words) {
  const [values] = one.values, at = one.chosen[1], largest = Math.max(...values.map(Math.abs));
  const table = element('table', { class: 'cells neighbours', translate: 'no' });
  /** @param {string} name @param {(string | number)[]} line @param {((value: any) => string) | null} colour */
  const line = (name, line, colour) => {
    const tr = element('tr', {}, element('th', { scope: 'row' }, name));
    line.forEach((value, place) => {
      const td = element('td', {}, typeof value === 'number' ? plain(value, 4) : value);
      if (colour) td.style.backgroundColor = colour(value);
      if (place === at) td.classList.add('at');
      tr.append(td);
    });
    table.append(tr);
  };
  line(words.map, one.maps.map(String), null);
  line('a', values, (value) => tint(value, largest));
  line('a²', values.map((/** @type {number} */ value) => value * value), (value) => tint(value, largest * largest));
  return table;
}

/**
 * Lines from a list to the one thing that they make: as thick as they count, blue above zero and vermilion below.
 * @param {{ label: string, text: string, size: number, sign: number, picture?: string }[]} items
 * @param {number} largest the size of the thickest line @param {string} to @param {string} said
 */
function fan(items, largest, to, said) {
  const line = 38, high = Math.max(2, items.length) * line, pictures = items.some((one) => one.picture);
  const wide = 400, start = pictures ? 160 : 240, end = wide - 90, middle = (start + end) / 2, edge = start - (pictures ? 42 : 8);
  const drawing = svg('svg', { viewBox: `0 0 ${wide} ${high}`, role: 'img', translate: 'no' });
  drawing.append(svg('title', {}, said));
  items.forEach((one, at) => {
    const y = at * line + line / 2;
    drawing.append(svg('text', { x: edge, y: y - 2, 'text-anchor': 'end' }, one.label), svg('text', { class: 'small', x: edge, y: y + 13, 'text-anchor': 'end' }, one.text));
    if (one.picture) drawing.append(svg('image', { href: one.picture, x: start - 34, y: y - 14, width: 28, height: 28, preserveAspectRatio: 'none' }));
    drawing.append(svg('path', { d: `M ${start} ${y} C ${middle} ${y}, ${middle} ${high / 2}, ${end} ${high / 2}`, fill: 'none',
      stroke: one.sign < 0 ? NEGATIVE : POSITIVE, 'stroke-width': 1 + (largest > 0 ? 7 * one.size / largest : 0), 'stroke-opacity': 0.8 }));
  });
  to.split('\n').forEach((text, at, all) => drawing.append(svg('text', { x: end + 6, y: high / 2 + 4 + 16 * (at - (all.length - 1) / 2) }, text)));
  return drawing;
}
