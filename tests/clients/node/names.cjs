// Loaded by NODE_OPTIONS: host names of tests lead to this machine.

const dns = require("node:dns");

const lookup = dns.lookup;
const isOfTests = /\.example\.(org|net)$/;

dns.lookup = (name, ...more) => lookup(isOfTests.test(name) ? "127.0.0.1" : name, ...more);
