// Ordinary work with the vendor's Node client: `td_node_work.cjs MODULES URL KEY`.
//
// Prints what it saw as JSON; the test beside it says what that must be.
'use strict'

const path = require('node:path')
const { Readable } = require('node:stream')
const { gzipSync } = require('node:zlib')

const [modules, url, key] = process.argv.slice(2)
const { TDClient } = require(path.join(modules, 'td'))
const [protocol, host] = url.split('://')
const td = new TDClient(key, { host, protocol })
const stranger = new TDClient('1/stranger', { host, protocol })
const NOON = 1_700_000_000
const PART = gzipSync(Buffer.from('82a474696d65ce6553f100a16e01', 'hex')) // {time: NOON, n: 1}

function ask (client, name, ...given) {
  return new Promise((resolve, reject) => {
    client[name](...given, (error, answer) => (error ? reject(error) : resolve(answer)))
  })
}

const call = (name, ...given) => ask(td, name, ...given)
const refused = (client, name, ...given) =>
  ask(client, name, ...given).then(
    () => 'done',
    (error) => error.message
  )

function upload (records) {
  const body = gzipSync(records.map((record) => JSON.stringify(record)).join('\n'))
  return [Readable.from([body]), body.length]
}

async function catalogue (seen) {
  await call('createDatabase', 'one')
  await call('createLogTable', 'one', 'people')
  await call('createLogTable', 'one', 'others')
  await call('updateSchema', 'one', 'people', { schema: [['name', 'string']] })
  const [stream, size] = upload([{ time: NOON, name: 'ada', age: 36 }])
  const [again, sizeAgain] = upload([{ time: NOON + 1, name: 'kenji', age: 41 }])
  await call('import', 'one', 'people', 'json.gz', stream, size)
  await call('import', 'one', 'people', 'json.gz', again, sizeAgain, 'ab12')
  await call('swapTable', 'one', 'people', 'others')
  await call('swapTable', 'one', 'people', 'others')
  seen.status = (await call('serverStatus')).status
  seen.databases = (await call('listDatabases')).databases.map((one) => one.name)
  seen.tables = (await call('listTables', 'one')).tables.map((one) => [one.name, one.count])
  seen.tail = (await call('tail', 'one', 'people', 1, null, null)).includes('kenji')
  seen.deleted = (await call('deleteTable', 'one', 'others')).type
}

async function queries (seen) {
  const text = 'SELECT name, age FROM people ORDER BY age'
  const presto = await call('prestoQuery', 'one', text, {})
  const trino = await call('trinoQuery', 'one', text, { priority: 1 })
  const hive = await call('hiveQuery', 'one', text, {})
  seen.status = (await call('showJob', hive.job_id)).status
  seen.tsv = await call('jobResult', presto.job_id)
  seen.csv = await call('jobResult', trino.job_id, 'csv')
  seen.json = await call('jobResult', hive.job_id, 'json')
  seen.jobs = (await call('listJobs')).jobs.map((one) => one.type)
  seen.few = (await call('listJobs', 0, 1, 'success', null)).jobs.length
  seen.killed = (await call('kill', hive.job_id)).former_status
}

async function schedules (seen) {
  const made = { cron: '0 0 * * *', query: 'SELECT count(1) FROM people', database: 'one' }
  await call('createSchedule', 'daily', { ...made, type: 'hive', timezone: 'Asia/Tokyo' })
  await call('updateSchedule', 'daily', { cron: '30 * * * *' })
  seen.schedules = (await call('listSchedules')).schedules.map((one) => [one.name, one.cron])
  seen.ran = (await call('runSchedule', 'daily', String(NOON), 2)).jobs.length
  seen.history = (await call('history', 'daily', 0, 10)).history.length
  seen.unscheduled = (await call('deleteSchedule', 'daily')).cron
}

async function bulkImport (seen) {
  const parts = async () => (await call('listBulkImportParts', 'session_1')).parts
  await call('createBulkImport', 'session_1', 'one', 'people')
  await call('bulkImportUploadPart', 'session_1', 'part_1', Readable.from([gzipSync('')]))
  seen.parts = [await parts()]
  await call('bulkImportDeletePart', 'session_1', 'part_1')
  await call('bulkImportUploadPart', 'session_1', 'part_2', Readable.from([PART]))
  seen.parts.push(await parts())
  await call('performBulkImport', 'session_1')
  await call('commitBulkImport', 'session_1')
  seen.status = (await call('showBulkImport', 'session_1')).status
  seen.rows = (await call('listTables', 'one')).tables[0].count
  await call('deleteBulkImport', 'session_1')
  seen.left = (await call('listBulkImports')).bulk_imports.length
}

async function results (seen) {
  await call('createResult', 'warehouse', 'postgresql://ada:hush@db.example.com/main/people')
  seen.urls = (await call('listResult')).results.map((one) => one.url)
  await call('deleteResult', 'warehouse', '')
  const bucket = { bucket: 'b', access_key_id: 'a', secret_access_key: 's' }
  const moved = await call('export', 'one', 'people', 's3', bucket)
  const job = await call('showJob', moved.job_id)
  seen.exported = [job.status, job.query]
}

async function failures (seen) {
  seen.stranger = await refused(stranger, 'listDatabases')
  seen.again = await refused(td, 'createDatabase', 'one')
  seen.nowhere = await refused(td, 'listTables', 'nowhere')
  const dropped = await call('deleteDatabase', 'one')
  seen.dropped = dropped.database
}

async function main () {
  const seen = {}
  for (const work of [catalogue, queries, schedules, bulkImport, results, failures]) {
    seen[work.name] = {}
    await work(seen[work.name])
  }
  console.log(JSON.stringify(seen))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
