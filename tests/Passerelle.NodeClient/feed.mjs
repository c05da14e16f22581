// A small Poliris 4.12 feed as an agency's software writes it: no header, 334 fields between quotes, separated by `!#`,
// Latin-1, CRLF. The agency and its properties are invented.

const FIELDS = 334;

/** Properties by technical id. */
export const properties = {
  4101: { transaction: 'location', type: 'appartement', postcode: '14000', city: 'Caen', price: 715, surface: '58', rooms: 3, energy: 'C', title: 'T3 près du port' },
  4102: { transaction: 'location', type: 'maison/villa', postcode: '14123', city: 'Ifs', price: 990, surface: '92,5', rooms: 5, energy: 'D', title: 'Maison avec jardin clos' },
  4103: { transaction: 'vente', type: 'appartement', postcode: '14200', city: 'Hérouville-Saint-Clair', price: 149000, surface: '66', rooms: 3, energy: 'E', title: 'T3 à rénover' },
  4104: { transaction: 'vente', type: 'maison/villa', postcode: '14400', city: 'Bayeux', price: 254000, surface: '110', rooms: 6, energy: 'D', title: 'Maison de ville en pierre' },
};

/** 1-based: the last line, which does not say which property it describes. */
export const wrongLine = Object.keys(properties).length + 1;

export function poliris() {
  const lines = Object.entries(properties).map(([id, property]) => line(id, property));
  lines.push(line('', { ...properties[4101], title: 'Annonce sans identifiant' }));
  return Buffer.from(lines.join(''), 'latin1');
}

/** Fields by their number in the published order; what is not given is empty. */
function line(id, { transaction, type, postcode, city, price, surface, rooms, energy, title }) {
  const fields = Array(FIELDS).fill('');
  const given = {
    1: '1414', 2: id, 3: transaction, 4: type, 5: postcode, 6: city, 7: 'France', 11: price, 13: transaction === 'location' ? 'OUI' : '', 16: surface,
    18: rooms, 20: title, 21: `${title}. Annonce fictive.`, 85: id && photo(id), 175: id, 177: energy, 301: '4.12',
  };
  for (const [number, value] of Object.entries(given)) fields[number - 1] = value;
  return `${fields.map((field) => `"${field}"`).join('!#')}\r\n`;
}

export const photo = (id) => `https://photos.example.org/${id}.jpg`;
