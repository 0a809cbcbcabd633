/** Calls of the official JavaScript client, in its own words: reads a call a line, prints what came of it a line. */

import { createInterface } from "node:readline";
import Replicate from "replicate";

const client = new Replicate({ baseUrl: process.env.REPLICATE_BASE_URL });
const POLL = { interval: 50 };

const split = (name) => name.split("/");
const bytes = (content) => Buffer.from(content, "base64");

async function pages(endpoint) {
  const found = [];
  for await (const page of client.paginate(endpoint)) found.push(page);
  return found;
}

async function follow(address) {
  return (await client.request(address, {})).json();
}

async function pagesBack() {
  let page = await client.predictions.list();
  while (page.next) page = await follow(page.next);
  const back = [page];
  while (page.previous) back.push((page = await follow(page.previous)));
  return back.map((one) => one.results.map(({ id }) => id));
}

async function stream({ ref, sent }) {
  const events = [];
  for await (const event of client.stream(ref, { input: sent })) events.push(String(event));
  return events;
}

const calls = {
  create_by_model: ({ model, sent, wait }) => client.predictions.create({ model, input: sent, wait }),
  create_by_version: ({ version, sent }) => client.predictions.create({ version, input: sent }),
  create_by_deployment: ({ deployment, sent }) =>
    client.deployments.predictions.create(...split(deployment), { input: sent }),
  create_with_file: ({ model, content }) => client.predictions.create({ model, input: { image: bytes(content) } }),
  create_with_deadline: ({ model, sent }) => client.predictions.create({ model, input: sent, cancel_after: "90s" }),
  get: ({ key }) => client.predictions.get(key),
  run: ({ ref, sent }) => client.run(ref, { input: sent }),
  stream,
  wait: async ({ key }) => client.wait(await client.predictions.get(key), POLL),
  progress: async ({ key }) => Replicate.parseProgressFromLogs(await client.predictions.get(key)),
  cancel: ({ key }) => client.predictions.cancel(key),
  list: () => client.predictions.list(),
  list_between: ({ after, before }) => client.predictions.list({ created_after: after, created_before: before }),
  pages: async () => (await pages(client.predictions.list)).map((page) => page.map(({ id }) => id)),
  pages_back: pagesBack,
  upload: ({ name, content, kind, metadata }) =>
    client.files.create(new File([bytes(content)], name, { type: kind }), metadata),
  files: async () => (await client.files.list()).results,
  file: ({ key }) => client.files.get(key),
  delete_file: ({ key }) => client.files.delete(key),
  download: ({ key, expiry }) => client.files.download(key, { expiry }),
  account: () => client.accounts.current(),
  models: async () => (await pages(client.models.list)).flat().map(({ owner, name }) => `${owner}/${name}`),
  model: ({ name }) => client.models.get(...split(name)),
  versions: async ({ name }) => (await client.models.versions.list(...split(name))).results,
  version: ({ name, key }) => client.models.versions.get(...split(name), key),
  deployment: ({ name }) => client.deployments.get(...split(name)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...asked } = JSON.parse(line);
  let answer;
  try {
    answer = { returned: await calls[call](asked) };
  } catch (error) {
    answer = { error: { kind: error.name, status: error.response?.status ?? null, text: error.message } };
  }
  console.log(JSON.stringify(answer));
}
