// Node-RED as a service: no editor, no log, and nothing kept between starts.
module.exports = {
  flowFile: process.env.FLOW_FILE,
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.PORT),
  httpAdminRoot: false,
  credentialSecret: false,
  disableEditor: true,
  diagnostics: { enabled: false },
  runtimeState: { enabled: false },
  logging: { console: { level: "error", metrics: false, audit: false } },
};
