// Panels of curves over numbered steps, one curve for each photo, with a line that can be moved without the server.
// A panel: { title, words, values: [[…], …] (null: not known), share, top, ticks: [[value, text], …] }.
const HIGH = 236, LEFT = 46, RIGHT = 8, TOP = 8, BOTTOM = 42, SYMBOL = 3.6;

function drawn(name, attributes = {}, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

const inWords = (value, share) => (value === null ? '…' : share ? `${(100 * value).toFixed(1)} %` : digits(value));

// `onStep(step)` while a pointer chooses a step, `onEnd()` when it lets go.
function curvePanel(onStep, onEnd) {
  const P = { element: document.createElement('div'), title: document.createElement('div'), svg: drawn('svg', { role: 'img', class: 'curves' }), tip: document.createElement('div'), step: 0 };
  P.element.className = 'panel'; P.title.className = 'title'; P.tip.className = 'tip'; P.tip.hidden = true;
  P.element.append(P.title, P.svg, P.tip);
  const x = (amount) => {
    const { amounts } = P.data, first = Math.min(...amounts), span = Math.max(...amounts) - first || 1;
    return LEFT + 8 + ((amount - first) / span) * (P.wide - LEFT - RIGHT - 16);
  };
  const y = (value) => HIGH - BOTTOM - (Math.max(0, value) / P.panel.top) * (HIGH - BOTTOM - TOP);
  const stepAt = (event) => {
    const place = event.clientX - P.svg.getBoundingClientRect().left, far = P.data.amounts.map((amount) => Math.abs(x(amount) - place));
    return far.indexOf(Math.min(...far));
  };
  const mark = () => {
    if (!P.cursor) return;
    const at = x(P.data.amounts[P.step]);
    P.cursor.setAttribute('x1', at); P.cursor.setAttribute('x2', at);
  };
  const tell = (event) => {
    const step = stepAt(event), box = P.svg.getBoundingClientRect(), place = x(P.data.amounts[step]);
    P.tip.replaceChildren(...[P.data.texts[step], ...P.data.photos.map(({ title }, photo) => `${title}: ${inWords(P.panel.values[photo][step], P.panel.share)}`)].map((text, line) => {
      const row = document.createElement('div');
      row.textContent = text;
      if (line) row.style.setProperty('--colour', P.data.photos[line - 1].colour);
      row.className = line ? 'one' : 'which';
      return row;
    }));
    P.tip.style.left = `${place}px`; P.tip.classList.toggle('left', place > box.width / 2);
    P.tip.hidden = false;
  };
  P.svg.onpointerdown = (event) => {
    if (event.button || P.held) return;
    event.preventDefault();
    P.held = true; P.svg.setPointerCapture(event.pointerId); onStep(stepAt(event)); tell(event);
  };
  P.svg.onpointermove = (event) => { if (P.held) onStep(stepAt(event)); tell(event); };
  P.svg.onpointerup = P.svg.onpointercancel = P.svg.onlostpointercapture = () => { if (P.held) { P.held = false; onEnd(); } };
  P.svg.onpointerleave = () => { P.tip.hidden = true; };
  P.to = (step) => { P.step = step; mark(); };
  P.redraw = () => {
    P.wide = Math.max(220, P.element.clientWidth);
    const { panel, svg, data, wide } = P, base = HIGH - BOTTOM, parts = [];
    svg.setAttribute('viewBox', `0 0 ${wide} ${HIGH}`); svg.setAttribute('height', HIGH); svg.setAttribute('aria-label', panel.words);
    P.title.textContent = panel.title;
    for (const [value, text] of panel.ticks)
      parts.push(drawn('line', { class: 'grid', x1: LEFT, x2: wide - RIGHT, y1: y(value), y2: y(value) }), drawn('text', { x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' }, text));
    for (const [amount, text] of data.ticks)
      parts.push(drawn('line', { class: 'tick', x1: x(amount), x2: x(amount), y1: base, y2: base + 4 }), drawn('text', { x: x(amount), y: base + 17, 'text-anchor': 'middle' }, text));
    parts.push(drawn('text', { x: (LEFT + wide - RIGHT) / 2, y: HIGH - 6, 'text-anchor': 'middle' }, data.axis));
    P.cursor = drawn('line', { class: 'cursor', y1: TOP, y2: base });
    parts.push(P.cursor);
    data.photos.forEach(({ colour, symbol, answers, untouched }, photo) => {
      let line = '', pen = 'M';
      const points = { full: '', hollow: '' };
      panel.values[photo].forEach((value, step) => {
        if (value === null) { pen = 'M'; return; }
        const across = x(data.amounts[step]), down = y(value);
        line += `${pen}${across},${down}`; pen = 'L';
        points[answers[step] !== null && answers[step] !== untouched ? 'hollow' : 'full'] += `M${symbol.map(([a, b]) => `${across + SYMBOL * a},${down + SYMBOL * b}`).join('L')}Z`;
      });
      parts.push(drawn('path', { class: 'curve', d: line, stroke: colour }));
      for (const [kind, d] of Object.entries(points)) if (d) parts.push(drawn('path', { class: kind, d, stroke: colour, ...(kind === 'full' ? { fill: colour } : {}) }));
    });
    svg.replaceChildren(...parts);
    mark();
  };
  P.show = (panel, data) => {
    P.panel = panel; P.data = data;
    const look = JSON.stringify([panel, data.amounts, data.axis, data.photos.map(({ colour, answers, untouched }) => [colour, answers, untouched])]);
    if (look !== P.look || P.wide !== Math.max(220, P.element.clientWidth)) { P.look = look; P.redraw(); }
  };
  P.watch = new ResizeObserver(() => { if (P.panel && P.element.isConnected && P.wide !== Math.max(220, P.element.clientWidth)) P.redraw(); });
  P.watch.observe(P.element);
  return P;
}
