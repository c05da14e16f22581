#!/usr/bin/env bash
# Builds Release and runs the named benchmarks, all when none is named (about an hour on 2 cores): ./bench.sh [NAME...]; --list names them.
# --seconds 6 --runs 1 --persons 500 --waiting 10000: a look whether everything runs; such figures say nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=.ci/prepare
. .ci/prepare

need_dotnet
need_icu
need_postgresql
build_release env
exec tests/Passerelle.Benchmarks/bin/Release/net10.0/passerelle-bench "$@"
