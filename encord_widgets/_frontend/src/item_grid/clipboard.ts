// Blocks of cells as tab separated text, the way spreadsheets exchange them.

export function toTsv(rows: string[][]): string {
  return rows
    .map((row) =>
      row.map((text) => (/[\t\r\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join("\t"),
    )
    .join("\n");
}

export function fromTsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = "";
  let quoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let i = 0; i < source.length; i++) {
    const char = source[i] as string;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (source[i + 1] === '"') {
        cell += '"';
        i++;
      } else quoted = false;
    } else if (char === '"' && cell === "" && closes(source, i)) quoted = true;
    else if (char === "\t" || char === "\n") {
      rows[rows.length - 1]?.push(cell);
      cell = "";
      if (char === "\n") rows.push([]);
    } else cell += char;
  }
  rows[rows.length - 1]?.push(cell);
  return rows;
}

/** Whether the quote at `start` is closed just before a separator: otherwise it is an ordinary character. */
function closes(source: string, start: number): boolean {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] !== '"') continue;
    if (source[i + 1] === '"') i++;
    else return i + 1 === source.length || source[i + 1] === "\t" || source[i + 1] === "\n";
  }
  return false;
}
