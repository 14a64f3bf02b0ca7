// 3scale's client for Node.js, unchanged: makes the calls that are given and prints what it was told.
//   NODE_PATH=node_modules node client.js PORT PROVIDER_KEY '[["authorize", {...}], ["report", ID, [...]], ...]'
const { Client } = require("3scale");

const [port, key, calls] = process.argv.slice(2);
const at = { host: "localhost", port: Number(port) };
const client = key ? new Client(key, at) : new Client(at);

function told([name, ...rest]) {
  return new Promise((resolve) => client[name](...rest, resolve));
}

(async () => {
  const answers = [];
  for (const call of JSON.parse(calls)) {
    const answer = await told(call);
    answers.push({ ...answer, success: answer.is_success() });
  }
  console.log(JSON.stringify(answers));
})();
