#!/bin/sh
# The SFTP door of the drop folders. At each start: host keys where there are none yet, an account and a folder for each entry of ACCOUNTS, then sshd.
# Arguments go to sshd, e.g. -o Port=2222.
#   ACCOUNTS/agence/authorized_keys   keys that open the folder of partners/agence
#   ACCOUNTS/agence/password          or a password, as `openssl passwd -6` hashes it
#   DROPS   the hub's Drops:Root     KEYS   host keys, to be kept     HUB_USER   uid:gid of the hub
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${DROPS:=/drops}" "${ACCOUNTS:=/accounts}" "${KEYS:=/keys}" "${HUB_USER:=1654:1654}"
trusted=/run/passerelle-sftp

mkdir -p "$KEYS" /run/sshd
[ -f "$KEYS/ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C passerelle -f "$KEYS/ed25519"
[ -f "$KEYS/rsa" ] || ssh-keygen -q -t rsa -b 3072 -N '' -C passerelle -f "$KEYS/rsa"

# sshd trusts keys in root's hands only, and shuts accounts only into folders that are root's.
rm -rf "$trusted"
mkdir -p "$trusted" "$DROPS"
chown root:root "$DROPS"
chmod 755 "$DROPS" "$trusted"
getent group passerelle-sftp >/dev/null || groupadd --system passerelle-sftp
for account in "$ACCOUNTS"/*/; do
  id=$(basename "$account")
  case $id in *[!a-z0-9-]* | -*) printf 'No account is made of %s: it is no name of a partner.\n' "$id" >&2; continue ;; esac
  getent passwd "$id" >/dev/null || useradd --gid passerelle-sftp --no-create-home --home-dir / --shell /usr/sbin/nologin "$id"
  if [ "$(id -gn "$id")" != passerelle-sftp ]; then printf 'No account is made of %s: the system has one of that name.\n' "$id" >&2; continue; fi
  # `*` is a password that nothing hashes to; the account is not locked by it, as it would be by `!`.
  password='*'
  if [ -f "$account/password" ]; then password=$(head -n 1 "$account/password"); fi
  usermod --gid passerelle-sftp --password "$password" "$id"
  if [ -f "$account/authorized_keys" ]; then install -m 644 "$account/authorized_keys" "$trusted/$id"; fi
  install -d -o root -g root -m 755 "$DROPS/$id"
  # The partner writes into depot/, the hub takes from there; done/ and refused/ are the hub's, and the partner's to read.
  install -d -o "$id" -g "${HUB_USER#*:}" -m 2770 "$DROPS/$id/depot"
  install -d -o "${HUB_USER%:*}" -g "${HUB_USER#*:}" -m 755 "$DROPS/$id/done" "$DROPS/$id/refused"
done

exec /usr/sbin/sshd -D -e -f "$here/sshd_config" "$@" \
  -o HostKey="$KEYS/ed25519" -o HostKey="$KEYS/rsa" -o AuthorizedKeysFile="$trusted/%u" -o ChrootDirectory="$DROPS/%u" -o PidFile=none
