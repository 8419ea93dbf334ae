/** For `{@attach}`: takes the focus when the element appears, also when that opens a dialog around it. */
export function focusHere(node: HTMLElement): void {
  node.dataset['focusHere'] = '';
  node.focus({ preventScroll: true });
}
