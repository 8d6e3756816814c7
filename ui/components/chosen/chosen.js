// Data: { layer, unit: [map, row, column], heard: { atlas, unitMap } }: the numbers of the newest choices that arrived.
export default function ({ data }) {
  (globalThis.zfnetExplorer ||= {}).told = data;
  globalThis.dispatchEvent(new CustomEvent('zfnet-told'));
}
