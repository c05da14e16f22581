// The contract as any language gets it: the .proto files, read at run time. Nothing is generated and nothing is shared with the hub's code.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import protoLoader from '@grpc/proto-loader';

const root = fileURLToPath(new URL('../../protos/', import.meta.url));

// google/rpc is imported by no service: errors and partners' refusals travel in metadata, which gRPC leaves to both ends.
const definitions = protoLoader.loadSync([...filesBelow('passerelle/'), 'google/rpc/status.proto', 'google/rpc/error_details.proto'], {
  includeDirs: [root],
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

/** A service's definition, for clients and servers; `area` as in `cases/CaseService`. */
export function service(path) {
  const [area, name] = path.split('/');
  return definitions[`passerelle.${area}.v1.${name}`] ?? missing(`service ${path}`);
}

export const encode = (type, message) => messageType(type).serialize(message);

export const decode = (type, bytes) => messageType(type).deserialize(bytes);

/** What a google.protobuf.Any holds, with the full name of its type. */
export function unpack(any) {
  const type = any.type_url.slice(any.type_url.lastIndexOf('/') + 1);
  return { type, message: decode(type, any.value) };
}

export const pack = (type, message) => ({ type_url: `type.googleapis.com/${type}`, value: encode(type, message) });

function messageType(type) {
  return definitions[type] ?? missing(`message ${type}`);
}

function missing(what) {
  throw new Error(`The .proto files have no ${what}.`);
}

function filesBelow(folder) {
  return readdirSync(root + folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(`${folder}${entry.name}/`) : entry.name.endsWith('.proto') ? [folder + entry.name] : []))
    .sort();
}
