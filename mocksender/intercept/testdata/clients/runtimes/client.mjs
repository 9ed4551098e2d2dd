// Fetches a URL, and prints the answer.
const url = (globalThis.Deno ? Deno.args : process.argv.slice(2))[0];
console.log(await (await fetch(url)).text());
