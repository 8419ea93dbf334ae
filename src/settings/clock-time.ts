/** Minutes since midnight as a field for times has them, `22:05`. */
export function timeOf(minute: number): string {
  const two = (count: number) => String(count).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** And back; NaN for an empty field: the engine says what it should be. */
export function minuteOf(time: string): number {
  const [hours = NaN, minutes = NaN] = time === '' ? [] : time.split(':').map(Number);
  return hours * 60 + minutes;
}
