// The limit: a Worker that answers 200 to everything, without a look at the request.
export default {
  fetch() {
    return new Response("OK");
  },
};
