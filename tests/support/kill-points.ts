/**
 * Kills the browser at random moments of a download and looks at what it left, before the app does and after. Whatever the
 * moment: every piece that the newest checkpoint calls complete hashes right, every file that the shelf calls finished is
 * whole, and the app goes on from there to the right bytes.
 */
import type { BrowserContext, Page } from '@playwright/test';
import type { AppServer } from './app-server.ts';
import { finishedFiles, newestResume, openBarePage, piecesIn, wrongPieces } from './bare-page.ts';
import type { FileSource } from './file-source.ts';
import { launchBrowser, makeProfile, type Profile } from './launch.ts';
import { filesInStorage } from './local-api.ts';
import { makeMischief } from './mischief.ts';
import { openRill, sha256OfStream, torrentOf, untilTorrent } from './rill-page.ts';
import { addFile, isComplete, remove } from './torrent-commands.ts';
import { between, seededRandom, type Random } from './seeded-random.ts';
import { makeTorrent, sha256, type MadeTorrent } from './torrents.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Torrents by piece length: the most bytes each may have, so that a round takes seconds. */
const SIZES: readonly (readonly [pieceLength: number, mostBytes: number])[] = [
  [16 * KIB, 24 * MIB],
  [64 * KIB, 64 * MIB],
  [256 * KIB, 100 * MIB],
  // An odd length makes extents that are no whole number of MiB.
  [784 * KIB, 140 * MIB],
  [2 * MIB, 180 * MIB],
];
/** A torrent is brought to its end after this many kills. */
const KILLS_EACH = 4;

export interface KillFigures {
  kills: number;
  torrents: number;
  /** Pieces that the newest checkpoint called complete, over all kills; each was hashed. */
  claimedPieces: number;
  /** `infoHash/index` of those that did not hash right. */
  readonly wrongPieces: string[];
  /** Files that the shelf called finished, over all kills; each was hashed. */
  finishedFiles: number;
  readonly wrongFiles: string[];
  /** Pieces that were there after the start although no checkpoint knew of them. */
  foundPieces: number;
  /** Pieces that the page had shown before the kill and that were not there after it. */
  lostPieces: number;
  /** What a removal left behind when it was killed in the middle. */
  readonly leftovers: string[];
  /** Given by the source, and what the torrents hold. */
  servedBytes: number;
  contentBytes: number;
}

export interface KillPlan {
  readonly kills: number;
  readonly seed: number;
  readonly app: AppServer;
  readonly source: FileSource;
  /** A line for whoever waits. */
  log(line: string): void;
}

/** Does all kills and returns what was seen; rejects when a torrent is lost, or comes out other than it should be. */
export async function killAtRandom(plan: KillPlan): Promise<KillFigures> {
  const profile = await makeProfile();
  try {
    return await new KillRun(plan, profile).run();
  } finally {
    await profile.remove();
  }
}

/** The torrent of the moment and what is known of it. */
interface Subject {
  readonly torrent: MadeTorrent;
  kills: number;
  /** As the page last showed it before the kill. */
  seenPieces: number;
  isBeingRemoved: boolean;
}

