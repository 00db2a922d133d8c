#!/usr/bin/env bash
# Eight contacts go eight ways through one sequence of all five actions. Needs `make run` in another terminal.
# Each command is printed before it runs; what it waits for is what a person would wait for.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" SEQUENCING_USER="${SEQUENCING_USER:-rita@example.org}"

run() { printf '\n$ %s\n' "$*"; "$@"; }
ids() { python -c '
import json, sys
rows, wanted, names = json.load(sys.stdin), sys.argv[1].split(), sys.argv[2:]
fits = lambda row, name: row["contact"] == name and all(str(row[k]) == v for k, v in (w.split("=") for w in wanted))
found = [next((row["id"] for row in rows if fits(row, name)), None) for name in names]
print(*(found if all(found) else []))' "$@"; }
until_there() { # until_there COMMAND "FIELD=VALUE…" NAME…: prints an id for each name, once all are there
  local found="" tries=0
  while [ -z "$found" ]; do
    [ "$tries" -lt 90 ] || { echo "Gave up waiting for: $*" >&2; return 1; }
    found=$(sequencing "$1" list --json | ids "${@:2}"); tries=$((tries + 1))
    [ -n "$found" ] || sleep 0.5
  done
  echo "$found"
}
todo() { until_there todos "kind=$1" "${@:2}"; }
enrollment() { until_there enrollments "$@"; }

# Texts leave from 8:00 to 21:00 at the contact's place: for the tour it is about noon where they all are.
noon=$(printf 'Etc/GMT%+d' $(($(date -u +%-H) - 12)))
there=$(mktemp -d)
for file in contacts mended; do sed "s#Europe/[A-Za-z]*#$noon#" examples/$file.csv > "$there/$file.csv"; done
run sequencing contacts import "$there/contacts.csv"
run sequencing sequences create examples/sequence.yaml
run sequencing enroll "Senior engineer" ann ben cyd dot eve fay gus hal --dry-run
run sequencing enroll "Senior engineer" ann ben cyd dot eve fay gus hal

# Ben is not interested: a result ends it.
run sequencing todos resolve "$(todo call "Ben Bruno")" not_interested --note "Happy where he is"
# Dot has no address: it paused by itself. An import mends that, and it goes on.
run sequencing attention
run sequencing contacts import "$there/mended.csv"
run sequencing enrollments resume "$(enrollment status=paused "Dot Dahl")"
# Eve is canceled and reactivated: her call comes back to the list.
eve=$(enrollment state=to_do "Eve Ekman")
run sequencing enrollments cancel "$eve"
run sequencing enrollments reactivate "$eve"
run sequencing todos resolve "$(todo call "Eve Ekman")" interested
# Fay is removed: nothing of it is left but what was done.
run sequencing enrollments remove "$(enrollment state=to_do "Fay Frost")" --yes
# Hal's result was a slip: taken back, and given anew.
hal=$(todo call "Hal Holm")
run sequencing todos resolve "$hal" not_interested
run sequencing todos take-back "$hal"
run sequencing todos resolve "$(todo call "Hal Holm")" no_answer
# Ann, Cyd and Gus go on to the last step; its hour is bypassed.
three=("Ann Abel" "Cyd Corso" "Gus Grau")
calls=$(todo call "${three[@]}")
# shellcheck disable=SC2086 # three ids
run sequencing todos resolve $calls left_voicemail
letters=$(todo manual_email "${three[@]}")
# shellcheck disable=SC2086
run sequencing todos send $letters
waiting=$(enrollment "step=5 state=waiting" "${three[@]}")
for one in $waiting; do run sequencing enrollments bypass "$one"; done
tasks=$(todo task "${three[@]}")
read -r ann cyd gus <<< "$tasks"
run sequencing todos resolve "$ann" positive
run sequencing todos resolve "$cyd" none
run sequencing todos resolve "$gus" negative
run sequencing todos resolve "$(todo call "Dot Dahl")" interested
# Hal's text leaves, and his letter waits for a hand.
todo manual_email "Hal Holm" > /dev/null
enrollment status=finished "Dot Dahl" "Gus Grau" > /dev/null
run sequencing enrollments show "$(enrollment "" "Hal Holm")"
run sequencing enrollments list
run sequencing outbox
