// Loaded before the vendor's MCP server, which knows its hosts by site only: the hosts are here.
'use strict'

const outside = globalThis.fetch
const hosts = /^https:\/\/api-(cdp|workflow)\.treasuredata\.com/

globalThis.fetch = (address, options) =>
  outside(String(address).replace(hosts, process.env.SANDBOX_URL), options)
