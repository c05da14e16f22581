// An employment agency pushes job offers, one by one and many in a stream.
import { requestId } from '../hub.mjs';
import { equal, that } from '../telling.mjs';

const CAEN = '14118';
const LISIEUX = '14366';

const offer = (reference, title, rome_code, contract, commune_code) => ({
  reference, title, rome_code, contract, commune_code, description: `${title}. Offre fictive.`, employer: 'Entreprise Modèle', weekly_hours: 35,
});

const first = {
  ...offer('MODELE-1', 'Technicien ou technicienne de laboratoire', 'H1210', 'CONTRACT_PERMANENT', CAEN),
  salary_min: { currency_code: 'EUR', units: 27000 },
  salary_max: { currency_code: 'EUR', units: 31000 },
  start_date: { year: 2027, month: 3, day: 1 },
};

export async function offers({ hubs: { crm, emploi }, partner, made, step }) {
  await step('an agency pushes one offer', async () => {
    const { offer: stored } = await emploi.call('employment/OfferService/UpsertOffer', { request_id: requestId(), offer: first });
    made.offer = stored.name;
    equal([stored.state, stored.partner, stored.reference], ['STATE_OPEN', partner('emploi'), first.reference], 'state, partner and reference');
  });

  await step('it pushes many in a stream: one known, one wrong', async () => {
    const many = [
      first,
      offer('MODELE-2', 'Boulanger ou boulangère', 'D1102', 'CONTRACT_FIXED_TERM', LISIEUX),
      // A postcode's shape is an INSEE code's too; a name is not.
      offer('MODELE-3', 'Aide à domicile', 'K1304', 'CONTRACT_PERMANENT', 'Bayeux'),
    ];
    const messages = [{ header: { request_id: requestId() } }, ...many.map((each) => ({ offer: each }))];
    const response = await emploi.send('employment/OfferService/PushOffers', messages);
    equal([response.received_count, response.rejected_count], [3, 1], 'received and rejected');
    equal(response.new_count + response.changed_count + response.unchanged_count, 2, 'new, changed and unchanged');
    that(response.unchanged_count >= 1, 'the offer that was known to be unchanged');
    equal([response.rejected[0].index, response.rejected[0].reference, response.rejected[0].field], [2, 'MODELE-3', 'commune_code'], 'the offer that was rejected');
  });

  await step('the offers of a commune are listed', async () => {
    const { offers: listed } = await crm.call('employment/OfferService/ListOffers', { commune_code: CAEN, page_size: 200 });
    const ours = listed.find((each) => each.name === made.offer);
    that(ours, `${made.offer} among the offers in Caen`);
    equal([ours.salary_min.units, ours.salary_max.units, ours.weekly_hours], [27000, 31000, 35], 'salary and hours');
    const { offer: read } = await emploi.call('employment/OfferService/GetOffer', { name: made.offer });
    equal(read, ours, 'the offer read by its name');
  });

  await step('an offer is withdrawn', async () => {
    const { offer: withdrawn } = await emploi.call('employment/OfferService/WithdrawOffer', { name: made.offer });
    equal(withdrawn.state, 'STATE_WITHDRAWN', 'state of the offer');
  });
}
