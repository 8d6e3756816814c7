// @ts-check
// Tells the atlas and the large map which unit is chosen.
// Data: { layer, unit: [map, row, column], maps: 'strongest' | 'all', heard: { atlas, which, unitMap } }: the numbers of
// the newest choices that arrived.

export default mount('chosen', {
  make: (root) => ({ element: find(root, 'span') }),
  show: (view, data) => tell('chosen', data),
});
