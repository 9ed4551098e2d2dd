// The receivers share what is beside this folder.
export default {
  turbopack: { root: new URL("..", import.meta.url).pathname },
};
