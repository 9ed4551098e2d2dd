'use strict';
// Loaded by Node before the program. Node's own clients heed no proxy, so
// connections to these hosts go to rtkmock instead. All others are not touched.
const net = require('net');
const hosts = new Set(__HOSTS__);
const connect = net.Socket.prototype.connect;

function elsewhere(options) {
  if (options === null || typeof options !== 'object' || options.path || Number(options.port) !== 443) return undefined;
  const host = String(options.host || '').toLowerCase().replace(/\.$/, '');
  return hosts.has(host) ? Object.assign({}, options, { host: '127.0.0.1', port: __PORT__ }) : undefined;
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
