/** Things people and clocks do to a torrent while it downloads, at random, so that a kill may fall into any of them. */
import type { Page } from '@playwright/test';

/** Begins and returns at once; it ends with the page. Checkpoints come several times a second. */
export async function makeMischief(
  page: Page,
  infoHash: string,
  fileCount: number,
  seed: number,
): Promise<void> {
  await page.evaluate(
    ({ infoHash, fileCount, seed }) => {
      let state = seed;
      const random = () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
        return state / 2 ** 31;
      };
      const act = async () => {
        const engine = await rill;
        for (;;) {
          const dice = random();
          if (dice < 0.75) await engine.checkpoint();
          else if (dice < 0.85) {
            await engine.pause(infoHash);
            await engine.resume(infoHash);
          } else if (dice < 0.95) {
            const files = Array.from({ length: fileCount }, (_, index) => index);
            await engine.select(
              infoHash,
              files.filter(() => random() < 0.7),
            );
          } else await engine.recheck(infoHash);
          await new Promise((resolve) => {
            setTimeout(resolve, random() * 400);
          });
        }
      };
      void act();
    },
    { infoHash, fileCount, seed },
  );
}
