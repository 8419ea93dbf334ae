import { formatBytes } from '../ui/format-bytes.ts';
import type { SaveJob } from './save-job.svelte.ts';

/** Where a job is, in one line. */
export function jobText(
  job: Pick<SaveJob, 'state' | 'plan' | 'savedFiles' | 'doneBytes' | 'totalBytes'>,
): string {
  const { state, plan } = job;
  switch (state.kind) {
    case 'running':
      return `${formatBytes(job.doneBytes)} of ${formatBytes(job.totalBytes)}${filesOf(job)}`;
    case 'waiting':
    case 'failed':
      return state.message;
    case 'cancelled':
      return job.savedFiles > 0 ? `Cancelled${filesOf(job)}` : 'Cancelled';
    case 'done':
      return plan.leftOut > 0
        ? `Saved. ${count(plan.leftOut)} not finished yet and left out.`
        : `Saved, ${formatBytes(job.totalBytes)}`;
  }
}

function filesOf({ plan, savedFiles }: Pick<SaveJob, 'plan' | 'savedFiles'>): string {
  return plan.files.length > 1 ? `, ${savedFiles} of ${plan.files.length} files` : '';
}

const count = (files: number) => (files === 1 ? '1 file is' : `${files} files are`);
