// Requests to a bridge; where none answers, what to do about that.
const HERE = ["127.0.0.1", "localhost", "[::1]"];

/** fetch, with an error that says what to do. */
export async function ask(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { origin, hostname } = new URL(url);
    const todo = HERE.includes(hostname)
      ? "start one with `npm start`, or name another with --url"
      : "see that the address is right and the Worker is deployed";
    throw new Error(`No bridge answers at ${origin}; ${todo}`, { cause: error.cause ?? error });
  }
}
