#!/usr/bin/env bash
# Everything that the tests need, then all the tests. Arguments go to the test program, e.g. ./test.sh --filter-class '*Referral*'
# ./test.sh --soak runs what takes long instead: many drawn schedules of faults (PASSERELLE_FAULT_SEED and PASSERELLE_FAULT_SCHEDULES say which), and each
# property of calendars and clocks 1,000,000 times.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=.ci/prepare
. .ci/prepare

need_dotnet
need_icu
need_postgresql
need_faketime
need_node
need_sshd
build_release env
if [ ! -d tests/Passerelle.NodeClient/node_modules ]; then
  say "Installing the Node.js client's packages ..."
  npm ci --prefix tests/Passerelle.NodeClient --silent --no-audit --no-fund
fi
if [ "${1:-}" = --soak ]; then
  shift
  set -- --explicit only --filter-class '*.SoakTests' --show-live-output on "$@"
fi
exec tests/Passerelle.Tests/bin/Release/net10.0/Passerelle.Tests "$@"
