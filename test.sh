#!/usr/bin/env bash
# Everything that the tests need, then all the tests. Arguments go to the test program, e.g. ./test.sh --filter-class '*Referral*'
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=.ci/prepare
. .ci/prepare

need_dotnet
need_icu
need_postgresql
need_node
build_release env
if [ ! -d tests/Passerelle.NodeClient/node_modules ]; then
  say "Installing the Node.js client's packages ..."
  npm ci --prefix tests/Passerelle.NodeClient --silent --no-audit --no-fund
fi
exec tests/Passerelle.Tests/bin/Release/net10.0/Passerelle.Tests "$@"
