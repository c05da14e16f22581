#!/usr/bin/env bash
# Builds and runs the hub with its simulated partners, plays the story, and stays up. See --help.
# shellcheck disable=SC2317 # much of it is reached through traps and as the arguments of wait_for
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: ./run.sh [--once] [--feed FILE] [--no-demo] [--help]

Builds the hub, starts it with simulated partners, plays one household's story and stays up until Ctrl-C.

  --once        play the story, stop everything, exit with 0 (all steps passed) or 1
  --feed FILE   let the estate agency of the story send this feed instead of the built-in one
  --no-demo     the hub alone: no simulated partners, no story
  --help        this text

Environment:
  PASSERELLE_PORTS        http,grpc,tls,partner; default 5080,5081,5443,5082
  ConnectionStrings__Hub  a PostgreSQL to use; without it the hub runs its own in Data__Directory
  Data__Directory         where the hub keeps its data, keys and logs; default .data
TEXT
}

start_dir=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=.ci/prepare
. .ci/prepare

once=false demo=true feed=
while [ $# -gt 0 ]; do
  case $1 in
    --once) once=true ;;
    --no-demo) demo=false ;;
    --feed)
      [ $# -ge 2 ] || fail "--feed needs a file."
      case $2 in /*) feed=$2 ;; *) feed=$start_dir/$2 ;; esac
      shift
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      usage >&2
      printf '\nUnknown option: %s\n' "$1" >&2
      exit 2
      ;;
  esac
  shift
done
if [ "$demo" = false ] && { [ "$once" = true ] || [ -n "$feed" ]; }; then fail "--no-demo has no story: it goes with neither --once nor --feed."; fi
if [ -n "$feed" ] && [ ! -r "$feed" ]; then fail "No such feed, or it cannot be read: $feed"; fi

IFS=, read -r http_port grpc_port tls_port partner_port surplus <<<"${PASSERELLE_PORTS:-5080,5081,5443,5082}"
for port in "$http_port" "$grpc_port" "$tls_port" "$partner_port"; do
  if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || [ "$port" -gt 65535 ] || [ -n "$surplus" ]; then
    fail "PASSERELLE_PORTS takes four ports (http,grpc,tls,partner), e.g. 5080,5081,5443,5082; not ${PASSERELLE_PORTS:-}"
  fi
done
twice=$(printf '%s\n' "$http_port" "$grpc_port" "$tls_port" "$partner_port" | sort | uniq -d)
[ -z "$twice" ] || fail "PASSERELLE_PORTS names port $twice twice."

# bash opens the connection itself: curl is not on every machine.
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

refuse_used_ports() {
  local port
  for port in "$@"; do
    ! listens "$port" || fail "Port $port is in use. Stop what listens there, or move the ports: PASSERELLE_PORTS=$((http_port + 1000)),$((grpc_port + 1000)),$((tls_port + 1000)),$((partner_port + 1000)) ./run.sh"
  done
}
if [ "$demo" = true ]; then refuse_used_ports "$http_port" "$grpc_port" "$tls_port" "$partner_port"; else refuse_used_ports "$http_port" "$grpc_port" "$tls_port"; fi

export Data__Directory=${Data__Directory:-.data}
export Listen__Http=$http_port Listen__Grpc=$grpc_port Listen__Tls=$tls_port
export Demo__Enabled=$demo Demo__PartnerAddress=http://127.0.0.1:$partner_port
export Demo__KeysFile=${Demo__KeysFile:-$Data__Directory/dev-keys.json}
logs=$Data__Directory/logs
mkdir -p "$logs"

hub_program=src/Passerelle.Hub/bin/Release/net10.0/passerelle-hub.dll
simulator_program=tests/Passerelle.Simulator/bin/Release/net10.0/passerelle-simulator.dll

hub='' partners='' step=''

# Asks a child to stop and waits for it, at most $3 seconds; then it is ended. Bash reaps its children by itself,
# so a child that is gone no longer answers to kill -0.
stop_child() {
  local pid=$1 name=$2 tenths=$(($3 * 10))
  [ -n "$pid" ] || return 0
  kill -TERM "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do
    if [ $((tenths -= 1)) -lt 0 ]; then
      printf 'The %s did not stop within %s s and was ended.\n' "$name" "$3" >&2
      kill -KILL "$pid" 2>/dev/null
      break
    fi
    sleep 0.1
  done
}

stop_all() {
  # A second Ctrl-C must not leave anything behind, nor a closed terminal: from here on nothing interrupts.
  trap '' INT TERM HUP PIPE
  trap - EXIT
  set +e
  stop_child "$step" "running step" 5
  stop_child "$partners" simulator 10
  stop_child "$hub" hub 30
}
# Once the story is told, being told to stop is the normal end.
told=false
interrupted() {
  if [ "$told" = true ]; then code=0; else code=$1; fi
  stop_all
  exit "$code"
}
trap stop_all EXIT
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
trap 'interrupted 129' HUP
trap 'interrupted 141' PIPE

# In a session of its own a child does not get the terminal's Ctrl-C: run.sh stops the children in their order.
# With setpriv the kernel ends the child even when run.sh itself is killed outright.
apart=()
if command -v setpriv >/dev/null && setpriv --pdeathsig TERM true 2>/dev/null; then apart+=(setpriv --pdeathsig TERM); fi
if command -v setsid >/dev/null; then apart+=(setsid); fi

# Runs to the end like a foreground command, but signals are handled at once and not when it is over.
run_step() {
  "${apart[@]}" "$@" &
  step=$!
  local code=0
  wait "$step" || code=$?
  step=''
  return "$code"
}

# True when the hub answers 200. The status is in the first line; the rest is not waited for.
hub_is_ready() {
  local status
  # shellcheck disable=SC2016 # $1 and $status belong to the inner shell
  status=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" >&3 && read -r _ status _ <&3 && printf "%s" "$status"' _ "$http_port" 2>/dev/null) || return 1
  [ "$status" = 200 ]
}

# wait_for SECONDS PID NAME LOG COMMAND...
wait_for() {
  local limit=$((SECONDS + $1)) pid=$2 name=$3 log=$4
  shift 4
  until "$@"; do
    if ! kill -0 "$pid" 2>/dev/null; then died "$name" "$log" "ended before it was ready"; fi
    if [ "$SECONDS" -ge "$limit" ]; then died "$name" "$log" "was not ready in time"; fi
    sleep 0.1
  done
}

died() {
  printf 'The %s %s. The last lines of %s:\n\n' "$1" "$3" "$2" >&2
  tail -n 30 "$2" >&2
  exit 1
}

need_dotnet
need_icu
if [ -z "${ConnectionStrings__Hub:-}" ]; then need_postgresql; fi
build_release run_step

say "Starting the hub ..."
"${apart[@]}" dotnet "$hub_program" >"$logs/hub.log" 2>&1 &
hub=$!
# The first start makes the database and the certificates; a slow machine needs its time.
wait_for 120 "$hub" hub "$logs/hub.log" hub_is_ready

if [ "$demo" = true ]; then
  "${apart[@]}" dotnet "$simulator_program" partners --keys "$Demo__KeysFile" --listen "http://127.0.0.1:$partner_port" >"$logs/partners.log" 2>&1 &
  partners=$!
  wait_for 30 "$partners" simulator "$logs/partners.log" listens "$partner_port"

  verdict=0
  run_step dotnet "$simulator_program" story --keys "$Demo__KeysFile" ${feed:+--feed "$feed"} || verdict=$?
  if [ "$once" = true ]; then exit "$verdict"; fi
  told=true
  if [ "$verdict" != 0 ]; then say "The story failed, see above. The hub stays up so that you can look."; fi
  say ""
  run_step dotnet "$simulator_program" addresses --keys "$Demo__KeysFile"
  say "Logs                      $logs/hub.log, $logs/partners.log"
else
  told=true
  say "gRPC                      http://127.0.0.1:$grpc_port"
  say "gRPC with TLS             https://127.0.0.1:$tls_port"
  say "HTTP/JSON, health, jobs   http://127.0.0.1:$http_port"
  say "Log                       $logs/hub.log"
fi
say ""
say "Up. Ctrl-C stops everything."

wait -n "$hub" ${partners:+"$partners"} || true
if kill -0 "$hub" 2>/dev/null; then died simulator "$logs/partners.log" "ended by itself"; else died hub "$logs/hub.log" "ended by itself"; fi
