import axe from 'axe-core';

/** What axe finds wrong with the page as it is now, one line for each rule. */
export async function axeViolations(): Promise<string[]> {
  // Animations blend colours: measure what they end in.
  for (const animation of document.getAnimations()) animation.finish?.();
  const results = await axe.run(document, { resultTypes: ['violations'] });
  return results.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`,
  );
}
