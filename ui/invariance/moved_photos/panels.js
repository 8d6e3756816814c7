// @ts-check
// Panels of curves over numbered steps, one curve for each photo, with a line that can be moved without the server.
// A panel: { title, words, values: [[…], …] (null: not known), share, top, ticks: [[value, text], …] }.
const HIGH = 172, LEFT = 46, RIGHT = 8, TOP = 8, BOTTOM = 42, INSET = 8, SYMBOL = 3.6, NARROWEST = 220;

/** @param {number | null} value @param {boolean} share */
const inWords = (value, share) => (value === null ? '…' : share ? percent(value) : digits(value));

/**
 * @param {(step: number) => void} onStep while a pointer chooses a step
 * @param {() => void} onEnd when it lets go
 */
function curvePanel(onStep, onEnd) {
  const panel = {
    element: element('div', { class: 'panel' }), title: element('div', { class: 'title' }),
    svg: svg('svg', { role: 'img', class: 'curves' }), tip: element('div', { class: 'tip' }),
    step: 0, wide: 0, held: false, look: '', cursor: /** @type {SVGLineElement | null} */ (null),
    data: /** @type {any} */ (null), curves: /** @type {any} */ (null),
    watch: new ResizeObserver(() => {
      if (panel.curves && panel.element.isConnected && panel.wide !== width(panel)) redraw(panel);
    }),
  };
  const { svg: drawing, tip } = panel;
  tip.hidden = true;
  panel.element.append(panel.title, drawing, tip);
  panel.watch.observe(panel.element);
  drawing.onpointerdown = (event) => {
    if (event.button || panel.held) return;
    event.preventDefault();
    panel.held = true; drawing.setPointerCapture(event.pointerId); onStep(stepAt(panel, event)); showTip(panel, event);
  };
  drawing.onpointermove = (event) => { if (panel.held) onStep(stepAt(panel, event)); showTip(panel, event); };
  drawing.onpointerup = drawing.onpointercancel = drawing.onlostpointercapture = () => {
    if (panel.held) { panel.held = false; onEnd(); }
  };
  drawing.onpointerleave = () => { tip.hidden = true; };
  return panel;
}

/** @typedef {ReturnType<typeof curvePanel>} Panel */

/** @param {Panel} panel */
const width = (panel) => Math.max(NARROWEST, panel.element.clientWidth);

/** Where an amount lies across the panel. @param {Panel} panel @param {number} amount */
function across({ data: { amounts }, wide }, amount) {
  const first = Math.min(...amounts), span = Math.max(...amounts) - first || 1;
  return LEFT + INSET + ((amount - first) / span) * (wide - LEFT - RIGHT - 2 * INSET);
}

/** How far down a value lies. @param {Panel} panel @param {number} value */
const down = ({ curves }, value) => HIGH - BOTTOM - (Math.max(0, value) / curves.top) * (HIGH - BOTTOM - TOP);

/** @param {Panel} panel @param {PointerEvent} event */
function stepAt(panel, event) {
  const place = event.clientX - panel.svg.getBoundingClientRect().left;
  const far = panel.data.amounts.map((amount) => Math.abs(across(panel, amount) - place));
  return far.indexOf(Math.min(...far));
}

/** @param {Panel} panel @param {number} step */
function moveTo(panel, step) {
  panel.step = step;
  if (!panel.cursor) return;
  const at = String(across(panel, panel.data.amounts[step]));
  panel.cursor.setAttribute('x1', at); panel.cursor.setAttribute('x2', at);
}

/** @param {Panel} panel @param {PointerEvent} event */
function showTip(panel, event) {
  const { data, curves, tip } = panel, step = stepAt(panel, event), place = across(panel, data.amounts[step]);
  tip.replaceChildren(element('div', { class: 'which' }, data.texts[step]), ...data.photos.map(({ title, colour }, photo) => {
    const words = `${title}: ${inWords(curves.values[photo][step], curves.share)}`;
    return element('div', { class: 'one', style: `--colour: ${colour}` }, words);
  }));
  tip.style.left = `${place}px`;
  tip.classList.toggle('left', place > panel.svg.getBoundingClientRect().width / 2);
  tip.hidden = false;
}

/** Grid, ticks and words of both axes. @param {Panel} panel */
function axes(panel) {
  const { curves, data, wide } = panel, base = HIGH - BOTTOM;
  const up = curves.ticks.flatMap(([value, text]) => [
    svg('line', { class: 'grid', x1: LEFT, x2: wide - RIGHT, y1: down(panel, value), y2: down(panel, value) }),
    svg('text', { x: LEFT - 6, y: down(panel, value) + 4, 'text-anchor': 'end' }, text),
  ]);
  const right = data.ticks.flatMap(([amount, text]) => [
    svg('line', { class: 'tick', x1: across(panel, amount), x2: across(panel, amount), y1: base, y2: base + 4 }),
    svg('text', { x: across(panel, amount), y: base + 17, 'text-anchor': 'middle' }, text),
  ]);
  return [...up, ...right, svg('text', { x: (LEFT + wide - RIGHT) / 2, y: HIGH - 6, 'text-anchor': 'middle' }, data.axis)];
}

/** One photo's line, with its symbols: hollow where the answer is another one than the untouched photo's.
 * @param {Panel} panel @param {any} photo @param {(number | null)[]} values */
function curve(panel, { colour, symbol, answers, untouched }, values) {
  let line = '', pen = 'M';
  const points = { full: '', hollow: '' };
  values.forEach((value, step) => {
    if (value === null) { pen = 'M'; return; }
    const x = across(panel, panel.data.amounts[step]), y = down(panel, value);
    line += `${pen}${x},${y}`; pen = 'L';
    const kind = answers[step] !== null && answers[step] !== untouched ? 'hollow' : 'full';
    points[kind] += `M${symbol.map(([a, b]) => `${x + SYMBOL * a},${y + SYMBOL * b}`).join('L')}Z`;
  });
  const parts = [svg('path', { class: 'curve', d: line, stroke: colour })];
  if (points.full) parts.push(svg('path', { class: 'full', d: points.full, stroke: colour, fill: colour }));
  if (points.hollow) parts.push(svg('path', { class: 'hollow', d: points.hollow, stroke: colour }));
  return parts;
}

/** @param {Panel} panel */
function redraw(panel) {
  panel.wide = width(panel);
  const { curves, svg: drawing, data, wide } = panel;
  drawing.setAttribute('viewBox', `0 0 ${wide} ${HIGH}`);
  drawing.setAttribute('height', String(HIGH));
  drawing.setAttribute('aria-label', curves.words);
  panel.title.textContent = curves.title;
  panel.cursor = svg('line', { class: 'cursor', y1: TOP, y2: HIGH - BOTTOM });
  const lines = data.photos.flatMap((photo, index) => curve(panel, photo, curves.values[index]));
  drawing.replaceChildren(...axes(panel), panel.cursor, ...lines);
  moveTo(panel, panel.step);
}

/** @param {Panel} panel @param {any} curves @param {any} data */
function showPanel(panel, curves, data) {
  panel.curves = curves; panel.data = data;
  const styles = data.photos.map(({ colour, answers, untouched }) => [colour, answers, untouched]);
  const look = JSON.stringify([curves, data.amounts, data.axis, styles]);
  if (look !== panel.look || panel.wide !== width(panel)) { panel.look = look; redraw(panel); }
}
