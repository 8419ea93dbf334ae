/** Files by folder. Names come from strangers: they are keys of Maps, never of objects. */
export interface TreeFile {
  readonly index: number;
  readonly path: string;
  readonly lengthBytes: number;
}

export type TreeNode<F extends TreeFile> =
  | { readonly kind: 'file'; readonly name: string; readonly path: string; readonly file: F }
  | {
      readonly kind: 'folder';
      readonly name: string;
      readonly path: string;
      readonly lengthBytes: number;
      /** Every file inside, at any depth. */
      readonly files: readonly F[];
      readonly children: readonly TreeNode<F>[];
    };

export interface TreeRow<F extends TreeFile> {
  readonly node: TreeNode<F>;
  readonly depth: number;
}

interface Draft<F extends TreeFile> {
  readonly folders: Map<string, Draft<F>>;
  readonly files: { readonly name: string; readonly file: F }[];
  readonly all: F[];
}

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' }).compare;

/** Folders first, then names as a person counts. A single folder around everything is left out: it is the title. */
export function buildFileTree<F extends TreeFile>(files: readonly F[]): readonly TreeNode<F>[] {
  const root = newDraft<F>();
  for (const file of files) {
    const elements = file.path.split('/');
    const name = elements.pop() ?? '';
    let draft = root;
    for (const element of elements) {
      draft.all.push(file);
      let next = draft.folders.get(element);
      if (!next) draft.folders.set(element, (next = newDraft()));
      draft = next;
    }
    draft.all.push(file);
    draft.files.push({ name, file });
  }
  const nodes = toNodes(root, '');
  const [only] = nodes;
  return nodes.length === 1 && only?.kind === 'folder' ? only.children : nodes;
}

/** The rows to draw, top to bottom, with the folders in `open` unfolded. */
export function visibleRows<F extends TreeFile>(
  nodes: readonly TreeNode<F>[],
  isOpen: (path: string) => boolean,
  depth = 0,
): TreeRow<F>[] {
  return nodes.flatMap((node) => [
    { node, depth },
    ...(node.kind === 'folder' && isOpen(node.path)
      ? visibleRows(node.children, isOpen, depth + 1)
      : []),
  ]);
}

function newDraft<F extends TreeFile>(): Draft<F> {
  return { folders: new Map(), files: [], all: [] };
}

function toNodes<F extends TreeFile>(draft: Draft<F>, prefix: string): readonly TreeNode<F>[] {
  const folders = [...draft.folders]
    .sort(([a], [b]) => byName(a, b))
    .map(([name, inner]) => ({
      kind: 'folder' as const,
      name,
      path: prefix + name,
      lengthBytes: inner.all.reduce((sum, file) => sum + file.lengthBytes, 0),
      files: inner.all,
      children: toNodes(inner, `${prefix}${name}/`),
    }));
  const files = [...draft.files]
    .sort((a, b) => byName(a.name, b.name))
    .map(({ name, file }) => ({ kind: 'file' as const, name, path: file.path, file }));
  return [...folders, ...files];
}
