// Viridis (perceptually uniform, safe for colour-blind eyes) as 256 packed RGBA colours, from ten of its colours.
const VIRIDIS = [[68, 1, 84], [72, 40, 120], [62, 73, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43], [253, 231, 37]];
const COLOURS = (() => {
  const bytes = new Uint8ClampedArray(256 * 4);
  for (let value = 0; value < 256; value++) {
    const place = (value / 255) * (VIRIDIS.length - 1);
    const left = Math.min(VIRIDIS.length - 2, Math.floor(place));
    for (let channel = 0; channel < 3; channel++)
      bytes[4 * value + channel] =
        VIRIDIS[left][channel] * (1 - place + left) + VIRIDIS[left + 1][channel] * (place - left);
    bytes[4 * value + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
})();

// One state per mounted element. Streamlit also calls a component's clean-up for a render that a newer one overtook,
// so the state is only dropped when the element has really left the page.
const STATES = new WeakMap();
function stateOf(root, marker, make) {
  let state = STATES.get(root);
  if (!state || !root.contains(state[marker])) STATES.set(root, (state = make(root)));
  return state;
}
const forget = (root, tidy) => () => setTimeout(() => { if (!root.isConnected) { tidy(); STATES.delete(root); } }, 0);

function unpack(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return { header, body: bytes.slice(4 + length) };
}
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const digits = (value) => (value !== 0 && Math.abs(value) < 0.01 ? value.toExponential(1) : value.toFixed(2));
