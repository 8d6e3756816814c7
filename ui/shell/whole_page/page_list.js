// @ts-check
// Streamlit's list of pages, mended: it is plain links to a screen reader, its groups open and close by keyboard, too, and
// the page that is open is in sight although the list scrolls by itself.

/**
 * To a screen reader the list is none: between <ul> and <li> stands a <div>. As plain links it is right. The titles of its
 * groups fold them, but only under a pointer.
 * Returns how to stop.
 */
function pageList() {
  /** @type {Element | null} */
  let shown = null;
  const tidy = () => {
    for (const node of document.querySelectorAll('[data-testid=stSidebarNav] :is(ul, li):not([role])')) node.setAttribute('role', 'none');
    for (const title of document.querySelectorAll('[data-testid=stNavSectionHeader]')) {
      const opened = String(!!title.nextElementSibling && title.nextElementSibling.tagName !== 'HEADER');
      if (title.getAttribute('aria-expanded') === opened) continue;
      title.setAttribute('role', 'button');
      title.setAttribute('tabindex', '0');
      title.setAttribute('aria-expanded', opened);
    }
    const here = document.querySelector('[data-testid=stSidebarNavLink][aria-current=page]');
    if (here && here !== shown) inSight(here);
    shown = here;
  };
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    const at = event.target instanceof Element ? event.target.closest('[data-testid=stNavSectionHeader]') : null;
    if (!at || (event.key !== 'Enter' && event.key !== ' ')) return;
    used(event);
    /** @type {HTMLElement} */ (at).click();
  };
  const watch = new MutationObserver(tidy);
  watch.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['aria-current'] });
  document.addEventListener('keydown', pressed, true);
  tidy();
  return () => { watch.disconnect(); document.removeEventListener('keydown', pressed, true); };
}

/** Scroll the list, and nothing around it, until the link is seen with its neighbours. @param {Element} link */
function inSight(link) {
  const list = link.closest('[data-testid=stSidebarNav]');
  if (!list) return;
  const frame = list.getBoundingClientRect(), row = link.getBoundingClientRect();
  if (row.top < frame.top) list.scrollTop += row.top - frame.top - 2 * row.height;
  else if (row.bottom > frame.bottom) list.scrollTop += row.bottom - frame.bottom + 2 * row.height;
}
