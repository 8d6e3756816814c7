// @ts-check
// A server in front of this one may refuse a file for its size (status 413) before anybody here has seen it. Streamlit then
// shows the bare status, in an upload field that may be out of sight; here a sentence stands in its place.

const UPLOADS = '/_stcore/upload_file/', TOO_LARGE = 413, PATIENCE_MS = 3000;

/**
 * Says `sentence()` below the upload field, or below the photo that stands for it, until the next file comes.
 * Returns how to stop.
 * @param {() => string} sentence
 */
function refusals(sentence) {
  const { open, send } = XMLHttpRequest.prototype;
  /** @type {WeakSet<XMLHttpRequest>} */
  const uploads = new WeakSet();
  /** @this {XMLHttpRequest} @param {any[]} given */
  function opening(...given) {
    const [method, url] = given;
    if (method.toUpperCase() !== 'DELETE' && String(url).includes(UPLOADS)) uploads.add(this);
    return open.apply(this, /** @type {any} */ (given));
  }
  /** @this {XMLHttpRequest} @param {any} body */
  function sending(body) {
    if (uploads.has(this)) {
      for (const old of document.querySelectorAll('.zf-refused')) old.remove();
      const file = body instanceof FormData ? [...body.values()].find((one) => one instanceof File) : undefined;
      this.addEventListener('load', () => {
        if (this.status === TOO_LARGE) say(file instanceof File ? file.name : '', sentence(), performance.now() + PATIENCE_MS);
      });
    }
    return send.call(this, body);
  }
  XMLHttpRequest.prototype.open = /** @type {any} */ (opening);
  XMLHttpRequest.prototype.send = sending;
  return () => { XMLHttpRequest.prototype.open = open; XMLHttpRequest.prototype.send = send; };
}

/**
 * Below the field, as soon as Streamlit has shown in which one it was; below the photo where that is what one drops on.
 * @param {string} name @param {string} sentence @param {number} until
 */
function say(name, sentence, until) {
  const chips = [...document.querySelectorAll('[data-testid=stFileChip][aria-invalid=true]')];
  const chip = chips.find((one) => one.textContent?.includes(name));
  if (!chip && performance.now() < until) { setTimeout(say, 50, name, sentence, until); return; }
  const field = chip?.closest('[data-testid=stElementContainer]');
  const photo = !field || field.closest('.st-key-upload') ? document.querySelector('.st-key-crop') : null;
  const told = element('p', { class: 'zf-refused', role: 'alert' }, sentence);
  if (photo) photo.after(told);
  else (field ?? document.querySelector('[data-testid=stMainBlockContainer]'))?.append(told);
}
