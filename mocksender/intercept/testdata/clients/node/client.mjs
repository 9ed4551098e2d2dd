// Fetches a URL with one of Node's clients, and prints the answer.
import https from 'node:https';
import http2 from 'node:http2';
import { Worker, isMainThread, workerData } from 'node:worker_threads';

const [client, url] = isMainThread ? process.argv.slice(2) : workerData;
const clients = {
  fetch: async () => (await fetch(url)).text(),
  https: () => new Promise((resolve, reject) => {
    https.get(url, (res) => {
      let text = '';
      res.on('data', (part) => { text += part; }).on('end', () => resolve(text));
    }).on('error', reject);
  }),
  http2: () => new Promise((resolve, reject) => {
    const session = http2.connect(new URL(url).origin).on('error', reject);
    let text = '';
    session.request({ ':path': new URL(url).pathname }).on('error', reject)
      .on('data', (part) => { text += part; }).on('end', () => { session.close(); resolve(text); });
  }),
  worker: () => new Promise((resolve, reject) => {
    new Worker(new URL(import.meta.url), { workerData: ['fetch', url] }).on('error', reject).on('exit', () => resolve(''));
  }),
  axios: async () => (await (await import('axios')).default.get(url, { responseType: 'text' })).data,
  got: async () => (await import('got')).default(url, { retry: { limit: 0 } }).text(),
  undici: async () => (await (await import('undici')).request(url)).body.text(),
  'node-fetch': async () => (await (await import('node-fetch')).default(url)).text(),
};
process.stdout.write(await clients[client]());
