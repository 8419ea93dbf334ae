/** What becomes of a torrent that is not kept; `idleS` is EngineSnapshot.cleanupIdleS. */
export function notKeptText(idleS: number): string {
  if (idleS === 0) return 'Not kept: stays until you remove it';
  return `Not kept: removed ${spanOf(Math.round(idleS / 60))} after you stop watching`;
}

function spanOf(minutes: number): string {
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
