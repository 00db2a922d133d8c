// Enrolls a contact by HTTP, follows /events until there is a to-do, and resolves it by a signal.
//
//   npm install
//   SEQUENCING_TOKEN=seq_… node enroll.mjs SEQUENCE CONTACT USER
//
// SEQUENCE is the number of a sequence whose first person's part is a task, CONTACT an id, external id or email,
// USER the number of the user in whose name the signal is sent (`sequencing users list`).
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';

const [sequence, contact, user] = process.argv.slice(2);
const address = process.env.SEQUENCING_ADDRESS ?? 'http://localhost:8000';
const token = process.env.SEQUENCING_TOKEN;

async function api(method, path, body) {
  const answer = await fetch(`${address}/api${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      ...(method === 'GET' ? {} : { 'Idempotency-Key': randomUUID() }),
    },
    body: body && JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(`${said.code}: ${said.detail}`);
  return said;
}

async function* events(enrollment) {
  for (let after = ''; ; ) {
    const page = await api('GET', `/events?after=${after}&wait=20`);
    yield* page.items.filter((event) => event.enrollment_id === enrollment);
    after = page.next;
  }
}

const { enrolled, refused } = await api('POST', `/sequences/${sequence}/enrollments`, { contacts: [contact] });
if (refused.length) throw new Error(`${refused[0].code}: ${refused[0].message}`);
const [{ enrollment_id, workflow_id }] = enrolled;
console.log('enrolled', enrollment_id);

const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? 'localhost:7233' });
const temporal = new Client({ connection, namespace: process.env.TEMPORAL_NAMESPACE ?? 'default' });

for await (const event of events(enrollment_id)) {
  console.log(event.what, event.status);
  if (event.what === 'opened') {
    const { todo } = await api('GET', `/enrollments/${enrollment_id}`);
    const body = { enrollment_id, by: Number(user), signal_id: randomUUID(), todo, result: 'positive' };
    await temporal.workflow.getHandle(workflow_id).signal('result', body);
  }
  if (event.status === 'finished') break;
}
await connection.close();
