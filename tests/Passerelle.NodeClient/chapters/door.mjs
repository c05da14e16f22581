// Who may come in: by key, by certificate, and not at all.
import { Hub } from '../hub.mjs';
import { equal, pages, refused, that } from '../telling.mjs';

export async function door({ addresses, authority, caller, hubs, partner, step }) {
  await step('a call without a key is refused', async () => {
    const nobody = Hub.withKey(addresses.grpc, '');
    await refused(nobody.call('partners/PartnerService/ListPartners', {}), 'UNAUTHENTICATED', 'CREDENTIALS_MISSING');
    nobody.close();
  });

  await step('a call with a wrong key is refused', async () => {
    const stranger = Hub.withKey(addresses.grpc, 'not-a-key');
    await refused(stranger.call('partners/PartnerService/ListPartners', {}), 'UNAUTHENTICATED', 'CREDENTIALS_INVALID');
    stranger.close();
  });

  await step('a client certificate opens the door with TLS, without a key', async () => {
    const crm = Hub.withCertificate(addresses.grpcTls, authority, caller('crm-demo').certificate);
    const { partner: emploi } = await crm.call('partners/PartnerService/GetPartner', { name: partner('emploi') });
    equal([emploi.kind, emploi.delivery], ['KIND_EMPLOYMENT', 'DELIVERY_PUSH'], 'kind and delivery of emploi-demo');
    crm.close();
  });

  await step('the internal application lists the partners', async () => {
    const names = (await pages(hubs.crm, 'partners/PartnerService/ListPartners', { page_size: 2 }, 'partners')).map((each) => each.name);
    for (const name of ['emploi', 'interim', 'agence', 'ecole']) that(names.includes(partner(name)), `${partner(name)} among ${names}`);
  });
}
