// An internal application opens a case and files the household's question: the 48 hours begin.
import { requestId } from '../hub.mjs';
import { atLeast, equal, refused, seconds, that } from '../telling.mjs';

const PROMISED = 48 * 3600;

const members = [
  { role: 'ROLE_ADULT', given_name: 'Sacha', family_name: 'MODÈLE', email: 'sacha.modele@example.org', phone: '+33 6 39 98 00 11' },
  { role: 'ROLE_ADULT', given_name: 'Alix', family_name: 'MODÈLE', email: 'alix.modele@example.org', phone: '+33 6 39 98 00 12' },
  { role: 'ROLE_CHILD', given_name: 'Noa', family_name: 'MODÈLE', birth_date: { year: 2019, month: 2, day: 28 } },
];

export async function household({ hubs: { crm }, made, step }) {
  const opening = { request_id: requestId(), members, needs: ['NEED_EMPLOYMENT', 'NEED_HOUSING', 'NEED_SCHOOLING'] };

  await step('a case with a nameless member is refused, with the path of every wrong field', async () => {
    const wrong = { request_id: requestId(), members: [members[0], { role: 'ROLE_CHILD', family_name: 'MODÈLE' }] };
    const error = await refused(crm.call('cases/CaseService/OpenCase', wrong), 'INVALID_ARGUMENT', 'FIELD_INVALID');
    const fields = error.details['google.rpc.BadRequest'].field_violations.map((violation) => violation.field).sort();
    equal(fields, ['members[1].birth_date', 'members[1].given_name'], 'fields');
  });

  await step('a case is opened', async () => {
    const { case: opened } = await crm.call('cases/CaseService/OpenCase', opening);
    equal(opened.members.length, 3, 'members');
    equal(opened.needs, opening.needs, 'needs');
    [made.case, made.head, made.spouse, made.child] = [opened.name, ...opened.members];
  });

  await step('opening it again with the same request id gives the same case', async () => {
    const { case: repeated } = await crm.call('cases/CaseService/OpenCase', opening);
    equal(repeated.name, made.case, 'name of the case');
  });

  await step('the same request id for another household is refused', async () => {
    const other = { ...opening, members: [members[0]] };
    await refused(crm.call('cases/CaseService/OpenCase', other), 'ALREADY_EXISTS', 'REQUEST_ID_REUSED');
  });

  await step('a request is filed and its promise of 48 hours starts', async () => {
    const filing = { request_id: requestId(), case: made.case, person: made.head, need: 'NEED_EMPLOYMENT', text: 'Alix cherche un emploi près de Caen.' };
    const { request } = await crm.call('cases/RequestService/FileRequest', filing);
    made.request = request.name;
    made.promisedUntil = request.promise.due_time;
    equal(request.state, 'STATE_OPEN', 'state of the request');
    equal([request.promise.family, request.promise.state], ['FAMILY_PROMISE', 'STATE_RUNNING'], 'family and state of the promise');
    equal(seconds(request.promise.due_time) - seconds(request.promise.start_time), PROMISED, 'seconds promised');
  });

  await step('the request can be read, and found among the open ones', async () => {
    const { request, text } = await crm.call('cases/RequestService/GetRequest', { name: made.request });
    equal([request.case, text], [made.case, 'Alix cherche un emploi près de Caen.'], 'case and text');
    const { requests } = await crm.call('cases/RequestService/ListRequests', { state: 'STATE_OPEN', page_size: 200 });
    that(requests.some((each) => each.name === made.request), `${made.request} among the open requests`);
  });

  await step('the status of the case counts the running promise', async () => {
    const status = await crm.call('cases/CaseService/GetCaseStatus', { name: made.case });
    equal([status.running_clocks, status.overdue_clocks], [1, 0], 'running and overdue clocks');
    that(status.next_due_time, 'a next deadline');
    const { cases } = await crm.call('cases/CaseService/ListCases', { page_size: 1 });
    atLeast(cases.length, 1, 'cases');
  });
}
