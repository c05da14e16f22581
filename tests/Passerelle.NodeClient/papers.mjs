// Papers of an invented household: a CV (JSON Resume 1.0.0) and one-page PDF files.
import { createHash } from 'node:crypto';

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

export const resume = JSON.stringify({
  basics: {
    name: 'Alix MODÈLE',
    label: 'Technicienne de laboratoire',
    email: 'alix.modele@example.org',
    summary: 'CV fictif. Six ans de contrôle qualité dans l’agroalimentaire.',
    location: { postalCode: '14000', city: 'Caen', countryCode: 'FR' },
  },
  work: [
    { name: 'Laiterie Modèle', position: 'Technicienne qualité', startDate: '2020-02-03', summary: 'Analyses, traçabilité, audits.' },
    { name: 'Laboratoire Exemple', position: 'Aide de laboratoire', startDate: '2017-09-04', endDate: '2020-01-31' },
  ],
  education: [{ institution: 'Lycée Modèle', area: 'Analyses biologiques', studyType: 'BTS', startDate: '2015-09-01', endDate: '2017-06-30' }],
  skills: [{ name: 'Contrôle qualité', keywords: ['HACCP', 'microbiologie'] }],
  languages: [{ language: 'Français', fluency: 'Langue maternelle' }],
});

/** `weight`: bytes of an unused stream to add, as a scan would weigh. */
export function pdf(title, weight = 0) {
  const stream = (content) => `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    stream(`BT /F1 18 Tf 60 760 Td (${title} - FICTIF) Tj ET`),
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    stream('.'.repeat(weight)),
  ];

  // The table at the end gives the place of every object in bytes; everything here is ASCII, so characters are bytes.
  let text = '%PDF-1.4\n';
  const places = objects.map((body, index) => {
    const place = text.length;
    text += `${index + 1} 0 obj\n${body}\nendobj\n`;
    return place;
  });
  const table = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  for (const place of places) text += `${String(place).padStart(10, '0')} 00000 n \n`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

/** The messages of a client stream that carries bytes. */
export function* chunked(header, bytes, size = 64 * 1024) {
  yield { header };
  for (let start = 0; start < bytes.length; start += size) yield { chunk: bytes.subarray(start, start + size) };
}
