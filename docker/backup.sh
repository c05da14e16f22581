#!/bin/sh
# One backup of the hub's database into a folder: backup.sh FOLDER. The database is the one that libpq's variables name (PGHOST, PGDATABASE, PGUSER, PGPASSWORD ...).
#   data-TIME.dump   everything but the vault: sealed, unreadable by itself; keep as many as you like, for as long as you like
#   vault.dump       the wrapped keys of persons: only the newest is kept, and it must be the only one anywhere. A person whose key is not in it is erased from every data dump.
set -eu
umask 077
folder=${1:?usage: backup.sh FOLDER}
mkdir -p "$folder"
data="$folder/data-$(date -u +%Y%m%dT%H%M%SZ).dump"
pg_dump --format=custom --exclude-schema=vault --file="$data.part"
# After the data: of everybody who is in them the key is here, unless the person was erased.
pg_dump --format=custom --schema=vault --file="$folder/vault.dump.part"
mv "$data.part" "$data"
mv -f "$folder/vault.dump.part" "$folder/vault.dump"
printf '%s\n' "$data" "$folder/vault.dump"
