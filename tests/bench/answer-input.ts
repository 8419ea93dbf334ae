/** The worker's end of run-in-worker.ts: takes the one input, answers once. */
export type WorkerAnswer = { readonly value: unknown } | { readonly error: string };

export function answerInput<Input>(run: (input: Input) => Promise<unknown>): void {
  addEventListener('message', ({ data, ports: [port] }: MessageEvent<Input>) => {
    void run(data).then(
      (value) => port!.postMessage({ value } satisfies WorkerAnswer),
      (error: unknown) =>
        port!.postMessage({
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        } satisfies WorkerAnswer),
    );
  });
}
