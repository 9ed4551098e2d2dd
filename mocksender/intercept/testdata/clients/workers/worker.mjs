// A Worker that fetches the URL in its query, and answers with what it got.
export default {
  async fetch(request) {
    try {
      return new Response(await (await fetch(new URL(request.url).searchParams.get('url'))).text());
    } catch (error) {
      return new Response(`the Worker failed: ${error}`, { status: 500 });
    }
  },
};
