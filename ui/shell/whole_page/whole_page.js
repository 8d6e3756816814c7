// @ts-check
// What the whole page listens to, and no part of it: arrow keys while presenting, Escape, keys in Streamlit's own groups
// of buttons, one entry in the browser's history for each page that is opened, and figures that nobody translates. In
// page_list.js: the list of pages; in refusals.js: uploads that somebody between browser and server refuses.
// Data: { presenting, page, network, tooLarge }: a new page is seen from its top on; what was said of another page or network
// is put away.

/** Where a key may mean something else: fields to type in, and whatever moves by arrows itself. */
const BUSY = 'input, textarea, select, [contenteditable], [role=slider], [role=radio], [role=listbox], [role=grid], canvas';

/** @param {Event} event */
const inside = (event) => /** @type {Element | null} */ (event.composedPath().find((node) => node instanceof Element));

/**
 * The layers of “Look inside”, or whatever else of the page is walked through.
 * @returns {HTMLElement[]}
 */
function stations() {
  const host = document.querySelector('.st-key-layers');
  const roots = host ? [host, ...host.querySelectorAll('*')].flatMap((node) => [node, node.shadowRoot ?? node]) : [];
  const found = roots.flatMap((root) => [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[role=radio]'))]);
  return [...new Set(found)];
}

/** One layer on; past the last one, the next page. @param {number} step */
function walk(step) {
  const layers = stations(), at = layers.findIndex((layer) => layer.getAttribute('aria-checked') === 'true');
  if (at >= 0 && layers[at + step]) { layers[at + step].click(); return; }
  const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-testid=stSidebarNavLink]')]);
  const here = links.findIndex((link) => link.getAttribute('aria-current') === 'page');
  if (here >= 0) links[(here + step + links.length) % links.length].click();
}

/** Arrows, Home and End in Streamlit's groups of buttons (WAI-ARIA practices, “Radio Group”). @param {KeyboardEvent} event */
function inGroup(event) {
  const button = inside(event)?.closest('[data-testid=stButtonGroup] button');
  if (!button || event.ctrlKey || event.metaKey || event.altKey) return false;
  const all = /** @type {HTMLElement[]} */ ([...(button.closest('[data-testid=stButtonGroup]')?.querySelectorAll('button') ?? [])]);
  const next = neighbour(event.key, all.indexOf(/** @type {HTMLElement} */ (button)), all.length, 1);
  if (next === null) return false;
  used(event);
  all[next].focus();
  if (all[next] !== button && button.getAttribute('role') === 'radio') all[next].click();
  return true;
}

/**
 * Streamlit writes a page's choices into the address right after the page was opened, and that would be one more entry
 * to go back through. Until the visitor does something, what is written belongs to the entry that is there.
 */
function oneEntryForEachPage() {
  const push = history.pushState;
  let arrived = location.pathname, acted = false;
  const act = () => { acted = true; }, back = () => { arrived = location.pathname; acted = false; };
  addEventListener('pointerdown', act, true);
  addEventListener('keydown', act, true);
  addEventListener('popstate', back);
  history.pushState = (state, unused, url) => {
    const to = new URL(url ?? location.href, location.href);
    if (to.href === location.href) return;
    if (to.pathname === location.pathname && to.pathname === arrived && !acted) { history.replaceState(state, unused, url); return; }
    if (to.pathname !== location.pathname) { arrived = to.pathname; acted = false; }
    push.call(history, state, unused, url);
  };
  return () => {
    removeEventListener('pointerdown', act, true);
    removeEventListener('keydown', act, true);
    removeEventListener('popstate', back);
    history.pushState = push;
  };
}

/** What opens over the page (menus, lists) has the page's theme, as `light-dark()` in the style sheets goes by it. */
function oneTheme() {
  const app = document.querySelector('.stApp');
  if (!app) return () => {};
  const copy = () => { document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme; };
  const watch = new MutationObserver(copy);
  watch.observe(app, { attributes: true, attributeFilter: ['class'] });
  copy();
  return () => watch.disconnect();
}

/** What was shown last, which outlives this component: a new page may mount it anew. */
const shown = { page: '', network: '' };

export default mount('wholePage', {
  make: (root) => {
    const view = { element: find(root, 'span'), presenting: false, tooLarge: '', stop: () => {} };
    /** @param {KeyboardEvent} event */
    const pressed = (event) => {
      if (event.key === 'Escape') {
        const word = document.activeElement;
        if (word instanceof HTMLElement && word.matches('.zf-word')) word.blur();
        for (const one of document.querySelectorAll('.zf-word:hover')) one.classList.add('quiet');
        if (view.presenting) /** @type {HTMLElement | null} */ (document.querySelector('.st-key-present-off button'))?.click();
        return;
      }
      if (!view.presenting || event.defaultPrevented) return;
      const direction = arrows(event), at = inside(event);
      if (!direction || !direction[1] || at?.closest(BUSY)) return;
      used(event);
      walk(direction[1]);
    };
    /** @param {Event} event */
    const left = (event) => { const at = inside(event); if (at?.matches('.zf-word.quiet')) at.classList.remove('quiet'); };
    /** Before Streamlit's own groups, which keep left and right to themselves. @param {KeyboardEvent} event */
    const first = (event) => { inGroup(event); };
    document.addEventListener('keydown', first, true);
    document.addEventListener('keydown', pressed);
    document.addEventListener('pointerout', left);
    const stops = [oneEntryForEachPage(), pageList(), oneTheme(), refusals(() => view.tooLarge), keepFigures(document.body)];
    view.stop = () => {
      for (const stop of stops) stop();
      document.removeEventListener('keydown', first, true);
      document.removeEventListener('keydown', pressed);
      document.removeEventListener('pointerout', left);
    };
    return view;
  },
  show: (view, data) => {
    view.presenting = data.presenting;
    view.tooLarge = data.tooLarge;
    const first = shown.page === '', turned = shown.page !== data.page;
    if (!first && turned) document.querySelector('[data-testid=stMain]')?.scrollTo(0, 0);
    if (!first && (turned || shown.network !== data.network)) {
      for (const old of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-testid=stToast] button'))) old.click();
    }
    shown.page = data.page;
    shown.network = data.network;
  },
  tidy: (view) => view.stop(),
});
