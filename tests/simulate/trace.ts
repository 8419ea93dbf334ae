/** A digest over everything that was delivered, and when: two runs with the same digest were the same run. */
export class Trace {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;
  count = 0;

  add(atMs: number, place: number, message: Uint8Array): void {
    this.count++;
    this.#mix(Math.floor(atMs * 1_000) | 0);
    this.#mix(place);
    this.#mix(message.length);
    // Length, kind and numbers of its first message: payloads are made from the seed anyway.
    for (let at = 0; at < Math.min(17, message.length); at++) this.#mix(message[at]!);
  }

  get digest(): string {
    return [this.#a, this.#b].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #mix(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193);
    this.#b = Math.imul(this.#b ^ (value + (this.#a >>> 7)), 0x85ebca6b) ^ (this.#b >>> 13);
  }
}
