'use strict';
// Loaded by Node before the program. Node's own clients heed no proxy, so
// connections to these hosts go to rtkmock instead. All others are not touched.
const fs = require('fs');
const net = require('net');
const path = require('path');
const hosts = new Set(__HOSTS__);
const connect = net.Socket.prototype.connect;

// unknown reports whether a fault has this name lead nowhere at present.
function unknown(host) {
  try {
    return fs.readFileSync(path.join(__dirname, 'unknown-names'), 'utf8').split('\n').includes(host);
  } catch {
    return false;
  }
}

function lookup(host, options, done) {
  done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: host }));
}

function elsewhere(options) {
  if (options === null || typeof options !== 'object' || options.path || Number(options.port) !== 443) return undefined;
  const host = String(options.host || '').toLowerCase().replace(/\.$/, '');
  if (!hosts.has(host)) return undefined;
  return Object.assign({}, options, unknown(host) ? { lookup } : { host: '127.0.0.1', port: __PORT__ });
}

net.Socket.prototype.connect = function (...args) {
  if (Array.isArray(args[0])) {
    // Node's own callers hand over [options, callback], marked as such.
    const options = elsewhere(args[0][0]);
    if (options) args[0][0] = options;
  } else if (typeof args[0] === 'object') {
    args[0] = elsewhere(args[0]) || args[0];
  } else {
    const options = elsewhere({ port: args[0], host: args[1] });
    if (options) args.splice(0, 2, options);
  }
  return connect.apply(this, args);
};
