// The limit: a Worker that reads the body, logs one line and answers 200, whatever it says.
export default {
  async fetch(request) {
    console.log((await request.arrayBuffer()).byteLength);
    return new Response("OK");
  },
};
