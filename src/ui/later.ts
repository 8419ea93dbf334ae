/** The one timer of the page: calls back after a while, and returns how to call it off. */
export type Later = (ms: number, callback: () => void) => () => void;

export const later: Later = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};
