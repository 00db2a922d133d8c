#!/usr/bin/env bash
# Eight contacts go eight ways through one sequence of all five actions. Needs `make run` in another terminal.
# Each command is printed before it runs; what it waits for is what a person would wait for.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" SEQUENCING_USER="${SEQUENCING_USER:-rita@example.org}"

run() { printf '\n$ %s\n' "$*"; "$@"; }
pick() { python -c 'import json,sys; print(next((str(r["id"]) for r in json.load(sys.stdin) if all(str(r[k]) == v for k, v in (a.split("=", 1) for a in sys.argv[1:]))), ""))' "$@"; }
until_there() { # until_there COMMAND FIELD=VALUE…: prints the id once there is such a row
  local id="" tries=0
  while [ -z "$id" ]; do
    [ "$tries" -lt 90 ] || { echo "Gave up waiting for: $*" >&2; return 1; }
    id=$(sequencing "$1" list --json | pick "${@:2}"); tries=$((tries + 1))
    [ -n "$id" ] || sleep 0.5
  done
  echo "$id"
}
todo() { until_there todos "contact=$1" "kind=$2"; }
enrollment() { until_there enrollments "contact=$1" "${@:2}"; }

run sequencing contacts import examples/contacts.csv
run sequencing sequences create examples/sequence.yaml
run sequencing enroll "Senior engineer" ann ben cyd dot eve fay gus hal --dry-run
run sequencing enroll "Senior engineer" ann ben cyd dot eve fay gus hal

# Ben is not interested: a result ends it.
run sequencing todos resolve "$(todo "Ben Bruno" call)" not_interested --note "Happy where he is"
# Dot has no address: it paused by itself. An import mends that, and it goes on.
run sequencing attention
run sequencing contacts import examples/mended.csv
run sequencing enrollments resume "$(enrollment "Dot Dahl" status=paused)"
# Eve is canceled and reactivated: her call comes back to the list.
eve=$(enrollment "Eve Ekman" state=to_do)
run sequencing enrollments cancel "$eve"
run sequencing enrollments reactivate "$eve"
run sequencing todos resolve "$(todo "Eve Ekman" call)" interested
# Fay is removed: nothing of it is left but what was done.
run sequencing enrollments remove "$(enrollment "Fay Frost" state=to_do)" --yes
# Hal's result was a slip: taken back, and given anew.
hal=$(todo "Hal Holm" call)
run sequencing todos resolve "$hal" not_interested
run sequencing todos take-back "$hal"
run sequencing todos resolve "$(todo "Hal Holm" call)" no_answer
# Ann, Cyd and Gus go on to the last step; its hour is bypassed.
for who in "Ann Abel" "Cyd Corso" "Gus Grau"; do run sequencing todos resolve "$(todo "$who" call)" left_voicemail; done
for who in "Ann Abel" "Cyd Corso" "Gus Grau"; do run sequencing todos send "$(todo "$who" manual_email)"; done
for who in "Ann Abel" "Cyd Corso" "Gus Grau"; do run sequencing enrollments bypass "$(enrollment "$who" step=5 state=waiting)"; done
run sequencing todos resolve "$(todo "Ann Abel" task)" positive
run sequencing todos resolve "$(todo "Cyd Corso" task)" none
run sequencing todos resolve "$(todo "Gus Grau" task)" negative
run sequencing todos resolve "$(todo "Dot Dahl" call)" interested
# Hal's text leaves, and his letter waits for a hand.
todo "Hal Holm" manual_email > /dev/null
enrollment "Dot Dahl" status=finished > /dev/null
enrollment "Gus Grau" status=finished > /dev/null
run sequencing enrollments show "$(enrollment "Hal Holm")"
run sequencing enrollments list
run sequencing outbox
