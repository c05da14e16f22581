// The child's enrolment file goes to a school, which asks for what is missing and accepts when it comes.
import { requestId } from '../hub.mjs';
import { chunked, pdf, sha256 } from '../papers.mjs';
import { equal, refused, that } from '../telling.mjs';
import { answered, fetchFrom, open } from './exchanges.mjs';

const FILE = 'passerelle.schooling.v1.EnrolmentFile';

export async function enrolment({ hubs: { crm, ecole, interim }, partner, made, step }) {
  const papers = {
    KIND_FAMILY_RECORD: pdf('Livret de famille'),
    // Large enough to travel in several chunks.
    KIND_PROOF_OF_ADDRESS: pdf('Justificatif de domicile', 150_000),
    KIND_VACCINATION_RECORD: pdf('Certificat de vaccination'),
  };

  const header = (kind) => ({
    request_id: requestId(),
    document: {
      person: made.child, kind, file_name: `${kind.slice(5).toLowerCase()}.pdf`, media_type: 'application/pdf', size_bytes: papers[kind].length, sha256: sha256(papers[kind]),
    },
  });
  const upload = async (kind) => (await crm.send('schooling/DocumentService/UploadDocument', chunked(header(kind), papers[kind]))).name;
  const answer = (given) => ecole.call('schooling/EnrolmentService/AnswerEnrolment', { request_id: requestId(), name: made.enrolment.name, ...given });

  await step('a document whose bytes are not what was announced is refused', async () => {
    const announced = header('KIND_FAMILY_RECORD');
    const bytes = Buffer.from(papers.KIND_FAMILY_RECORD).fill('x', 100, 101);
    await refused(crm.send('schooling/DocumentService/UploadDocument', chunked(announced, bytes)), 'INVALID_ARGUMENT', 'DOCUMENT_CHECKSUM_MISMATCH');
  });

  await step('two documents are uploaded', async () => {
    made.documents = [await upload('KIND_FAMILY_RECORD'), await upload('KIND_PROOF_OF_ADDRESS')];
  });

  await step('the enrolment file goes to ecole-demo', async () => {
    const { enrolment: created } = await crm.call('schooling/EnrolmentService/CreateEnrolment', {
      request_id: requestId(), person: made.child, partner: partner('ecole'), level: 'LEVEL_CP', start_date: inDays(40), previous_school: 'École Modèle, Tours',
      documents: made.documents,
    });
    made.enrolment = created;
    equal([created.state, created.documents], ['STATE_SUBMITTED', made.documents], 'state and documents');
  });

  await step('ecole-demo fetches the file and reads it', async () => {
    const file = open(await fetchFrom(ecole, made.enrolment.exchange), 'enrolment', FILE);
    made.file = file;
    equal([file.enrolment, file.pupil.person, file.pupil.given_name, file.level], [made.enrolment.name, made.child, 'Noa', 'LEVEL_CP'], 'the file');
    equal(file.pupil.birth_date, { year: 2019, month: 2, day: 28 }, 'birth date');
    equal(file.guardians.map((guardian) => guardian.person).sort(), [made.head, made.spouse].sort(), 'guardians');
    equal(file.documents.map((document) => document.name), made.documents, 'documents');
  });

  await step('ecole-demo downloads both documents and they are whole', async () => {
    equal(made.file.documents.length, 2, 'documents');
    for (const document of made.file.documents) await downloadWhole(document);
  });

  await step('a partner of another kind may not download them', async () => {
    const error = await refused(downloaded(interim, made.documents[0]), 'PERMISSION_DENIED', 'SCOPE_MISSING');
    equal(error.info.metadata.scope, 'documents.read', 'scope in the error');
  });

  await step('ecole-demo asks for the vaccination record', async () => {
    await answer({ documents_missing: { kinds: ['KIND_VACCINATION_RECORD'], message: 'Merci de joindre le certificat de vaccination.' } });
    await answered(crm, made.enrolment.exchange, 'documents_missing', 'pull', made.promisedUntil);
    const { enrolment: read } = await crm.call('schooling/EnrolmentService/GetEnrolment', { name: made.enrolment.name });
    equal([read.state, read.missing_kinds], ['STATE_INCOMPLETE', ['KIND_VACCINATION_RECORD']], 'state and what is missing');
  });

  await step('the record is uploaded and the file is completed', async () => {
    made.record = await upload('KIND_VACCINATION_RECORD');
    const { enrolment: completed } = await crm.call('schooling/EnrolmentService/CompleteEnrolment', {
      request_id: requestId(), name: made.enrolment.name, documents: [made.record],
    });
    equal([completed.state, completed.documents], ['STATE_SUBMITTED', [...made.documents, made.record]], 'state and documents');
    that(completed.exchange !== made.enrolment.exchange, 'a new exchange');
    made.completed = completed;
  });

  await step('ecole-demo receives the whole file again, with the record', async () => {
    const file = open(await fetchFrom(ecole, made.completed.exchange), 'enrolment', FILE);
    equal(file.documents.map((document) => document.name), [...made.documents, made.record], 'documents');
    await downloadWhole(file.documents.at(-1));
  });

  await step('ecole-demo accepts', async () => {
    await answer({ accepted: { message: 'Rendez-vous à 8 h 30 à l’accueil.' } });
    await answered(crm, made.completed.exchange, 'accepted', 'pull', made.promisedUntil);
    const { enrolments } = await crm.call('schooling/EnrolmentService/ListEnrolments', { case: made.case });
    equal(enrolments.map((each) => [each.name, each.state]), [[made.enrolment.name, 'STATE_ACCEPTED']], 'enrolments of the case');
  });

  async function downloadWhole(announced) {
    const { document, bytes } = await downloaded(ecole, announced.name);
    equal([document.name, document.size_bytes, bytes.length], [announced.name, announced.size_bytes, announced.size_bytes], 'name and size');
    that(sha256(bytes).equals(announced.sha256) && sha256(bytes).equals(document.sha256), 'the SHA-256 that was announced');
    that(bytes.equals(papers[announced.kind]), 'the bytes that were uploaded');
  }
}

async function downloaded(hub, name) {
  let document;
  const chunks = [];
  for await (const item of hub.watch('schooling/DocumentService/DownloadDocument', { name })) {
    if (item.item === 'document') document = item.document;
    else chunks.push(item.chunk);
  }
  return { document, bytes: Buffer.concat(chunks) };
}

function inDays(days) {
  const date = new Date(Date.now() + days * 86_400_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
