// Lines splits text into lines. The text comes in pieces.
export class Lines {
  #rest = "";

  // take returns the lines that this piece completes.
  take(piece) {
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop();
    return lines.map((line) => line.endsWith("\r") ? line.slice(0, -1) : line);
  }
}
