// @ts-check
// A number drawn by lot that this tab keeps through reloads, so that one browser has one vote. Data: { offered }.
// State sent back: ticket = text of 32 hexadecimal digits.

const KEPT = 'zfnet-explorer-ticket';

/** @param {string} offered */
function kept(offered) {
  try {
    const found = sessionStorage.getItem(KEPT);
    if (found && /^[0-9a-f]{32}$/.test(found)) return found;
    sessionStorage.setItem(KEPT, offered);
  } catch (error) {
    // Storage is forbidden in some frames: the number then lasts as long as the page.
  }
  return offered;
}

export default mount('ticket', {
  make: (root) => ({ element: find(root, 'div'), sent: '', send: (name, value) => {} }),
  show(view, { offered }) {
    const ticket = kept(offered);
    if (ticket !== view.sent) { view.sent = ticket; view.send('ticket', ticket); }
  },
});
