// Questions to the person at the terminal, or to what answers in its place, one line for each.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";

export class Questions {
  #hidden = false;
  #input = createInterface({
    input: process.stdin,
    terminal: Boolean(process.stdin.isTTY),
    output: new Writable({
      write: (chunk, _encoding, done) => {
        if (!this.#hidden) process.stdout.write(chunk);
        done();
      },
    }),
  });
  #lines = this.#input[Symbol.asyncIterator]();

  /** The answer; an empty one is `otherwise`. */
  async ask(question, otherwise = "") {
    this.#input.setPrompt(`${question}${otherwise ? ` [${otherwise}]` : ""}: `);
    this.#input.prompt();
    return (await this.#line()) || otherwise;
  }

  /** The answer, which is not shown while it is typed. */
  async askHidden(question) {
    process.stdout.write(`${question}: `);
    this.#hidden = true;
    this.#input.setPrompt("");
    try {
      return await this.#line();
    } finally {
      this.#hidden = false;
      process.stdout.write("\n");
    }
  }

  async confirm(question) {
    return /^y(es)?$/i.test(await this.ask(`${question} (yes or no)`, "yes"));
  }

  close() {
    this.#input.close();
  }

  async #line() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("\nStopped: nothing was answered. With --yes no question is asked.");
    return value.trim();
  }
}
