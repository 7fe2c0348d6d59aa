// Runs an exported .litertlm file with @litert-lm/core on the CPU of the visitor's machine.
// This is a classic worker, because the runtime's loader needs importScripts. The browser caches the file by its hash.
const STORE = 'functiongemma-models';
const MOST_CACHED = 2;
const MOST_TOKENS = 256;
const GREEDY = {type: 2, k: 1, p: 1, temperature: 1, seed: 0};  // TOP_P with k = 1, because the runtime has no GREEDY
const printed = [];
let engine, config, prepared;

// The runtime logs a lot. Only its last lines are stored, for the reason if it fails.
const note = (...words) => { printed.push(words.join(' ')); printed.splice(0, printed.length - 20); };
for (const level of ['debug', 'log', 'info', 'warn', 'error']) console[level] = note;

const report = (message) => postMessage(message);

const opened = async () => {
  try {
    return await caches.open(STORE);  // missing without https, refused in some private windows
  } catch {
    return null;
  }
};

const hexOf = async (blob) => {
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
};

const fetched = async ({url, bytes, sha256, file}) => {
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`${file} could not be downloaded (HTTP ${reply.status})`);
  const reader = reply.body.getReader();
  const chunks = [];
  let received = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    received += next.value.length;
    report({doing: 'fetching', received, bytes});
  }
  const blob = new Blob(chunks);
  if (blob.size !== bytes || (self.crypto?.subtle && await hexOf(blob) !== sha256)) {
    throw new Error(`${file} was damaged during the download; reload the page`);
  }
  return blob;
};

const model = async (requested) => {
  const store = await opened();
  const key = new URL(`kept/${requested.sha256}.litertlm`, requested.url).href;
  const cached = await (await store?.match(key))?.blob();
  if (cached?.size === requested.bytes) return [cached, 'cached'];
  const blob = await fetched(requested);
  try {
    const older = await store.keys();
    await Promise.all(older.slice(0, Math.max(0, older.length + 1 - MOST_CACHED)).map((request) => store.delete(request)));
    await store.put(key, new Response(blob));
    return [blob, 'stored'];
  } catch {  // no cache, or the cache is full
    return [blob, 'fetched'];
  }
};

const runtime = async (base) => {
  self.Module = {
    locateFile: (name) => `${base}/core/wasm/${name}`,
    print: note,
    printErr: note,
  };
  const library = await import(`${base}/core/dist/index.js`);
  await library.loadLiteRtLm(`${base}/core/wasm`);
  return library;
};

const session = () => engine.createSession({
  samplerParams: GREEDY, maxOutputTokens: MOST_TOKENS, applyPromptTemplateInSession: false});

// Creates a session that has already processed the tool declarations, so that only the message remains.
const prepare = async () => {
  const made = await session();
  await made.runPrefill([config.head]);
  return made;
};

const open = async (requested) => {
  config = requested;
  const [blob, source] = await model(requested);
  report({doing: 'opening'});
  const library = await runtime(requested.runtime);
  const started = performance.now();
  engine = await library.Engine.create({model: blob, backend: library.Backend.CPU});
  const load = (performance.now() - started) / 1000;
  report({doing: 'preparing'});
  prepared = await prepare();
  report({open: {load_seconds: load, source}});
};

const written = async (made, text) => {
  try {
    const started = performance.now();
    await made.runPrefill([text]);
    const read = performance.now();
    const responses = await made.runDecode();
    const done = performance.now();
    const [raw = ''] = responses.getTexts();  // an answer may be empty
    responses.delete();
    return {raw, prefill_seconds: (read - started) / 1000, decode_seconds: (done - read) / 1000};
  } finally {
    await made.delete();
  }
};

const ask = async (id, message) => {
  // the control tokens in a message are words: a space in each of them, as everywhere else
  const words = config.control_tokens.reduce(
    (text, token) => text.replaceAll(token, `${token[0]} ${token.slice(1)}`), message);
  const question = words.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '') + config.tail;
  const made = prepared ?? await prepare();
  prepared = undefined;
  let answer;
  try {
    answer = await written(made, question);
  } catch {  // a long message may fit only if it is processed in one piece with the prompt before it
    answer = await written(await session(), config.head + question);
  }
  report({id, answer});
  prepared = await prepare();
};

const reason = (error) => {
  const message = typeof error === 'object' ? error?.message : '';  // native exceptions are plain numbers
  const last = printed.filter((line) => !/^(INFO|WARNING|[IW]\d)/.test(line)).at(-1);
  return (message || last || String(error)).replace(/[.\s]+$/, '').slice(0, 400);
};

let queue = Promise.resolve();
onmessage = ({data: {id, requested, message}}) => {
  queue = queue.then(async () => {
    try {
      await (requested ? open(requested) : ask(id, message));
    } catch (error) {
      report({id, error: reason(error)});
    }
  });
};
