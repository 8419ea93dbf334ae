// media-chrome under a strict CSP. Its elements write `<style>` and markup into shadow roots with innerHTML: the styles
// are allowed by hash, and the markup passes a Trusted Types policy of its own (`media-chrome`).
import type { Plugin } from 'vite';

const INSIDE = /[\\/]media-chrome[\\/]dist[\\/].*\.js$/;
const HELPER = 'virtual:media-chrome-trusted-html';

/**
 * The text of every style that the bundled elements can write. media-chrome renders on servers too, so
 * its templates can be asked for here.
 * @param moduleIds all modules of the bundle
 */
export async function styleHashes(moduleIds: readonly string[]): Promise<string[]> {
  const styles = new Set<string>();
  for (const id of moduleIds.filter((name) => INSIDE.test(name))) {
    const exported = (await import(id)) as Record<string, unknown>;
    for (const element of Object.values(exported)) {
      if (typeof element !== 'function' || !('getTemplateHTML' in element)) continue;
      const html = (
        element as unknown as { getTemplateHTML(a: object, b: object): string }
      ).getTemplateHTML({}, {});
      for (const [, text = ''] of html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g))
        styles.add(text);
    }
  }
  return [...styles];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

const memberName = (node: Node): unknown =>
  node.type === 'MemberExpression' && isNode(node['property'])
    ? node['property']['name']
    : undefined;

/** Methods that take markup, and which argument it is. */
const MARKUP_ARGUMENTS = new Map<unknown, number>([
  ['setHTMLUnsafe', 0],
  ['insertAdjacentHTML', 1],
]);

/** The expressions that a tree writes as markup: `x.innerHTML = HERE`, `x.setHTMLUnsafe(HERE)`, … */
function* markupWrites(node: Node): Generator<Node> {
  const { left, right, callee } = node;
  if (node.type === 'AssignmentExpression' && isNode(left) && memberName(left) === 'innerHTML') {
    yield right as Node;
  }
  if (node.type === 'CallExpression' && isNode(callee)) {
    const position = MARKUP_ARGUMENTS.get(memberName(callee));
    if (position !== undefined) yield (node['arguments'] as Node[])[position]!;
  }
  for (const child of Object.values(node).flat()) if (isNode(child)) yield* markupWrites(child);
}

/** Sends media-chrome's own markup, and nothing else, through the Trusted Types policy `media-chrome`. */
export function trustedMediaChrome(): Plugin {
  return {
    name: 'rill-trusted-media-chrome',
    apply: 'build',
    resolveId: (id) => (id === HELPER ? `\0${HELPER}` : undefined),
    load: (id) =>
      id === `\0${HELPER}`
        ? `const policy = globalThis.trustedTypes?.createPolicy('media-chrome', { createHTML: (html) => html });
           export const trustedHtml = (html) => policy?.createHTML(html) ?? html;`
        : undefined,
    transform: {
      filter: { id: INSIDE },
      handler(code) {
        const writes = [...markupWrites(this.parse(code) as unknown as Node)];
        if (writes.length === 0) return undefined;
        // From the end, so that earlier positions stay right.
        const wrapped = writes
          .sort((a, b) => b.start - a.start)
          .reduce(
            (text, { start, end }) =>
              `${text.slice(0, start)}trustedHtml(${text.slice(start, end)})${text.slice(end)}`,
            code,
          );
        return { code: `import { trustedHtml } from '${HELPER}';\n${wrapped}`, map: null };
      },
    },
  };
}
