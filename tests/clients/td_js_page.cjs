// A page that runs the vendor's JavaScript client: a job comes in as JSON, its results go out.
//
// Job: {"modules", "client", "page", "html", "config", "steps"}. A step is the name of a client method with
// its arguments, or "click" with a selector. Results: what each step gave, {"ok": value} or
// {"error": text}, and at the end the page's cookies and what went wrong in it.
'use strict'

const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { join } = require('node:path')

const CALLBACKS = new Set([
  'addRecord', 'trackEvent', 'trackPageview',
  'fetchGlobalID', 'fetchUserSegments', 'fetchPersonalization'
])
const MODES = new Set(['inSignedMode', 'areEventsBlocked'])

function openPage (job) {
  const { JSDOM, VirtualConsole } = createRequire(join(job.modules, 'x.js'))('jsdom')
  const problems = []
  const virtualConsole = new VirtualConsole()
  virtualConsole.on('jsdomError', (error) => problems.push(String(error.message)))
  const { window } = new JSDOM(job.html, {
    url: job.page,
    runScripts: 'dangerously', // older clients ask by script elements
    resources: 'usable',
    pretendToBeVisual: true,
    virtualConsole
  })
  // jsdom leaves this empty, which no browser does
  Object.defineProperty(window.navigator, 'platform', { value: 'Linux x86_64' })
  const open = new Set()
  const send = window.XMLHttpRequest.prototype.send
  window.XMLHttpRequest.prototype.send = function (body) {
    open.add(this)
    this.addEventListener('loadend', () => open.delete(this))
    return send.call(this, body)
  }
  window.eval(readFileSync(join(job.modules, job.client, 'dist', 'td.min.js'), 'utf8'))
  return { window, open, problems }
}

async function settled (page) {
  while (page.open.size) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function called (client, name, values) {
  return new Promise((resolve) => {
    client[name](
      ...values,
      (value) => resolve({ ok: value === undefined ? null : value }),
      (error) => resolve({ error: String((error && error.message) || error.type || error) })
    )
  })
}

async function taken (page, client, [name, ...values]) {
  if (name === 'click') {
    page.window.document.querySelector(values[0]).click()
    await settled(page)
    return { ok: null }
  }
  if (CALLBACKS.has(name)) {
    return called(client, name, values)
  }
  const value = client[name](...values)
  return { ok: MODES.has(name) ? value : null }
}

async function main () {
  const job = JSON.parse(readFileSync(0, 'utf8'))
  const page = openPage(job)
  const client = new page.window.Treasure(job.config)
  const results = []
  for (const step of job.steps) {
    results.push(await taken(page, client, step))
  }
  const { cookie } = page.window.document
  console.log(JSON.stringify({ results, cookie, problems: page.problems }))
  page.window.close()
}

main().catch((error) => {
  console.error(error.message) // the client's source, in one line, would hide it
  process.exitCode = 1
})
