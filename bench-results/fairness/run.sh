#!/usr/bin/env bash
# Runs every command behind the tables of README.md in this folder; each table goes to OUT as text, its results beside it.
# usage: bench-results/fairness/run.sh [OUT]
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-bench-results/runs/fairness}
mkdir -p "$out"
cargo build --release
table() {
    local name=$1
    shift
    echo "syncbench run $*"
    target/release/syncbench run "$@" --out "$out/$name" >"$out/$name.txt"
}

merging=crdt-yrs,crdt-automerge,lww-hlc
table topology -w stack -n wifi -s $merging,crdt-yrs:topology=mesh,crdt-automerge:topology=mesh,lww-hlc:topology=mesh,ot,text-ids,serial
table windows -w stack -n wifi -s lww-property,lww-property:window=33ms,lww-property:window=100ms,text-ids,text-ids:window=33ms,crdt-yrs,crdt-yrs:window=33ms
table product product -w stack,text
table memory -w record,text -n wifi -s crdt-yrs,crdt-automerge,lww-hlc,lww-document,lww-property,ot,text-ids,serial-patches,serial
table undo -w record,text -n wifi --undo 0.1 -s crdt-yrs,crdt-automerge,lww-hlc,lww-document,lww-property,ot,text-ids,serial-patches,serial
table booking -w booking:tickets=100000,restock=0,cancel=0.4 -n 4g -s crdt-yrs,crdt-automerge,ot,text-ids,lww-hlc,serial
for size in 3 30 300; do
    table "stack-$size" -w stack -n wifi --ops 200 --size $size -s crdt-yrs,crdt-automerge,lww-hlc,lww-document,lww-property,ot,text-ids,serial-patches,serial
done
table constant -w text,stack -n constant:40ms -s crdt-yrs,crdt-automerge,ot,text-ids,serial,lww-hlc,crdt-yrs:topology=mesh,crdt-automerge:topology=mesh,lww-hlc:topology=mesh
cargo test --quiet --features full -p syncbench-reports --test suite cover:: -- --nocapture | grep ' seeds: ' >"$out/cover.txt"