class KillRun {
  readonly #random: Random;
  readonly #figures: KillFigures = {
    kills: 0,
    torrents: 0,
    claimedPieces: 0,
    wrongPieces: [],
    finishedFiles: 0,
    wrongFiles: [],
    foundPieces: 0,
    lostPieces: 0,
    leftovers: [],
    servedBytes: 0,
    contentBytes: 0,
  };
  #subject: Subject | null = null;

  constructor(
    readonly plan: KillPlan,
    readonly profile: Profile,
  ) {
    this.#random = seededRandom(plan.seed);
  }

  async run(): Promise<KillFigures> {
    for (let kill = 1; kill <= this.plan.kills; kill++) {
      await this.#live((context) => this.#untilKilled(context));
      this.#figures.kills = kill;
      if (this.#subject) this.#subject.kills++;
    }
    // The torrent that the last kill left half done.
    await this.#live((context) => this.#bringHome(context));
    this.#figures.servedBytes = this.plan.source.servedBytes;
    return this.#figures;
  }

  /** One life of the browser; it is killed when `run` is over. */
  async #live(run: (context: BrowserContext) => Promise<void>): Promise<void> {
    const browser = await launchBrowser({ profile: this.profile });
    try {
      await run(browser.context);
    } finally {
      await browser.kill();
    }
  }

  /** Up to the moment of the kill. */
  async #untilKilled(context: BrowserContext): Promise<void> {
    const claimed = await this.#inspect(context);
    const page = await context.newPage();
    // Some lives end while the engine still starts.
    if (this.#subject && this.#random() < 0.15) {
      await page.goto(this.plan.app.url);
      return wait(between(this.#random, 0, 600));
    }
    await openRill(page, this.plan.app.url);
    await this.#goOn(page, claimed);
    const subject = this.#subject;
    if (subject && subject.kills >= KILLS_EACH) {
      await this.#complete(page, subject.torrent);
      const dice = this.#random();
      if (dice < 0.3) return wait(between(this.#random, 0, 300));
      if (dice < 0.6) {
        subject.isBeingRemoved = true;
        remove(page, subject.torrent).catch(() => {});
        return wait(between(this.#random, 0, 60));
      }
      await remove(page, subject.torrent);
      this.#subject = null;
    }
    this.#subject ??= await this.#begin(page);
    await this.#download(page, this.#subject);
  }

  async #download(page: Page, subject: Subject): Promise<void> {
    const { infoHash, files } = subject.torrent;
    await makeMischief(page, infoHash, files.length, between(this.#random, 1, 2 ** 31));
    await untilTorrent(page, infoHash, (it) => it.piecesHave > 0);
    await wait(between(this.#random, 0, 2_000));
    subject.seenPieces = (await torrentOf(page, infoHash)).piecesHave;
  }

  /** What the kill left, with no engine running; returns how many pieces the newest checkpoint claims. */
  async #inspect(context: BrowserContext): Promise<number> {
    // Of what is half removed nothing is promised.
    if (!this.#subject || this.#subject.isBeingRemoved) return 0;
    const { torrent } = this.#subject;
    const figures = this.#figures;
    const page = await openBarePage(context, this.plan.app.url);
    const resume = await newestResume(page, torrent.infoHash);
    const claimed = resume ? piecesIn(resume.have, torrent.pieceCount) : [];
    const wrong = await wrongPieces(page, torrent, claimed);
    figures.claimedPieces += claimed.length;
    figures.wrongPieces.push(...wrong.map((index) => `${torrent.infoHash}/${index}`));
    for (const { path, sha256: found } of await finishedFiles(page, torrent.infoHash)) {
      figures.finishedFiles++;
      const file = torrent.files.find((it) => path.endsWith(it.path));
      if (!file || sha256(file.bytes) !== found) figures.wrongFiles.push(path);
    }
    await page.close();
    return claimed.length;
  }

  /** The torrent is listed and has at least what the checkpoint claimed; it is resumed with everything selected. */
  async #goOn(page: Page, claimed: number): Promise<void> {
    const subject = this.#subject;
    if (!subject) return;
    const { torrent } = subject;
    if (subject.isBeingRemoved) return this.#goOnRemoving(page, torrent);
    const there = (await untilTorrent(page, torrent.infoHash, (it) => !it.check)).piecesHave;
    this.plan.log(
      `kill ${this.#figures.kills}/${this.plan.kills}: ${torrent.name}, of ${torrent.pieceCount} pieces ` +
        `${subject.seenPieces} were seen, ${claimed} claimed, ${there} there`,
    );
    if (there < claimed) throw new Error(`${torrent.name}: ${there} of ${claimed} claimed pieces`);
    this.#figures.foundPieces += there - claimed;
    this.#figures.lostPieces += Math.max(0, subject.seenPieces - there);
    await page.evaluate(
      async ({ hash, files }) => {
        const engine = await rill;
        await engine.select(hash, files);
        await engine.resume(hash);
      },
      { hash: torrent.infoHash, files: [...torrent.files.keys()] },
    );
  }

  /** A removal that was killed is either still to be done or done to the end. */
  async #goOnRemoving(page: Page, torrent: MadeTorrent): Promise<void> {
    const isListed = await page.evaluate(
      async (hash) => (await (await rill).torrent(hash)).ok,
      torrent.infoHash,
    );
    if (isListed) await remove(page, torrent);
    const files = Object.keys(await filesInStorage(page));
    this.#figures.leftovers.push(...files.filter((path) => path.includes(torrent.infoHash)));
    this.#subject = null;
  }

  async #begin(page: Page): Promise<Subject> {
    const { source } = this.plan;
    const torrent = randomTorrent(this.#random, this.#figures.torrents, source.url);
    source.serve(torrent);
    // Slow enough that kills fall into the download, fast enough for a few seconds each.
    source.limit(Math.max(2 * MIB, torrent.content.length / 6));
    await addFile(page, torrent);
    this.#figures.torrents++;
    this.#figures.contentBytes += torrent.content.length;
    return { torrent, kills: 0, seenPieces: 0, isBeingRemoved: false };
  }

  /** Every file comes out as it should be. */
  async #complete(page: Page, torrent: MadeTorrent): Promise<void> {
    this.plan.source.limit(Infinity);
    const done = await untilTorrent(page, torrent.infoHash, isComplete);
    for (const [index, { path, bytes }] of torrent.files.entries()) {
      const found = await sha256OfStream(page, done.files[index]!.streamUrl);
      if (found !== sha256(bytes)) throw new Error(`${torrent.name}/${path} came out wrong`);
    }
    this.#subject!.seenPieces = done.piecesHave;
  }

  async #bringHome(context: BrowserContext): Promise<void> {
    const claimed = await this.#inspect(context);
    const page = await context.newPage();
    await openRill(page, this.plan.app.url);
    await this.#goOn(page, claimed);
    if (this.#subject) await this.#complete(page, this.#subject.torrent);
  }
}

/** Several files of uneven lengths, so that pieces and extents are shared by them. */
function randomTorrent(random: Random, number: number, sourceUrl: string): MadeTorrent {
  const [pieceLength, mostBytes] = SIZES[number % SIZES.length]!;
  const files = Array.from({ length: between(random, 2, 9) }, (_, index) => ({
    path: `part ${index}.bin`,
    content: between(random, 1, Math.floor(mostBytes / 9)),
  }));
  // One large file, so that most torrents have more than one extent where their pieces allow it.
  files.push({ path: 'large.bin', content: between(random, mostBytes >> 2, mostBytes >> 1) });
  return makeTorrent({
    name: `torrent ${number}`,
    files,
    pieceLength,
    webSeeds: [sourceUrl],
    seed: between(random, 1, 2 ** 30),
  });
}

/** A kill has to fall at a moment of no meaning: this is the one place where a test waits for time to pass. */
function wait(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}
