#!/bin/sh
# Restores a backup into an empty database: restore.sh DATA.dump VAULT.dump. The database is the one that PGDATABASE and libpq's other variables name.
# The data may be as old as you like; the vault is the newest. Afterwards, before the hub is started: passerelle-hub vault bury
set -eu
data=${1:?usage: restore.sh DATA.dump VAULT.dump}
vault=${2:?usage: restore.sh DATA.dump VAULT.dump}
for dump in "$data" "$vault"; do
  pg_restore --exit-on-error --single-transaction --dbname="${PGDATABASE:?}" "$dump"
done
