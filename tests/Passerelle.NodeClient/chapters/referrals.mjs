// The spouse's CV goes to two employment agencies, not before consent: one has a server, the other fetches.
import { requestId } from '../hub.mjs';
import { resume, sha256 } from '../papers.mjs';
import { atLeast, equal, refused, seconds, that } from '../telling.mjs';
import { answered, fetchFrom, open } from './exchanges.mjs';

const INTRODUCTION = 'Alix cherche un poste en laboratoire, à partir de mars.';

export async function referrals({ hubs: { crm, emploi, interim }, partner, server, made, step }) {
  const refer = (to) =>
    crm.call('employment/ReferralService/CreateReferral', { request_id: requestId(), person: made.spouse, partner: partner(to), introduction: INTRODUCTION });
  const answer = (hub, name, given) => hub.call('employment/ReferralService/AnswerReferral', { request_id: requestId(), name, ...given });

  await step('a CV that is not JSON Resume is refused', async () => {
    const wrong = { request_id: requestId(), person: made.spouse, json_resume: '{"basics": {"name": 7}}' };
    await refused(crm.call('employment/CvService/AttachCv', wrong), 'INVALID_ARGUMENT', 'CV_INVALID');
  });

  await step('a CV is attached', async () => {
    const bytes = Buffer.from(resume);
    const { cv } = await crm.call('employment/CvService/AttachCv', { request_id: requestId(), person: made.spouse, json_resume: resume });
    equal([cv.person, cv.size_bytes], [made.spouse, bytes.length], 'person and size');
    that(cv.sha256.equals(sha256(bytes)), 'the SHA-256 of what was sent');
  });

  await step('a referral without consent is refused', async () => {
    const error = await refused(refer('emploi'), 'FAILED_PRECONDITION', 'CONSENT_MISSING');
    equal([error.info.metadata.person, error.info.metadata.partner], [made.spouse, partner('emploi')], 'person and partner in the error');
    that(error.info.metadata.purpose, 'the purpose in the error');
  });

  await step('consent is recorded', async () => {
    const given = { person: made.spouse, purpose: 'PURPOSE_EMPLOYMENT_REFERRAL', text_version: '2026-09', method: 'METHOD_SIGNED' };
    const { consent } = await crm.call('privacy/ConsentService/RecordConsent', { request_id: requestId(), consent: given });
    made.consent = consent.name;
    that(seconds(consent.expire_time) > seconds(consent.create_time), 'an end of the consent, ahead');
    const read = await crm.call('privacy/ConsentService/GetConsent', { name: consent.name });
    equal(read.consent, consent, 'the consent read again');
  });

  await step('a school is no recipient of a CV', async () => {
    await refused(refer('ecole'), 'FAILED_PRECONDITION', 'PARTNER_KIND_MISMATCH');
  });

  await step('the spouse is referred to emploi-demo and to interim-demo', async () => {
    made.pushed = (await refer('emploi')).referral;
    made.pulled = (await refer('interim')).referral;
    equal([made.pushed.state, made.pulled.state], ['STATE_OPEN', 'STATE_OPEN'], 'states of the referrals');
  });

  await step('emploi-demo receives the CV on its own server, at the second try', async () => {
    const envelope = await server.receive(made.pushed.exchange);
    atLeast(envelope.attempt, 2, 'attempt');
    readsTheCv(open(envelope, 'referral', 'passerelle.employment.v1.ReferralFile'), made.pushed);
  });

  await step('emploi-demo answers that it is interested', async () => {
    const { referral } = await answer(emploi, made.pushed.name, { interested: { message: 'Entretien possible à Caen.' } });
    equal(referral.state, 'STATE_INTERESTED', 'state of the referral');
    const attempts = await answered(crm, made.pushed.exchange, 'interested', 'push', made.promisedUntil);
    equal([attempts[0].outcome, attempts[0].error], ['OUTCOME_NOT_YET', 'UNAVAILABLE'], 'first attempt');
  });

  await step('a second answer is refused', async () => {
    const given = { declined: { reason: 'DECLINE_REASON_OTHER' } };
    await refused(answer(emploi, made.pushed.name, given), 'FAILED_PRECONDITION', 'STATE_CONFLICT');
  });

  await step('interim-demo fetches the CV from its inbox and acknowledges it', async () => {
    const envelope = await fetchFrom(interim, made.pulled.exchange);
    readsTheCv(open(envelope, 'referral', 'passerelle.employment.v1.ReferralFile'), made.pulled);
  });

  await step('interim-demo declines with a reason', async () => {
    await answer(interim, made.pulled.name, { declined: { reason: 'DECLINE_REASON_OUT_OF_AREA', message: 'Hors de notre secteur.' } });
    await answered(crm, made.pulled.exchange, 'declined', 'pull', made.promisedUntil);
    const { referral } = await crm.call('employment/ReferralService/GetReferral', { name: made.pulled.name });
    equal([referral.state, referral.decline_reason], ['STATE_DECLINED', 'DECLINE_REASON_OUT_OF_AREA'], 'state and reason');
  });

  await step('a partner sees its own referrals only', async () => {
    const { referrals: own } = await interim.call('employment/ReferralService/ListReferrals', { case: made.case });
    equal(own.map((each) => each.name), [made.pulled.name], 'referrals that interim-demo sees');
    await refused(interim.call('employment/ReferralService/GetReferral', { name: made.pushed.name }), 'NOT_FOUND', 'RESOURCE_NOT_FOUND');
  });

  function readsTheCv(file, referral) {
    equal([file.referral, file.person, file.given_name, file.introduction], [referral.name, made.spouse, 'Alix', INTRODUCTION], 'the file');
    equal(JSON.parse(file.json_resume), JSON.parse(resume), 'the CV');
  }
}
