// An estate agency sends the file that it sends to portals; what is on the market can be listed and watched.
import { photo, poliris, properties, wrongLine } from '../feed.mjs';
import { requestId } from '../hub.mjs';
import { chunked, sha256 } from '../papers.mjs';
import { equal, pages, refused, that } from '../telling.mjs';

export async function listings({ hubs: { crm, agence }, partner, made, step }) {
  const feed = poliris();
  const count = Object.keys(properties).length;
  const importing = async (bytes) => {
    // Small chunks, so that lines are cut between them.
    const messages = chunked({ request_id: requestId(), file_name: 'annonces.csv' }, bytes, 1000);
    return (await agence.send('housing/FeedService/ImportFeed', messages)).report;
  };

  await step('an agency sends its Poliris feed', async () => {
    const report = await importing(feed);
    made.report = report.name;
    equal([report.format, report.encoding, report.size_bytes], ['poliris 4.12', 'windows-1252', feed.length], 'format, encoding and size');
    that(report.sha256.equals(sha256(feed)), 'the SHA-256 of what was sent');
    equal([report.received_count, report.rejected_count], [count + 1, 1], 'received and rejected');
    equal(report.new_count + report.changed_count + report.unchanged_count, count, 'new, changed and unchanged');
    const wrong = report.problems.find((problem) => problem.rejected);
    equal(wrong.line, wrongLine, 'line that was rejected');
    that(wrong.field && wrong.sentence, 'a field and a sentence for the line that was rejected');
  });

  await step('the report can be read again, and is the newest', async () => {
    const { report } = await agence.call('housing/FeedService/GetImportReport', { name: made.report });
    equal(report.name, made.report, 'name of the report');
    const { reports } = await agence.call('housing/FeedService/ListImportReports', { page_size: 1 });
    equal(reports.map((each) => each.name), [made.report], 'the newest report');
  });

  await step('the same feed again changes nothing', async () => {
    const report = await importing(feed);
    equal([report.new_count, report.changed_count, report.unchanged_count, report.withdrawn_count], [0, 0, count, 0], 'new, changed, unchanged, withdrawn');
  });

  await step('a feed that is none is refused', async () => {
    await refused(importing(Buffer.from('%PDF-1.4\nnot a feed\n')), 'INVALID_ARGUMENT', 'FEED_FORMAT_UNKNOWN');
  });

  await step('the listings are on the market, page after page', async () => {
    const listed = await pages(crm, 'housing/ListingService/ListListings', { partner: partner('agence'), page_size: 3 }, 'listings');
    made.listings = listed.map((listing) => listing.name).sort();
    equal(new Set(made.listings).size, listed.length, 'listings that are named once');
    for (const [id, property] of Object.entries(properties)) {
      const listing = listed.find((each) => each.technical_id === id);
      that(listing, `listing ${id} on the market`);
      const transaction = property.transaction === 'vente' ? 'TRANSACTION_SALE' : 'TRANSACTION_RENTAL';
      equal([listing.state, listing.transaction], ['STATE_ON_MARKET', transaction], `state and transaction of ${id}`);
      equal([listing.title, listing.postcode, listing.city], [property.title, property.postcode, property.city], `title and place of ${id}`);
      equal([listing.price.currency_code, listing.price.units], ['EUR', property.price], `price of ${id}`);
      equal([listing.surface_m2, listing.rooms, listing.energy_label], [Number(property.surface.replace(',', '.')), property.rooms, property.energy], `figures of ${id}`);
      equal(listing.photo_uris, [photo(id)], `photos of ${id}`);
    }
    const { listing } = await crm.call('housing/ListingService/GetListing', { name: listed[0].name });
    equal(listing, listed[0], 'a listing read by its name');
  });

  await step('the listings are watched from the beginning to the checkpoint', async () => {
    const seen = [];
    let cursor = '';
    for await (const item of crm.watch('housing/ListingService/WatchListings', { partner: partner('agence') })) {
      cursor = item.cursor;
      that(cursor, 'a cursor with every item');
      if (item.item === 'checkpoint_time') break;
      if (item.listing.state === 'STATE_ON_MARKET') seen.push(item.listing.name);
    }
    equal(seen.sort(), made.listings, 'listings on the market');
    // From there on there is nothing new.
    for await (const item of crm.watch('housing/ListingService/WatchListings', { partner: partner('agence'), start_cursor: cursor })) {
      equal(item.item, 'checkpoint_time', 'first item after the checkpoint');
      break;
    }
  });
}
