/** What a paste or a drop carries, as something to add. */

/** True when pasting here should stay an ordinary paste. */
export function isTextField(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input:not([type=checkbox]), textarea, [contenteditable]') !== null
  );
}

/** The .torrent files of a transfer; every file when none is named so, to be refused with a reason. */
export function torrentFilesOf(transfer: DataTransfer | null): readonly File[] {
  const files = [...(transfer?.files ?? [])];
  const torrents = files.filter((file) => /\.torrent$/i.test(file.name));
  return torrents.length > 0 ? torrents : files;
}

/** The link in a transfer: the first line that is not a comment (`text/uri-list`, RFC 2483), or its plain text. */
export function textOf(transfer: DataTransfer | null): string {
  const uris = transfer?.getData('text/uri-list') ?? '';
  const uri = uris.split(/\r?\n/).find((line) => line && !line.startsWith('#'));
  return (uri ?? transfer?.getData('text/plain') ?? '').trim();
}

export function carriesSomething(transfer: DataTransfer | null): boolean {
  const types = transfer?.types ?? [];
  return ['Files', 'text/uri-list', 'text/plain'].some((type) => types.includes(type));
}
