// Runs a script and keeps what comes of it: `ask("start", code, params)`, then "how" and "given".
// It holds on to what it needs of the language, so that a script that changes built-in objects
// changes them for itself.
(function () {
  const {parse, stringify} = JSON, {isFinite} = Number, {create, keys} = Object;
  const {isArray} = Array, text = String, evaluate = eval;
  const state = create(null);
  state.how = "pending";
  const console = {};
  for (const name of ["log", "info", "warn", "error", "debug", "trace", "table", "dir"]) {
    console[name] = function () {};
  }
  globalThis.console = console;
  globalThis.global = globalThis;

  function told(what) {
    state.how = "unusable";
    state.given = what;
    return state;
  }

  function failed(error) {
    state.how = "thrown";
    state.given = "{}";
    if (error instanceof InternalError && error.message === "out of memory") state.how = "memory";
    if (error instanceof RangeError && /call stack/.test(error.message)) state.how = "deep";
    if (error === null) state.how = "null"; // there is no memory left for an error
    const isObject = typeof error === "object" && error !== null;
    const record = create(null);
    record.message = text(isObject && error.message !== undefined ? error.message : error);
    record.message = record.message.slice(0, 2000);
    if (isObject && error.code !== undefined) record.code = text(error.code).slice(0, 200);
    state.given = stringify(record);
    if (isObject && error.details !== undefined) {
      record.details = error.details;
      state.given = stringify(record);
    }
  }

  function shown(value) {
    if (value === undefined) return "nothing";
    return value === null ? "null" : isArray(value) ? "a list" : `a ${typeof value}`;
  }

  function done(value) {
    if (typeof value !== "object" || value === null || isArray(value)) {
      told(`gives ${shown(value)}, not an object`);
      return;
    }
    try {
      state.given = stringify(value, function (name, member) {
        const isBig = typeof member === "bigint";
        if (isBig || (typeof member === "number" && !isFinite(member))) {
          const what = isBig ? "a BigInt" : text(member);
          throw told(`gives ${what} in '${name}', which JSON cannot say`);
        }
        return member;
      });
      if (typeof state.given === "string") state.how = "done";
      else told("gives an object that is nothing in JSON");
    } catch (error) {
      if (error === state) return;
      if (/call stack/.test(error.message)) told("gives an object that is nested too deeply");
      else told(`gives what JSON cannot say: ${text(error.message).slice(0, 200)}`);
    }
  }

  function exported(module, value) {
    const given = module.exports;
    if (typeof given === "function") return given;
    if (typeof value === "function") return value;
    if (typeof given !== "object" || given === null) return undefined;
    for (const name of keys(given)) {
      if (typeof given[name] === "function") return given[name];
    }
    return undefined;
  }

  // Finds the function: what is exported, what the code is worth, or what it gives a name to.
  function read(code) {
    const module = {exports: {}};
    globalThis.module = module;
    globalThis.exports = module.exports;
    let fault;
    const named = /^\s*(?:const|let)\s+([A-Za-z_$][\w$]*)\s*=/.exec(code);
    const ways = [code, named ? `${code}\n;${named[1]}` : `(${code.replace(/;\s*$/, "")}\n)`];
    for (const way of ways) {
      try {
        const found = exported(module, evaluate(way));
        if (found) return found;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        fault = fault || (way === code ? error : undefined);
      }
    }
    if (fault) {
      const line = /:(\d+):\d+/.exec(fault.stack);
      told(`cannot be read: ${line ? `line ${line[1]}: ` : ""}${fault.message}`);
    } else {
      told("exports no function; it needs module.exports = async ({params}) => {…}");
    }
    return undefined;
  }

  async function start(code, params) {
    try {
      const run = read(code);
      if (run) done(await run({params: parse(params)}));
    } catch (error) {
      failed(error);
    }
  }

  return function (ask, code, params) {
    if (ask === "start") start(code, params);
    return state[ask];
  };
})()
