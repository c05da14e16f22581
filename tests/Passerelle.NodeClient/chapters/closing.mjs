// The household gets its answer; the case shows what happened, and the register shows who got what.
import { requestId } from '../hub.mjs';
import { atLeast, equal, pages, refused, seconds, that } from '../telling.mjs';

// What the story has made happen, at least this often.
const happened = {
  'case.opened': 1, 'request.filed': 1, 'cv.attached': 1, 'consent.recorded': 1, 'referral.created': 2, 'document.uploaded': 3, 'enrolment.created': 1,
  'enrolment.completed': 1, 'document.downloaded': 3, 'exchange.queued': 4, 'exchange.delivered': 4, 'exchange.answered': 4, 'request.answered': 1,
};

export async function closing({ hubs: { crm, interim }, partner, made, step }) {
  await step('the request is answered and its promise is met', async () => {
    const given = { request_id: requestId(), name: made.request, kind: 'ANSWER_KIND_CALL_LOGGED', text: 'Une agence souhaite rencontrer Alix.' };
    const { request } = await crm.call('cases/RequestService/AnswerRequest', given);
    equal([request.state, request.answer_kind, request.promise.state], ['STATE_ANSWERED', given.kind, 'STATE_MET'], 'state, kind and promise');
  });

  await step('the case shows its whole timeline, and nothing runs any more', async () => {
    made.whole = await crm.call('cases/CaseService/GetCase', { name: made.case });
    for (const [type, least] of Object.entries(happened)) atLeast(made.whole.timeline.filter((event) => event.type === type).length, least, `events ${type}`);
    equal(made.whole.clocks.map((clock) => clock.state), Array(5).fill('STATE_MET'), 'a promise and four windows');
    const status = await crm.call('cases/CaseService/GetCaseStatus', { name: made.case });
    equal([status.running_clocks, status.overdue_clocks, status.next_due_time], [0, 0, null], 'running, overdue, next');
  });

  await step('watching the case from the beginning gives the same events', async () => {
    const events = [];
    for await (const item of crm.watch('cases/CaseService/WatchCase', { name: made.case })) {
      that(item.cursor, 'a cursor with every item');
      if (item.item === 'checkpoint_time') break;
      events.push(item.event);
    }
    // A delivery and the answer that overtakes it may come in either order: each event bears its time.
    equal(byTime(events), byTime(made.whole.timeline), 'events');
  });

  await step('watching goes on from the cursor of the case without a gap or a repeat', async () => {
    for await (const item of crm.watch('cases/CaseService/WatchCase', { name: made.case, start_cursor: made.whole.cursor })) {
      equal(item.item, 'checkpoint_time', 'first item');
      break;
    }
  });

  await step('the exchanges of the case are listed; a partner sees its own', async () => {
    const all = await pages(crm, 'exchanges/ExchangeService/ListExchanges', { case: made.case, page_size: 3 }, 'exchanges');
    const expected = [made.pushed, made.pulled, made.enrolment, made.completed].map((each) => each.exchange);
    equal(all.map((exchange) => exchange.name), expected.reverse(), 'exchanges, newest first');
    equal(all.map((exchange) => exchange.state), Array(4).fill('STATE_ANSWERED'), 'states');
    const own = await pages(interim, 'exchanges/ExchangeService/ListExchanges', { case: made.case }, 'exchanges');
    equal(own.map((exchange) => exchange.name), [made.pulled.exchange], 'exchanges that interim-demo sees');
  });

  await step('the register shows who got what about the spouse, by consent', async () => {
    const register = await disclosures(made.spouse);
    for (const name of ['emploi', 'interim']) {
      const cv = register.find((each) => each.partner === partner(name) && each.category === 'cv');
      that(cv, `a disclosure of the CV to ${partner(name)}`);
      equal([cv.ground, cv.consent], ['GROUND_CONSENT', made.consent], `ground and consent of the disclosure to ${partner(name)}`);
    }
  });

  await step('the register shows who got what about the child, by public task', async () => {
    const register = await disclosures(made.child);
    equal([...new Set(register.map((each) => `${each.partner} ${each.ground}`))], [`${partner('ecole')} GROUND_PUBLIC_TASK`], 'recipients and grounds');
    atLeast(register.filter((each) => each.category === 'enrolment_file').length, 2, 'disclosures of the enrolment file');
    atLeast(register.filter((each) => each.category === 'document').length, 3, 'disclosures of documents');
  });

  await step('once the consent is withdrawn, no further referral leaves', async () => {
    const { consent } = await crm.call('privacy/ConsentService/WithdrawConsent', { name: made.consent });
    that(consent.withdraw_time, 'the time of the withdrawal');
    const again = { request_id: requestId(), person: made.spouse, partner: partner('interim') };
    await refused(crm.call('employment/ReferralService/CreateReferral', again), 'FAILED_PRECONDITION', 'CONSENT_MISSING');
  });

  function disclosures(person) {
    return pages(crm, 'privacy/DisclosureService/ListDisclosures', { person, page_size: 2 }, 'disclosures');
  }
}

const byTime = (events) => events.map((event) => [seconds(event.time), event.type, event.subject, event.partner, event.detail]).sort();
