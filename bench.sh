#!/usr/bin/env bash
# Builds Release and runs the named benchmarks, all when none is named: ./bench.sh [NAME...]; --list names them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=.ci/prepare
. .ci/prepare

need_dotnet
need_icu
need_postgresql
build_release env
exec tests/Passerelle.Benchmarks/bin/Release/net10.0/passerelle-bench "$@"
