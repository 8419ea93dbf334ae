/** Prints one bench as lines that read well in a terminal and diff well in a note. */
export function report(title: string, rows: Record<string, number | readonly number[]>): void {
  console.log(`\n${title}`);
  for (const [name, value] of Object.entries(rows)) {
    const numbers = typeof value === 'number' ? [value] : value;
    console.log(`  ${name.padEnd(64)} ${numbers.map((n) => n.toFixed(2)).join('  ')}`);
  }
}
