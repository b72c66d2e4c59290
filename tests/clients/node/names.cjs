// Loaded by NODE_OPTIONS: host names of tests lead to this machine, and https to HTTPS_PORT there.

const dns = require("node:dns");
const net = require("node:net");

const lookup = dns.lookup;
const connect = net.Socket.prototype.connect;
const isOfTests = /\.example\.(org|net)$/;

dns.lookup = (name, ...more) => lookup(isOfTests.test(name) ? "127.0.0.1" : name, ...more);

net.Socket.prototype.connect = function (options, ...more) {
    if (Number(options?.port) === 443 && isOfTests.test(options.host) && process.env.HTTPS_PORT) {
        options.port = Number(process.env.HTTPS_PORT);
    }
    return connect.call(this, options, ...more);
};
