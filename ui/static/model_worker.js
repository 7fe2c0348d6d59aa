// Runs an exported .litertlm file with @litert-lm/core on the CPU of the visitor's machine.
// A classic worker: the runtime's loader needs importScripts. The file is kept by the browser under its hash.
const STORE = 'functiongemma-models';
const KEPT = 2;
const MOST_TOKENS = 256;
const GREEDY = {type: 2, k: 1, p: 1, temperature: 1, seed: 0};  // TOP_P of one: the runtime has no GREEDY
const printed = [];
let engine, config, prepared;

// The runtime logs everything; only its last lines matter, and only if it fails.
const note = (...said) => { printed.push(said.join(' ')); printed.splice(0, printed.length - 20); };
for (const level of ['debug', 'log', 'info', 'warn', 'error']) console[level] = note;

const tell = (message) => postMessage(message);

const opened = async () => {
  try {
    return await caches.open(STORE);  // absent without https, refused in some private windows
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
  if (!reply.ok) throw new Error(`${file} could not be fetched (HTTP ${reply.status})`);
  const reader = reply.body.getReader();
  const chunks = [];
  let received = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    received += next.value.length;
    tell({doing: 'fetching', received, bytes});
  }
  const blob = new Blob(chunks);
  if (blob.size !== bytes || (self.crypto?.subtle && await hexOf(blob) !== sha256)) {
    throw new Error(`${file} did not arrive as it lies on the server; reload the page`);
  }
  return blob;
};

const model = async (wanted) => {
  const store = await opened();
  const key = new URL(`kept/${wanted.sha256}.litertlm`, wanted.url).href;
  const kept = await (await store?.match(key))?.blob();
  if (kept?.size === wanted.bytes) return [kept, 'kept'];
  const blob = await fetched(wanted);
  try {
    const older = await store.keys();
    await Promise.all(older.slice(0, Math.max(0, older.length + 1 - KEPT)).map((request) => store.delete(request)));
    await store.put(key, new Response(blob));
    return [blob, 'stored'];
  } catch {  // no store, or no room in it
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

// A session whose tool declarations are computed already: the question alone is left to read.
const prepare = async () => {
  const made = await session();
  await made.runPrefill([config.head]);
  return made;
};

const open = async (wanted) => {
  config = wanted;
  const [blob, source] = await model(wanted);
  tell({doing: 'opening'});
  const library = await runtime(wanted.runtime);
  const started = performance.now();
  engine = await library.Engine.create({model: blob, backend: library.Backend.CPU});
  const load = (performance.now() - started) / 1000;
  tell({doing: 'preparing'});
  prepared = await prepare();
  tell({open: {load_seconds: load, source}});
};

const written = async (made, text) => {
  try {
    const started = performance.now();
    await made.runPrefill([text]);
    const read = performance.now();
    const responses = await made.runDecode();
    const done = performance.now();
    const [raw] = responses.getTexts();
    responses.delete();
    return {raw, prefill_seconds: (read - started) / 1000, decode_seconds: (done - read) / 1000};
  } finally {
    await made.delete();
  }
};

const ask = async (id, message) => {
  const question = message.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '') + config.tail;
  const made = prepared ?? await prepare();
  prepared = undefined;
  let answer;
  try {
    answer = await written(made, question);
  } catch {  // a long message may fit only when it is read in one piece with what stands before it
    answer = await written(await session(), config.head + question);
  }
  tell({id, answer});
  prepared = await prepare();
};

const reason = (error) => {
  const told = typeof error === 'object' ? error?.message : '';  // native exceptions are bare numbers
  const last = printed.filter((said) => !/^(INFO|WARNING|[IW]\d)/.test(said)).at(-1);
  return (told || last || String(error)).replace(/[.\s]+$/, '').slice(0, 400);
};

let line = Promise.resolve();
onmessage = ({data: {id, wanted, message}}) => {
  line = line.then(async () => {
    try {
      await (wanted ? open(wanted) : ask(id, message));
    } catch (error) {
      tell({id, error: reason(error)});
    }
  });
};
